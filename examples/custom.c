/* Two operations of one's own, with the same rights as the built-in ones: recorded with tad_apply, differentiated to any
 * order, checked with tad_gradcheck. */
#include <tad/tad.h>

#include <math.h>
#include <stdio.h>

/* ---- elementwise: the value as C, the derivative as text ---- */

static double gaussian(const double x[])
{
    return exp(-x[0] * x[0]);
}

static const tad_op gaussian_op = {.name = "gaussian", .arity = 1, .value = gaussian, .partial = {"-2 * x * y"}};

/* ---- structured: the gradient as operations ---- */

static tad_status one_number(const tad_call *call)
{
    if (call->in[0].dtype != TAD_F64 || call->in[0].rank != 1)
        return tad_refuse(call, TAD_ESHAPE, "expected an f64 vector");
    call->out->dtype = TAD_F64;
    call->out->rank = 0;
    return TAD_OK;
}

static void energy(const tad_call *call)
{
    const double *x = call->in[0].data;
    double        sum = 0;
    for (int64_t i = 0; i < call->in[0].dims[0]; i++)
        sum += x[i * call->in[0].strides[0]] * x[i * call->in[0].strides[0]];
    *(double *)call->out->data = sum / 2;
}

static void energy_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(rule->gy, rule->x[0]); /* d(sum of x^2 / 2)/dx = x */
}

static const tad_op energy_op = {
    .name = "energy", .arity = 1, .shape = one_number, .forward = energy, .vjp = energy_vjp};

/* ---- using them ---- */

static tad_var apply(const tad_op *op, tad_var x)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x, .caller = TAD_CALLER});
}

static tad_var model(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return apply(&energy_op, apply(&gaussian_op, x[0]));
}

int main(void)
{
    tad_tape            *tape = tad_tape_new();
    const int64_t        dims[] = {3};
    tad_var              x = tad_tensor(tape, TAD_F64, 1, dims, (const double[]){0.5, -1, 2});
    tad_var              v = tad_tensor_constant(tape, TAD_F64, 1, dims, (const double[]){1, 1, 1});
    tad_var              y = model(NULL, 1, &x), hv;
    double               gradient[3], product[3];
    tad_gradcheck_report report = {0};
    char                 text[200];

    tad_status status = tad_backward(y);
    if (status == TAD_OK)
        status = tad_read_grad(x, gradient, sizeof gradient);
    if (status == TAD_OK)
        status = tad_hvp(y, 1, &x, &v, &hv);
    if (status == TAD_OK)
        status = tad_read(hv, product, sizeof product);
    if (status == TAD_OK)
        status = tad_gradcheck(model, NULL, 1, &x, NULL, &report);
    if (status == TAD_OK) {
        printf("y        = %.6f\n", tad_value(y));
        printf("gradient = %.6f %.6f %.6f\n", gradient[0], gradient[1], gradient[2]);
        printf("H v      = %.6f %.6f %.6f\n", product[0], product[1], product[2]);
        printf("checked: %zu of %zu entries agree with finite differences\n", report.agree, report.count);
        tad_var matrix = tad_reshape(x, 2, (const int64_t[]){3, 1});
        apply(&energy_op, matrix); /* refused, in the words of one_number */
        snprintf(text, sizeof text, "%s", tad_tape_message(tape));
        printf("%.46s...\n", text);
    } else {
        fprintf(stderr, "custom: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    }
    tad_gradcheck_free(&report);
    tad_tape_free(tape);
    return status != TAD_OK;
}
