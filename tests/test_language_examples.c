/* The networks in examples/ that are texts: to the last bit what the same operations give in C; and all that
 * docs/language.md shows. */
#include "../examples/network.h"
#include "suites.h"
#include "support.h"

#include "tools/model.h"

#include <stdio.h>
#include <string.h>

Suite *language_examples_suite(void);

enum { MOST = 32, MOST_BYTES = 4000 };

static char       text[MOST_BYTES];
static tad_model *model;
static tad_tape  *tape;
static tad_var    vars[MOST];

static void load(const char *name)
{
    char           path[80];
    tad_text_error error;
    snprintf(path, sizeof path, "examples/%s.tad", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    size_t bytes = fread(text, 1, sizeof text, file);
    fclose(file);
    tad_status status = tad_model_parse(NULL, text, bytes, &model, &error);
    ck_assert_msg(status == TAD_OK, "%s:%d:%d: %s", path, error.line, error.column, error.message);
    ck_assert_uint_le(tad_model_count(model), MOST);
    tape = tad_tape_new();
    status = tad_model_record(model, tape, vars, &error);
    ck_assert_msg(status == TAD_OK, "%s:%d:%d: %s", path, error.line, error.column, error.message);
}

static void unload(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
    tad_model_free(model);
}

static tad_var find(const char *name)
{
    for (size_t i = 0; i < tad_model_count(model); i++)
        if (strcmp(tad_model_symbol(model, i)->name, name) == 0)
            return vars[i];
    ck_abort_msg("there is no %s", name);
    return (tad_var){0};
}

/* Value and all gradients of `of` in the model are those of y, which was recorded from the model's own leaves. */
static void expect_same(const char *of, tad_var y)
{
    double  gradients[MOST][MOST];
    tad_var e = find(of);
    ck_assert_double_eq(tad_value(e), tad_value(y));
    expect_ok(tad_backward(e));
    for (size_t i = 0; i < tad_model_count(model); i++)
        if (tad_model_symbol(model, i)->kind == TAD_SYMBOL_PARAM)
            expect_ok(tad_read_grad(vars[i], gradients[i], sizeof gradients[i]));
    expect_ok(tad_backward(y));
    int compared = 0;
    for (size_t i = 0; i < tad_model_count(model); i++) {
        if (tad_model_symbol(model, i)->kind != TAD_SYMBOL_PARAM)
            continue;
        expect_array_at(vars[i], tad_read_grad, (size_t)tad_count(vars[i]), gradients[i],
                        tad_model_symbol(model, i)->name, __FILE__, __LINE__);
        compared++;
    }
    ck_assert_int_gt(compared, 3);
}

START_TEST(the_network)
{
    network   net;
    tad_var   p[PARAMETERS];
    double    gradients[PARAMETERS];
    tad_tape *other = tad_tape_new();
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(other, first_values[i]);
    expect_ok(tad_backward(record_network(&net, PARAMETERS, p)));
    for (int i = 0; i < PARAMETERS; i++)
        gradients[i] = tad_grad(p[i]);

    load("network");
    static const char *const shared[] = {"h1", "h2", "o1", "o2", "E1", "E2", "E"};
    int                      compared = 0;
    for (int i = 0; i < net.count; i++)
        for (size_t k = 0; k < COUNT(shared); k++)
            if (strcmp(tad_name(net.steps[i]), shared[k]) == 0) {
                ck_assert_double_eq(tad_value(find(shared[k])), tad_value(net.steps[i]));
                compared++;
            }
    ck_assert_int_eq(compared, (int)COUNT(shared));
    expect_ok(tad_backward(find("E")));
    for (int i = 0; i < PARAMETERS; i++)
        ck_assert_double_eq(tad_grad(find(parameter_names[i])), gradients[i]);
    expect_near(tad_grad(find("w1")), 0.00110, 1e-5);
    expect_no_error(other);
    tad_tape_free(other);
    unload();
}
END_TEST

static tad_var layer(const char *w, tad_var x, const char *b)
{
    return tad_sigmoid(tad_add(tad_matmul(find(w), x), find(b)));
}

static tad_var half_squares(tad_var o, tad_var t)
{
    return tad_div(tad_sum(tad_square(tad_sub(o, t))), tad_constant(tape, 2));
}

START_TEST(two_hidden_layers)
{
    load("network_2_hidden");
    tad_var h = layer("W2", layer("W1", find("x"), "b1"), "b2");
    expect_same("E", half_squares(layer("W3", h, "b3"), find("t")));
    unload();
}
END_TEST

START_TEST(three_hidden_layers)
{
    load("network_3_hidden");
    tad_var h = layer("W3", layer("W2", layer("W1", find("x"), "b1"), "b2"), "b3");
    expect_same("E", half_squares(layer("W4", h, "b4"), find("t")));
    unload();
}
END_TEST

START_TEST(a_batch)
{
    load("network_batch");
    tad_var h = tad_sigmoid(tad_add(tad_matmul(find("X"), find("W1")), find("b1")));
    tad_var o = tad_sigmoid(tad_add(tad_matmul(h, find("W2")), find("b2")));
    tad_var squares = tad_sum_axes(tad_square(tad_sub(o, find("T"))), 1, (const int[]){1}, false);
    expect_same("E", tad_mean(tad_div(squares, tad_constant(tape, 2))));

    /* A batch of another size: the one input of the first network gives its error. */
    const double input[] = {0.1, 0.5}, target[] = {0.05, 0.95};
    expect_ok(tad_model_set(model, "X", 2, (const int64_t[]){1, 2}, input));
    expect_ok(tad_model_set(model, "T", 2, (const int64_t[]){1, 2}, target));
    expect_ok(tad_model_record(model, tape, vars, NULL));
    double error = tad_value(find("E"));
    unload();
    load("network");
    expect_near(error, tad_value(find("E")), 1e-15);
    unload();
}
END_TEST

START_TEST(cross_entropy)
{
    const int64_t classes[] = {0, 1, 2, 1}, n = 4;
    load("network_cross_entropy");
    tad_var h = tad_tanh(tad_add(tad_matmul(find("X"), find("W1")), find("b1")));
    tad_var logits = tad_add(tad_matmul(h, find("W2")), find("b2"));
    expect_same("E", tad_cross_entropy(logits, tad_tensor_constant(tape, TAD_I64, 1, &n, classes), NULL));
    double sums[4];
    expect_ok(tad_read(tad_sum_axes(find("p"), 1, (const int[]){1}, false), sums, sizeof sums));
    for (int i = 0; i < 4; i++)
        expect_near(sums[i], 1, 1e-15);
    unload();
}
END_TEST

START_TEST(losses)
{
    load("network_losses");
    tad_var h = layer("W1", find("x"), "b1"), z = tad_add(tad_matmul(find("W2"), h), find("b2")), o = tad_sigmoid(z);
    expect_same("half_square", half_squares(o, find("t")));
    expect_same("square_mean", tad_mse_loss(o, find("t"), TAD_MEAN));
    expect_same("absolute", tad_l1_loss(o, find("t"), TAD_SUM));
    expect_same("huber", tad_huber_loss(o, find("t"), 0.5, TAD_MEAN));
    expect_same("binary", tad_bce_with_logits(z, find("t"), NULL));
    int outputs = 0;
    for (size_t i = 0; i < tad_model_count(model); i++)
        outputs += tad_model_symbol(model, i)->output;
    ck_assert_int_eq(outputs, 5);
    unload();
}
END_TEST

/* ---- docs/language.md ---- */

static void add_value(tad__text *out, const double *data, int rank, const int64_t dims[])
{
    int64_t block = 1;
    if (rank == 0) {
        tad__text_add(out, "%g", data[0] == 0 ? 0.0 : data[0]);
        return;
    }
    for (int i = 1; i < rank; i++)
        block *= dims[i];
    for (int64_t i = 0; i < dims[0]; i++) {
        tad__text_add(out, i ? ", " : "[");
        add_value(out, data + i * block, rank - 1, dims + 1);
    }
    tad__text_add(out, "]");
}

/* What the page shows for a model: its outputs, or its error. */
static void run(const char *block, char *out, size_t size)
{
    tad__text      words = {.out = out, .size = size};
    tad_text_error error;
    double         data[64];
    int64_t        dims[TAD_MAX_RANK];
    *out = '\0';
    tad_status status = tad_model_parse(NULL, block, strlen(block), &model, &error);
    tape = tad_tape_new();
    if (status == TAD_OK)
        status = tad_model_record(model, tape, vars, &error);
    if (status != TAD_OK)
        tad_text_error_write(&error, "model.tad", block, strlen(block), out, size);
    for (size_t i = 0; i < tad_model_count(model) && status == TAD_OK; i++) {
        if (!tad_model_symbol(model, i)->output)
            continue;
        expect_ok(tad_read(vars[i], data, sizeof data));
        for (int k = 0; k < tad_rank(vars[i]); k++)
            dims[k] = tad_dim(vars[i], k);
        tad__text_add(&words, "%s = ", tad_model_symbol(model, i)->name);
        add_value(&words, data, tad_rank(vars[i]), dims);
        tad__text_add(&words, "\n");
    }
    tad_tape_free(tape);
    tad_model_free(model);
}

/* Copies the next block with fences of that language behind `at`; returns what is behind it, NULL if there is none. */
static const char *next_block(const char *at, const char *language, char *out, size_t size)
{
    char fence[32];
    snprintf(fence, sizeof fence, "\n```%s\n", language);
    const char *start = strstr(at, fence), *end = start ? strstr(start + 1, "\n```\n") : NULL;
    if (!end)
        return NULL;
    start += strlen(fence);
    ck_assert_uint_lt((size_t)(end + 1 - start), size);
    memcpy(out, start, (size_t)(end + 1 - start));
    out[end + 1 - start] = '\0';
    return end;
}

static char page[30000], block[6000], expected[6000], shown[6000];

static void read_page(void)
{
    FILE *file = fopen("docs/language.md", "r");
    ck_assert_ptr_nonnull(file);
    size_t bytes = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    ck_assert_uint_lt(bytes, sizeof page - 1);
}

START_TEST(the_page)
{
    int n = 0;
    read_page();
    for (const char *at = page; (at = next_block(at, "tad", block, sizeof block)) != NULL; n++) {
        ck_assert_msg(strncmp(at, "\n```\n```text\n", 13) == 0, "no ```text follows this:\n%s", block);
        ck_assert_ptr_nonnull(next_block(at, "text", expected, sizeof expected));
        run(block, shown, sizeof shown);
        ck_assert_msg(strcmp(shown, expected) == 0, "docs/language.md says of\n%s\n%s\nbut it is\n%s", block, expected,
                      shown);
    }
    ck_assert_int_ge(n, 10);
}
END_TEST

START_TEST(signatures_of_the_page)
{
    const tad_op       *op;
    const tad__filling *filling;
    char                line[200];
    tad__text           words = {.out = shown, .size = sizeof shown};
    read_page();
    for (size_t i = 0; (op = tad_op_at(i)) != NULL; i++)
        if (!op->partial[0] && tad_op_signature(op, line, sizeof line) > 0)
            tad__text_add(&words, "%s\n", line);
    ck_assert_ptr_nonnull(next_block(page, "signatures", expected, sizeof expected));
    ck_assert_str_eq(shown, expected);
    words.length = 0;
    for (size_t i = 0; (filling = tad__filling_at(i)) != NULL; i++) {
        tad__text list = {.out = line, .size = sizeof line};
        tad__argument_list(&list, filling->arguments, filling->defaults);
        tad__text_add(&words, "%s(%s)\n", filling->name, line + 2);
    }
    ck_assert_ptr_nonnull(next_block(page, "fillings", expected, sizeof expected));
    ck_assert_str_eq(shown, expected);
}
END_TEST

Suite *language_examples_suite(void)
{
    Suite *suite = suite_create("language_examples");
    TCase *networks = tcase_create("networks");
    tcase_add_test(networks, the_network);
    tcase_add_test(networks, two_hidden_layers);
    tcase_add_test(networks, three_hidden_layers);
    tcase_add_test(networks, a_batch);
    tcase_add_test(networks, cross_entropy);
    tcase_add_test(networks, losses);
    suite_add_tcase(suite, networks);

    TCase *manual = tcase_create("page");
    tcase_add_test(manual, the_page);
    tcase_add_test(manual, signatures_of_the_page);
    suite_add_tcase(suite, manual);
    return suite;
}
