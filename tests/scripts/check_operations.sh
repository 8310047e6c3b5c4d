#!/usr/bin/env bash
# Is docs/operations.md what `make docs` would write? Texts have to be the same. Errors that are measured may be smaller than
# those on the page, or larger by half and one: another C library or processor rounds otherwise.
. "$(dirname "$0")/common.sh"
step 'operations table'

"$BUILD/table/operations_table" >"$work/fresh.md" || { complain 'operations_table failed' && finish; }
grep -q '| ? |' "$work/fresh.md" && skip 'there is no libquadmath here'
awk -F'\n' '
    NR == FNR { page[FNR] = $0; lines = FNR; next }
    {
        fresh = $0; old = page[FNR]
        while (match(fresh, /[0-9.]+, [0-9.]+, [0-9.]+ \|/)) {
            a = substr(fresh, RSTART, RLENGTH); fresh = substr(fresh, 1, RSTART - 1) "#" substr(fresh, RSTART + RLENGTH)
            if (!match(old, /[0-9.]+, [0-9.]+, [0-9.]+ \|/)) break
            b = substr(old, RSTART, RLENGTH); old = substr(old, 1, RSTART - 1) "#" substr(old, RSTART + RLENGTH)
            n = split(a, x, /[, |]+/); split(b, y, /[, |]+/)
            for (i = 1; i <= 3; i++)
                if (x[i] + 0 > y[i] * 1.5 + 1) print "line " FNR ": measured " a " where the page has " b ": " substr($0, 1, 40)
        }
        if (fresh != old) print "line " FNR " differs: " substr($0, 1, 100)
    }
    END { if (FNR != lines) print "the page has " lines " lines, expected " FNR }' docs/operations.md "$work/fresh.md" >"$work/differences"
[ ! -s "$work/differences" ] || complain 'docs/operations.md is out of date; `make docs` writes it:' "$(head -n 20 "$work/differences")"
finish "$(grep -c '^| `' docs/operations.md) operations"
