/* The nonlinear regressions of the US National Institute of Standards and Technology (Statistical Reference Datasets, public
 * domain; tests/nist): certified parameters to 9 digits from both starts, their standard deviations to 8. */
#include "suites.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS = 9, POINTS = 260 };

typedef struct problem {
    size_t n, m;
    double start[2][PARAMETERS], certified[PARAMETERS], deviations[PARAMETERS];
    double sum, deviation;
    double y[POINTS], x[2][POINTS];
} problem;

/* ---- The models, once each: b1 to b9 are scalars, x, x2 and y vectors ---- */

#define K(value) tad_constant(b1.tape, value)
#define ADD tad_add
#define SUB tad_sub
#define MUL tad_mul
#define DIV tad_div
#define EXP tad_exp
#define SQUARE tad_square
#define DECAY(b) EXP(tad_neg(MUL(b, x)))
#define BELL(height, centre, width) MUL(height, EXP(tad_neg(SQUARE(DIV(SUB(x, centre), width)))))
#define CUBIC(a, b, c, d) ADD(a, MUL(x, ADD(b, MUL(x, ADD(c, MUL(x, d))))))
#define WAVE(a, b, period) ADD(MUL(a, tad_cos(TURNS(period))), MUL(b, tad_sin(TURNS(period))))
#define TURNS(period) DIV(MUL(K(2 * 3.14159265358979323846), x), period)
#define SATURATION MUL(b1, SUB(K(1), DECAY(b2)))
#define GAUSS ADD(MUL(b1, DECAY(b2)), ADD(BELL(b3, b4, b5), BELL(b6, b7, b8)))
#define LANCZOS ADD(MUL(b1, DECAY(b2)), ADD(MUL(b3, DECAY(b4)), MUL(b5, DECAY(b6))))
#define CHWIRUT DIV(DECAY(b1), ADD(b2, MUL(b3, x)))
#define CUBICS DIV(CUBIC(b1, b2, b3, b4), CUBIC(K(1), b5, b6, b7))

#define MODELS(MODEL)                                                                                                  \
    MODEL(Bennett5, MUL(b1, tad_pow(ADD(b2, x), DIV(K(-1), b3))))                                                      \
    MODEL(BoxBOD, SATURATION)                                                                                          \
    MODEL(Chwirut1, CHWIRUT)                                                                                           \
    MODEL(Chwirut2, CHWIRUT)                                                                                           \
    MODEL(DanWood, MUL(b1, tad_pow(x, b2)))                                                                            \
    MODEL(ENSO, ADD(ADD(b1, WAVE(b2, b3, K(12))), ADD(WAVE(b5, b6, b4), WAVE(b8, b9, b7))))                            \
    MODEL(Eckerle4, MUL(DIV(b1, b2), EXP(MUL(K(-0.5), SQUARE(DIV(SUB(x, b3), b2))))))                                  \
    MODEL(Gauss1, GAUSS)                                                                                               \
    MODEL(Gauss2, GAUSS)                                                                                               \
    MODEL(Gauss3, GAUSS)                                                                                               \
    MODEL(Hahn1, CUBICS)                                                                                               \
    MODEL(Kirby2, DIV(CUBIC(b1, b2, b3, K(0)), CUBIC(K(1), b4, b5, K(0))))                                             \
    MODEL(Lanczos1, LANCZOS)                                                                                           \
    MODEL(Lanczos2, LANCZOS)                                                                                           \
    MODEL(Lanczos3, LANCZOS)                                                                                           \
    MODEL(MGH09, DIV(MUL(b1, ADD(SQUARE(x), MUL(x, b2))), ADD(SQUARE(x), ADD(MUL(x, b3), b4))))                        \
    MODEL(MGH10, MUL(b1, EXP(DIV(b2, ADD(x, b3)))))                                                                    \
    MODEL(MGH17, ADD(b1, ADD(MUL(b2, DECAY(b4)), MUL(b3, DECAY(b5)))))                                                 \
    MODEL(Misra1a, SATURATION)                                                                                         \
    MODEL(Misra1b, MUL(b1, SUB(K(1), DIV(K(1), SQUARE(ADD(K(1), DIV(MUL(b2, x), K(2))))))))                            \
    MODEL(Misra1c, MUL(b1, SUB(K(1), DIV(K(1), tad_sqrt(ADD(K(1), MUL(K(2), MUL(b2, x))))))))                          \
    MODEL(Misra1d, DIV(MUL(b1, MUL(b2, x)), ADD(K(1), MUL(b2, x))))                                                    \
    MODEL(Nelson, SUB(b1, MUL(MUL(b2, x), EXP(tad_neg(MUL(b3, x2))))))                                                 \
    MODEL(Rat42, DIV(b1, ADD(K(1), EXP(SUB(b2, MUL(b3, x))))))                                                         \
    MODEL(Rat43, DIV(b1, tad_pow(ADD(K(1), EXP(SUB(b2, MUL(b3, x)))), DIV(K(1), b4))))                                 \
    MODEL(Roszman1, SUB(SUB(b1, MUL(b2, x)), DIV(tad_atan(DIV(b3, SUB(x, b4))), K(3.14159265358979323846))))           \
    MODEL(Thurber, CUBICS)

#define b1 b[0]
#define b2 b[1]
#define b3 b[2]
#define b4 b[3]
#define b5 b[4]
#define b6 b[5]
#define b7 b[6]
#define b8 b[7]
#define b9 b[8]
typedef struct data {
    tad_var x[2], y;
} data;
#define FUNCTION(name, ...)                                                                                            \
    static tad_var residual_##name(void *user, size_t n, const tad_var b[])                                            \
    {                                                                                                                  \
        const data   *d = user;                                                                                        \
        const tad_var x = d->x[0], x2 = d->x[1];                                                                       \
        (void)n, (void)x2;                                                                                             \
        return SUB(d->y, __VA_ARGS__);                                                                                 \
    }
MODELS(FUNCTION)

#define ROW(name, ...) {#name, residual_##name},
static const struct {
    const char   *name;
    tad_function *residual;
} models[] = {MODELS(ROW)};

/* ---- The files ---- */

static problem *read_problem(const char *name)
{
    static problem p;
    char           path[64], line[256];
    int            number = 0;
    memset(&p, 0, sizeof p);
    snprintf(path, sizeof path, "tests/nist/%s.dat", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file, "cannot open %s: run the tests from the root of the repository", path);
    while (fgets(line, sizeof line, file)) {
        char *value = strchr(line, '='), *colon = strchr(line, ':');
        number++;
        if (number > 40 && number <= 60 && value && line[2] == 'b' && p.n < PARAMETERS) {
            ck_assert_int_eq(sscanf(value + 1, "%lf %lf %lf %lf", &p.start[0][p.n], &p.start[1][p.n], &p.certified[p.n],
                                    &p.deviations[p.n]),
                             4);
            p.n++;
        } else if (number < 60 && colon && strstr(line, "Residual Sum of Squares")) {
            p.sum = atof(colon + 1);
        } else if (number < 60 && colon && strstr(line, "Residual Standard Deviation")) {
            p.deviation = atof(colon + 1);
        } else if (number > 60 && p.m < POINTS &&
                   sscanf(line, "%lf %lf %lf", &p.y[p.m], &p.x[0][p.m], &p.x[1][p.m]) >= 2) {
            p.m++;
        }
    }
    fclose(file);
    return &p;
}

/* ---- The tests ---- */

static double worst_of(size_t n, const double found[], const double certified[])
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double error = fabs(found[i] - certified[i]) / fabs(certified[i]);
        worst = error <= worst ? worst : error;
    }
    return worst;
}

/* Our copy of Roszman1.dat has its certified b1 as 1.20196866396E-0, at which the sum of squares is 25 and not the certified
 * 4.9e-4: a digit strayed to the front of 2.0196866396E-01. */
static void mend(const char *name, problem *p)
{
    if (strcmp(name, "Roszman1") == 0 && p->certified[0] == 1.20196866396)
        p->certified[0] = 0.20196866396;
}

/* The relative errors of parameters and deviations; infinite if the fit fails. */
static void solve(size_t row, int start, double *parameters, double *deviations)
{
    problem       *p = read_problem(models[row].name);
    tad_tape      *tape = tad_tape_new();
    double         x[PARAMETERS], found[PARAMETERS];
    tad_fit_report report;
    data           d;
    mend(models[row].name, p);
    memcpy(x, p->start[start], sizeof x);
    if (strcmp(models[row].name, "Nelson") == 0)
        for (size_t i = 0; i < p->m; i++)
            p->y[i] = log(p->y[i]);
    const int64_t m = (int64_t)p->m;
    d.y = tad_tensor_constant(tape, TAD_F64, 1, &m, p->y);
    for (int k = 0; k < 2; k++)
        d.x[k] = tad_tensor_constant(tape, TAD_F64, 1, &m, p->x[k]);
    tad_status status = tad_fit_least_squares(tape, models[row].residual, &d, p->n, x,
                                              &(tad_fit_options){.deviations = found}, &report);
    *parameters = *deviations = (double)INFINITY;
    if (status == TAD_OK) {
        *parameters = worst_of(p->n, x, p->certified);
        /* The residuals of Lanczos1 are the rounding errors of its data, 1e-13 of numbers near 1, so that f64 has 3 digits of
         * them: there the deviations are looked at in units of the residuals'. */
        if (strcmp(models[row].name, "Lanczos1") == 0)
            for (size_t i = 0; i < p->n; i++)
                found[i] *= p->deviation / report.deviation;
        else if (*parameters < 1e-9)
            ck_assert_msg(fabs(report.residual / p->sum - 1) < 1e-9, "%s: sum of squares %.11g", models[row].name,
                          report.residual);
        *deviations = worst_of(p->n, found, p->deviations);
    }
    if (getenv("TAD_NIST"))
        fprintf(stderr,
                "%-9s start %d: %zu parameters, %zu points, %3d iterations, %3d evaluations, %s, errors %.1e %.1e\n",
                models[row].name, start + 1, p->n, p->m, report.iterations, report.evaluations,
                tad_stop_name(report.reason), *parameters, *deviations);
    tad_tape_free(tape);
}

START_TEST(start_2)
{
    double parameters, deviations;
    solve((size_t)_i, 1, &parameters, &deviations);
    ck_assert_msg(parameters < 1e-9, "%s: parameters are off by %g", models[_i].name, parameters);
    ck_assert_msg(deviations < 1e-8, "%s: standard deviations are off by %g", models[_i].name, deviations);
}
END_TEST

START_TEST(start_1)
{
    int    solved = 0;
    double parameters, deviations;
    for (size_t row = 0; row < COUNT(models); row++) {
        solve(row, 0, &parameters, &deviations);
        solved += parameters < 1e-9 && deviations < 1e-8;
    }
    ck_assert_int_ge(solved, 24);
}
END_TEST

Suite *nist_suite(void)
{
    Suite *suite = suite_create("nist");
    TCase *tests = tcase_create("nist");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, start_2, 0, COUNT(models));
    tcase_add_test(tests, start_1);
    suite_add_tcase(suite, tests);
    return suite;
}
