#include "terms.h"

#include "ops/elementwise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32 };

static double call(const tad_op *op, const double operands[])
{
    double   result;
    tad__run run = {.n = 1, .a = operands, .b = &operands[op->arity - 1], .out = &result};
    if (tad__row_of(op) < 0) /* c ? a : b */
        return operands[0] != 0 ? operands[1] : operands[2];
    tad__kernels_f64[tad__row_of(op)].forward(&run);
    return result;
}

static double size_of_call(const tad_op *op, const double x[], const double sizes[], double result)
{
    const char *name = op->name;
    if (strcmp(name, "add") == 0 || strcmp(name, "sub") == 0)
        return sizes[0] + sizes[1];
    if (strcmp(name, "mul") == 0)
        return sizes[0] * sizes[1];
    if (strcmp(name, "div") == 0)
        return sizes[0] / fabs(x[1]);
    if (strcmp(name, "neg") == 0)
        return sizes[0];
    if (strcmp(name, "where") == 0)
        return x[0] != 0 ? sizes[1] : sizes[2];
    return fabs(result);
}

double terms_evaluate(const tad__expression *expression, const double at[], double *size)
{
    double stack[MOST], sizes[MOST];
    size_t top = 0;
    if (expression->depth > MOST)
        abort();
    for (size_t i = 0; i < expression->count; i++) {
        const tad__step *step = &expression->steps[i];
        if (step->kind == TAD__CALL) {
            top -= (size_t)step->op->arity;
            double result = call(step->op, &stack[top]);
            sizes[top] = size_of_call(step->op, &stack[top], &sizes[top], result);
            stack[top++] = result;
        } else {
            stack[top] = step->kind == TAD__NAME ? at[step->name] : step->number;
            sizes[top] = fabs(stack[top]);
            top++;
        }
    }
    *size = sizes[0];
    return stack[0];
}

void terms_of_partial(const tad_op *op, int k, int64_t n, const double a[], const double b[], double out[])
{
    static const char *const names[][3] = {{"x", "y"}, {"a", "b", "y"}};
    tad__expression          partial = {0};
    tad_text_error           error;
    if (tad__expression_parse(&tad__malloc_allocator, op->partial[k], names[op->arity - 1], op->arity + 1, &partial,
                              &error))
        abort();
    for (int64_t i = 0; i < n; i++) {
        double at[3] = {a[i], op->arity == 2 ? b[i] : 0};
        at[op->arity] = call(op, at);
        terms_evaluate(&partial, at, &out[i]);
    }
    tad__expression_free(&tad__malloc_allocator, &partial);
}
