/* The worked network as two matrix products, beside the same with scalars: the same gradients. */
#include "network.h"

#include <math.h>
#include <stdio.h>

typedef struct parameters {
    tad_var w, v, b1, b2; /* hidden weights, one column a unit; output weights, one row a unit; biases */
} parameters;

/* h = sigmoid(i W + b1), o = sigmoid(h V' + b2), E = sum((o - t)^2) / 2. */
static tad_var record_tensors(tad_tape *tape, parameters *p)
{
    const int64_t row[] = {1, 2}, square[] = {2, 2};
    tad_var       i = tad_tensor_constant(tape, TAD_F64, 2, row, (const double[]){0.1, 0.5});
    tad_var       t = tad_tensor_constant(tape, TAD_F64, 2, row, (const double[]){0.05, 0.95});

    p->w = tad_tensor(tape, TAD_F64, 2, square, &first_values[0]); /* w1 w2, w3 w4 */
    p->v = tad_tensor(tape, TAD_F64, 2, square, &first_values[4]); /* w5 w6, w7 w8 */
    p->b1 = tad_scalar(tape, first_values[8]);
    p->b2 = tad_scalar(tape, first_values[9]);

    tad_var h = tad_sigmoid(tad_add(tad_matmul(i, p->w), p->b1));
    tad_var o = tad_sigmoid(tad_add(tad_matmul(h, tad_transpose(p->v)), p->b2));
    return tad_mul(tad_constant(tape, 0.5), tad_sum(tad_square(tad_sub(o, t))));
}

static tad_status tensor_gradient(tad_tape *tape, double gradient[PARAMETERS], double *error)
{
    parameters p;
    tad_var    e = record_tensors(tape, &p);
    tad_status status = tad_backward(e);
    if (status == TAD_OK)
        status = tad_read_grad(p.w, &gradient[0], 4 * sizeof *gradient);
    if (status == TAD_OK)
        status = tad_read_grad(p.v, &gradient[4], 4 * sizeof *gradient);
    gradient[8] = tad_grad(p.b1);
    gradient[9] = tad_grad(p.b2);
    *error = tad_value(e);
    return status;
}

static tad_status scalar_gradient(tad_tape *tape, double gradient[PARAMETERS], double *error)
{
    network net;
    tad_var p[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    tad_var    e = record_network(&net, PARAMETERS, p);
    tad_status status = tad_backward(e);
    for (int i = 0; i < PARAMETERS; i++)
        gradient[i] = tad_grad(p[i]);
    *error = tad_value(e);
    return status;
}

int main(void)
{
    double     tensors[PARAMETERS] = {0}, scalars[PARAMETERS] = {0}, e_tensors = 0, e_scalars = 0, worst = 0;
    tad_tape  *tape = tad_tape_new();
    tad_status status = tape ? tensor_gradient(tape, tensors, &e_tensors) : TAD_ENOMEM;
    if (status == TAD_OK)
        status = scalar_gradient(tape, scalars, &e_scalars);
    if (status == TAD_OK) {
        printf("E = %.10f with tensors, %.10f with scalars\n\n", e_tensors, e_scalars);
        printf("      dE/d, tensors   dE/d, scalars\n");
        for (int i = 0; i < PARAMETERS; i++) {
            printf("  %s  %13.10f   %13.10f\n", parameter_names[i], tensors[i], scalars[i]);
            worst = fmax(worst, fabs(tensors[i] - scalars[i]));
        }
        printf("\nThe gradients %s.\n", worst <= 1e-15 ? "agree to 1e-15" : "DIFFER");
    } else {
        fprintf(stderr, "network_tensor: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    }
    tad_tape_free(tape);
    return status != TAD_OK || !(worst <= 1e-15);
}
