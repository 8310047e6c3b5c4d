/* tad_write_html: what is in the page, that nothing breaks out of it, its size, its errors. What the page does is tested in a
 * browser: tests/page. */
#include "page_models.h"
#include "suites.h"
#include "support.h"

#include "tape/tape.h"
#include "tools/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tad_tape *tape;

static void set_up(void)
{
    tape = tad_tape_new();
}

static void tear_down(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

/* ---- a writer into memory ---- */

typedef struct text {
    char  *data;
    size_t length, pieces, refuse_at; /* the piece that is refused; 0: none */
    bool   refused;
} text;

static bool collect(void *user, const char *piece, size_t bytes)
{
    text *t = user;
    ck_assert_msg(!t->refused, "the writer is called after it refused");
    t->refused = ++t->pieces == t->refuse_at;
    if (t->refused)
        return false;
    t->data = realloc(t->data, t->length + bytes + 1);
    ck_assert_ptr_nonnull(t->data);
    memcpy(t->data + t->length, piece, bytes);
    t->length += bytes;
    t->data[t->length] = '\0';
    return true;
}

static text page_of(tad_var y, const tad_page_options *options)
{
    text t = {0};
    expect_ok(tad_write_html(y, options, (tad_writer){collect, &t}));
    return t;
}

static int count_of_text(const char *in, const char *what)
{
    int count = 0;
    for (const char *at = in; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

#define expect_has(page, what) ck_assert_msg(strstr((page).data, (what)) != NULL, "the page has no %s", what)
#define expect_not(page, what) ck_assert_msg(strstr((page).data, (what)) == NULL, "the page has %s", what)

static tad_var product(double a, double b)
{
    tad_var x = tad_named(tad_scalar(tape, a), "v5"), y = tad_named(tad_scalar(tape, b), "v6");
    return tad_named(tad_mul(x, y), "v7");
}

/* ---- contents ---- */

START_TEST(one_file)
{
    text page = page_of(product(2, -3), NULL);
    ck_assert(strncmp(page.data, "<!DOCTYPE html>\n", 16) == 0);
    ck_assert_str_eq(page.data + page.length - 8, "</html>\n");
    ck_assert_uint_eq(strlen(page.data), page.length);
    ck_assert_int_eq(count_of_text(page.data, "<script"), 2);
    ck_assert_int_eq(count_of_text(page.data, "</script"), 2);
    static const char *const loads[] = {" src=", "@import", "url(h",          "<link",
                                        "<img",  "fetch(",  "XMLHttpRequest", "import("};
    for (size_t i = 0; i < COUNT(loads); i++)
        expect_not(page, loads[i]);
    expect_has(page, "\"n\":\"v7\",\"d\":1,\"i\":[0,1],\"e\":[[-3],[2]],\"v\":-6,\"g\":1}");
    expect_has(page, "mul: {y: (a, b) => +(a * b), d: [(a, b, y) => +(b), (a, b, y) => +(a)]}");
    expect_has(page, "complete: true");
    expect_not(page, "function lgamma");
    free(page.data);
}
END_TEST

START_TEST(title)
{
    const tad_page_options options = {.title = "</title><script>x", .about = "</script>\"\n"};
    text                   page = page_of(product(1, 2), &options);
    expect_has(page, "<title>&#60;/title&#62;&#60;script&#62;x</title>");
    expect_has(page, "\"about\":\"\\u003c/script\\u003e\\u0022\\u000a\"");
    ck_assert_int_eq(count_of_text(page.data, "<script"), 2);
    free(page.data);
    page = page_of(tad_sin(tad_scalar(tape, 1)), NULL);
    expect_has(page, "<title>tad</title>");
    free(page.data);
}
END_TEST

START_TEST(troubles)
{
    text page = page_of(record_troubles(tape), NULL);
    ck_assert_int_eq(count_of_text(page.data, "</script"), 2);
    ck_assert_int_eq(count_of_text(page.data, "<!--"), 0);
    expect_has(page, "\"n\":\"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\"");
    expect_has(page, "\"NaN\"");
    expect_has(page, "\"Infinity\"");
    expect_has(page, "\"n\":\"-0\",\"d\":1,\"v\":-0,");
    expect_has(page, "\"n\":\"dead\",\"d\":1,\"i\":[0],\"e\":[[0]],\"v\":0,\"g\":1,\"f\":[1,0]}");
    expect_has(page, "\"f\":[0,1]}"); /* saturated */
    expect_has(page, "\"f\":[4,0]}"); /* four of six units */
    expect_not(page, ":null");
    free(page.data);
}
END_TEST

START_TEST(special_functions_where_used)
{
    text page = page_of(tad_polygamma(tad_constant(tape, 1), tad_scalar(tape, 2)), NULL);
    expect_has(page, "\nfunction polygamma(");
    expect_has(page, "\nfunction digamma("); /* which polygamma calls */
    expect_not(page, "\nfunction erf(");
    free(page.data);
    tad_tape_rewind(tape, 0);
    page = page_of(tad_mish(tad_scalar(tape, 2)), NULL);
    expect_has(page, "\nfunction softplus(x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }");
    expect_has(page, "\nfunction sigmoid(");
    expect_has(page, "\nfunction fabs(");
    free(page.data);
}
END_TEST

/* A row whose functions the page lacks would make inputs fixed. */
START_TEST(every_row_has_a_form_in_javascript)
{
    text page = page_of(record_every_row(tape), NULL);
    expect_has(page, "complete: true");
    for (int row = 0; row < TAD__ROWS; row++) {
        char start[64];
        snprintf(start, sizeof start, "\n    %s: {y: (", tad__elementwise[row].name);
        expect_has(page, start);
    }
    free(page.data);
}
END_TEST

START_TEST(scopes)
{
    tad_scope_begin(tape, "a<b");
    tad_var x = tad_scalar(tape, 1);
    tad_scope_begin(tape, "inner");
    x = tad_sin(x);
    tad_scope_end(tape);
    tad_scope_begin(tape, "other");
    x = tad_sin(x);
    tad_scope_end(tape);
    tad_scope_end(tape);
    text page = page_of(tad_sin(x), NULL);
    expect_has(page, "\"scopes\":[[0,\"a\\u003cb\"],[1,\"inner\"],[1,\"other\"]]");
    expect_has(page, "{\"o\":0,\"s\":1,");
    expect_has(page, "{\"o\":1,\"s\":2,");
    expect_has(page, "{\"o\":1,\"s\":3,");
    expect_has(page, "{\"o\":1,\"d\":1,");
    free(page.data);
}
END_TEST

/* ---- size, and always the same ---- */

START_TEST(five_thousand_nodes)
{
    tad_var y = record_transformer(tape, 21, 10);
    ck_assert_uint_ge(tad_tape_mark(tape), 5000);
    text page = page_of(y, NULL);
    ck_assert_msg(page.length < 2000000, "%zu bytes", page.length);
    free(page.data);
}
END_TEST

START_TEST(deterministic)
{
    tad_var (*const models[])(tad_tape *) = {record_every_row, record_troubles};
    for (size_t i = 0; i < COUNT(models); i++) {
        tad_tape *other = tad_tape_new();
        text      one = page_of(models[i](tape), NULL), two = page_of(models[i](other), NULL);
        ck_assert(one.length == two.length && memcmp(one.data, two.data, one.length) == 0);
        free(one.data);
        free(two.data);
        tad_tape_free(other);
        tad_tape_rewind(tape, 0);
    }
}
END_TEST

/* ---- the sweep ---- */

static tad_var cube_of_sine(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    tad_var s = tad_sin(x[0]);
    return tad_mul(tad_mul(s, s), tad_add(s, x[1]));
}

static tad_var record_checkpoints(tad_tape *t)
{
    tad_var x[2] = {tad_scalar(t, 0.5), tad_scalar(t, 2)}, inner = tad_checkpoint(cube_of_sine, NULL, 2, x);
    x[0] = tad_mul(inner, x[0]);
    return tad_add(tad_checkpoint(cube_of_sine, NULL, 2, x), x[1]);
}

static tad_var record_some_layers(tad_tape *t)
{
    return record_transformer(t, 2, 2);
}

/* The adjoints of all nodes, one after the other, as bytes; those not reached as zeros. */
static size_t read_adjoints(tad_var y, unsigned char *out, size_t room)
{
    size_t used = 0;
    for (uint32_t id = 0; id <= y.id; id++) {
        tad_var x = tad__handle(y.tape, id);
        size_t  bytes = (size_t)tad_count(x) * tad_dtype_size(tad_dtype_of(x));
        ck_assert_uint_le(used + bytes, room);
        if (!tad_is_differentiable(x))
            continue;
        expect_ok(tad_read_grad(x, out + used, bytes));
        used += bytes;
    }
    return used;
}

/* Bit for bit those of tad_backward, and afterwards they can be read. */
START_TEST(adjoints)
{
    static unsigned char found[100000], expected[100000];
    tad_var (*const models[])(tad_tape *) = {record_every_row, record_troubles, record_checkpoints, record_some_layers};
    for (size_t i = 0; i < COUNT(models); i++) {
        tad_tape_rewind(tape, 0);
        tad_var y = models[i](tape);
        size_t  mark = tad_tape_mark(tape);
        text    page = page_of(y, NULL);
        size_t  bytes = read_adjoints(y, found, sizeof found);
        ck_assert_uint_eq(tad_tape_mark(tape), mark);
        expect_ok(tad_backward(y));
        ck_assert_uint_eq(read_adjoints(y, expected, sizeof expected), bytes);
        ck_assert(memcmp(found, expected, bytes) == 0);
        free(page.data);
    }
}
END_TEST

/* Of scalars every share is adjoint times local derivative, and they add up, in the order of the sweep, to the adjoints. */
START_TEST(shares)
{
    tad_var   y = record_every_row(tape);
    tad__page page = {.tape = tape, .last = y.id};
    double   *sums = calloc(y.id + 1, sizeof *sums);
    bool     *reached = calloc(y.id + 1, sizeof *reached);
    ck_assert(sums && reached);
    expect_ok(tad__page_sweep(&page));
    tad__share *share = page.shares + page.share_count;
    sums[y.id] = 1;
    int seen = 0;
    for (uint32_t id = y.id + 1; id-- > 0;) {
        const uint32_t *in;
        int             n = tad__operands(tape, id, &in);
        share -= n;
        for (int k = 0; k < n; k++) {
            if (share[k].kind == TAD__NOTHING)
                continue;
            ck_assert_int_eq(share[k].kind, TAD__LOCAL);
            ck_assert(share[k].number == tad_local_derivative(tad__handle(tape, id), k));
            double part = sums[id] * share[k].number;
            sums[in[k]] = reached[in[k]] ? sums[in[k]] + part : part;
            reached[in[k]] = true;
            seen++;
        }
    }
    for (uint32_t id = 0; id <= y.id; id++)
        ck_assert(!tad_is_differentiable(tad__handle(tape, id)) || sums[id] == tad_grad(tad__handle(tape, id)));
    ck_assert_int_gt(seen, 500);
    tad__resize(&tape->allocator, page.shares, page.share_capacity * sizeof *page.shares, 0);
    tad__resize(&tape->allocator, page.numbers, page.number_capacity * sizeof *page.numbers, 0);
    free(sums);
    free(reached);
}
END_TEST

/* ---- summaries ---- */

START_TEST(summaries)
{
    const double numbers[] = {1, -3, 0, (double)NAN, (double)INFINITY, -0.0, 2};
    tad__summary s = tad__summarise(numbers, COUNT(numbers));
    ck_assert(s.count == 7 && s.zeros == 2 && s.nans == 1 && s.infinities == 1);
    ck_assert(s.least == -3 && s.most == 2 && s.mean == 0);
    expect_near(s.rms, sqrt(14.0 / 5), 1e-15);
    expect_near(s.deviation, sqrt(14.0 / 5), 1e-15);
    s = tad__summarise(NULL, 0);
    ck_assert(s.count == 0 && s.least == 0 && s.most == 0 && s.mean == 0);
}
END_TEST

/* Is the unit dead, or saturated, at x? */
START_TEST(units)
{
    static const struct {
        tad_var (*op)(tad_var x);
        double x;
        int    dead, saturated;
    } cases[] = {
        {tad_relu, -0.5, 1, 0},   {tad_relu, 0.5, 0, 0},    {tad_sigmoid, 1, 0, 0}, {tad_sigmoid, 6, 0, 1},
        {tad_sigmoid, -6, 0, 1},  {tad_sigmoid, 800, 1, 0}, {tad_tanh, 4, 0, 1},    {tad_square, 0, 0, 0},
        {tad_square, 1e-3, 0, 0}, {tad_hardtanh, 3, 1, 0},  {tad_gelu, -9, 0, 1},   {tad_log, 500, 0, 0},
        {tad_floor, 0.5, 0, 0},   {tad_softplus, -8, 0, 1}, {tad_neg, 1, 0, 0},     {tad_relu, (double)NAN, 1, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t   dead, saturated;
        tad_var   y = cases[i].op(tad_scalar(tape, cases[i].x));
        tad__page page = {.tape = tape, .last = y.id};
        ck_assert(tad__page_units(&page, y.id, &dead, &saturated));
        ck_assert_msg(dead == cases[i].dead && saturated == cases[i].saturated, "case %zu: %d dead, %d saturated", i,
                      (int)dead, (int)saturated);
        tad__resize(&tape->allocator, page.numbers, page.number_capacity * sizeof *page.numbers, 0);
    }
}
END_TEST

/* ---- errors ---- */

static bool refuse(void *user, const char *piece, size_t bytes)
{
    (void)user, (void)piece, (void)bytes;
    return false;
}

START_TEST(errors)
{
    double  two[2] = {1, 2};
    tad_var y = product(1, 2), stale = tad_sin(y);
    text    t = {0};
    tad_tape_rewind(tape, 3);
    ck_assert_int_eq(tad_write_html(y, NULL, (tad_writer){0}), TAD_EARG);
    expect_error(tape, TAD_EARG, "tad_write_html: there is no writer");
    ck_assert_int_eq(tad_write_html(stale, NULL, (tad_writer){collect, &t}), TAD_ESTALE);
    expect_error(tape, TAD_ESTALE, "tad_write_html: ");
    ck_assert_int_eq(tad_write_html((tad_var){0}, NULL, (tad_writer){collect, &t}), TAD_ETAPE);
    ck_assert_int_eq(tad_write_html(vector(tape, 2, two), NULL, (tad_writer){collect, &t}), TAD_ESHAPE);
    expect_error(tape, TAD_ESHAPE, "tad_write_html: the value has 2 elements; expected one");
    ck_assert_int_eq(tad_write_html(y, NULL, (tad_writer){refuse, NULL}), TAD_EIO);
    expect_error(tape, TAD_EIO, "tad_write_html: the writer refused");
    tad_var x = y;
    while (x.id + 1 < TAD_PAGE_NODES)
        x = tad_sin(x);
    ck_assert_int_eq(tad_write_html(tad_sin(x), NULL, (tad_writer){collect, &t}), TAD_EARG);
    expect_error(tape, TAD_EARG, "the tape has 20001 nodes up to y; a page shows at most 20000");
    ck_assert_uint_eq(t.pieces, 0);
    text page = page_of(x, NULL); /* as many as there can be */
    free(page.data);
}
END_TEST

START_TEST(leaves_and_constants)
{
    text page = page_of(tad_scalar(tape, 3), NULL);
    expect_has(page, "\"v\":3,\"g\":1}");
    free(page.data);
    page = page_of(tad_sin(tad_constant(tape, 3)), NULL);
    expect_has(page, "\"ops\":[[\"sin\",");
    free(page.data);
}
END_TEST

START_TEST(refused_at_any_piece)
{
    tad_var y = record_troubles(tape);
    text    whole = page_of(y, NULL);
    for (size_t at = 1; at <= whole.pieces; at++) {
        text t = {.refuse_at = at};
        ck_assert_int_eq(tad_write_html(y, NULL, (tad_writer){collect, &t}), TAD_EIO);
        expect_error(tape, TAD_EIO, "the writer refused");
        ck_assert_uint_eq(t.pieces, at);
        free(t.data);
    }
    free(whole.data);
}
END_TEST

/* The n-th request for memory fails, for n = 1, 2, ... */
START_TEST(without_memory)
{
    size_t failures = 0;
    for (bool done = false; !done; failures += !done) {
        heap      h = {0};
        tad_tape *small = heap_tape(&h);
        double    numbers[3] = {1, 2, 3};
        tad_var   x = vector(small, 3, numbers), y = tad_sum(tad_tanh(tad_mul(x, x)));
        size_t    mark = tad_tape_mark(small);
        text      t = {0};
        h.fail_at = h.calls + failures + 1;
        h.for_ever = _i;
        tad_status status = tad_write_html(y, NULL, (tad_writer){collect, &t});
        done = h.calls < h.fail_at;
        h.fail_at = 0;
        ck_assert_uint_eq(tad_tape_mark(small), mark);
        if (status != TAD_OK) {
            ck_assert_msg(!done && status == TAD_ENOMEM, "request %zu: %s", failures + 1, tad_status_name(status));
            expect_error(small, TAD_ENOMEM, "tad_write_html: out of memory");
            free(t.data);
            t = page_of(y, NULL);
        }
        expect_has(t, "</html>");
        free(t.data);
        tad_tape_free(small);
        ck_assert_uint_eq(h.blocks, 0);
    }
    ck_assert_uint_gt(failures, 3);
}
END_TEST

Suite *page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *tests = tcase_create("pages");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, one_file);
    tcase_add_test(tests, title);
    tcase_add_test(tests, troubles);
    tcase_add_test(tests, special_functions_where_used);
    tcase_add_test(tests, every_row_has_a_form_in_javascript);
    tcase_add_test(tests, scopes);
    tcase_add_test(tests, five_thousand_nodes);
    tcase_add_test(tests, deterministic);
    tcase_add_test(tests, adjoints);
    tcase_add_test(tests, shares);
    tcase_add_test(tests, summaries);
    tcase_add_test(tests, units);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, leaves_and_constants);
    tcase_add_test(tests, refused_at_any_piece);
    tcase_add_loop_test(tests, without_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
