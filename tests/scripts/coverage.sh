#!/usr/bin/env bash
# shellcheck disable=SC2119
# Runs the unit tests of BUILD (build/cov) and prints which part of the lines and branches of src/ they reach.
. "$(dirname "$0")/common.sh"
step coverage
gcov=${GCOV:-gcov}
have "$gcov" || skip "there is no $gcov"

find "$BUILD" -name '*.gcda' -delete
"$BUILD/tests/check_tad" >"$work/output" 2>&1 || complain 'the unit tests failed' "$(tail -n 20 "$work/output")"
printf '  %-32s %8s %8s %10s\n' file lines reached branches
find "$BUILD/obj/src" -name '*.gcno' | sort | while read -r notes; do
    "$gcov" -n -b -o "$(dirname "$notes")" "$notes" 2>/dev/null
done | awk -F"[':% ]+" '
    /^File /                        { file = $2; wanted = file ~ /^src\// && file ~ /\.c$/ }
    wanted && /^Lines executed/     { lines[file] = $5 ; reached[file] = $3 * $5 / 100 }
    wanted && /^Taken at least/     { branches[file] = $7 ; taken[file] = $5 * $7 / 100 }
    END {
        for (file in lines) {
            printf "1%s\t%d\t%.1f\t%s\n", file, lines[file], 100 * reached[file] / (lines[file] ? lines[file] : 1),
                   branches[file] ? sprintf("%.1f", 100 * taken[file] / branches[file]) : "-"
            l += lines[file]; r += reached[file]; b += branches[file]; t += taken[file]
        }
        printf "2total\t%d\t%.1f\t%.1f\n", l, l ? 100 * r / l : 0, b ? 100 * t / b : 0
    }' | sort | sed 's/^.//' | awk -F'\t' '{printf "  %-32s %8s %7s%% %9s%%\n", $1, $2, $3, $4}'
finish
