#!/usr/bin/env bash
# Installs what building and testing tad need and this machine lacks: `setup.sh` for demo and check, `setup.sh dev` also
# for check-all, format, tidy and bench. Where nothing is missing it changes nothing and asks no one. Debian and its
# relatives; elsewhere it says what to install.
set -uo pipefail

have() { command -v "$1" >/dev/null 2>&1; }
header() { echo "#include <$1>" | ${CC:-cc} -x c -E - >/dev/null 2>&1; }
module() { have pkg-config && pkg-config --exists "$1"; }
have_browser() { have chromium || have chromium-browser || have google-chrome; }
runtime() { [ -e "$(clang -print-file-name="libclang_rt.$1-x86_64.a" 2>/dev/null)" ] || ! clang --version 2>/dev/null | grep -q x86_64; }

packages=()
need() # need PACKAGE WHAT TEST...
{
    "${@:3}" && return
    packages+=("$1")
    printf '  missing: %-19s %s\n' "$1" "$2"
}

need gcc           'C compiler'                               have "${CC:-cc}"
need libc6-dev     'headers of the C library'                 header stdio.h
need g++           'C++ compiler: headers are tried as C++'   have "${CXX:-c++}"
need pkg-config    'finds libraries'                          have pkg-config
need uthash-dev    'hash tables'                              header uthash.h
need libopenblas-dev 'matrix products'                        module openblas
need zlib1g-dev    'gzip and .npz'                            header zlib.h
need libdw-dev     'file and line in error messages'          module libdw
need check         'unit tests'                               module check
if [ "${1-}" = dev ]; then
    need clang         'second compiler'                      have clang
    need libclang-rt-14-dev 'its sanitizers'                  runtime asan
    need clang-format  'make format'                          have clang-format
    need clang-tidy    'make tidy'                            have clang-tidy
    need valgrind      'make check-all'                       have valgrind
    need libadolc-dev  'make bench: a library to compare with' test -e /usr/include/adolc/adolc.h
    need chromium      'the tests of tad_write_html'          have_browser
    need gnuplot-nox   'plots'                                have gnuplot
fi

if [ ${#packages[@]} = 0 ]; then
    echo 'setup: everything that is needed is here'
    exit 0
fi
if ! have apt-get; then
    echo 'setup: there is no apt-get; please install the above (names as in Debian) with your package manager' >&2
    exit 1
fi
as_root=(env DEBIAN_FRONTEND=noninteractive)
if [ "$(id -u)" != 0 ]; then
    have sudo || { echo "setup: please run as root: apt-get install ${packages[*]}" >&2 && exit 1; }
    as_root=(sudo -n "${as_root[@]}")
fi
echo "setup: installing ${packages[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for command in 'update' "install -y --no-install-recommends ${packages[*]}"; do
    # shellcheck disable=SC2086
    if ! "${as_root[@]}" apt-get -q $command </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        [ "$command" = update ] && echo 'setup: apt-get update failed; trying with the lists that are here' >&2 && continue
        echo "setup: apt-get $command failed" >&2
        exit 1
    fi
done
echo 'setup: done'
