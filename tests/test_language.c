/* The language of models: what texts mean, every message it has, its bounds, and what it does without memory. */
#include "suites.h"
#include "support.h"

#include "tools/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

typedef struct recorded {
    tad_model *model;
    tad_tape  *tape;
    tad_var    vars[MOST];
} recorded;

static recorded record(const char *text)
{
    recorded       r = {.tape = tad_tape_new()};
    tad_text_error error;
    tad_status     status = tad_model_parse(NULL, text, strlen(text), &r.model, &error);
    ck_assert_msg(status == TAD_OK, "'%s': %d:%d: %s", text, error.line, error.column, error.message);
    ck_assert_uint_le(tad_model_count(r.model), MOST);
    status = tad_model_record(r.model, r.tape, r.vars, &error);
    ck_assert_msg(status == TAD_OK, "'%s': %d:%d: %s", text, error.line, error.column, error.message);
    return r;
}

static void drop(recorded *r)
{
    expect_no_error(r->tape);
    tad_tape_free(r->tape);
    tad_model_free(r->model);
}

/* The node of a name; the last one for NULL. */
static tad_var find(const recorded *r, const char *name)
{
    size_t n = tad_model_count(r->model), i = n - 1;
    while (name && i > 0 && strcmp(tad_model_symbol(r->model, i)->name, name) != 0)
        i--;
    return r->vars[i];
}

/* The last value of a text, with its shape as text. */
static void expect_tensor(const char *text, const char *shape, size_t n, const double expected[])
{
    recorded  r = record(text);
    tad_var   y = find(&r, NULL);
    char      found[80] = "";
    tad__text words = {.out = found, .size = sizeof found};
    for (int i = 0; i < tad_rank(y); i++)
        tad__text_add(&words, "%s%d", i ? " " : "", (int)tad_dim(y, i));
    ck_assert_msg(strcmp(found, shape) == 0, "'%s': shape '%s'; expected '%s'", text, found, shape);
    expect_array_at(y, tad_read, n, expected, text, __FILE__, __LINE__);
    drop(&r);
}

#define NUMBERS(...)                                                                                                   \
    sizeof((const double[]){__VA_ARGS__}) / sizeof(double), (const double[])                                           \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* ---- What texts mean ---- */

static const struct {
    const char *text, *shape;
    size_t      n;
    double      values[8];
} meanings[] = {
#define MEANS(text, shape, ...) {text, shape, sizeof((const double[]){__VA_ARGS__}) / sizeof(double), {__VA_ARGS__}},
    /* precedence */
    MEANS("x = 1 + 2 * 3 - 4 / 2", "", 5) MEANS("x = -2^2", "", -4) MEANS("x = 2^3^2", "", 512)
        MEANS("x = 2^-1", "", 0.5) MEANS("x = 2 * 3^2", "", 18) MEANS("x = 1 < 2 == 2 > 1", "", 1)
            MEANS("x = 3 != 3 ? 1 : 2 >= 2 ? 5 : 6", "", 5) MEANS("x = 2 - -3", "", 5) MEANS("x = (1 + 2) * 3", "", 9)
                MEANS("A = [[1, 2], [3, 4]]\nx = 2 * A @ [1, 1]", "2", 6, 14)
                    MEANS("A = [[1, 2], [3, 4]]\nx = [1, 1] @ A + 1", "2", 5, 7)
    /* lists */
    MEANS("x = [1, 2, 3]", "3", 1, 2, 3) MEANS("x = [[1, 2], [3, 4], [5, 6]]", "3 2", 1, 2, 3, 4, 5, 6)
        MEANS("x = [1/2, sqrt(4), -1, 2^3, pi - pi]", "5", 0.5, 2, -1, 8, 0) MEANS("x = [[[1], [2]]]", "1 2 1", 1, 2)
            MEANS("param a = 2\nx = [a, 1, a * a]", "3", 2, 1, 4)
                MEANS("param a = [1, 2]\nx = [a, 2 * a, [7, 8]]", "3 2", 1, 2, 2, 4, 7, 8)
                    MEANS("x = [\n  1,\n  2 # a comment\n]", "2", 1, 2) MEANS("x = [1, 2] * [3, 4] + 1", "2", 4, 9)
                        MEANS("x = [[1, 2]] + [[1], [2]]", "2 2", 2, 3, 3, 4)
    /* parts */
    MEANS("x = [4, 5, 6][0]", "", 4) MEANS("x = [4, 5, 6][-1]", "", 6) MEANS("x = [4, 5, 6][1:]", "2", 5, 6) MEANS(
        "x = [4, 5, 6][:-1]", "2", 4, 5) MEANS("x = [4, 5, 6][1:2]", "1", 5) MEANS("x = [4, 5, 6][:]", "3", 4, 5, 6)
        MEANS("A = [[1, 2], [3, 4]]; x = A[1]", "2", 3, 4) MEANS("A = [[1, 2], [3, 4]]; x = A[1, 0]", "", 3)
            MEANS("A = [[1, 2], [3, 4]]; x = A[:, 1]", "2", 2, 4) MEANS("A = [[1, 2], [3, 4]]; x = A[1:, :1]", "1 1", 3)
                MEANS("A = [[1, 2], [3, 4]]; x = A[0][1]^2", "", 4) MEANS("const n = 1; x = [4, 5, 6][n + 1]", "", 6)
    /* constants of the language, and of the model */
    MEANS("x = half", "", 0.5) MEANS("pi = 3; x = pi", "", 3)
        MEANS("const c = [1, 2]; param w = 10 * c - 1; x = w + 0", "2", 9, 19)
            MEANS("const n = 2; x = zeros([n, n + 1])", "2 3", 0, 0, 0, 0, 0, 0)
#undef MEANS
};

START_TEST(meaning)
{
    expect_tensor(meanings[_i].text, meanings[_i].shape, meanings[_i].n, meanings[_i].values);
}
END_TEST

/* Operations with operands and attributes, by position and by name. */
START_TEST(calls)
{
    expect_tensor("x = sum([[1, 2], [3, 4]])", "", NUMBERS(10));
    expect_tensor("x = sum([[1, 2], [3, 4]], axes = 0)", "2", NUMBERS(4, 6));
    expect_tensor("x = sum([[1, 2], [3, 4]], axis = 1, keepdims = true)", "2 1", NUMBERS(3, 7));
    expect_tensor("x = sum([[1, 2], [3, 4]], [0, 1], true)", "1 1", NUMBERS(10));
    expect_tensor("x = max([[1, 5], [3, 4]], -1)", "2", NUMBERS(5, 4));
    expect_tensor("x = variance([1, 3], correction = 1)", "", NUMBERS(2));
    expect_tensor("x = softmax([[0, 0], [0, 0]], axis = 0)", "2 2", NUMBERS(0.5, 0.5, 0.5, 0.5));
    expect_tensor("x = reshape([1, 2, 3, 4], [2, -1])", "2 2", NUMBERS(1, 2, 3, 4));
    expect_tensor("x = reshape([7], [])", "", NUMBERS(7));
    expect_tensor("x = broadcast_to([1, 2], [2, 2])", "2 2", NUMBERS(1, 2, 1, 2));
    expect_tensor("x = transpose([[1, 2], [3, 4]])", "2 2", NUMBERS(1, 3, 2, 4));
    expect_tensor("x = permute([[1, 2], [3, 4]], [1, 0])", "2 2", NUMBERS(1, 3, 2, 4));
    expect_tensor("x = concat([1], [2, 3], [4])", "4", NUMBERS(1, 2, 3, 4));
    expect_tensor("x = concat([[1]], [[2]], axis = 1)", "1 2", NUMBERS(1, 2));
    expect_tensor("x = stack([1, 2], [3, 4], axis = -1)", "2 2", NUMBERS(1, 3, 2, 4));
    expect_tensor("x = einsum(\"ij,j->i\", [[1, 2], [3, 4]], [1, 10])", "2", NUMBERS(21, 43));
    expect_tensor("x = einsum([[1, 2], [3, 4]], equation = \"ii\")", "", NUMBERS(5));
    expect_tensor("x = embedding([[1, 2], [3, 4]], [1, 0, 1])", "3 2", NUMBERS(3, 4, 1, 2, 3, 4));
    expect_tensor("const i = [1, 1]; x = gather([5, 6], i)", "2", NUMBERS(6, 6));
    expect_tensor("x = index_select([[1, 2, 3]], indices = [2, 0], axis = 1)", "1 2", NUMBERS(3, 1));
    expect_tensor("a = argmax([[1, 3], [4, 2]], axis = 1); x = one_hot(a, 2)", "2 2", NUMBERS(0, 1, 1, 0));
    expect_tensor("x = mse_loss([1, 2], [3, 5])", "", NUMBERS(6.5));
    expect_tensor("x = mse_loss([1, 2], [3, 5], reduction = sum)", "", NUMBERS(13));
    expect_tensor("x = mse_loss([1, 2], [3, 5], none)", "2", NUMBERS(4, 9));
    expect_tensor("x = huber_loss([0], [10], delta = 2)", "", NUMBERS(18));
    expect_tensor("x = cross_entropy([[0, 0]], [1]) - ln2", "", NUMBERS(0));
    expect_tensor("x = cross_entropy_soft([[0, 0]], [[0.5, 0.5]]) - ln2", "", NUMBERS(0));
    expect_tensor("x = bce_with_logits([0], [1], weight = [1], pos_weight = [3]) - 3 * ln2", "", NUMBERS(0));
    expect_tensor("x = cumsum([1, 2, 3])", "3", NUMBERS(1, 3, 6));
    expect_tensor("x = pad([1], 1, 2, value = 9)", "4", NUMBERS(9, 1, 9, 9));
    expect_tensor("x = roll([1, 2, 3], 1)", "3", NUMBERS(3, 1, 2));
    expect_tensor("x = flip([1, 2, 3], 0)", "3", NUMBERS(3, 2, 1));
    expect_tensor("x = tile([1, 2], [2])", "4", NUMBERS(1, 2, 1, 2));
    expect_tensor("x = triu([[1, 2], [3, 4]], k = 1)", "2 2", NUMBERS(0, 2, 0, 0));
    expect_tensor("x = diag([1, 2])", "2 2", NUMBERS(1, 0, 0, 2));
    expect_tensor("x = squeeze([[[1, 2]]])", "2", NUMBERS(1, 2));
    expect_tensor("x = squeeze([[[1, 2]]], axis = 0)", "1 2", NUMBERS(1, 2));
    expect_tensor("x = solve([[2, 0], [0, 4]], [2, 4])", "2", NUMBERS(1, 1));
    expect_tensor("x = solve_triangular([[2, 0], [0, 4]], [2, 4], upper = true)", "2", NUMBERS(1, 1));
    expect_tensor("x = conv2d([[[1, 2], [3, 4]]], [[[[1]]]], stride = 2)", "1 1 1", NUMBERS(1));
    expect_tensor("x = conv2d([[[1, 2], [3, 4]]], [[[[1]]]], [10], padding = [0, 1])", "1 2 4",
                  NUMBERS(10, 11, 12, 10, 10, 13, 14, 10));
    expect_tensor("x = conv1d([[1, 2, 3]], [[[1, 1]]])", "1 2", NUMBERS(3, 5));
    expect_tensor("x = max_pool2d([[1, 2], [3, 4]], kernel = 2)", "1 1", NUMBERS(4));
    expect_tensor("x = avg_pool1d([1, 2, 3, 4], 2)", "2", NUMBERS(1.5, 3.5));
    expect_tensor("x = adaptive_max_pool2d([[1, 2], [3, 4]], [1, 2])", "1 2", NUMBERS(3, 4));
    expect_tensor("x = layer_norm([1, 1], gamma = [2, 3], beta = [4, 5])", "2", NUMBERS(4, 5));
    expect_tensor("x = attention([[1]], [[1]], [[7]])", "1 1", NUMBERS(7));
    expect_tensor("x = gru_cell([[0]], [[2]], zeros([3, 1]), zeros([3, 1]))", "1 1", NUMBERS(1));
    expect_tensor("x = dropout([1, 2], 0, 3)", "2", NUMBERS(1, 2));
    expect_tensor("x = where([1, 0], [1, 2], 5)", "2", NUMBERS(1, 5));
}
END_TEST

/* Every operation says how it is called, or that it cannot be, and none that has no attributes is left out. */
START_TEST(signatures)
{
    const tad_op *op;
    char          text[200];
    int           callable = 0;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL; i++) {
        size_t length = tad_op_signature(op, text, sizeof text);
        ck_assert_msg(length < sizeof text && (length == 0) == !tad__is_callable(op), "%s", op->name);
        ck_assert_msg(op->packed || op->attribute_bytes > 0 || length > 0, "%s", op->name);
        ck_assert_msg(length == 0 || strncmp(text, op->name, strlen(op->name)) == 0, "%s: %s", op->name, text);
        callable += length > 0;
    }
    ck_assert_int_gt(callable, 140);
    tad_op_signature(tad_op_find("softmax"), text, sizeof text);
    ck_assert_str_eq(text, "softmax(x, axis = -1)");
    ck_assert_uint_eq(tad_op_signature(tad_op_find("add"), text, 4), 9);
    ck_assert_str_eq(text, "add");
    tad_op_signature(tad_op_find("cross_entropy"), text, sizeof text);
    ck_assert_str_eq(text, "cross_entropy(x, targets[, weights], ignore_index = -100, label_smoothing = 0, "
                           "reduction = mean)");
    tad_op_signature(tad_op_find("squeeze"), text, sizeof text);
    ck_assert_str_eq(text, "squeeze(x, axis = all)");
    ck_assert_uint_eq(tad_op_signature(tad_op_find("qr"), text, sizeof text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(tad_op_signature(NULL, NULL, 0), 0);
}
END_TEST

START_TEST(fillings)
{
    expect_tensor("x = ones([2, 2])", "2 2", NUMBERS(1, 1, 1, 1));
    expect_tensor("x = zeros([])", "", NUMBERS(0));
    expect_tensor("x = zeros([0, 3])", "0 3", 0, NULL);
    expect_tensor("x = zeros(2)", "2", NUMBERS(0, 0));
    recorded      r = record("u = uniform([1000], 1); v = uniform([1000], 1, -1, high = 3); n = normal([1000], 2)\n"
                                  "m = normal([1000], 2, mean = 5, deviation = 2); o = uniform([1000], 2)");
    static double u[1000], v[1000], n[1000], m[1000], o[1000];
    double *const all[] = {u, v, n, m, o};
    for (size_t i = 0; i < 5; i++)
        expect_ok(tad_read(r.vars[i], all[i], sizeof u));
    double sum = 0, squares = 0, different = 0;
    for (int i = 0; i < 1000; i++) {
        ck_assert(u[i] >= 0 && u[i] < 1 && v[i] == -1 + 4 * u[i]);
        ck_assert_double_eq(m[i], 5 + 2 * n[i]);
        sum += n[i];
        squares += n[i] * n[i];
        different += u[i] != o[i];
    }
    ck_assert(fabs(sum / 1000) < 0.1 && fabs(squares / 1000 - 1) < 0.1 && different == 1000);
    drop(&r);
}
END_TEST

/* x^2 is square(x), which is quicker, and constants are computed at once. */
START_TEST(what_is_recorded)
{
    recorded r = record("param x = 3\ny = x^2\nz = x^3\nw = 1/2 * x\nalias = y\nv = 2 + 3\noutput w, y");
    ck_assert_str_eq(tad_op_of(find(&r, "y"))->name, "square");
    ck_assert_str_eq(tad_op_of(find(&r, "z"))->name, "pow");
    ck_assert_double_eq(tad_value(tad_operand(find(&r, "w"), 0)), 0.5);
    ck_assert_uint_eq(find(&r, "alias").id, find(&r, "y").id);
    ck_assert_str_eq(tad_name(find(&r, "alias")), "y");
    ck_assert_ptr_null(tad_op_of(find(&r, "v")));
    ck_assert(tad_is_differentiable(find(&r, "x")) && !tad_is_differentiable(find(&r, "v")));
    drop(&r);
}
END_TEST

START_TEST(symbols)
{
    recorded r = record("input i = 1 ; const c = [ 2, 3 ] # two\nparam p = [[1, 2]], q = 3\n\ny = p[0] + (i +\n c)\n"
                        "output z = sum(y)\noutput q");
    static const struct {
        const char     *name, *text;
        tad_symbol_kind kind;
        int             line, rank;
        bool            output;
    } expected[] = {
        {"i", "1", TAD_SYMBOL_INPUT, 1, 0, false},
        {"c", "[ 2, 3 ]", TAD_SYMBOL_CONST, 1, 1, false},
        {"p", "[[1, 2]]", TAD_SYMBOL_PARAM, 2, 2, false},
        {"q", "3", TAD_SYMBOL_PARAM, 2, 0, true},
        {"y", "p[0] + (i +\n c)", TAD_SYMBOL_VALUE, 4, 0, false},
        {"z", "sum(y)", TAD_SYMBOL_VALUE, 6, 0, true},
    };
    ck_assert_uint_eq(tad_model_count(r.model), COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        const tad_symbol *symbol = tad_model_symbol(r.model, i);
        ck_assert_str_eq(symbol->name, expected[i].name);
        ck_assert_str_eq(symbol->text, expected[i].text);
        ck_assert_int_eq(symbol->kind, expected[i].kind);
        ck_assert_int_eq(symbol->line, expected[i].line);
        ck_assert_int_eq(symbol->rank, expected[i].rank);
        ck_assert_int_eq(symbol->output, expected[i].output);
        ck_assert_ptr_eq(tad_model_find(r.model, expected[i].name), symbol);
        ck_assert_str_eq(tad_name(r.vars[i]), expected[i].name);
        bool differentiable = symbol->kind != TAD_SYMBOL_CONST;
        ck_assert_int_eq(tad_is_differentiable(r.vars[i]), differentiable);
    }
    ck_assert_ptr_null(tad_model_symbol(r.model, COUNT(expected)));
    ck_assert_ptr_null(tad_model_find(r.model, "x"));
    drop(&r);

    r = record("\xef\xbb\xbfparam a = 1\r\nb = a * 2\r\nparam c = 3\r\n");
    ck_assert(!tad_model_symbol(r.model, 0)->output && tad_model_symbol(r.model, 1)->output &&
              !tad_model_symbol(r.model, 2)->output);
    ck_assert_str_eq(tad_model_symbol(r.model, 1)->text, "a * 2");
    drop(&r);
}
END_TEST

START_TEST(setting_numbers)
{
    const int64_t dims[] = {3, 2};
    const double  data[] = {1, 2, 3, 4, 5, 6};
    recorded      r = record("input x = [[1, 2]]\nparam w = [1, 10]\ny = x @ w");
    tad_symbol   *w = (tad_symbol *)(uintptr_t)tad_model_find(r.model, "w");
    expect_ok(tad_model_set(r.model, "x", 2, dims, data));
    w->data[0] = 2;
    expect_ok(tad_model_record(r.model, r.tape, r.vars, NULL));
    expect_values(r.vars[2], 22, 46, 70);
    expect_ok(tad_model_set(r.model, "x", 1, &dims[1], data));
    expect_ok(tad_model_record(r.model, r.tape, r.vars, NULL));
    expect_values(r.vars[2], 22);
    drop(&r);
}
END_TEST

START_TEST(bad_arguments)
{
    const int64_t  dims[] = {2, -1}, huge[] = {INT64_MAX, INT64_MAX};
    const double   data[] = {1, 2};
    tad_var        vars[4];
    tad_text_error error;
    tad_model     *model;
    recorded       r = record("input x = 1\ny = x");
    ck_assert_int_eq(tad_model_parse(NULL, "x = 1", 5, NULL, &error), TAD_EARG);
    ck_assert_str_eq(error.message, "tad_model_parse: model is NULL");
    ck_assert_int_eq(tad_model_parse(NULL, NULL, 5, &model, &error), TAD_EARG);
    ck_assert_str_eq(error.message, "tad_model_parse: text is NULL");
    ck_assert_int_eq(tad_model_parse(&(tad_allocator){0}, "x = 1", 5, &model, &error), TAD_EARG);
    ck_assert_str_eq(error.message, "tad_model_parse: resize is NULL");
    ck_assert_int_eq(tad_model_parse(NULL, NULL, 0, &model, NULL), TAD_EARG);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(tad_model_record(NULL, r.tape, vars, &error), TAD_EARG);
    ck_assert_str_eq(error.message, "tad_model_record: model is NULL");
    ck_assert_int_eq(tad_model_record(r.model, NULL, vars, &error), TAD_EARG);
    ck_assert_int_eq(tad_model_record(r.model, r.tape, NULL, NULL), TAD_EARG);
    ck_assert_int_eq(tad_model_set(NULL, "x", 0, NULL, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, NULL, 0, NULL, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "z", 0, NULL, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "y", 0, NULL, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "x", 1, NULL, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "x", 9, dims, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "x", 2, dims, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "x", 2, huge, data), TAD_EARG);
    ck_assert_int_eq(tad_model_set(r.model, "x", 0, NULL, NULL), TAD_EARG);
    ck_assert_uint_eq(tad_model_count(NULL), 0);
    ck_assert_ptr_null(tad_model_symbol(NULL, 0));
    ck_assert_ptr_null(tad_model_find(NULL, "x"));
    ck_assert_ptr_null(tad_model_find(r.model, NULL));
    tad_model_free(NULL);

    /* A tape that had an error before. */
    tad_transpose(tad_scalar(r.tape, 1));
    ck_assert_int_eq(tad_model_record(r.model, r.tape, vars, &error), TAD_ESHAPE);
    ck_assert(error.line == 0 && strstr(error.message, "transpose(f64 scalar)"));
    ck_assert(!tad_is_valid(vars[0]) && !tad_is_valid(vars[1]));
    tad_tape_clear_error(r.tape);
    drop(&r);
}
END_TEST

/* ---- Messages ---- */

static const struct fault {
    const char *text;
    bool        recorded; /* is it only found when the model is recorded? */
    int         line, column, length;
    const char *message, *hint;
} faults[] = {
#define FAULT(text, ...) {text, false, __VA_ARGS__},
#define REFUSED(text, ...) {text, true, __VA_ARGS__},
#include "language.def"
};

static void expect_fault(const char *text, const struct fault *expected)
{
    tad_model     *model;
    tad_tape      *tape = tad_tape_new();
    tad_var        vars[MOST];
    tad_text_error error;
    tad_status     status = tad_model_parse(NULL, text, strlen(text), &model, &error);
    if (expected->recorded) {
        ck_assert_msg(status == TAD_OK, "'%.200s': %s", text, error.message);
        status = tad_model_record(model, tape, vars, &error);
        ck_assert_int_eq(status, tad_tape_status(tape));
        tad_model_free(model);
    } else {
        ck_assert_int_eq(status, TAD_EARG);
        ck_assert_ptr_null(model);
    }
    ck_assert_msg(status != TAD_OK, "'%.200s' is no error", text);
    ck_assert_str_eq(error.message, expected->message);
    ck_assert_str_eq(error.hint, expected->hint);
    ck_assert_msg(error.line == expected->line && error.column == expected->column && error.length == expected->length,
                  "'%.200s': %s\nat %d:%d (%d); expected %d:%d (%d)", text, error.message, error.line, error.column,
                  error.length, expected->line, expected->column, expected->length);
    tad_tape_free(tape);
}

START_TEST(messages)
{
    expect_fault(faults[_i].text, &faults[_i]);
}
END_TEST

static char *repeat(const char *before, size_t n, const char *part, const char *behind)
{
    size_t length = strlen(part), start = strlen(before);
    char  *text = malloc(start + n * length + strlen(behind) + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, before, start);
    for (size_t i = 0; i < n; i++)
        memcpy(text + start + i * length, part, length);
    memcpy(text + start + n * length, behind, strlen(behind) + 1);
    return text;
}

/* Texts of any depth and length are read in a small stack, or refused. */
START_TEST(bounds)
{
    static const char deep[] = "nested more than 64 levels deep";
    static const struct {
        const char  *before, *part, *behind;
        size_t       n;
        struct fault expected;
    } cases[] = {
        {"x = ", "(", "1", 100000, {.line = 1, .column = 69, .length = 1, .message = deep, .hint = ""}},
        {"x = ", "-", "1", 100000, {.line = 1, .column = 69, .length = 1, .message = deep, .hint = ""}},
        {"x = ", "[", "1", 100000, {.line = 1, .column = 69, .length = 1, .message = deep, .hint = ""}},
        {"x = ", "sin(", "1", 100000, {.line = 1, .column = 261, .length = 3, .message = deep, .hint = ""}},
        {"x = ", "2^", "1", 100000, {.line = 1, .column = 133, .length = 1, .message = deep, .hint = ""}},
        {"x = ", "1?", "1", 100000, {.line = 1, .column = 133, .length = 1, .message = deep, .hint = ""}},
        {"x = ",
         "1",
         "",
         1 << 20,
         {.message = "the text has 1048580 bytes; expected at most 1048576", .hint = "", .length = 1}},
        {"x = ",
         "é(",
         "",
         3,
         {.line = 1,
          .column = 5,
          .length = 1,
          .message = "expected a number, a name, an operator or a parenthesis, found 'é'",
          .hint = "names are made of the letters a to z and A to Z, digits and _"}},
        {"x = 0",
         ", y = ones([1000, 1000])",
         "",
         1,
         {.line = 1,
          .column = 6,
          .length = 1,
          .message = "expected an operator or the end of the line, found ','",
          .hint = ""}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = repeat(cases[i].before, cases[i].n, cases[i].part, cases[i].behind);
        expect_fault(text, &cases[i].expected);
        free(text);
    }

    tad_text_error error;
    tad_model     *model;
    ck_assert_int_eq(tad_model_parse(NULL, "x = 1\0", 6, &model, &error), TAD_EARG);
    ck_assert_str_eq(error.message, "a byte of 0 in the text");
    ck_assert_int_eq(error.column, 6);

    /* 63 levels are read, and so are a list and a sum of any length. */
    char *most = repeat("x = ", 63, "(", "1");
    most = realloc(most, 4 + 63 + 1 + 63 + 1);
    memset(most + 68, ')', 63);
    most[68 + 63] = '\0';
    expect_tensor(most, "", NUMBERS(1));
    free(most);
    char *list = repeat("param a = 1\ny = sum([a", 20000, ",a", "])"),
         *sum = repeat("param a = 1\ny = a", 20000, "+a", "");
    recorded r = record(list), s = record(sum);
    expect_values(r.vars[1], 20001);
    expect_values(s.vars[1], 20001);
    drop(&r);
    drop(&s);
    free(list);
    free(sum);
}
END_TEST

/* What is recorded can be bounded, too, for who runs texts of strangers. */
START_TEST(bounded_values)
{
    static const char text[] = "x = broadcast_to([1], [1000, 1000])";
    tad_text_error    error;
    tad_model        *model;
    tad_tape         *tape = tad_tape_new();
    tad_var           vars[1];
    expect_ok(tad_model_parse(NULL, text, strlen(text), &model, &error));
    ck_assert_int_eq(tad__model_record(model, tape, vars, &error, 999999, NULL), TAD_ESHAPE);
    ck_assert_str_eq(error.message, "a value of 1000000 elements; expected at most 999999");
    ck_assert_int_eq(error.column, 5);
    tad_tape_clear_error(tape);
    expect_ok(tad__model_record(model, tape, vars, &error, 1000000, NULL));
    tad_model_free(model);
    tad_tape_free(tape);
}
END_TEST

START_TEST(excerpts)
{
    static const char text[] = "param x = 1\n\th = sigmid(x)\r\ny = 2";
    static const char long_line[] =
        "x = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + "
        "1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + b + 1 + 1 + 1";
    char           out[600];
    tad_text_error error;
    tad_model     *model;
    ck_assert_int_eq(tad_model_parse(NULL, text, strlen(text), &model, &error), TAD_EARG);
    size_t length = tad_text_error_write(&error, "network.tad", text, strlen(text), out, sizeof out);
    ck_assert_str_eq(out, "network.tad:2:6: error: there is no operation 'sigmid'\n"
                          "    2 | \th = sigmid(x)\n"
                          "      | \t    ^~~~~~\n"
                          "hint: did you mean 'sigmoid'?\n");
    ck_assert_uint_eq(length, strlen(out));
    ck_assert_uint_eq(tad_text_error_write(&error, "network.tad", text, strlen(text), out, 12), length);
    ck_assert_str_eq(out, "network.tad");
    tad_text_error_write(&error, NULL, NULL, 0, out, sizeof out);
    ck_assert_str_eq(out, "2:6: error: there is no operation 'sigmid'\nhint: did you mean 'sigmoid'?\n");
    tad_text_error_write(&(tad_text_error){.message = "out of memory"}, "a", text, strlen(text), out, sizeof out);
    ck_assert_str_eq(out, "a: error: out of memory\n");
    tad_text_error_write(&(tad_text_error){.message = "m", .line = 9, .column = 1}, "a", text, 5, out, sizeof out);
    ck_assert_str_eq(out, "a:9:1: error: m\n");
    ck_assert_uint_eq(tad_text_error_write(NULL, NULL, NULL, 0, NULL, 0), 0);
    ck_assert_int_eq(tad_model_parse(NULL, long_line, strlen(long_line), &model, &error), TAD_EARG);
    tad_text_error_write(&error, NULL, long_line, strlen(long_line), out, sizeof out);
    ck_assert_str_eq(out, "1:153: error: there is no value 'b'\n"
                          "    1 | ... + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + b + 1 + 1 + 1\n"
                          "      |                                                               ^\n");
    static const char accents[] = "#\nx = \"\xc3\xa9\xc3\xa9\" + \xff";
    ck_assert_int_eq(tad_model_parse(NULL, accents, strlen(accents), &model, &error), TAD_EARG);
    tad_text_error_write(&error, NULL, accents, strlen(accents), out, sizeof out);
    ck_assert_str_eq(out, "2:12: error: byte 0xff is no UTF-8\n    2 | x = \"\xc3\xa9\xc3\xa9\" + \xff\n"
                          "      |            ^\nhint: save the text as UTF-8\n");
}
END_TEST

/* ---- Memory ---- */

static const char whole[] =
    "input x = [[0.5, -1], [1, 2]]\nparam w = normal([2, 3], 1) / 2, b = zeros([3])\nconst labels = [0, 2]\n"
    "h = tanh(x @ w + b)\nz = concat(h, softmax(h, axis = 1), axis = 1)[:, 0:3]\n"
    "e = einsum(\"ij->j\", [h[0], h[1], 2 * h[0]])\noutput l = cross_entropy(z, labels)\n"
    "m = [b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2],"
    "b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2],"
    "b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2],"
    "b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2], b[0], b[1], b[2]]\n"
    "i = index_select(m, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])\n";

START_TEST(failing_allocations_of_parse)
{
    size_t n = 1;
    for (bool failed = true; failed; n++) {
        heap           h = {.fail_at = n, .for_ever = _i};
        tad_allocator  allocator = heap_allocator(&h);
        tad_model     *model;
        tad_text_error error;
        tad_status     status = tad_model_parse(&allocator, whole, strlen(whole), &model, &error);
        failed = h.calls >= n;
        ck_assert(status == TAD_OK || (failed && status == TAD_ENOMEM)); /* a smaller block may do */
        ck_assert_uint_eq(tad_model_count(model), (size_t)(status == TAD_OK ? 10 : 0));
        ck_assert_str_eq(error.message, status != TAD_OK ? "out of memory" : "");
        if (!failed && h.calls > 0)
            h.fail_at = h.calls + 1;
        if (!failed) {
            double old = tad_model_find(model, "b")->data[0];
            ck_assert_int_eq(tad_model_set(model, "b", 0, NULL, &(double){7}), TAD_ENOMEM);
            ck_assert_double_eq(tad_model_find(model, "b")->data[0], old);
            ck_assert_int_eq(tad_model_find(model, "b")->rank, 1);
        }
        tad_model_free(model);
        ck_assert_uint_eq(h.bytes, 0);
    }
    ck_assert_uint_gt(n, 8);
}
END_TEST

/* The tape's memory and the model's come from one heap here. */
START_TEST(failing_allocations_of_record)
{
    size_t n = 1;
    double expected = (double)NAN;
    for (bool failed = true; failed; n++) {
        heap           h = {0};
        tad_allocator  allocator = heap_allocator(&h);
        tad_model     *model;
        tad_text_error error;
        tad_var        vars[MOST];
        expect_ok(tad_model_parse(&allocator, whole, strlen(whole), &model, &error));
        size_t before = h.calls;
        h.fail_at = before + n;
        h.for_ever = _i;
        tad_tape *tape = tad_tape_new_with(&allocator);
        if (tape) {
            tad_status status = tad_model_record(model, tape, vars, &error);
            failed = h.calls >= before + n;
            ck_assert(status == TAD_OK || (failed && status == TAD_ENOMEM)); /* some memory can be done without */
            ck_assert_int_eq(tad_tape_status(tape), status);
            ck_assert_int_eq(*error.message != '\0', status != TAD_OK);
            h.fail_at = 0;
            h.for_ever = false;
            tad_tape_clear_error(tape); /* there is memory again */
            tad_tape_rewind(tape, 0);
            expect_ok(tad_model_record(model, tape, vars, &error));
            const tad_symbol *l = tad_model_find(model, "l");
            for (size_t i = 0; i < tad_model_count(model); i++)
                if (tad_model_symbol(model, i) == l) {
                    expected = isnan(expected) ? tad_value(vars[i]) : expected;
                    ck_assert_double_eq(tad_value(vars[i]), expected);
                }
        }
        tad_tape_free(tape);
        tad_model_free(model);
        ck_assert_uint_eq(h.bytes, 0);
    }
    ck_assert_uint_gt(n, 8);
}
END_TEST

/* Recording again on a rewound tape takes nothing new. */
START_TEST(steady)
{
    heap           h = {0};
    tad_allocator  allocator = heap_allocator(&h);
    tad_model     *model;
    tad_tape      *tape = tad_tape_new_with(&allocator);
    tad_text_error error;
    tad_var        vars[MOST];
    const char    *text = "param w = ones([3, 3])\nh = tanh(w @ w)\nE = sum(softmax(h, 0)^2)";
    expect_ok(tad_model_parse(&allocator, text, strlen(text), &model, &error));
    size_t requests = 0;
    for (int step = 0; step < 5; step++) {
        tad_tape_rewind(tape, 0);
        requests = step == 2 ? h.calls : requests;
        expect_ok(tad_model_record(model, tape, vars, &error));
        expect_ok(tad_backward(vars[2]));
    }
    ck_assert_uint_eq(h.calls, requests);
    tad_tape_free(tape);
    tad_model_free(model);
}
END_TEST

START_TEST(leaves_of_the_caller)
{
    recorded r = record("input x = 2; const c = 3; y = c * x^2");
    tad_var  mine = tad_scalar(r.tape, 5), vars[3] = {mine};
    expect_ok(tad_model_record_with(r.model, r.tape, vars, NULL));
    ck_assert_double_eq(tad_value(vars[2]), 75);
    ck_assert_uint_eq(vars[0].id, mine.id);
    ck_assert_str_eq(tad_name(mine), "x");
    expect_ok(tad_backward(vars[2]));
    ck_assert_double_eq(tad_grad(mine), 30);

    ck_assert_int_eq(tad_model_record_with(NULL, r.tape, vars, NULL), TAD_EARG);
    ck_assert_int_eq(tad_model_record_with(r.model, r.tape, NULL, NULL), TAD_EARG);
    tad_tape      *other = tad_tape_new();
    tad_text_error error;
    tad_var        foreign[3] = {tad_scalar(other, 1)};
    ck_assert_int_eq(tad_model_record_with(r.model, r.tape, foreign, &error), TAD_ETAPE);
    ck_assert_ptr_nonnull(strstr(error.message, "tad_model_record_with: vars[0] is"));
    tad_tape_clear_error(r.tape);
    size_t  mark = tad_tape_mark(r.tape);
    tad_var stale[3] = {tad_scalar(r.tape, 1)};
    tad_tape_rewind(r.tape, mark);
    ck_assert_int_eq(tad_model_record_with(r.model, r.tape, stale, &error), TAD_ESTALE);
    tad_tape_clear_error(r.tape);
    tad_tape_free(other);
    drop(&r);
}
END_TEST

Suite *language_suite(void)
{
    Suite *suite = suite_create("language");
    TCase *meanings_case = tcase_create("meaning");
    tcase_add_loop_test(meanings_case, meaning, 0, (int)COUNT(meanings));
    tcase_add_test(meanings_case, calls);
    tcase_add_test(meanings_case, signatures);
    tcase_add_test(meanings_case, fillings);
    tcase_add_test(meanings_case, what_is_recorded);
    tcase_add_test(meanings_case, symbols);
    tcase_add_test(meanings_case, setting_numbers);
    tcase_add_test(meanings_case, bad_arguments);
    tcase_add_test(meanings_case, leaves_of_the_caller);
    suite_add_tcase(suite, meanings_case);

    TCase *messages_case = tcase_create("messages");
    tcase_add_loop_test(messages_case, messages, 0, (int)COUNT(faults));
    tcase_add_test(messages_case, bounds);
    tcase_add_test(messages_case, bounded_values);
    tcase_add_test(messages_case, excerpts);
    suite_add_tcase(suite, messages_case);

    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 20);
    tcase_add_loop_test(memory, failing_allocations_of_parse, 0, 2);
    tcase_add_loop_test(memory, failing_allocations_of_record, 0, 2);
    tcase_add_test(memory, steady);
    suite_add_tcase(suite, memory);
    return suite;
}
