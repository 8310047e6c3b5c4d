#!/usr/bin/env bash
# The graphs in tests/golden, read by the programs they are for, where these are installed.
. "$(dirname "$0")/common.sh"
step graphs

checked=0
if have xmllint; then
    for file in tests/golden/*.svg; do
        xmllint --noout "$file" 2>"$work/errors" || complain "$file is not XML" "$(head -n 10 "$work/errors")"
        checked=$((checked + 1))
    done
fi
if have dot; then
    for file in tests/golden/*.dot; do
        dot -Tsvg "$file" >/dev/null 2>"$work/errors" && [ ! -s "$work/errors" ] ||
            complain "$file is not what Graphviz reads" "$(head -n 10 "$work/errors")"
        checked=$((checked + 1))
    done
fi
[ "$checked" != 0 ] || skip 'there is neither xmllint nor dot'
finish "$checked files"
