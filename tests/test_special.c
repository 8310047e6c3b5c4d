/* Special values (special.def) of every elementwise operation and its derivatives: as scalars, as one element, and as a
 * vector long enough for SIMD, in both element types; the adjoint in numbers and recorded. */
#include "suites.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct special {
    const char *name;
    double      a, b, value, da, db;
    bool        only_f64;
} special;

static const special specials[] = {
#define SPECIAL(name, a, b, value, da, db)                                                                             \
    {#name, (double)(a), (double)(b), (double)(value), (double)(da), (double)(db), false},
#define SPECIAL_F64(name, a, b, value, da, db)                                                                         \
    {#name, (double)(a), (double)(b), (double)(value), (double)(da), (double)(db), true},
#include "special.def"
};

/* The public functions, by name. */
static const struct {
    const char *name;
    tad_var (*unary)(tad_var x);
    tad_var (*binary)(tad_var a, tad_var b);
} functions[] = {
#define UNARY(name, ...) {#name, tad_##name, NULL},
#define BINARY(name, ...) {#name, NULL, tad_##name},
#include "ops/elementwise.def"
};

/* Forms of the operands: rank 0, or a vector. */
typedef struct form {
    const char *name;
    tad_dtype   dtype;
    int         rank;
    int64_t     count;
} form;

enum { LONGEST = 19 };
static const form forms[] = {
    {"a scalar", TAD_F64, 0, 1},      {"one f64", TAD_F64, 1, 1}, {"19 f64", TAD_F64, 1, LONGEST},
    {"f32 of rank 0", TAD_F32, 0, 1}, {"one f32", TAD_F32, 1, 1}, {"19 f32", TAD_F32, 1, LONGEST},
};

static tad_var operand(tad_tape *tape, const form *f, double number)
{
    double doubles[LONGEST];
    float  floats[LONGEST];
    if (f->rank == 0 && f->dtype == TAD_F64)
        return tad_scalar(tape, number);
    for (int i = 0; i < LONGEST; i++) {
        doubles[i] = number;
        floats[i] = (float)number;
    }
    return tad_tensor(tape, f->dtype, f->rank, &f->count, f->dtype == TAD_F32 ? (void *)floats : (void *)doubles);
}

static tad_var call(const char *name, tad_var a, tad_var b)
{
    for (size_t i = 0; i < COUNT(functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return functions[i].unary ? functions[i].unary(a) : functions[i].binary(a, b);
    ck_abort_msg("special.def names '%s', which is no elementwise operation", name);
    return a;
}

static bool same(double found, double expected, double epsilon)
{
    if (isnan(expected) || isinf(expected))
        return isnan(expected) ? isnan(found) : found == expected;
    return fabs(found - expected) <= 4 * epsilon * fabs(expected);
}

static void expect(const special *s, const form *f, const char *what, tad_var x,
                   tad_status read(tad_var, void *, size_t), double expected)
{
    double doubles[LONGEST];
    float  floats[LONGEST];
    bool   f32 = f->dtype == TAD_F32, value = strcmp(what, "y") == 0;
    expect_ok(read(x, f32 ? (void *)floats : (void *)doubles, f32 ? sizeof floats : sizeof doubles));
    for (int64_t i = 0; i < f->count; i++) {
        double found = f32 ? (double)floats[i] : doubles[i];
        bool   good = same(found, expected, f32 ? (double)FLT_EPSILON : DBL_EPSILON);
        if (value && expected == 0)
            good = good && !signbit(found) == !signbit(expected);
        ck_assert_msg(good, "%s(%g, %g), %s, element %d: %s is %.17g, expected %.17g", s->name, s->a, s->b, f->name,
                      (int)i, what, found, expected);
    }
}

static void check(tad_tape *tape, const special *s, const form *f)
{
    tad_var x[] = {operand(tape, f, s->a), operand(tape, f, s->b)}, gx[2], y = call(s->name, x[0], x[1]);
    bool    binary = tad_operand_count(y) == 2;
    expect(s, f, "y", y, tad_read, s->value);
    tad_var z = f->rank ? tad_sum(y) : y;
    expect_ok(tad_backward(z));
    expect(s, f, "dy/da by tad_backward", x[0], tad_read_grad, s->da);
    expect(s, f, "dy/db by tad_backward", x[1], tad_read_grad, binary ? s->db : 0);
    expect_ok(tad_gradient(z, 2, x, gx));
    expect(s, f, "dy/da by tad_gradient", gx[0], tad_read, s->da);
    expect(s, f, "dy/db by tad_gradient", gx[1], tad_read, binary ? s->db : 0);
    expect_no_error_of(s->name, tape);
}

START_TEST(special_values)
{
    const form *f = &forms[_i];
    tad_tape   *tape = tad_tape_new();
    for (size_t i = 0; i < COUNT(specials); i++) {
        tad_tape_rewind(tape, 0);
        if (f->dtype == TAD_F64 || !specials[i].only_f64)
            check(tape, &specials[i], f);
    }
    tad_tape_free(tape);
}
END_TEST

/* No operation is forgotten. */
START_TEST(every_operation_has_some)
{
    for (size_t i = 0; i < COUNT(functions); i++) {
        bool found = false;
        for (size_t k = 0; k < COUNT(specials); k++)
            found |= strcmp(functions[i].name, specials[k].name) == 0;
        ck_assert_msg(found, "special.def has no line for %s", functions[i].name);
    }
}
END_TEST

Suite *special_suite(void)
{
    Suite *suite = suite_create("special");
    TCase *tests = tcase_create("special values");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, special_values, 0, (int)COUNT(forms));
    tcase_add_test(tests, every_operation_has_some);
    suite_add_tcase(suite, tests);
    return suite;
}
