/* tad_explain: what a derivation begins and ends with, and which kind it is. */
#include "diff/sweep.h"
#include "tools/derivation.h"

#include <string.h>

static const char name[] = "tad_explain";

enum { DIGITS = 5, MOST_DIGITS = 17, MOST_PATHS = 32, MOST_NODES = 48, MOST_GIVEN = 24, GIVEN_A_LINE = 6 };

/* ---- The beginning ---- */

static void put_equation(tad__derivation *d, uint32_t id)
{
    tad__put(&d->pen, TAD__INLINE);
    tad__put_node(&d->pen, &d->plan, id);
    tad__put(&d->pen, TAD__EQUALS);
    tad__put_value(d, tad__handle(d->plan.tape, id));
    tad__put(&d->pen, TAD__INLINE_END);
}

/* "x = 0.5. Held fixed: a = 1, ..." */
static void put_given(tad__derivation *d)
{
    const tad__plan *plan = &d->plan;
    int              count = 0;
    tad__begin_paragraph(&d->pen);
    put_equation(d, plan->x);
    for (uint32_t id = 0; id <= plan->y; id++) {
        if (!plan->spots[id].mentioned || plan->spots[id].between || id == plan->x || id == plan->y)
            continue;
        count++;
        if (count > MOST_GIVEN) {
            tad__put_text(&d->pen, ", and more");
            break;
        }
        tad__put_text(&d->pen, count == 1 ? "; held fixed: " : count % GIVEN_A_LINE == 0 ? ",\n" : ", ");
        put_equation(d, id);
    }
    tad__put_text(&d->pen, ".\n");
}

static void begin(tad__derivation *d)
{
    tad__put(&d->pen, TAD__HEAD);
    tad__say(d, tad_count(tad__handle(d->plan.tape, d->plan.y)) == 1
                    ? "#{d}: how {y} changes with {x}"
                    : "#{d}: how the sum of all elements of {y} changes with {x}");
    put_given(d);
}

/* ---- Where there is nothing to derive ---- */

static void explain_itself(tad__derivation *d)
{
    tad__say(d,
             "This is the derivative of a value with respect to itself: the path from {y} to {x} has no step, and a\n"
             "product without factors is 1.");
    tad__begin_row(&d->pen);
    tad__put_derivative(d, d->plan.y, d->plan.x, 0);
    tad__put(&d->pen, TAD__ALIGN);
    tad__put_text(&d->pen, "1");
    tad__end_rows(&d->pen);
}

static void explain_nothing(tad__derivation *d)
{
    tad__say(
        d, d->plan.x > d->plan.y
               ? "{y} was computed before {x} was there, so no path leads from {y} down to {x}: a sum without terms."
               : "No path on which a change could travel leads from {y} down to {x}: {y} is not computed from {x}, or\n"
                 "only through comparisons and choices, whose derivative is 0. So this is a sum without terms.");
    tad__begin_row(&d->pen);
    tad__put_derivative(d, d->plan.y, d->plan.x, 0);
    tad__put(&d->pen, TAD__ALIGN);
    tad__put_text(&d->pen, "0");
    tad__end_rows(&d->pen);
}

/* ---- All of it ---- */

static tad_status write_all(tad__derivation *d)
{
    const tad__plan *plan = &d->plan;
    const tad__spot *top = &plan->spots[plan->y];
    tad_status       status = TAD_OK;
    begin(d);
    if (plan->x == plan->y)
        explain_itself(d);
    else if (!top->between)
        explain_nothing(d);
    else if (plan->numbers && top->exact <= d->most_paths && plan->shown <= d->most_nodes)
        status = tad__explain_paths(d);
    else
        status = tad__explain_sweep(d);
    if (d->pen.compared)
        tad__say(d, "A comparison stands for 1 where it is true, and for 0 where it is not.");
    tad__put(&d->pen, TAD__TAIL);
    return status;
}

static tad_status explain(tad_var y, tad_var x, const tad_explain_options *o, tad_writer out, const void *caller)
{
    tad_tape        *tape = y.tape;
    tad__derivation *d = tad__resize(&tape->allocator, NULL, 0, sizeof *d);
    if (!d)
        return tad__fail_memory(tape, caller, name);
    d->most_paths = o->most_paths ? o->most_paths : MOST_PATHS;
    d->most_nodes = o->most_nodes ? o->most_nodes : MOST_NODES;
    d->pen.format = o->format;
    d->pen.digits = o->digits ? o->digits : DIGITS;
    d->pen.in_display = d->pen.compared = false;
    d->pen.before = TAD__BLANK;
    tad_status status = tad__plan_make(&d->plan, y, x, caller);
    if (status == TAD_OK) {
        tad__output_start(&d->pen.output, out);
        status = write_all(d);
        tad_status written = tad__output_end(&d->pen.output);
        if (status == TAD_OK && written != TAD_OK)
            status = tad__fail(tape, caller, written, "%s: the writer refused the text", name);
        tad__plan_free(&d->plan);
    }
    tad__resize(&tape->allocator, d, sizeof *d, 0);
    return status;
}

static tad_status check(tad_var y, tad_var x, const tad_explain_options *o, tad_writer out, const void *caller)
{
    tad_status status = tad__check(y, name, caller);
    if (status != TAD_OK)
        return status;
    tad_tape *tape = y.tape;
    status = tad__handle_status(tape, x);
    if (status != TAD_OK)
        return tad__fail(tape, caller, status, "%s: x is %s", name, tad__handle_problem(tape, x));
    if (!out.write)
        return tad__fail(tape, caller, TAD_EARG, "%s: the writer is NULL", name);
    if ((int)o->format < TAD_TEXT || o->format > TAD_MARKDOWN)
        return tad__fail(tape, caller, TAD_EARG, "%s: format %d; expected TAD_TEXT, TAD_LATEX or TAD_MARKDOWN", name,
                         (int)o->format);
    if (o->digits < 0 || o->digits > MOST_DIGITS)
        return tad__fail(tape, caller, TAD_EARG, "%s: %d digits; expected 1 to %d, or 0 for %d", name, o->digits,
                         MOST_DIGITS, DIGITS);
    if (tad_dtype_of(y) == TAD_I64 || tad_dtype_of(x) == TAD_I64)
        return tad__fail(tape, caller, TAD_EDTYPE, "%s: %s holds indices (i64), which have no derivative", name,
                         tad_dtype_of(y) == TAD_I64 ? "y" : "x");
    return TAD_OK;
}

tad_status tad_explain(tad_var y, tad_var x, const tad_explain_options *options, tad_writer out)
{
    static const tad_explain_options defaults = {0};
    const tad_explain_options       *o = options ? options : &defaults;
    const void                      *caller = TAD_CALLER;
    tad_status                       status = check(y, x, o, out, caller);
    if (status != TAD_OK)
        return status;
    tad__recording r = tad__begin_recording(y.tape, caller);
    status = explain(y, x, o, out, caller);
    tad_tape_rewind(y.tape, r.mark);
    return tad__end_recording(y.tape, r, status, 0, NULL);
}
