/* Where the program may have branched on a value. */
#include "tape/tape.h"

#include <tad/replay.h>

#include <string.h>

tad_status tad__add_branch(tad_tape *tape, uint32_t id, bool truth, const void *caller, const char *name)
{
    size_t i = tape->branch_count; /* mostly at the end */
    while (i > 0 && tape->branches[i - 1].id > id)
        i--;
    if (i > 0 && tape->branches[i - 1].id == id) {
        tape->branches[i - 1].truth &= truth;
        return TAD_OK;
    }
    if (!tad__reserve(&tape->allocator, (void **)&tape->branches, &tape->branch_capacity, tape->branch_count + 1,
                      sizeof *tape->branches))
        return tad__fail_memory(tape, caller, name);
    tad__branch *branch = &tape->branches[i];
    memmove(branch + 1, branch, (tape->branch_count++ - i) * sizeof *branch);
    *branch = (tad__branch){id, truth, caller};
    return TAD_OK;
}

bool tad_branch(tad_var condition)
{
    const void *caller = TAD_CALLER;
    if (tad__check(condition, "tad_branch", caller) != TAD_OK)
        return false;
    tad_tape *tape = condition.tape;
    tape->reads++;
    tad_array array;
    tad__value_array(tape, condition.id, &array);
    int64_t count = tad__array_count(&array);
    if (count != 1) {
        tad__fail(tape, caller, TAD_ESHAPE, "tad_branch: the value has %lld elements; expected one", (long long)count);
        return false;
    }
    bool truth = tad__array_number(&array) != 0;
    return tad__add_branch(tape, condition.id, true, caller, "tad_branch") == TAD_OK && truth;
}
