/* The parser of expressions: what the steps compute, what errors say, and what it does without memory. */
#include "ops/elementwise.h"
#include "ops/expression.h"

#include <check.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *expression_suite(void);

static const char *const names[] = {"x", "b", "weight"};
static const double      values[] = {3, 5, 7};
enum { NAMES = 3, MOST_DEPTH = 512 };

/* ---- A machine for the steps ---- */

static double apply(const char *op, double a, double b)
{
    const struct {
        const char *name;
        double      value;
    } results[] = {
        {"add", a + b},    {"sub", a - b},         {"mul", a * b},     {"div", a / b},
        {"neg", -a},       {"greater", a > b},     {"less", a < b},    {"greater_equal", a >= b},
        {"equal", a == b}, {"not_equal", a != b},  {"pow", pow(a, b)}, {"less_equal", a <= b},
        {"square", a * a}, {"atan2", atan2(a, b)}, {"exp", exp(a)},
    };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(op, results[i].name) == 0)
            return results[i].value;
    ck_abort_msg("the test does not know the operation %s", op);
    return 0;
}

static double evaluate(const tad__expression *expression)
{
    double stack[MOST_DEPTH];
    size_t height = 0, highest = 0;
    ck_assert_uint_le(expression->depth, MOST_DEPTH);
    for (size_t i = 0; i < expression->count; i++) {
        const tad__step *step = &expression->steps[i];
        double           value = step->number;
        if (step->kind == TAD__NAME) {
            ck_assert(step->name >= 0 && step->name < NAMES);
            value = values[step->name];
        } else if (step->kind == TAD__CALL) {
            ck_assert_uint_ge(height, (size_t)step->op->arity);
            height -= (size_t)step->op->arity;
            value = apply(step->op->name, stack[height], step->op->arity == 2 ? stack[height + 1] : 0);
        }
        ck_assert_uint_lt(height, expression->depth);
        stack[height++] = value;
        highest = height > highest ? height : highest;
    }
    ck_assert_uint_eq(height, 1);
    ck_assert_uint_eq(highest, expression->depth);
    return stack[0];
}

static tad_status parse(const char *text, tad__expression *expression, tad_text_error *error)
{
    return tad__expression_parse(&tad__malloc_allocator, text, names, NAMES, expression, error);
}

static void expect_value(const char *text, double value)
{
    tad__expression expression;
    tad_text_error  error;
    tad_status      status = parse(text, &expression, &error);
    ck_assert_msg(status == TAD_OK, "'%s': %s in column %d: %s", text, tad_status_name(status), error.column,
                  error.message);
    double found = evaluate(&expression);
    ck_assert_msg(found == value, "'%s' is %.17g, expected %.17g", text, found, value);
    tad__expression_free(&tad__malloc_allocator, &expression);
    ck_assert_ptr_null(expression.steps);
}

static bool is_empty(const tad__expression *expression)
{
    return !expression->steps && !expression->count && !expression->capacity && !expression->depth;
}

static void expect_error(const char *text, int column, const char *message)
{
    tad__expression expression;
    tad_text_error  error;
    tad_status      status = parse(text, &expression, &error);
    ck_assert_msg(status == TAD_EARG, "'%s': %s, expected TAD_EARG", text, tad_status_name(status));
    ck_assert_msg(error.column == column && strcmp(error.message, message) == 0,
                  "'%s': column %d: %s\nexpected: column %d: %s", text, error.column, error.message, column, message);
    ck_assert(is_empty(&expression));
}

/* "((( ... inside ... )))" */
static char *nest(int levels, const char *open, const char *inside, const char *close)
{
    size_t size = (strlen(open) + strlen(close)) * (size_t)levels + strlen(inside) + 1;
    char  *text = malloc(size), *at = text;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < levels; i++)
        at += snprintf(at, size - (size_t)(at - text), "%s", open);
    at += snprintf(at, size - (size_t)(at - text), "%s", inside);
    for (int i = 0; i < levels; i++)
        at += snprintf(at, size - (size_t)(at - text), "%s", close);
    return text;
}

/* ---- Values ---- */

START_TEST(numbers)
{
    static const struct {
        const char *text;
        double      value;
    } cases[] = {
        {"0", 0},
        {"12", 12},
        {"0.5", 0.5},
        {".5", 0.5},
        {"5.", 5},
        {"1e3", 1e3},
        {"1.5E+2", 1.5e2},
        {"25e-1", 2.5},
        {"1e-400", 0},
        {"0e99999999999", 0},
        {"4.9e-324", 4.9e-324},
        {"007", 7},
        {"0.1", 0.1},
        {"1e23", 1e23},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"0.00000000000000000000000000000000000000000000000001", 1e-50},
        {"3.14159265358979323846264338327950288419716939937510582097494459", 3.141592653589793},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_value(cases[i].text, cases[i].value);
}
END_TEST

/* A locale with a decimal comma, if there is one here, changes nothing. */
START_TEST(numbers_in_a_locale)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "de_DE.utf8"))
        setlocale(LC_NUMERIC, "");
    expect_value("0.5 + 2.25e1", 23);
    expect_error("0,5", 2, "expected an operator or the end, found ','");
    setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(operators)
{
    expect_value("1 + 2 * 3", 7);
    expect_value("1 * 2 + 3", 5);
    expect_value("(1 + 2) * 3", 9);
    expect_value("10 - 4 - 3", 3);
    expect_value("10 - (4 - 3)", 9);
    expect_value("64 / 4 / 2", 8);
    expect_value("64 / 4 * 2", 32);
    expect_value("2 - 3 * 4 + 5 / 2 - 1", -8.5);
    expect_value("1 / 2", 0.5);
    expect_value("\t1\n+\r2 ", 3);
    expect_value("1+2", 3);
}
END_TEST

START_TEST(unary_minus)
{
    expect_value("-2", -2);
    expect_value("--2", 2);
    expect_value("- - -2", -2);
    expect_value("3 - -2", 5);
    expect_value("3--2", 5);
    expect_value("-2 * -3", 6);
    expect_value("-x + b", 2);
    expect_value("-(x + b)", -8);
    expect_value("-square(x)", -9);
    expect_value("6 / -x", -2);
}
END_TEST

START_TEST(comparisons)
{
    expect_value("1 < 2", 1);
    expect_value("2 < 1", 0);
    expect_value("2 <= 2", 1);
    expect_value("2 > 2", 0);
    expect_value("2 >= 2", 1);
    expect_value("2 == 2", 1);
    expect_value("2 != 2", 0);
    expect_value("3 > 2 > 1", 0);      /* (3 > 2) > 1 */
    expect_value("2 < 1 == 5 < 4", 1); /* (2 < 1) == (5 < 4) */
    expect_value("0 == 1 != 1", 1);    /* (0 == 1) != 1 */
    expect_value("1 != 1 < 2", 0);     /* 1 != (1 < 2) */
    expect_value("1 + 1 < 1 + 2", 1);
    expect_value("(x > 0) - (x < 0)", 1);
    expect_value("b<-x", 0);
}
END_TEST

START_TEST(functions)
{
    expect_value("square(x)", 9);
    expect_value("pow(x, 2)", 9);
    expect_value("pow(2, x) - 1", 7);
    expect_value("atan2(0 * x, pow(1, 2))", 0);
    expect_value("square ( pow(1 + 1, x) )", 64);
    expect_value("exp(0)", 1);
    expect_value("2 * pow(b - x, square(2))", 32);
}
END_TEST

START_TEST(names_and_constants)
{
    expect_value("x", 3);
    expect_value("b + weight", 12);
    expect_value("half", 0.5);
    expect_value("ln2", 0.69314718055994530942);
    expect_value("ln10", 2.30258509299404568402);
    expect_value("two_over_sqrt_pi * x", 1.12837916709551257390 * 3);

    /* A name goes before a constant and may be that of a function. */
    const char *const    shadows[] = {"half", "exp"};
    const tad_allocator *heap = &tad__malloc_allocator;
    tad__expression      expression;
    tad_text_error       error;
    ck_assert_int_eq(tad__expression_parse(heap, "exp(half) + exp", shadows, 2, &expression, &error), TAD_OK);
    ck_assert_uint_eq(expression.count, 4);
    ck_assert_int_eq(expression.steps[0].kind, TAD__NAME);
    ck_assert_int_eq(expression.steps[0].name, 0);
    ck_assert_ptr_eq(expression.steps[1].op, &tad__elementwise[TAD__ROW_exp]);
    ck_assert_int_eq(expression.steps[2].name, 1);
    ck_assert_ptr_eq(expression.steps[3].op, &tad__elementwise[TAD__ROW_add]);
    tad__expression_free(heap, &expression);

    ck_assert_int_eq(tad__expression_parse(heap, "half", NULL, 0, &expression, &error), TAD_OK);
    tad__expression_free(heap, &expression);
}
END_TEST

/* Every partial derivative of the table can be parsed. */
START_TEST(derivatives_of_the_table)
{
    static const char *const operands[2][3] = {{"x", "y", NULL}, {"a", "b", "y"}};
    for (int row = 0; row < TAD__ROWS; row++) {
        const tad_op *op = &tad__elementwise[row];
        for (int k = 0; k < op->arity; k++) {
            tad__expression          expression;
            tad_text_error           error;
            const char *const *const known = operands[op->arity - 1];
            tad_status status = tad__expression_parse(&tad__malloc_allocator, op->partial[k], known, op->arity + 1,
                                                      &expression, &error);
            ck_assert_msg(status == TAD_OK, "%s, derivative %d: column %d: %s", op->name, k, error.column,
                          error.message);
            tad__expression_free(&tad__malloc_allocator, &expression);
        }
    }
}
END_TEST

/* ---- Errors ---- */

static const struct {
    const char *text;
    int         column;
    const char *message;
} errors[] = {
    {"", 1, "expected a number, a name, '-' or '(', found the end"},
    {"  ", 3, "expected a number, a name, '-' or '(', found the end"},
    {"1 +", 4, "expected a number, a name, '-' or '(', found the end"},
    {"-", 2, "expected a number, a name, '-' or '(', found the end"},
    {"pow(1,", 7, "expected a number, a name, '-' or '(', found the end"},
    {"pow(1,)", 7, "expected a number, a name, '-' or '(', found ')'"},
    {"()", 2, "expected a number, a name, '-' or '(', found ')'"},
    {"+1", 1, "expected a number, a name, '-' or '(', found '+'"},
    {"1 * * 2", 5, "expected a number, a name, '-' or '(', found '*'"},
    {"1 <= == 2", 6, "expected a number, a name, '-' or '(', found '=='"},
    {"1 $ 2", 3, "expected a number, a name, an operator or a parenthesis, found '$'"},
    {"x = 1", 3, "expected a number, a name, an operator or a parenthesis, found '='"},
    {"!x", 1, "expected a number, a name, an operator or a parenthesis, found '!'"},
    {"x \xc3\x97 2", 3, "expected a number, a name, an operator or a parenthesis, found '\xc3\x97'"},
    {"x \xc3 2", 3, "expected a number, a name, an operator or a parenthesis, found byte 0xc3"},
    {"x \x01", 3, "expected a number, a name, an operator or a parenthesis, found byte 0x01"},
    {"(1 + 2", 7, "expected an operator or ')', found the end"},
    {"(1 2)", 4, "expected an operator or ')', found '2'"},
    {"(1, 2)", 3, "expected an operator or ')', found ','"},
    {"square(x", 9, "expected an operator, ',' or ')', found the end"},
    {"square(x b)", 10, "expected an operator, ',' or ')', found 'b'"},
    {"square(", 8, "expected a number, a name, '-' or '(', found the end"},
    {"1 2", 3, "expected an operator or the end, found '2'"},
    {"x b", 3, "expected an operator or the end, found 'b'"},
    {"x)", 2, "expected an operator or the end, found ')'"},
    {"(x)(b)", 4, "expected an operator or the end, found '('"},
    {"1 + square", 11, "expected '(' behind the name of a function, found the end"},
    {"square + 1", 8, "expected '(' behind the name of a function, found '+'"},
    {"1 + wieght", 5, "unknown name 'wieght', did you mean 'weight'?"},
    {"hafl", 1, "unknown name 'hafl', did you mean 'half'?"},
    {"ln20", 1, "unknown name 'ln20', did you mean 'ln2'?"},
    {"q", 1, "unknown name 'q'"},
    {"_temperature * 2", 1, "unknown name '_temperature'"},
    {"a_word_of_more_than_thirty_two_letters", 1, "unknown name 'a_word_of_more_than_thirty_two_letters'"},
    {"2 * sigmiod(x)", 5, "unknown function 'sigmiod', did you mean 'sigmoid'?"},
    {"exponential(x)", 1, "unknown function 'exponential'"},
    {"x(2)", 1, "unknown function 'x'"},
    {"square()", 1, "square takes 1 argument, found 0"},
    {"1 + square(x, b)", 5, "square takes 1 argument, found 2"},
    {"pow(x)", 1, "pow takes 2 arguments, found 1"},
    {"pow(1, 2, 3, 4)", 1, "pow takes 2 arguments, found 4"},
    {"1 + .", 5, "expected a number like 12, 0.5 or 1e-3, found '.'"},
    {".e5", 1, "expected a number like 12, 0.5 or 1e-3, found '.e5'"},
    {"1.2.3 + x", 1, "expected a number like 12, 0.5 or 1e-3, found '1.2.3'"},
    {"2x", 1, "expected a number like 12, 0.5 or 1e-3, found '2x'"},
    {"1.0f", 1, "expected a number like 12, 0.5 or 1e-3, found '1.0f'"},
    {"0x1F", 1, "expected a number like 12, 0.5 or 1e-3, found '0x1F'"},
    {"1e", 1, "expected a number like 12, 0.5 or 1e-3, found '1e'"},
    {"1e+", 1, "expected a number like 12, 0.5 or 1e-3, found '1e+'"},
    {"(1e-x)", 2, "expected a number like 12, 0.5 or 1e-3, found '1e-x'"},
    {"1e309", 1, "number too large: '1e309'"},
    {"-1e99999999999", 2, "number too large: '1e99999999999'"},
};

START_TEST(error_messages)
{
    expect_error(errors[_i].text, errors[_i].column, errors[_i].message);
}
END_TEST

START_TEST(long_words)
{
    char *number = nest(101, "1", "", ""), *name = nest(100000, "n", "", "");
    expect_error(number, 1, "expected a number of at most 100 digits, found 101");
    expect_value(number + 1, 1.0 / 9 * 1e100);

    expect_error(name, 1, "unknown name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...'");
    free(number);
    free(name);
}
END_TEST

START_TEST(nesting)
{
    static const struct {
        const char *open, *inside, *close;
        int         column; /* of the operand that is nested too deeply, in a text of 64 levels */
        double      value;  /* with 63 levels */
    } cases[] = {
        {"(", "x", ")", 65, 3},
        {"-", "x", "", 65, -3},
        {"square(", "1", ")", 64 * 7 + 1, 1},
        {"0 == 1 < 2 + 3 * (", "1", ")", 64 * 18 + 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *most = nest(63, cases[i].open, cases[i].inside, cases[i].close);
        char *over = nest(64, cases[i].open, cases[i].inside, cases[i].close);
        char *far_over = nest(1000000, cases[i].open, cases[i].inside, cases[i].close);
        expect_value(most, cases[i].value);
        expect_error(over, cases[i].column, "nested more than 64 levels deep");
        expect_error(far_over, cases[i].column, "nested more than 64 levels deep");
        free(most);
        free(over);
        free(far_over);
    }
    char *chain = nest(100000, "1 + ", "1", "");
    expect_value(chain, 100001);
    free(chain);
}
END_TEST

/* ---- Memory ---- */

typedef struct failing_heap {
    int    calls, fail_at; /* call number fail_at fails, and if `for_ever` all behind it */
    bool   for_ever;
    size_t bytes;
} failing_heap;

static void *failing_resize(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    failing_heap *heap = user;
    if (new_bytes > 0) {
        heap->calls++;
        if (heap->calls == heap->fail_at || (heap->for_ever && heap->calls > heap->fail_at))
            return NULL;
    }
    ck_assert_uint_ge(heap->bytes, old_bytes);
    heap->bytes += new_bytes - old_bytes;
    return tad__malloc_allocator.resize(NULL, block, old_bytes, new_bytes);
}

START_TEST(failing_allocations)
{
    static const char text[] = "1 - (x * b) / pow(weight, half) + -x * 2 < b";
    int               n = 1;
    for (bool failed = true; failed; n++) {
        failing_heap        heap = {.fail_at = n, .for_ever = _i};
        const tad_allocator allocator = {failing_resize, &heap};
        tad__expression     expression;
        tad_text_error      error;
        tad_status          status = tad__expression_parse(&allocator, text, names, NAMES, &expression, &error);
        failed = heap.calls >= n;
        ck_assert_int_eq(status, failed ? TAD_ENOMEM : TAD_OK);
        if (failed)
            ck_assert(is_empty(&expression));
        else
            ck_assert_double_eq(evaluate(&expression), 1);
        tad__expression_free(&allocator, &expression);
        ck_assert_uint_eq(heap.bytes, 0);
    }
    ck_assert_int_gt(n, 4);
}
END_TEST

/* Nothing is left behind after an error either. */
START_TEST(errors_leave_nothing)
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        failing_heap        heap = {0};
        const tad_allocator allocator = {failing_resize, &heap};
        tad__expression     expression;
        tad_text_error      error;
        ck_assert_int_eq(tad__expression_parse(&allocator, errors[i].text, names, NAMES, &expression, &error),
                         TAD_EARG);
        ck_assert_uint_eq(heap.bytes, 0);
    }
}
END_TEST

Suite *expression_suite(void)
{
    Suite *suite = suite_create("expression");
    TCase *parsing = tcase_create("values");
    tcase_add_test(parsing, numbers);
    tcase_add_test(parsing, numbers_in_a_locale);
    tcase_add_test(parsing, operators);
    tcase_add_test(parsing, unary_minus);
    tcase_add_test(parsing, comparisons);
    tcase_add_test(parsing, functions);
    tcase_add_test(parsing, names_and_constants);
    tcase_add_test(parsing, derivatives_of_the_table);
    suite_add_tcase(suite, parsing);

    TCase *refusing = tcase_create("errors");
    tcase_add_loop_test(refusing, error_messages, 0, (int)(sizeof errors / sizeof *errors));
    tcase_add_test(refusing, long_words);
    tcase_add_test(refusing, nesting);
    suite_add_tcase(suite, refusing);

    TCase *memory = tcase_create("memory");
    tcase_add_loop_test(memory, failing_allocations, 0, 2);
    tcase_add_test(memory, errors_leave_nothing);
    suite_add_tcase(suite, memory);
    return suite;
}
