/* A perceptron with a hidden layer learns which points lie in a ring, in a screenful: parameters that outlive the tape, layers,
 * a loop that allocates nothing. */
#include <tad/tad.h>

#include <math.h>
#include <stdio.h>

enum { POINTS = 256, HIDDEN = 16, STEPS = 300 };

static double  points[POINTS][2];
static int64_t inside[POINTS];

static void prepare(void)
{
    for (int i = 0; i < POINTS; i++) { /* a spiral that fills the disc of radius 1 */
        double radius = sqrt((i + 0.5) / POINTS), angle = 2.399963 * i;
        points[i][0] = radius * cos(angle);
        points[i][1] = radius * sin(angle);
        inside[i] = radius > 0.4 && radius < 0.8;
    }
}

/* One step of gradient descent with momentum. */
static void step(tad_params *model, double rate)
{
    for (size_t k = 0; k < tad_params_count(model); k++) {
        tad_param *p = tad_params_at(model, k);
        double    *value = p->value, *gradient = p->gradient;
        for (int64_t i = 0; i < p->count; i++) {
            value[i] -= rate * gradient[i];
            gradient[i] *= 0.9; /* gradients add up until they are zeroed: so this is momentum */
        }
        tad_param_touch(p);
    }
}

int main(void)
{
    char        table[1024];
    tad_tape   *tape = tad_tape_new();
    tad_params *model = tad_params_new(NULL, 1);
    tad_linear  l1 = tad_linear_new(model, "hidden", TAD_F64, 2, HIDDEN, false);
    tad_linear  l2 = tad_linear_new(model, "out", TAD_F64, HIDDEN, 2, false);
    tad_status  status = !tape || !model ? TAD_ENOMEM : tad_params_status(model);
    prepare();
    if (status == TAD_OK) {
        tad_params_summary(model, table, sizeof table);
        printf("%s\n", table);
    }
    for (int i = 0; i <= STEPS && status == TAD_OK; i++) {
        tad_tape_rewind(tape, 0);
        tad_var x = tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){POINTS, 2}, points);
        tad_var targets = tad_tensor_constant(tape, TAD_I64, 1, (const int64_t[]){POINTS}, inside);
        tad_var y = tad_linear_apply(&l2, tad_tanh(tad_linear_apply(&l1, tad_mul(x, tad_constant(tape, 3)))));
        tad_var loss = tad_cross_entropy(y, targets, NULL);
        status = tad_params_backward(model, loss);
        if (status == TAD_OK && i % 100 == 0) {
            int64_t found[POINTS], right = 0;
            status = tad_read(tad_argmax(y, 1, false), found, sizeof found);
            for (int k = 0; k < POINTS && status == TAD_OK; k++)
                right += found[k] == inside[k];
            if (status == TAD_OK)
                printf("step %3d   loss %.4f   right %.1f %%\n", i, tad_value(loss), 100.0 * (double)right / POINTS);
        }
        step(model, 0.2);
    }
    if (status != TAD_OK)
        fprintf(stderr, "mlp: %s\n",
                tad_params_status(model) != TAD_OK ? tad_params_message(model) : tad_tape_message(tape));
    tad_params_free(model);
    tad_tape_free(tape);
    return status == TAD_OK ? 0 : 1;
}
