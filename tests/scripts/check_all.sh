#!/usr/bin/env bash
# The long part of `make check-all`: other compilers and levels of optimisation, no BLAS, ThreadSanitizer, valgrind, a
# small stack. Each line says what was run; a log is shown where something fails.
. "$(dirname "$0")/common.sh"

root=${BUILD%/*}
failed=0
attempt() # attempt NAME COMMAND...
{
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$work/log" 2>&1; then
        printf '  %-34s ok   %ss\n' "$name" $((SECONDS - start))
    else
        printf '  %-34s FAILED\n' "$name"
        tail -n 40 "$work/log" | sed 's/^/    /'
        printf '    Again: %s\n' "$*"
        failed=$((failed + 1))
    fi
}
skipped() { printf '  %-34s skipped: %s\n' "$1" "$2"; }
make_() { "$MAKE" --no-print-directory "$@"; }

for compiler in gcc clang; do
    if ! have "$compiler"; then
        skipped "$compiler" "there is no $compiler"
        continue
    fi
    for level in -O0 -O1 -O3; do
        attempt "$compiler $level builds" make_ "CC=$compiler" "OPT=$level" "BUILD=$root/$compiler$level" all tests
    done
done
! have clang || attempt 'clang, unit tests' make_ CC=clang "BUILD=$root/clang" all check-unit
attempt 'no BLAS, unit tests' make_ BLAS=none "BUILD=$root/noblas" all check-unit

# ThreadSanitizer wants its addresses where they were on older kernels: without randomisation they are.
fixed=()
if have setarch && setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
attempt 'ThreadSanitizer, unit tests' "${fixed[@]}" "$MAKE" --no-print-directory CONFIG=tsan "BUILD=$root/tsan" check-unit

attempt 'unit tests build' make_ "BUILD=$BUILD" all tests
attempt '10,000 random graphs' env "TAD_GRAPHS=10000" "TAD_SEED=$RANDOM$RANDOM" "$BUILD/tests/check_tad" graphs
attempt 'killed 1,000 times while saving' env TAD_KILLS=1000 "BUILD=$BUILD" tests/scripts/check_kill.sh
attempt 'a stack of 256 KB, unit tests' bash -c "ulimit -s 256 && OPENBLAS_NUM_THREADS=1 $BUILD/tests/check_tad"
if have valgrind; then
    # valgrind 3.19 does not know AVX-512, which OpenBLAS would choose.
    export OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 CK_FORK=no
    # shellcheck disable=SC2054
    memcheck=(valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect,possible)
    attempt 'valgrind, unit tests' "${memcheck[@]}" "$BUILD/tests/check_tad"
    for program in "$BUILD"/examples/*; do
        [ -x "$program" ] && attempt "valgrind, ${program##*/}" "${memcheck[@]}" "$program"
    done
else
    skipped valgrind 'there is no valgrind'
fi
[ "$failed" = 0 ] || { echo "check-all: $failed failed" >&2 && exit 1; }
echo 'check-all: ok'
