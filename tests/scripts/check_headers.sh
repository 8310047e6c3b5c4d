#!/usr/bin/env bash
# shellcheck disable=SC2119
# Are the public headers that are written from the operations fresh?
. "$(dirname "$0")/common.sh"
step 'generated headers'

[ -e src/host/headers.c ] || skip 'there is no src/host/headers.c'
try 'writing the headers' "$MAKE" -s --no-print-directory generated-headers || finish
for name in elementwise operations; do
    diff -u "include/tad/$name.h" "build/host/tad/$name.h" >"$work/diff" 2>&1 ||
        complain "include/tad/$name.h is not what src/ops gives: run make headers" "$(head -n 40 "$work/diff")"
done
finish
