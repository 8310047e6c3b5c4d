#!/usr/bin/env bash
# The examples print what tests/golden has: NAME.txt what NAME prints, NAME+A+B.txt what it prints given A and B. `check_golden.sh --update` takes what they print now.
. "$(dirname "$0")/common.sh"
step 'golden outputs'

compared=0
for golden in tests/golden/*.txt; do
    [ -e "$golden" ] || skip 'there is none in tests/golden'
    name=$(basename "$golden" .txt)
    IFS=+ read -ra arguments <<<"$name"
    program=$BUILD/examples/${arguments[0]}
    [ -x "$program" ] || { complain "$golden has no program $program: expected examples/${arguments[0]}.c, built with make examples" && continue; }
    "$program" "${arguments[@]:1}" >"$work/$name.txt" 2>"$work/errors" </dev/null || complain "$program failed with status $?" "$(tail -n 5 "$work/errors")"
    [ "${1-}" != --update ] || cp "$work/$name.txt" "$golden"
    diff -u "$golden" "$work/$name.txt" >"$work/diff" ||
        complain "$program does not print what $golden has (- expected, + printed)" "$(head -n 40 "$work/diff")"
    compared=$((compared + 1))
done
finish "$compared examples"
