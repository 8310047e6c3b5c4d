#!/usr/bin/env bash
# Every example, with each request for memory failing once and for ever, under AddressSanitizer: it ends with an error that
# it prints, or makes do and prints what it always prints; it leaks nothing and does not crash.
. "$(dirname "$0")/common.sh"
step 'examples, no memory'

san=$(dirname "$BUILD")/san
echo 'int main(void) { return 0; }' >"$work/empty.c"
"$CC" -fsanitize=address,undefined -o "$work/empty" "$work/empty.c" 2>/dev/null || skip "$CC has no sanitizers"
try 'building the library with sanitizers' "$MAKE" --no-print-directory CONFIG=san "BUILD=$san" lib || finish
export ASAN_OPTIONS=detect_leaks=1:intercept_tls_get_addr=0:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=98 TAD_FAIL_COUNT=$work/count

runs=0
for example in examples/*.c; do
    name=$(basename "$example" .c)
    # shellcheck disable=SC2086
    try "building $name" "$CC" -std=c11 -g -fsanitize=address,undefined -fno-sanitize-recover=all -Iinclude -Wl,--wrap=realloc \
        -o "$work/$name" "$example" tests/wrap/realloc.c "$san/libtad.a" $LIBS || finish
    "$work/$name" >"$work/whole" 2>&1 || complain "$name failed with nothing disturbed" "$(tail -n 20 "$work/whole")"
    requests=$(cat "$work/count")
    [ "$requests" -gt 3 ] || complain "$name made $requests requests for memory; expected to see more than 3"
    for ((n = 1; n <= requests; n++)); do
        for ever in '' 1; do
            runs=$((runs + 1))
            env TAD_FAIL_AT="$n" ${ever:+TAD_FAIL_FOR_EVER=1} "$work/$name" >"$work/printed" 2>"$work/errors"
            result=$?
            # The arena asks for less when it cannot have more, so a single failure can pass unnoticed.
            if [ $result = 0 ]; then
                cmp -s "$work/whole" "$work/printed" || complain "$name, request $n failing, prints something else"
            elif [ $result != 1 ] || ! grep -q "^$name: " "$work/errors"; then
                complain "$name, request $n of $requests failing${ever:+ and all after it}: exit status $result; expected 1 and an error" \
                    "$(tail -n 20 "$work/errors")"
            fi
            [ "$complaints" -lt 5 ] || finish
        done
    done
done
finish "$runs runs"
