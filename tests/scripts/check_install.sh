#!/usr/bin/env bash
# Install, move the tree elsewhere, build a program with pkg-config against it, run it, uninstall: nothing is left.
. "$(dirname "$0")/common.sh"
step install

have "${PKG_CONFIG:=pkg-config}" || skip "there is no $PKG_CONFIG"
prefix=/opt/tad
target=("BUILD=$BUILD" "DESTDIR=$work/stage" "PREFIX=$prefix")
try 'make install' "$MAKE" -s --no-print-directory install "${target[@]}" || finish

mkdir "$work/moved"
cp -a "$work/stage$prefix/." "$work/moved/"
export PKG_CONFIG_PATH=$work/moved/lib/pkgconfig
cat >"$work/product.c" <<'END'
#include <stdio.h>
#include <tad/tad.h>

int main(void)
{
    tad_tape  *tape = tad_tape_new();
    tad_var    x = tad_scalar(tape, 3), y = tad_scalar(tape, 5), z = tad_mul(x, y);
    tad_status status = tad_backward(z);
    printf("%g %g %g\n", tad_value(z), tad_grad(x), tad_grad(y));
    tad_tape_free(tape);
    return status != TAD_OK;
}
END
version=$(sed -n 's/.*define TAD_VERSION "\(.*\)"/\1/p' include/tad/base.h)
[ "$("$PKG_CONFIG" --modversion tad)" = "$version" ] || complain "pkg-config --modversion tad: expected $version"

build() # build NAME [--static]: with pkg-config's flags
{
    local flags
    flags=$("$PKG_CONFIG" --cflags --libs "${@:2}" tad 2>"$work/output") ||
        { complain "pkg-config --cflags --libs $* failed" "$(cat "$work/output")" && return 1; }
    if [ "${2-}" = --static ]; then # the static library, though the shared one lies beside it
        flags=${flags/ -ltad/ -l:libtad.a}
    fi
    # shellcheck disable=SC2086
    try "compiling against the installed library ($1)" "$CC" -std=c11 -Wall -Wextra -Werror -o "$work/$1" "$work/product.c" $flags
}

for kind in shared static; do
    if [ "$kind" = static ]; then build static --static; else build shared; fi || continue
    result=$(LD_LIBRARY_PATH=$work/moved/lib "$work/$kind" 2>&1)
    [ "$result" = '15 5 3' ] || complain "the $kind program printed '$result'; expected '15 5 3'"
done
if [ -x "$work/static" ] && env -u LD_LIBRARY_PATH ldd "$work/static" | grep -q libtad; then
    complain 'the static program needs libtad.so'
fi

mkdir -p "$work/stage$prefix/include/other" && : >"$work/stage$prefix/include/other/keep.h"
try 'make uninstall' "$MAKE" -s --no-print-directory uninstall "${target[@]}"
left=$(find "$work/stage" ! -type d ! -name keep.h)
[ -z "$left" ] || complain 'make uninstall left:' "$left"
[ ! -d "$work/stage$prefix/include/tad" ] || complain "make uninstall left $prefix/include/tad"
[ -e "$work/stage$prefix/include/other/keep.h" ] || complain 'make uninstall removed what is not ours'
finish 'shared and static, moved, and gone'
