/* Values, gradients and training as PyTorch has them: the files in tests/torch, which tests/torch/make_golden.py wrote and
 * tests/torch/golden.py describes. The tests read these files relative to the root of the repository. */
#include "suites.h"
#include "support.h"
#include "torch_models.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERANDS = 16, NUMBERS = 256 };

static const char *const files[] = {"elementwise",   "reductions", "losses",   "convolution", "pooling",
                                    "normalisation", "sequences",  "indexing", "linalg",      "models"};

/* ---- What the cases are in tad ---- */

#define NONE ((tad_var){0})
#define NUMBER(value) tad_constant(x[0].tape, value)
#define AXES(...)                                                                                                      \
    COUNT(((const int[]){__VA_ARGS__})), (const int[])                                                                 \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define SIZES(...)                                                                                                     \
    COUNT(((const int64_t[]){__VA_ARGS__})), (const int64_t[])                                                         \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define CROSS_ENTROPY(...) (&(tad_cross_entropy_options){.reduction = reduction, __VA_ARGS__})
#define BCE(...) (&(tad_bce_options){.reduction = reduction, __VA_ARGS__})
#define CONV(...) (&(tad_conv_options){__VA_ARGS__})
#define POOL(...) (&(tad_pool_options){__VA_ARGS__})
#define NORM(...) (&(tad_norm_options){__VA_ARGS__})
#define ATTENTION(...) (&(tad_attention_options){__VA_ARGS__})
#define TRIANGULAR(...) (&(tad_triangular_options){__VA_ARGS__})

#define CASE(name, ...)                                                                                                \
    static tad_var record_##name(const tad_var x[])                                                                    \
    {                                                                                                                  \
        return __VA_ARGS__;                                                                                            \
    }
#define REDUCED(name, how, ...)                                                                                        \
    static tad_var record_##name(const tad_var x[])                                                                    \
    {                                                                                                                  \
        const tad_reduction reduction = how;                                                                           \
        return __VA_ARGS__;                                                                                            \
    }
#define LOSS(name, ...)                                                                                                \
    REDUCED(name##_mean, TAD_MEAN, __VA_ARGS__)                                                                        \
    REDUCED(name##_sum, TAD_SUM, __VA_ARGS__)                                                                          \
    REDUCED(name##_none, TAD_NONE, __VA_ARGS__)
#include "torch_cases.def"
#undef CASE
#undef LOSS

static const struct row {
    const char *name;
    tad_var (*record)(const tad_var x[]);
} rows[] = {
#define CASE(name, ...) {#name, record_##name},
#define LOSS(name, ...)                                                                                                \
    {#name "_mean", record_##name##_mean}, {#name "_sum", record_##name##_sum}, {#name "_none", record_##name##_none},
#include "torch_cases.def"
};

/* ---- Reading ---- */

/* All that disagrees in a file, so that a failure shows more than the first of it. */
static char problems[4096];

TAD_PRINTF(1, 2) static void complain(const char *text, ...)
{
    size_t  used = strlen(problems);
    va_list arguments;
    va_start(arguments, text);
    vsnprintf(problems + used, sizeof problems - used, text, arguments);
    va_end(arguments);
}

/* A text, cut into words as they are taken. */
typedef struct reader {
    char *at, *word; /* the word that is next; NULL at the end */
} reader;

static char *take(reader *r)
{
    char *word = r->word;
    ck_assert_msg(word != NULL, "the file ends within a case");
    r->at += strspn(r->at, " \n");
    r->word = *r->at ? r->at : NULL;
    r->at += strcspn(r->at, " \n");
    if (*r->at)
        *r->at++ = '\0';
    return word;
}

static bool taken(reader *r, const char *word)
{
    bool is_next = r->word && strcmp(r->word, word) == 0;
    if (is_next)
        take(r);
    return is_next;
}

static char *file_text(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "tests/torch/%s.txt", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s: cannot be read; the tests run in the root of the repository", path);
    enum { MOST = 1 << 18 };
    char  *text = malloc(MOST);
    size_t n = fread(text, 1, MOST - 1, file);
    ck_assert(feof(file) && n > 0);
    text[n] = '\0';
    fclose(file);
    return text;
}

typedef struct shape {
    int     rank;
    int64_t dims[TAD_MAX_RANK], count;
} shape;

/* "[2,3]" */
static shape take_shape(reader *r)
{
    char *word = take(r);
    shape s = {.count = 1};
    while (word[0] && word[1] && word[1] != ']') {
        ck_assert_int_lt(s.rank, TAD_MAX_RANK);
        s.dims[s.rank] = strtoll(word + 1, &word, 10);
        s.count *= s.dims[s.rank++];
    }
    ck_assert_int_le(s.count, NUMBERS);
    return s;
}

/* ---- Operands: the formulas of tests/torch/golden.py ---- */

typedef struct operand {
    const char *kind;
    bool        wanted;
    shape       shape;
    double      numbers[NUMBERS];
} operand;

static int64_t mixed(int64_t i, int64_t k)
{
    return (i * 37 + k * 11) % 101;
}

static double plain_number(const char *kind, int64_t m)
{
    return strncmp(kind, "index:", 6) == 0 ? (double)(m % atoi(kind + 6))
           : strcmp(kind, "any") == 0      ? (double)(m - 50) / 64
           : strcmp(kind, "wide") == 0     ? (double)(m - 50) / 16
           : strcmp(kind, "positive") == 0 ? (double)(m + 16) / 64
           : strcmp(kind, "unit") == 0     ? (double)(m + 13) / 128
           : strcmp(kind, "ties") == 0     ? (double)(m % 5 - 2)
           : strcmp(kind, "bits") == 0     ? (double)(m % 2)
           : strcmp(kind, "zero") == 0     ? 0
           : strcmp(kind, "mask") == 0     ? (m % 3 == 0 ? -(double)INFINITY : 0)
                                           : (double)NAN;
}

static double number(const char *kind, int64_t k, int64_t i, int64_t n)
{
    bool dominant = strcmp(kind, "dominant") == 0, definite = strcmp(kind, "definite") == 0;
    if (!dominant && !definite && strcmp(kind, "symmetric") != 0)
        return plain_number(kind, mixed(i, k));
    int64_t block = i / (n * n), row = i / n % n, column = i % n;
    int64_t least = row < column ? row : column, most = row + column - least;
    double  any = plain_number("any", mixed(dominant ? i : (block * n + least) * n + most, k));
    return row == column && (dominant || definite) ? any + (double)n : any;
}

static void make_numbers(const char *kind, int k, shape s, double out[])
{
    for (int64_t i = 0; i < s.count; i++)
        out[i] = number(kind, k, i, s.rank ? s.dims[s.rank - 1] : 1);
}

static tad_var leaf(tad_tape *tape, tad_dtype dtype, bool wanted, shape s, const double numbers[])
{
    int64_t indices[NUMBERS];
    float   floats[NUMBERS];
    for (int64_t i = 0; i < s.count; i++)
        if (dtype == TAD_F32)
            floats[i] = (float)numbers[i];
        else if (dtype == TAD_I64)
            indices[i] = (int64_t)numbers[i];
    const void *data = dtype == TAD_F32 ? floats : dtype == TAD_I64 ? (const void *)indices : numbers;
    return (wanted ? tad_tensor : tad_tensor_constant)(tape, dtype, s.rank, s.dims, data);
}

/* ---- Running a case ---- */

typedef struct golden_case {
    const char *name;
    double      rate; /* of a model's training; 0: no model */
    int         n;
    operand     x[OPERANDS];
    tad_var (*record)(const tad_var x[]);
} golden_case;

/* What tad makes of it. */
typedef struct result {
    shape  shape;
    double y[NUMBERS], gradients[OPERANDS][NUMBERS], recorded[OPERANDS][NUMBERS], trained[OPERANDS][NUMBERS];
} result;

static void read_numbers(tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes), double out[NUMBERS])
{
    float floats[NUMBERS];
    bool  narrow = tad_dtype_of(x) == TAD_F32;
    ck_assert_int_le(tad_count(x), NUMBERS);
    expect_ok(narrow ? read(x, floats, sizeof floats) : read(x, out, NUMBERS * sizeof *out));
    for (int64_t i = 0; narrow && i < tad_count(x); i++)
        out[i] = (double)floats[i];
}

static tad_var record(const golden_case *c, tad_dtype dtype, tad_tape *tape, double (*now)[NUMBERS], tad_var x[])
{
    for (int k = 0; k < c->n; k++) {
        const operand *o = &c->x[k];
        tad_dtype      its = strncmp(o->kind, "index:", 6) == 0 ? TAD_I64 : dtype;
        x[k] = leaf(tape, its, o->wanted, o->shape, now && o->wanted ? now[k] : o->numbers);
    }
    return c->record(x);
}

static void run(const golden_case *c, tad_dtype dtype, result *out)
{
    tad_tape *tape = tad_tape_new();
    tad_var   x[OPERANDS], wanted[OPERANDS], g[OPERANDS];
    tad_var   y = record(c, dtype, tape, NULL, x);
    expect_no_error_of(c->name, tape);
    ck_assert_msg(tad_dtype_of(y) == dtype, "%s is not %s", c->name, tad_dtype_name(dtype));
    out->shape = (shape){.rank = tad_rank(y), .count = tad_count(y)};
    for (int i = 0; i < out->shape.rank; i++)
        out->shape.dims[i] = tad_dim(y, i);
    read_numbers(y, tad_read, out->y);

    double cotangents[NUMBERS];
    size_t n = 0;
    make_numbers("any", 0, out->shape, cotangents);
    tad_var gy = leaf(tape, dtype, false, out->shape, cotangents);
    for (int k = 0; k < c->n; k++)
        if (c->x[k].wanted)
            wanted[n++] = x[k];
    if (n > 0) {
        expect_ok(tad_backward(tad_sum(tad_mul(y, gy))));
        expect_ok(tad_vjp(y, gy, n, wanted, g));
    }
    n = 0;
    for (int k = 0; k < c->n; k++)
        if (c->x[k].wanted) {
            read_numbers(x[k], tad_read_grad, out->gradients[k]);
            read_numbers(g[n++], tad_read, out->recorded[k]);
        }
    expect_no_error_of(c->name, tape);
    tad_tape_free(tape);
}

/* Ten steps of gradient descent. The rate is a power of two: what it is multiplied with stays as it is. */
static void train(const golden_case *c, tad_dtype dtype, result *out)
{
    enum { STEPS = 10 };
    tad_tape *tape = tad_tape_new();
    tad_var   x[OPERANDS];
    double    g[NUMBERS];
    for (int k = 0; k < c->n; k++)
        memcpy(out->trained[k], c->x[k].numbers, sizeof out->trained[k]);
    for (int step = 0; step < STEPS; step++) {
        tad_tape_rewind(tape, 0);
        tad_var loss = record(c, dtype, tape, out->trained, x);
        out->y[step] = tad_value(loss);
        expect_ok(tad_backward(loss));
        for (int k = 0; k < c->n; k++)
            if (c->x[k].wanted) {
                read_numbers(x[k], tad_read_grad, step == 0 ? out->gradients[k] : g);
                for (int64_t i = 0; i < c->x[k].shape.count; i++)
                    out->trained[k][i] -= c->rate * (step == 0 ? out->gradients[k] : g)[i];
            }
    }
    expect_no_error_of(c->name, tape);
    memcpy(out->recorded, out->gradients, sizeof out->recorded);
    out->shape = (shape){1, {STEPS}, STEPS};
    tad_tape_free(tape);
}

/* ---- Comparing ---- */

/* Relative to the largest number of a tensor, as the smaller ones of it have that one's rounding in them. After ten steps of
 * training, too: the models' steps are short, and shrink what two orders of summation make different, so that even the last
 * losses and parameters agree to a fifth of this in f32, and to a thousandth in f64. */
static void compare(const char *name, const char *key, tad_dtype dtype, shape s, const double found[],
                    const double expected[])
{
    double magnitude = 0;
    for (int64_t i = 0; i < s.count; i++)
        if (isfinite(expected[i]) && fabs(expected[i]) > magnitude)
            magnitude = fabs(expected[i]);
    double tolerance = dtype == TAD_F64 ? 1e-12 * fmax(1, magnitude) : 1e-6 + 1e-6 * magnitude;
    for (int64_t i = 0; i < s.count; i++) {
        bool near = found[i] == expected[i] || fabs(found[i] - expected[i]) <= tolerance;
        if (!near) {
            complain("%s: %s %s[%lld] is %.17g; expected %.17g within %g\n", name, tad_dtype_name(dtype), key,
                     (long long)i, found[i], expected[i], tolerance);
            return;
        }
    }
}

/* "y [2] 1 2", "g0 [] 1" or "p0 [] 1", behind the element type. */
static void compare_next(reader *r, const golden_case *c, tad_dtype dtype, const result *found)
{
    double      expected[NUMBERS];
    const char *key = take(r);
    shape       s = take_shape(r);
    int         k = key[0] == 'y' ? 0 : atoi(key + 1);
    ck_assert_msg(k < c->n, "%s: %s of %d operands", c->name, key, c->n);
    const double *numbers = key[0] == 'y' ? found->y : key[0] == 'g' ? found->gradients[k] : found->trained[k];
    const shape  *its = key[0] == 'y' ? &found->shape : &c->x[k].shape;
    for (int64_t i = 0; i < s.count; i++)
        expected[i] = strtod(take(r), NULL);
    if (s.rank != its->rank || memcmp(s.dims, its->dims, sizeof s.dims) != 0) {
        complain("%s: %s has another shape\n", c->name, key);
        return;
    }
    compare(c->name, key, dtype, s, numbers, expected);
    if (key[0] == 'g')
        compare(c->name, "recorded gradient", dtype, s, found->recorded[k], expected);
}

static const struct row *row_of(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    ck_abort_msg("%s has no row in tests/torch_cases.def", name);
    return NULL;
}

/* A whole case: what it is made of, then twice its numbers: one value, and for each wanted operand a gradient and, of a
 * model, the trained operand. */
static void read_case(reader *r)
{
    static golden_case c;
    static result      found;
    ck_assert(taken(r, "case"));
    c.record = row_of(c.name = take(r))->record;
    c.rate = taken(r, "train") ? strtod(take(r), NULL) : 0;
    int lines = 1;
    for (c.n = 0; r->word && (strcmp(r->word, "x") == 0 || strcmp(r->word, "const") == 0); c.n++) {
        ck_assert_int_lt(c.n, OPERANDS);
        operand *o = &c.x[c.n];
        o->wanted = take(r)[0] == 'x';
        o->kind = take(r);
        o->shape = take_shape(r);
        lines += o->wanted ? 1 + (c.rate > 0) : 0;
        make_numbers(o->kind, c.n + 1, o->shape, o->numbers);
    }
    for (tad_dtype dtype = TAD_F64;; dtype = TAD_F32) {
        memset(&found, 0, sizeof found);
        (c.rate > 0 ? train : run)(&c, dtype, &found);
        for (int i = 0; i < lines; i++) {
            ck_assert_msg(taken(r, tad_dtype_name(dtype)), "%s: a line of %s is missing", c.name,
                          tad_dtype_name(dtype));
            compare_next(r, &c, dtype, &found);
        }
        if (dtype == TAD_F32)
            break;
    }
}

START_TEST(test_file)
{
    char  *text = file_text(files[_i]);
    reader r = {.at = text, .word = text};
    problems[0] = '\0';
    take(&r); /* to the first word */
    while (r.word)
        read_case(&r);
    free(text);
    ck_assert_msg(!problems[0], "tests/torch/%s.txt:\n%s", files[_i], problems);
}
END_TEST

START_TEST(test_every_row_is_in_a_file)
{
    char *texts[COUNT(files)], line[64];
    for (size_t i = 0; i < COUNT(files); i++)
        texts[i] = file_text(files[i]);
    for (size_t k = 0; k < COUNT(rows); k++) {
        snprintf(line, sizeof line, "case %s\n", rows[k].name);
        bool found = false;
        for (size_t i = 0; i < COUNT(files); i++)
            found = found || strstr(texts[i], line);
        ck_assert_msg(found, "%s is in no file: make golden-torch", rows[k].name);
    }
    for (size_t i = 0; i < COUNT(files); i++)
        free(texts[i]);
}
END_TEST

Suite *torch_suite(void)
{
    Suite *suite = suite_create("torch");
    TCase *golden = tcase_create("golden values");
    tcase_add_loop_test(golden, test_file, 0, (int)COUNT(files));
    tcase_add_test(golden, test_every_row_is_in_a_file);
    suite_add_tcase(suite, golden);
    return suite;
}
