/* Which of three spiral arms does a point lie on? A network of whole tensors, trained from the first line to the last:
 *
 *     loss = cross_entropy(relu(layer_norm(points W + b)) V + c, arms)
 *
 * Parameters are plain C arrays. Each step puts them on the tape, reads their gradients, and rewinds. At the end the same
 * program asks for more: the sharpest direction of the loss, by products with its Hessian, and whether the gradient is right. */
#include <tad/tad.h>

#include <math.h>
#include <stdio.h>

enum { ARMS = 3, EACH = 40, POINTS = ARMS * EACH, HIDDEN = 32, STEPS = 200, PARAMETERS = 6 };

typedef struct parameter {
    int     rank;
    int64_t dims[2];
    double  value[HIDDEN * ARMS], speed[HIDDEN * ARMS];
} parameter;

static parameter parameters[PARAMETERS] = {
    {.rank = 2, .dims = {2, HIDDEN}}, {.rank = 1, .dims = {HIDDEN}},       {.rank = 1, .dims = {HIDDEN}},
    {.rank = 1, .dims = {HIDDEN}},    {.rank = 2, .dims = {HIDDEN, ARMS}}, {.rank = 1, .dims = {ARMS}},
};
static double  points[POINTS][2];
static int64_t arms[POINTS];

static int64_t size(const parameter *p)
{
    return p->dims[0] * (p->rank == 2 ? p->dims[1] : 1);
}

static void prepare(void)
{
    for (int i = 0; i < POINTS; i++) {
        double radius = (double)(i % EACH + 5) / (EACH + 5), angle = 4 * radius + 2.0944 * (i / EACH);
        arms[i] = i / EACH;
        points[i][0] = radius * cos(angle);
        points[i][1] = radius * sin(angle);
    }
    for (int k = 0; k < PARAMETERS; k++)
        for (int64_t i = 0; i < size(&parameters[k]); i++)
            parameters[k].value[i] = k == 2 ? 1 : k % 2 ? 0 : sin(12.9898 * (double)(i + 1) + 78.233 * k);
}

static tad_var logits(const tad_var p[])
{
    tad_tape *tape = p[0].tape;
    tad_var   x = tad_tensor_constant(tape, TAD_F64, 2, (const int64_t[]){POINTS, 2}, points);
    tad_var h = tad_layer_norm(tad_add(tad_matmul(x, p[0]), p[1]), 1, &(tad_norm_options){.gamma = p[2], .beta = p[3]});
    return tad_add(tad_matmul(tad_relu(h), p[4]), p[5]);
}

/* A function of its parameters, as tad_gradcheck wants it. */
static tad_var loss_of(void *unused, size_t n, const tad_var p[])
{
    (void)unused, (void)n;
    tad_var targets = tad_tensor_constant(p[0].tape, TAD_I64, 1, (const int64_t[]){POINTS}, arms);
    return tad_cross_entropy(logits(p), targets, NULL);
}

static void record(tad_tape *tape, tad_var p[])
{
    for (int k = 0; k < PARAMETERS; k++)
        p[k] = tad_tensor(tape, TAD_F64, parameters[k].rank, parameters[k].dims, parameters[k].value);
}

/* One step of gradient descent with momentum. */
static tad_status train(tad_tape *tape, double *loss)
{
    tad_var p[PARAMETERS];
    tad_tape_rewind(tape, 0);
    record(tape, p);
    tad_var    y = loss_of(NULL, PARAMETERS, p);
    tad_status status = tad_backward(y);
    for (int k = 0; k < PARAMETERS && status == TAD_OK; k++) {
        double gradient[HIDDEN * ARMS];
        status = tad_read_grad(p[k], gradient, sizeof gradient);
        for (int64_t i = 0; i < size(&parameters[k]) && status == TAD_OK; i++) {
            parameters[k].speed[i] = 0.9 * parameters[k].speed[i] - 0.05 * gradient[i];
            parameters[k].value[i] += parameters[k].speed[i];
        }
    }
    *loss = tad_value(y);
    return status;
}

/* The share of points whose largest logit is that of their arm. */
static double accuracy(tad_tape *tape)
{
    tad_var p[PARAMETERS];
    tad_tape_rewind(tape, 0);
    record(tape, p);
    int64_t found[POINTS], right = 0;
    if (tad_read(tad_argmax(logits(p), 1, false), found, sizeof found) != TAD_OK)
        return 0;
    for (int i = 0; i < POINTS; i++)
        right += found[i] == arms[i];
    return (double)right / POINTS;
}

/* The largest eigenvalue of the Hessian for the last matrix, by power iteration: v becomes H v / |H v|. */
static tad_status sharpness(tad_tape *tape, double *out)
{
    tad_var p[PARAMETERS], v, hv;
    tad_tape_rewind(tape, 0);
    record(tape, p);
    tad_var    y = loss_of(NULL, PARAMETERS, p);
    tad_status status = TAD_OK;
    v = tad_stop_gradient(p[4]);
    for (int i = 0; i < 30 && status == TAD_OK; i++) {
        tad_var norm = tad_norm(v);
        v = tad_div(v, norm);
        status = tad_hvp(y, 1, &p[4], &v, &hv);
        v = hv;
    }
    *out = status == TAD_OK ? tad_value(tad_norm(v)) : 0;
    return status;
}

int main(void)
{
    tad_tape            *tape = tad_tape_new();
    tad_gradcheck_report report = {0};
    tad_var              p[PARAMETERS];
    double               loss = 0, sharp = 0;
    prepare();
    tad_status status = tape ? TAD_OK : TAD_ENOMEM;
    for (int step = 0; step <= STEPS && status == TAD_OK; step++) {
        status = train(tape, &loss);
        if (status == TAD_OK && step % 50 == 0)
            printf("step %3d   loss %.4f\n", step, loss);
    }
    if (status == TAD_OK)
        printf("%.1f %% of the points are on the right arm\n", 100 * accuracy(tape));
    if (status == TAD_OK && (status = sharpness(tape, &sharp)) == TAD_OK)
        printf("largest curvature of the loss for the last layer: %.4f\n", sharp);
    if (status == TAD_OK) {
        tad_tape_rewind(tape, 0);
        record(tape, p);
        status = tad_gradcheck(loss_of, NULL, PARAMETERS, p, NULL, &report);
    }
    if (status == TAD_OK)
        printf("gradient: %zu entries against differences, %zu wrong\n", report.count, report.wrong);
    else
        fprintf(stderr, "spiral: %s\n", tape ? tad_tape_message(tape) : tad_status_meaning(status));
    tad_gradcheck_free(&report);
    tad_tape_free(tape);
    return status == TAD_OK ? 0 : 1;
}
