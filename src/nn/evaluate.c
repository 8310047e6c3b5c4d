/* A function of a minimiser, and why minimisers end. */
#include "nn/evaluate.h"

#include <tad/optim.h>

tad_status tad__evaluate(const tad__objective *o, size_t n, const tad_var x[], tad_var *y)
{
    for (size_t k = 0; k < n; k++)
        if (!tad_is_valid(x[k]))
            return tad_tape_status(o->tape);
    *y = o->f(o->user, n, x);
    if (y->tape != o->tape && y->tape)
        return tad__fail(o->tape, o->caller, TAD_ETAPE, "%s: the function's result is on another tape", o->name);
    if (!tad_is_valid(*y)) {
        if (o->tape->status == TAD_OK)
            return tad__fail(o->tape, o->caller, TAD_EARG, "%s: the function's result is no valid handle", o->name);
        return o->tape->status;
    }
    if (tad_dtype_of(*y) != TAD_F64)
        return tad__fail(o->tape, o->caller, TAD_EDTYPE, "%s: the function's result is %s; expected f64", o->name,
                         tad_dtype_name(tad_dtype_of(*y)));
    return TAD_OK;
}

const char *tad_stop_name(tad_stop stop)
{
    static const char *const names[] = {[TAD_STOP_GRADIENT] = "the gradient vanishes",
                                        [TAD_STOP_STEP] = "the step vanishes",
                                        [TAD_STOP_VALUE] = "nothing is gained any more",
                                        [TAD_STOP_STUCK] = "no step lowers the value",
                                        [TAD_STOP_ITERATIONS] = "the limit of iterations"};
    return (unsigned)stop < sizeof names / sizeof *names ? names[stop] : "unknown reason";
}
