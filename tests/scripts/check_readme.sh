#!/usr/bin/env bash
# shellcheck disable=SC2016,SC2119
# The first C program of the README compiles and prints what the README says, and its commands exist.
. "$(dirname "$0")/common.sh"
step README

[ -e README.md ] || skip 'there is no README.md'
block c README.md >"$work/readme.c"
block text README.md >"$work/expected"
[ -s "$work/readme.c" ] || complain 'README.md: expected a ```c block with a whole program'
[ -s "$work/expected" ] || complain 'README.md: expected a ```text block with what the program prints'
first_c=$(grep -n -m1 '^```c$' README.md | cut -d: -f1)
first_text=$(grep -n -m1 '^```text$' README.md | cut -d: -f1)
[ "${first_c:-0}" -lt "${first_text:-0}" ] || complain 'README.md: the first ```text block should follow the first ```c block'
for command in 'make setup demo' 'make setup check'; do
    grep -q "$command" README.md || complain "README.md does not mention '$command'"
done
# Every goal it tells the reader to make exists.
while read -r goal; do
    grep -qE "^$goal:" Makefile || complain "README.md says 'make $goal', but the Makefile has no such goal"
done < <(grep -oE '(^|[`$ ])make( [a-z][a-z-]*)+[`$]?$|`make( [a-z][a-z-]*)+`' README.md |
    tr -d '`$' | sed 's/.*make //' | tr ' ' '\n' | sort -u)
[ "$complaints" = 0 ] || finish
# shellcheck disable=SC2086
try "the README's program" "$CC" -std=c11 -Wall -Wextra -Werror -g -Iinclude -o "$work/readme" "$work/readme.c" "$BUILD/libtad.a" $LIBS || finish
"$work/readme" >"$work/printed" 2>&1 || complain "the README's program failed with status $?"
diff -u "$work/expected" "$work/printed" >"$work/diff" ||
    complain "the README's program prints something else (- README.md, + printed)" "$(head -n 40 "$work/diff")"
finish 'its program and commands'
