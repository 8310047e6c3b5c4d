# shellcheck shell=bash
# What the check scripts share. A script sources this, calls `step NAME`, then `complain` for every mistake it finds,
# and at last `finish`. It prints one line if all is well: "  layers               ok   43 files".
# The Makefile passes BUILD, CC, CXX, MAKE and LIBS; by hand, `tests/scripts/check_x.sh` will do after `make`.

set -uo pipefail
script=$0
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
export LC_ALL=C
: "${BUILD:=build/release}" "${CC:=cc}" "${CXX:=c++}" "${MAKE:=make}"
: "${LIBS=$("$MAKE" -s --no-print-directory print-LIBS)}"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
complaints=0

step() { step=$1; }

# complain TEXT...: one mistake, what is wrong and what was expected. The rest of the check goes on.
complain()
{
    [ "$complaints" = 0 ] && printf '  %-20s FAILED\n' "$step" >&2
    complaints=$((complaints + 1))
    printf '%s\n' "$@" | sed 's/^/    /' >&2
}

# finish [NOTE]: the verdict.
finish()
{
    if [ "$complaints" != 0 ]; then
        printf '    Again: %s\n' "tests/scripts/${script##*/}" >&2
        exit 1
    fi
    printf '  %-20s ok   %s\n' "$step" "${1-}"
    exit 0
}

# skip WHY: the check cannot be made here; that is no failure, but it is said.
skip()
{
    printf '  %-20s skipped: %s\n' "$step" "$1"
    exit 0
}

have() { command -v "$1" >/dev/null 2>&1; }

# try WHAT COMMAND...: runs it; if it fails, complains with its output.
try()
{
    local what=$1
    shift
    "$@" >"$work/output" 2>&1 && return 0
    complain "$what failed: $*" "$(tail -n 40 "$work/output")"
    return 1
}

# block LANGUAGE FILE [TEXT]: the first fenced block of that language (that contains TEXT), without the fences.
block()
{
    awk -v open="\`\`\`$1" -v text="${3-}" '
        !inside && $0 == open { inside = 1; body = ""; next }
        inside && /^```/      { inside = 0; if (index(body, text) || text == "") { printf "%s", body; exit } next }
        inside                { body = body $0 "\n" }' "$2"
}
