/* tad_explain: what it prints is read back and computed, and agrees with the derivatives; and what it says is as it should. */
#include "samples.h"
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape, *other;

/* What was written. */
static struct {
    size_t length, room;
    char  *text;
    bool   full; /* refuses more */
} written;

static bool take(void *user, const char *text, size_t bytes)
{
    (void)user;
    if (written.full)
        return false;
    if (written.length + bytes + 1 > written.room) {
        written.room = 2 * (written.length + bytes + 1);
        written.text = realloc(written.text, written.room);
        ck_assert_ptr_nonnull(written.text);
    }
    memcpy(written.text + written.length, text, bytes);
    written.length += bytes;
    written.text[written.length] = '\0';
    return true;
}

static const tad_writer writer = {take, NULL};

static void set_up(void)
{
    tape = tad_tape_new();
    other = tad_tape_new();
    ck_assert(tape && other);
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(other);
    tad_tape_free(tape);
    free(written.text);
    memset(&written, 0, sizeof written);
}

static const char *explain_with(tad_var y, tad_var x, tad_explain_options options)
{
    written.length = 0;
    expect_ok(tad_explain(y, x, &options, writer));
    return written.text;
}

static const char *explain(tad_var y, tad_var x)
{
    return explain_with(y, x, (tad_explain_options){0});
}

#define expect_text(part) ck_assert_msg(strstr(written.text, (part)), "no \"%s\" in:\n%.4000s", (part), written.text)

static tad_var named(double value, const char *name)
{
    return tad_named(tad_scalar(tape, value), name);
}

/* ---- Reading formulas back: numbers, the operators, and operations by name ---- */

static double read_choice(const char **at);

static bool is_next(const char **at, const char *token)
{
    while (**at == ' ')
        ++*at;
    if (strncmp(*at, token, strlen(token)) != 0)
        return false;
    *at += strlen(token);
    return true;
}

static double read_atom(const char **at)
{
    char   name[40];
    int    length = 0;
    double x[3];
    if (is_next(at, "(")) {
        x[0] = read_choice(at);
        ck_assert_msg(is_next(at, ")"), "expected ) at \"%.40s\"", *at);
        return x[0];
    }
    if (sscanf(*at, "%39[a-z_0-9](%n", name, &length) == 1 && length > 0 && name[0] >= 'a') {
        int           n = 0;
        tad_var       operands[3];
        const tad_op *op = tad_op_find(name);
        ck_assert_msg(op, "no operation %s", name);
        *at += length;
        do
            operands[n++] = tad_scalar(other, read_choice(at));
        while (is_next(at, ","));
        ck_assert(is_next(at, ")"));
        return tad_value(tad_apply(op, (tad_args){.n = n, .x = operands}));
    }
    char *end;
    x[0] = strtod(*at, &end);
    ck_assert_msg(end > *at, "expected a number at \"%.40s\"", *at);
    *at = end;
    return x[0];
}

static double read_power(const char **at)
{
    double x = read_atom(at);
    return is_next(at, "^") ? pow(x, read_atom(at)) : x;
}

static double read_factor(const char **at)
{
    bool minus = is_next(at, "-");
    return minus ? -read_factor(at) : read_power(at);
}

static double read_product(const char **at)
{
    double x = read_factor(at);
    for (;;)
        if (is_next(at, "* "))
            x *= read_factor(at);
        else if (is_next(at, "/ "))
            x /= read_factor(at);
        else
            return x;
}

static double read_sum(const char **at)
{
    double x = read_product(at);
    for (;;)
        if (is_next(at, "+ "))
            x += read_product(at);
        else if (is_next(at, "- "))
            x -= read_product(at);
        else
            return x;
}

static double read_choice(const char **at)
{
    double x = read_sum(at), a, b;
    for (bool more = true; more;)
        if (is_next(at, ">= "))
            x = x >= read_sum(at);
        else if (is_next(at, "<= "))
            x = x <= read_sum(at);
        else if (is_next(at, "== "))
            x = x == read_sum(at);
        else if (is_next(at, "!= "))
            x = x != read_sum(at);
        else if (is_next(at, "> "))
            x = x > read_sum(at);
        else if (is_next(at, "< "))
            x = x < read_sum(at);
        else
            more = false;
    if (!is_next(at, "? "))
        return x;
    a = read_choice(at);
    ck_assert(is_next(at, ": "));
    b = read_choice(at);
    return x != 0 ? a : b;
}

static double evaluate(const char *text)
{
    const char *at = text;
    double      x = read_choice(&at);
    while (*at == ' ')
        at++;
    ck_assert_msg(*at == '\0' || *at == '\n', "not read: \"%.60s\" of \"%.200s\"", at, text);
    tad_tape_rewind(other, 0);
    return x;
}

/* Names of values, not of operations? */
static bool has_names(const char *formula)
{
    for (size_t part; *formula; formula += part ? part : 1) {
        part = strspn(formula, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_#0123456789.");
        if (part > 0 && strchr("0123456789.", *formula) == NULL && formula[part] != '(' &&
            strncmp(formula, "inf", part) != 0)
            return true;
    }
    return false;
}

/* A row "left = ... = formula = value", perhaps in two lines: the last two are equal. Counts the rows. */
static int check_equations(const char *text)
{
    int   rows = 0;
    char *copy = malloc(strlen(text) + 1), *next;
    ck_assert_ptr_nonnull(copy);
    strcpy(copy, text);
    for (char *broken; (broken = strstr(copy, "\n    =")) != NULL || (broken = strstr(copy, "\n      ")) != NULL;)
        *broken = ' ';
    for (char *line = copy; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        char *value = NULL, *formula = NULL, *total = strstr(line, "   in all");
        if (total)
            *total = '\0';
        if (strncmp(line, "  ", 2) != 0)
            continue;
        for (char *at = line; (at = strstr(at, " = ")) != NULL; at += 3) {
            formula = value;
            value = at + 3;
        }
        if (!formula)
            continue;
        value[-3] = '\0';
        if (has_names(formula) || has_names(value))
            continue;
        double found = evaluate(formula), expected = evaluate(value);
        ck_assert_msg(fabs(found - expected) <= 1e-13 * (1 + fabs(expected)), "%s = %.17g, not %.17g, in:\n%.4000s",
                      formula, found, expected, text);
        rows++;
    }
    free(copy);
    return rows;
}

/* The last number of the text, which is the derivative. */
static double result_of(const char *text, const char *derivative)
{
    const char *last = NULL;
    for (const char *at = text; (at = strstr(at, derivative)) != NULL; at++)
        last = at;
    ck_assert_msg(last, "no \"%s\" in:\n%.4000s", derivative, text);
    if (strncmp(derivative, "adj ", 4) == 0)
        return strtod(last + strlen(derivative), NULL);
    const char *end = strstr(last, "\n\n"), *number = last;
    for (const char *at = last; (at = strstr(at, "= ")) != NULL && (!end || at < end); at++)
        number = at + 2;
    return strtod(number, NULL);
}

/* ---- Paths ---- */

static const tad_explain_options exactly = {.digits = 17};

START_TEST(repeated_use)
{
    tad_var a = named(1.5, "a"), b = tad_named(tad_add(a, a), "b"), c = tad_named(tad_mul(b, b), "c");
    explain(c, a);
    expect_text("dc/da: how c changes with a\n\na = 1.5.\n");
    expect_text("  b = a + a = 1.5 + 1.5 = 3\n  c = b * b = 3 * 3 = 9\n");
    expect_text("  dc/db[1] = b = 3\n  dc/db[2] = b = 3\n  db/da[1] = 1\n  db/da[2] = 1\n");
    expect_text("Path 1: c <- b <- a\n  dc/db[1] * db/da[1]\n    = b * 1\n    = 3 * 1\n    = 3\n");
    expect_text("Path 4: c <- b <- a\n  dc/db[2] * db/da[2]\n");
    expect_text("  dc/da = 3 + 3 + 3 + 3 = 12\n");
    ck_assert(!strstr(written.text, "Path 5"));
}
END_TEST

START_TEST(one_path)
{
    tad_var x = named(0.5, "x"), w = named(-2, "w"), y = tad_named(tad_square(tad_tanh(tad_mul(w, x))), "y");
    explain(y, w);
    expect_text("w = -2; held fixed: x = 0.5.");
    expect_text("  v1 = tanh(w * x) = tanh((-2) * 0.5) = -0.76159\n  y  = v1^2 = (-0.76159)^2 = 0.58003\n");
    expect_text("  dv1/dw = (1 - v1^2) * x = (1 - (-0.76159)^2) * 0.5 = 0.20999\n");
    expect_text("The path from y down to w");
    expect_text("    = (2 * v1) * ((1 - v1^2) * x)\n    = (-1.5232) * 0.20999\n    = -0.31985\n");
    expect_text("There is one path, so its product is the derivative.\n\n  dy/dw = -0.31985\n");
}
END_TEST

/* Sums and products without a name are part of a formula, if it is short; functions, and what is used twice, are not. */
START_TEST(what_stands_for_itself)
{
    tad_var x = named(2, "x"), a = tad_sub(x, tad_constant(tape, 5)), y = tad_mul(a, a),
            z = tad_pow(x, tad_constant(tape, 3));
    explain(y, x);
    expect_text("  v1 = x - 5 = 2 - 5 = -3\n  v2 = v1 * v1");
    explain(z, x);
    expect_text("  v1 = x^3 = 2^3 = 8\n");
    expect_text("  dv1/dx = 3 * x^2 = 3 * 2^2 = 12\n");
    tad_var s = x;
    for (int i = 0; i < 40; i++)
        s = tad_add(tad_constant(tape, i), s);
    explain(tad_named(s, "s"), x);
    expect_text("  v1 = 11 + (10 + (9 + (8 + (7 + (6 + (5 + (4 + (3 + (2 + (1 + (0 + x)))))))))))\n    = 11 + (10");
    expect_text("  s  = 39 + (38 + (37 + (36 + v3)))");
    ck_assert(result_of(written.text, "ds/dx") == 1);
    /* a name like v1 is taken, and one that two nodes have is told apart */
    tad_var v1 = tad_named(tad_exp(x), "v1"), h = tad_named(tad_sin(v1), "h"), g = tad_named(tad_sin(h), "h");
    explain(tad_square(g), x);
    expect_text("  h#1 = sin(v1)");
    expect_text("  h#2 = sin(h#1)");
    expect_text("  u1  = h#2^2");
    expect_text("Path 1: u1 <- h#2 <- h#1 <- v1 <- x\n");
}
END_TEST

/* Each operation's derivative, in symbols, has the value of the derivative. */
START_TEST(derivatives_of_operations)
{
    const tad_op *op;
    char          derivative[] = "dy/da";
    for (size_t i = 0; (op = tad_op_at(i)) != NULL && op->partial[0]; i++) {
        double numbers[2][5];
        sample_numbers(op, 3, 5, numbers[0], numbers[1]);
        for (int j = 0; j < 5; j++) {
            tad_tape_rewind(tape, 0);
            tad_var x[2] = {named(numbers[0][j], "a"), named(op->arity == 2 ? numbers[1][j] : 0, "b")};
            tad_var y = tad_named(tad_apply(op, (tad_args){.n = op->arity, .x = x}), "y");
            expect_ok(tad_backward(y));
            for (int k = 0; k < op->arity; k++) {
                derivative[4] = "ab"[k];
                explain_with(y, x[k], exactly);
                check_equations(written.text);
                double found = result_of(written.text, derivative);
                ck_assert_msg(found == tad_grad(x[k]), "%s: %g, not %g, in\n%.4000s", op->name, found, tad_grad(x[k]),
                              written.text);
            }
        }
    }
}
END_TEST

/* Random graphs: every equation that is printed holds, and the sum over the paths, or the sweep, is the gradient. */
START_TEST(random_graphs)
{
    int rows = 0, by_paths = 0;
    for (uint64_t seed = 0; seed < 150; seed++) {
        enum { NODES = 14 };
        tad_var  v[NODES];
        uint64_t draws = 0;
        tad_tape_rewind(tape, 0);
        v[0] = named(tad__random_uniform(seed, draws++, 0.5, 1), "x");
        v[1] = tad_scalar(tape, tad__random_uniform(seed, draws++, 0.5, 1));
        for (uint64_t i = 2; i < NODES; i++) {
            tad_var  a = v[tad__random_bits(seed, draws++) % i], b = v[tad__random_bits(seed, draws++) % i];
            uint64_t kind = tad__random_bits(seed, draws++) % 9;
            v[i] = kind == 0   ? tad_sin(a)
                   : kind == 1 ? tad_tanh(a)
                   : kind == 2 ? tad_add(a, b)
                   : kind == 3 ? tad_sub(tad_neg(a), b)
                   : kind == 4 ? tad_mul(tad_sub(a, b), b)
                   : kind == 5 ? tad_div(a, tad_add(tad_square(b), tad_constant(tape, 1)))
                   : kind == 6 ? tad_where(tad_greater(a, b), tad_mul(a, b), a)
                   : kind == 7 ? tad_pow(tad_square(a), tad_constant(tape, 1.5))
                               : tad_sigmoid(tad_mul(a, b));
            if (tad__random_bits(seed, draws++) % 3 == 0)
                tad_named(v[i], "named");
        }
        tad_var y = tad_named(tad_add(v[NODES - 1], v[NODES - 2]), "y");
        explain_with(y, v[0], exactly);
        rows += check_equations(written.text);
        by_paths += strstr(written.text, "Path 2") != NULL;
        expect_ok(tad_backward(y));
        double found = result_of(written.text, strstr(written.text, "adj x = ") ? "adj x = " : "dy/dx =");
        ck_assert_msg(fabs(found - tad_grad(v[0])) <= 1e-13 * (1 + fabs(found)), "%g, not %g, in:\n%.4000s", found,
                      tad_grad(v[0]), written.text);
        explain_with(y, v[0], (tad_explain_options){.digits = 17, .most_paths = 1, .most_nodes = 100});
        check_equations(written.text);
    }
    ck_assert(rows > 1000 && by_paths > 30);
}
END_TEST

START_TEST(nothing_to_derive)
{
    tad_var x = named(2, "x"), c = named(3, "c"), y = tad_named(tad_mul(x, x), "y");
    explain(y, y);
    expect_text("dy/dy: how y changes with y");
    expect_text("without factors is 1.\n\n  dy/dy = 1\n");
    explain(x, y);
    expect_text("x was computed before y was there");
    expect_text("\n  dx/dy = 0\n");
    explain(y, c);
    expect_text("No path on which a change could travel leads from y down to c: y is not computed from c");
    expect_text("\n  dy/dc = 0\n");
    explain(tad_named(tad_mul(tad_greater(x, c), c), "s"), x);
    expect_text("only through comparisons");
    expect_text("\n  ds/dx = 0\n");
}
END_TEST

/* ---- The sweep ---- */

START_TEST(more_paths_than_can_be_listed)
{
    tad_var x = named(1, "x"), y = x;
    for (int i = 0; i < 40; i++)
        y = tad_add(y, y);
    explain(tad_named(y, "y"), x);
    expect_text("There are 1,099,511,627,776 paths, over 41 values.");
    expect_text("  y = v39 + v39 = 5.4976e+11 + 5.4976e+11 = 1.0995e+12\n  adj y = 1\n"
                "  adj v39 += adj y * 1 = 1 * 1 = 1\n  adj v39 += adj y * 1 = 1 * 1 = 1   in all 2\n\n");
    expect_text("\n  adj x = 1.0995e+12 = dy/dx\n");
    for (int i = 40; i < 64; i++)
        y = tad_add(y, y);
    explain_with(y, x, (tad_explain_options){.most_nodes = 6});
    expect_text("There are more than 18,446,744,073,709,551,614 paths, about 1.8447e+19, over 65 values.");
    expect_text("\n... and so on for 59 more values, which are left out here ...\n");
    expect_text("  adj v2 = 4.6117e+18\n");
    expect_text("  adj x = 1.8447e+19 = dv63/dx\n");
    for (int i = 64; i < 1100; i++)
        y = tad_mul(tad_add(y, y), tad_constant(tape, 0.5));
    explain(y, x);
    expect_text("about 1e+308 or far more");
    tad_var z = tad_named(tad_add(tad_mul(x, x), x), "z");
    explain_with(z, x, (tad_explain_options){.most_paths = 2});
    expect_text("There are 3 paths, over 2 values.");
    expect_text("  adj x += adj z * x = 1 * 1 = 1   in all 2\n");
    explain_with(z, x, (tad_explain_options){.most_paths = 3});
    expect_text("Path 3");
}
END_TEST

/* A million nodes are no matter of the program's stack, or of patience. */
START_TEST(long_chain)
{
    tad_var x = named(1, "x"), y = x;
    for (int i = 0; i < 1000000; i++)
        y = tad_sin(y);
    explain(y, x);
    expect_text("There is 1 path, over 1,000,001 values.");
    expect_text("999,953 more values");
    expect_ok(tad_backward(y));
    expect_near(result_of(written.text, "adj x = "), tad_grad(x), 1e-5);
    ck_assert(written.length < 10000);
}
END_TEST

START_TEST(tensors)
{
    const double numbers[] = {1, 2, 3, 4, 5, 6}, weights[] = {0.1, 0.2, 0.3, 0.4, 0.5, -0.6};
    tad_var      x = tad_named(matrix(tape, 2, 3, numbers), "X"), w = tad_named(matrix(tape, 3, 2, weights), "W");
    tad_var      b = tad_named(vector(tape, 2, weights), "b"), one = tad_named(vector(tape, 1, numbers), "one");
    tad_var h = tad_named(tad_tanh(tad_add(tad_matmul(x, w), b)), "h"), y = tad_named(tad_mean(tad_square(h)), "loss");
    explain(y, w);
    expect_text("W = [0.1, 0.2, 0.3, 0.4, 0.5, -0.6]; held fixed: X = [1, 2, 3, 4, 5, 6], b = [0.1, 0.2].");
    expect_text("Some of these are tensors");
    expect_text("  adj v3 += adj loss / 4, for each element that was averaged = [0.25, 0.25, 0.25, 0.25]\n");
    expect_text("  adj v2 += adj h * (1 - h^2) = [0.019313,");
    expect_text("  v1 = X @ W = [2.2, -0.8, 4.9, -0.8]   2 x 2\n");
    expect_text("  adj W += transpose(X) @ adj v1 = [0.019676, -0.95538, 0.039081, -1.3375, 0.058485, -1.7197]\n\n"
                "  adj W = [0.019676, -0.95538, 0.039081, -1.3375, 0.058485, -1.7197] = dloss/dW\n");
    double grad[6];
    expect_ok(tad_backward(y));
    expect_ok(tad_read_grad(w, grad, sizeof grad));
    expect_near(grad[4], 0.058485, 1e-5);
    explain(y, b);
    expect_text("added up over the repeated axes");
    explain(tad_softmax(h, 1), b);
    expect_text("how the sum of all elements of v2 changes with b");
    expect_text("adj h += (dv2/dh)' * adj v2 = ");
    explain_with(y, w, (tad_explain_options){.most_nodes = 2});
    expect_text("... and so on for 4 more values");
    expect_text("  adj W = [0.019676,");
    /* one element is a number, of whatever shape */
    explain(tad_sum(tad_sin(one)), one);
    expect_text("Path 1: v2 <- v1 <- one\n");
    explain(h, h);
    expect_text("dh/dh = 1");
}
END_TEST

/* ---- LaTeX and Markdown ---- */

/* What LaTeX would stumble over: braces, environments, \left and \right, dollars, and characters that are no ASCII. */
static void expect_balanced(const char *text, bool ascii)
{
    int  braces = 0, lefts = 0, environments = 0;
    bool math = false;
    for (const char *at = text; *at; at++) {
        ck_assert_msg(!ascii || ((unsigned char)*at < 0x80 && (*at >= ' ' || *at == '\n')), "\"%.20s\" is no ASCII",
                      at);
        lefts += (strncmp(at, "\\left", 5) == 0 && at[5] != 'a') - (strncmp(at, "\\right", 6) == 0 && at[6] != 'a');
        environments += (strncmp(at, "\\begin{", 7) == 0) - (strncmp(at, "\\end{", 5) == 0);
        if (*at == '\\' && at[1] && strchr("#$%&_{}\\", at[1])) {
            at++;
            continue;
        }
        ck_assert_msg(!ascii || !strchr("#%~^", *at) || *at == '^' || *at == '~', "\"%.40s\" is not escaped", at);
        braces += (*at == '{') - (*at == '}');
        math ^= *at == '$' && at[1] != '$' && (at == text || at[-1] != '$');
        ck_assert_msg(braces >= 0 && lefts >= 0 && environments >= 0, "closed, but not open: \"%.40s\"", at);
    }
    ck_assert_msg(braces == 0 && lefts == 0 && environments == 0 && !math, "not closed in:\n%.4000s", text);
}

START_TEST(special_names)
{
    static const char *const names[] = {
        "</script>",           "a%b",      "_",        "$",          "\\",     "{",     "}",       "#&~^",
        "`*|[x](y)",           "\"'",      "",         "w_1",        "sum_h1", "a_b_c", "alpha_2", "\xce\xb1\xce\xb2",
        "\xe4\xb8\xad",        "\xff\xc3", "\x1b[31m", "two\nlines", "x ",     "1st",   "_x",      "h1",
        "\xc0\x80\xed\xa0\x80"};
    for (size_t i = 0; i < COUNT(names); i++) {
        tad_tape_rewind(tape, 0);
        tad_var x = named(2, names[i]), w = named(3, "w"), y = tad_named(tad_square(tad_sin(tad_mul(x, w))), names[i]);
        for (int sweep = 0; sweep < 2; sweep++) {
            tad_explain_options options = {.format = TAD_LATEX, .most_paths = 1, .most_nodes = sweep ? 1 : 0};
            explain_with(y, x, options);
            expect_balanced(written.text, true);
            options.format = TAD_MARKDOWN;
            explain_with(y, x, options);
            expect_balanced(written.text, false);
            ck_assert(!strchr(written.text, '<') && !strchr(written.text, '%') && !strchr(written.text, '`'));
            options.format = TAD_TEXT;
            explain_with(y, x, options);
            ck_assert(!strpbrk(written.text, "\x1b\xff\xc0"));
        }
    }
    tad_var x = named(2, "100%_$"), y = tad_named(tad_sin(x), "h_out1");
    explain_with(y, x, (tad_explain_options){.format = TAD_LATEX});
    expect_text(
        "  h_{\\mathrm{out1}} &= \\sin\\left(\\mathrm{100\\%\\_\\$}\\right) = \\sin\\left(2\\right) = 0.9093\n");
    explain_with(y, x, (tad_explain_options){.format = TAD_MARKDOWN});
    expect_text("h_{\\mathrm{out1}} &= \\sin\\left(\\text{100\xef\xbc\x85\xef\xbc\xbf\xef\xbc\x84}\\right)");
    explain(y, x);
    expect_text("  h_out1 = sin(100%_$) = sin(2) = 0.9093\n");
    tad_var alpha = named(2, "\xce\xb1_1"), sum = tad_named(tad_sin(alpha), "sum_h1");
    for (tad_explain_format format = TAD_LATEX; format <= TAD_MARKDOWN; format++) {
        explain_with(sum, alpha, (tad_explain_options){.format = format});
        expect_text("\\mathrm{sum}_{\\mathrm{h1}} &= \\sin\\left(\\alpha_{1}\\right)");
    }
}
END_TEST

/* Every operation in LaTeX, and what is particular about it. */
START_TEST(mathematics)
{
    const tad_op *op;
    for (size_t i = 0; (op = tad_op_at(i)) != NULL && op->partial[0]; i++) {
        tad_tape_rewind(tape, 0);
        tad_var x[2] = {named(1.5, "a"), named(0.5, "b")};
        tad_var y = tad_square(tad_apply(op, (tad_args){.n = op->arity, .x = x}));
        explain_with(y, x[0], (tad_explain_options){.format = TAD_LATEX});
        expect_balanced(written.text, true);
        ck_assert(strstr(written.text, "\\documentclass") && strstr(written.text, "\n\\end{document}\n"));
    }
    tad_tape_rewind(tape, 0);
    tad_var a = named(1e-7, "a"), b = named(-2, "b1"), y = tad_named(tad_exp(tad_div(tad_square(a), b)), "y");
    explain_with(y, a, (tad_explain_options){.format = TAD_LATEX, .digits = 3});
    expect_text("\\section*{$\\frac{\\partial y}{\\partial a}$: how $y$ changes with $a$}");
    expect_text("$a = 1 \\times 10^{-7}$; held fixed: $b_{1} = -2$.");
    expect_text("  y &= e^{\\frac{a^{2}}{b_{1}}} = e^{\\frac{\\left(1 \\times 10^{-7}\\right)^{2}}{-2}} = 1\n");
    tad_var z = tad_named(tad_where(tad_greater(a, b), tad_mul(a, b), b), "z");
    explain_with(z, a, (tad_explain_options){.format = TAD_LATEX});
    expect_text(
        "  z &= \\begin{cases} a \\cdot b_{1} & \\text{if } a > b_{1} \\\\ b_{1} & \\text{otherwise} \\end{cases}");
    expect_text("\\left[a > b_{1}\\right]");
    expect_text("A comparison stands for 1 where it is true");
    explain_with(z, a, (tad_explain_options){.format = TAD_MARKDOWN, .most_nodes = 1});
    expect_text("\\overline{a} &\\mathrel{+}= \\overline{z} \\cdot ");
    expect_text("\\begin{cases} a \\cdot b_{1} & \\text{if } a > b_{1} \\cr b_{1} &");
    ck_assert(!strstr(written.text, "\\\\"));
    const double data[] = {1, 2, 3, 4};
    tad_var      m = tad_named(matrix(tape, 2, 2, data), "M");
    explain_with(tad_sum(tad_sin(tad_matmul(m, m))), m, (tad_explain_options){.format = TAD_LATEX});
    expect_balanced(written.text, true);
    expect_text("\\overline{M} &\\mathrel{+}= \\overline{v_{1}} \\, M^{\\top} = \\left[");
    explain_with(tad_inverse(m), m, (tad_explain_options){.format = TAD_LATEX});
    expect_balanced(written.text, true);
    expect_text("\\left(\\frac{\\partial v_{1}}{\\partial M}\\right)^{\\top} \\cdot \\overline{v_{1}}");
}
END_TEST

/* ---- What it leaves alone, and refuses ---- */

START_TEST(leaves_the_tape)
{
    tad_var x = named(2, "x"), c = tad_greater(x, tad_constant(tape, 1)), y = tad_mul(tad_sin(x), c);
    expect_ok(tad_backward(y));
    double grad = tad_grad(x);
    size_t mark = tad_tape_mark(tape);
    explain(tad_square(y), x);
    tad_tape_rewind(tape, mark);
    explain(y, x);
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    ck_assert(tad_grad(x) == grad && tad_name(y) == NULL);
    expect_ok(tad_set_value(x, 0.5)); /* it is not held against us that the comparison was read */
    expect_ok(tad_replay(tape));
    char *before = malloc(written.length + 1);
    explain(y, x);
    ck_assert_ptr_nonnull(before);
    strcpy(before, written.text);
    tad_tape_pause(tape);
    explain(y, x);
    ck_assert_str_eq(written.text, before);
    ck_assert_uint_eq(tad_operand_count(tad_sin(x)), 0); /* still paused */
    tad_tape_resume(tape);
    free(before);
}
END_TEST

START_TEST(errors)
{
    tad_var x = named(2, "x"), y = tad_sin(x), stale = tad_sin(y);
    tad_var i = tad_tensor_constant(tape, TAD_I64, 0, NULL, &(int64_t){3}), foreign = tad_scalar(other, 1);
    tad_tape_rewind(tape, stale.id);
    i = tad_tensor_constant(tape, TAD_I64, 0, NULL, &(int64_t){3});
    const struct {
        tad_var             y, x;
        tad_explain_options options;
        tad_status          status;
        const char         *text;
    } cases[] = {
        {y, x, {.digits = 18}, TAD_EARG, "tad_explain: 18 digits; expected 1 to 17, or 0 for 5"},
        {y, x, {.digits = -1}, TAD_EARG, "tad_explain: -1 digits"},
        {y, x, {.format = (tad_explain_format)7}, TAD_EARG, "tad_explain: format 7; expected TAD_TEXT"},
        {y, i, {.digits = 0}, TAD_EDTYPE, "tad_explain: x holds indices"},
        {i, x, {.digits = 0}, TAD_EDTYPE, "tad_explain: y holds indices"},
        {y, foreign, {.digits = 0}, TAD_ETAPE, "tad_explain: x is a handle of another tape"},
        {y, stale, {.digits = 0}, TAD_ESTALE, "tad_explain: x is a stale handle"},
        {stale, x, {.digits = 0}, TAD_ESTALE, "tad_explain: the handle is a stale handle"},
    };
    for (size_t k = 0; k < COUNT(cases); k++) {
        tad_status status = tad_explain(cases[k].y, cases[k].x, &cases[k].options, writer);
        ck_assert_int_eq(status, cases[k].status);
        expect_error(tape, cases[k].status, cases[k].text);
    }
    ck_assert_int_eq(tad_explain(y, x, NULL, (tad_writer){NULL, NULL}), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_explain: the writer is NULL");
    written.full = true;
    ck_assert_int_eq(tad_explain(y, x, NULL, writer), TAD_EIO);
    expect_error(tape, TAD_EIO, "tad_explain: the writer refused the text");
    ck_assert_int_eq(tad_explain((tad_var){0}, x, NULL, writer), TAD_ETAPE);
}
END_TEST

Suite *derivation_suite(void)
{
    Suite *suite = suite_create("derivation");
    TCase *tests = tcase_create("tad_explain");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, repeated_use);
    tcase_add_test(tests, one_path);
    tcase_add_test(tests, what_stands_for_itself);
    tcase_add_test(tests, derivatives_of_operations);
    tcase_add_test(tests, random_graphs);
    tcase_add_test(tests, nothing_to_derive);
    tcase_add_test(tests, more_paths_than_can_be_listed);
    tcase_add_test(tests, long_chain);
    tcase_add_test(tests, tensors);
    tcase_add_test(tests, special_names);
    tcase_add_test(tests, mathematics);
    tcase_add_test(tests, leaves_the_tape);
    tcase_add_test(tests, errors);
    suite_add_tcase(suite, tests);
    return suite;
}
