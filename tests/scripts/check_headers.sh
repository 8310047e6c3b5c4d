#!/usr/bin/env bash
# shellcheck disable=SC2119
# Is what is written from the operations and the list of statuses fresh?
. "$(dirname "$0")/common.sh"
step 'generated files'

[ -e src/host/headers.c ] || skip 'there is no src/host/headers.c'
try 'writing them' "$MAKE" -s --no-print-directory generated || finish
for file in $(cd build/host && ls include/tad/*.h docs/errors.md) $(grep -l 'Written by `make headers`' include/tad/*.h); do
    diff -u "$file" "build/host/$file" >"$work/diff" 2>&1 ||
        complain "$file is not what the sources give: run make headers" "$(head -n 40 "$work/diff")"
done
finish
