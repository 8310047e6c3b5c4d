#!/usr/bin/env bash
# kill -9 at random instants while a file is saved again and again: it is always whole. TAD_KILLS=100
. "$(dirname "$0")/common.sh"
step 'killed while saving'

kills=${TAD_KILLS:-100}
for format in safetensors npz; do
    file=$work/state.$format
    # shellcheck disable=SC2086
    [ -x "$work/save" ] || try 'building tests/kill/save.c' "$CC" -std=c11 -O1 -Iinclude -o "$work/save" tests/kill/save.c \
        ${TAD_KILL_EXTRA-} "$BUILD/libtad.a" $LIBS || finish
    "$work/save" "$file" &
    until [ -e "$file" ]; do sleep 0.01; done
    kill -9 $! && wait $! 2>/dev/null
    for ((i = 0; i < kills / 2; i++)); do
        "$work/save" "$file" &
        sleep "0.0$((RANDOM % 4))$((RANDOM % 10))$((RANDOM % 10))"
        kill -9 $! && wait $! 2>/dev/null
        "$work/save" "$file" check || { complain "after kill $i, $file is not whole"; finish; }
        left=("$work"/state."$format"*)
        [ ${#left[@]} -le 2 ] || { complain "more than one part is left: ${left[*]}"; finish; }
    done
done
finish "$((kills / 2 * 2)) kills"
