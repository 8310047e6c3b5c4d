/* Differentiating through a minimisation that itself needs derivatives, on one tape. For a parameter t the inner function
 *
 *     f(z, t) = exp(z) + z^2 / 2 - t z
 *
 * has its minimum where exp(z) + z = t, at z(t); wanted are the first two derivatives of the loss L(t) = (z(t) - 1/2)^2.
 *
 * Unrolled: every Newton step is recorded, with the gradient and the second derivative it needs, and L is differentiated
 * through all of them. Implicit: the minimum is found as a number, each step forgotten as soon as it is read. One Newton step
 * from there changes nothing but knows t, and has the derivative of the implicit function theorem; a second one makes the
 * second derivative exact, too. */
#include <tad/tad.h>

#include <math.h>
#include <stdio.h>

enum { STEPS = 8 };

static tad_var inner(tad_var z, tad_var t)
{
    tad_var half = tad_constant(z.tape, 0.5);
    return tad_sub(tad_add(tad_exp(z), tad_mul(half, tad_square(z))), tad_mul(t, z));
}

/* z - f'(z) / f''(z), as nodes like any others. */
static tad_var newton(tad_var z, tad_var t)
{
    tad_var df, ddf;
    if (tad_gradient(inner(z, t), 1, &z, &df) != TAD_OK || tad_gradient(df, 1, &z, &ddf) != TAD_OK)
        return df;
    return tad_sub(z, tad_div(df, ddf));
}

static tad_var unrolled(tad_var t)
{
    tad_var z = tad_constant(t.tape, 0);
    for (int i = 0; i < STEPS; i++)
        z = newton(z, t);
    return z;
}

static tad_var implicit(tad_var t)
{
    double z = 0;
    size_t mark = tad_tape_mark(t.tape);
    for (int i = 0; i < STEPS; i++) {
        z = tad_value(newton(tad_constant(t.tape, z), t));
        tad_tape_rewind(t.tape, mark);
    }
    return newton(newton(tad_constant(t.tape, z), t), t);
}

typedef struct answer {
    double z, dL, ddL;
    size_t nodes;
} answer;

static tad_status differentiate(tad_tape *tape, double at, tad_var (*minimise)(tad_var t), answer *out)
{
    tad_tape_rewind(tape, 0);
    tad_var t = tad_scalar(tape, at), z = minimise(t), dL, ddL;
    tad_var L = tad_square(tad_sub(z, tad_constant(tape, 0.5)));
    out->nodes = tad_tape_mark(tape);
    tad_status status = tad_gradient(L, 1, &t, &dL);
    if (status == TAD_OK)
        status = tad_gradient(dL, 1, &t, &ddL);
    if (status == TAD_OK)
        *out = (answer){tad_value(z), tad_value(dL), tad_value(ddL), out->nodes};
    return tad_tape_status(tape) != TAD_OK ? tad_tape_status(tape) : status;
}

int main(void)
{
    double     worst = 0;
    tad_tape  *tape = tad_tape_new();
    tad_status status = tape ? TAD_OK : TAD_ENOMEM;
    for (double at = 2; at <= 5 && status == TAD_OK; at++) {
        answer u, i;
        status = differentiate(tape, at, unrolled, &u);
        if (status == TAD_OK)
            status = differentiate(tape, at, implicit, &i);
        if (status != TAD_OK)
            break;
        double e = exp(u.z), dz = 1 / (e + 1), ddz = -e * dz * dz * dz; /* of exp(z) + z = t */
        double dL = 2 * (u.z - 0.5) * dz, ddL = 2 * dz * dz + 2 * (u.z - 0.5) * ddz;
        printf("t = %.0f   minimum at z = %.10f\n", at, u.z);
        printf("  unrolled   dL/dt = %13.10f   d2L/dt2 = %13.10f   %4zu nodes\n", u.dL, u.ddL, u.nodes);
        printf("  implicit   dL/dt = %13.10f   d2L/dt2 = %13.10f   %4zu nodes\n", i.dL, i.ddL, i.nodes);
        printf("  by hand    dL/dt = %13.10f   d2L/dt2 = %13.10f\n", dL, ddL);
        worst = fmax(worst, fmax(fmax(fabs(u.dL - dL), fabs(i.dL - dL)), fmax(fabs(u.ddL - ddL), fabs(i.ddL - ddL))));
    }
    if (status == TAD_OK)
        printf("All %s.\n", worst <= 1e-10 ? "agree to 1e-10" : "DIFFER");
    else
        fprintf(stderr, "nested: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    tad_tape_free(tape);
    return status != TAD_OK || !(worst <= 1e-10);
}
