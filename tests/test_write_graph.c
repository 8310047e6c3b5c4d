/* Graphs written for Graphviz, as SVG and for Mermaid: the worked network as tests/golden has it, and what no name, number or
 * size may break. */
#include "../examples/network.h"
#include "suites.h"
#include "support.h"

#include "base/random.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef tad_status write_function(size_t n, const tad_var y[], const tad_graph_options *options, tad_writer out);

static const struct {
    const char     *name, *ending, *title;
    write_function *write;
} writers[] = {
    {"tad_write_dot", "dot", "label=\"", tad_write_dot},
    {"tad_write_svg", "svg", "<title>", tad_write_svg},
    {"tad_write_mermaid", "mmd", "title: \"", tad_write_mermaid},
};
enum { DOT, SVG, MERMAID, WRITERS };

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

/* ---- A writer that keeps what it is given ---- */

typedef struct page {
    char  *text;
    size_t length, room;
    size_t pieces, refuse_after; /* 0: never */
} page;

static bool add(void *user, const char *text, size_t bytes)
{
    page *p = user;
    if (p->refuse_after && p->pieces == p->refuse_after)
        ck_abort_msg("called again after it refused");
    p->pieces++;
    if (p->length + bytes + 1 > p->room) {
        p->room = 2 * (p->length + bytes + 1);
        p->text = realloc(p->text, p->room);
    }
    memcpy(p->text + p->length, text, bytes);
    p->length += bytes;
    p->text[p->length] = '\0';
    return p->pieces != p->refuse_after;
}

/* The caller frees it. */
static char *text_of(int writer, tad_var y, tad_graph_options options)
{
    page p = {0};
    expect_ok(writers[writer].write(1, &y, &options, (tad_writer){add, &p}));
    ck_assert_uint_eq(strlen(p.text), p.length);
    return p.text;
}

/* The text of the graph contains, or does not contain. */
static void expect_text(int writer, tad_var y, tad_graph_options options, bool contains, const char *text)
{
    char *graph = text_of(writer, y, options);
    ck_assert_msg((strstr(graph, text) != NULL) == contains, "%s: %s '%s' in\n%.3000s", writers[writer].name,
                  contains ? "there is no" : "there is", text, graph);
    free(graph);
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        n++;
    return n;
}

/* How many boxes a graph has. */
static int boxes_of(int writer, tad_var y, tad_graph_options options)
{
    static const char *const box[] = {"\" [label=", "role=\"img\"", "\":::"};
    char                    *graph = text_of(writer, y, options);
    int                      n = count(graph, box[writer]);
    if (writer == MERMAID) /* its shapes end in several ways */
        n = count(graph, ":::");
    free(graph);
    return n;
}

/* ---- The worked network ---- */

static tad_var worked_network(void)
{
    static network net;
    tad_var        p[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    tad_var e = record_network(&net, PARAMETERS, p);
    expect_ok(tad_backward(e));
    return e;
}

/* Names that could break something, one after the other. */
static const char *const names[] = {
    "</script><b onclick=\"x()\">&amp; 'single' `back`",
    "back\\slash \\N \\",
    "two\nlines\r\n\ttab \x01\x7f",
    "umlauts \xc3\xa4\xc3\xb6\xc3\xbc, \xe6\xbc\xa2\xe5\xad\x97, \xf0\x9f\x99\x82",
    "not UTF-8: \xff\xfe \xc3( \xe2\x82 \xed\xa0\x80 \xf4\x90\x80\x80 \xc0\xaf end",
    "\xef\xbf\xbe\xef\xbf\xbf\xc2\x85",
    "]]> --> ]; } end subgraph {{ }} #quot; %% ;",
    "x.<y>.\"z\".w",
    "",
    ".",
    "...",
    "an_endless_name_that_goes_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_"
    "and_"
    "on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_on_and_"
    "on",
};

static tad_var wild_network(void)
{
    tad_var x = tad_named(tad_scalar(tape, 0.5), "x"), y = x;
    for (size_t i = 0; i < COUNT(names); i++)
        y = tad_named(tad_mul(y, tad_named(tad_constant(tape, 0.5), names[i])), names[COUNT(names) - 1 - i]);
    return y;
}

/* The same but for digits behind the tenth of a number, which another mathematical library may compute otherwise. */
static bool same(const char *a, const char *b)
{
    for (int digits = 0;; a++, b++) {
        for (; digits >= 10 && isdigit((unsigned char)*a); a++)
            ;
        for (; digits >= 10 && isdigit((unsigned char)*b); b++)
            ;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
        digits = isdigit((unsigned char)*a) || (*a == '.' && digits) ? digits + 1 : 0;
    }
}

/* TAD_UPDATE=1 writes the files anew. */
START_TEST(golden)
{
    int               writer = _i % WRITERS;
    bool              wild = _i >= WRITERS;
    tad_graph_options options = {.values = true, .gradients = true, .title = wild ? names[0] : "The worked network"};
    char             *graph = text_of(writer, wild ? wild_network() : worked_network(), options);
    page              expected = {0};
    char              piece[1000], path[100];
    snprintf(path, sizeof path, "tests/golden/%s.%s", wild ? "names" : "network", writers[writer].ending);
    FILE *file = fopen(path, getenv("TAD_UPDATE") ? "w+" : "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    if (getenv("TAD_UPDATE")) {
        fputs(graph, file);
        rewind(file);
    }
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        add(&expected, piece, n);
    fclose(file);
    ck_assert_msg(same(graph, expected.text), "%s writes other than %s:\n%s", writers[writer].name, path, graph);
    free(graph);
    free(expected.text);
}
END_TEST

START_TEST(always_the_same)
{
    tad_var e = worked_network();
    char   *a = text_of(_i, e, (tad_graph_options){.values = true}), *b;
    tad_tape_rewind(tape, 0);
    e = worked_network();
    b = text_of(_i, e, (tad_graph_options){.values = true});
    ck_assert_str_eq(a, b);
    free(a);
    free(b);
}
END_TEST

/* What is behind a result on the tape is not in its graph, and nothing is recorded or swept. */
START_TEST(leaves_the_tape_alone)
{
    tad_var e = worked_network(), x = tad_tanh(tad_scalar(tape, 0.25));
    size_t  mark = tad_tape_mark(tape);
    double  before = tad_grad(tad_operand(e, 0));
    ck_assert_int_eq(boxes_of(_i, e, (tad_graph_options){.gradients = true}), 43);
    ck_assert_int_eq(boxes_of(_i, x, (tad_graph_options){0}), 2);
    ck_assert_uint_eq(tad_tape_mark(tape), mark);
    expect_near(tad_grad(tad_operand(e, 0)), before, 0);
}
END_TEST

/* ---- Options ---- */

START_TEST(values_and_gradients)
{
    tad_var           x = tad_named(tad_scalar(tape, 0.123456789), "x"), y = tad_named(tad_exp(x), "y");
    tad_graph_options both = {.values = true, .gradients = true};
    expect_text(_i, y, both, true, "0.1235");
    expect_text(_i, y, both, false, "adj"); /* nothing was swept */
    expect_ok(tad_backward(y));
    expect_text(_i, y, both, true, "adj 1.131");
    expect_text(_i, y, (tad_graph_options){.values = true}, false, "adj");
    expect_text(_i, y, (tad_graph_options){.gradients = true}, false, "0.1235");
    both.digits = 7;
    expect_text(_i, y, both, true, "0.1234568");
    expect_text(_i, y, (tad_graph_options){0}, false, "0.1235");
    expect_text(_i, y, (tad_graph_options){.title = "A title"}, true, "A title");
    expect_text(_i, y, (tad_graph_options){.title = "A title"}, true, writers[_i].title);
}
END_TEST

START_TEST(directions_and_themes)
{
    static const char *const across[] = {"rankdir=LR", "", "flowchart LR"}, *const dark[] = {"#14181d", "#14181d",
                                                                                             "\"dark\""};
    tad_var y = tad_exp(tad_scalar(tape, 0.5));
    expect_text(_i, y, (tad_graph_options){.direction = TAD_LEFT_RIGHT}, true, across[_i]);
    expect_text(_i, y, (tad_graph_options){.theme = TAD_THEME_DARK}, true, dark[_i]);
    expect_text(_i, y, (tad_graph_options){.theme = TAD_THEME_LIGHT}, false, dark[_i]);
    expect_text(_i, y, (tad_graph_options){0}, _i == SVG, "prefers-color-scheme:dark");
    expect_text(_i, y, (tad_graph_options){0}, _i == SVG, _i == SVG ? dark[_i] : "prefers");
}
END_TEST

START_TEST(tensors)
{
    static const double numbers[6] = {1, -2, 3, 4, 5, 6.5}, odd[6] = {1, (double)NAN, 2, HUGE_VAL, 3, 4};
    const int64_t       dims[] = {2, 3}, none[] = {0, 3};
    tad_graph_options   values = {.values = true};
    expect_text(_i, tad_tensor(tape, TAD_F64, 2, dims, numbers), values, true, "-2 to 6.5");
    expect_text(_i, tad_tensor(tape, TAD_F64, 2, dims, odd), values, true, "2 of 6 not finite");
    expect_text(_i, tad_tensor(tape, TAD_F64, 2, none, NULL), values, true, "no elements");
    expect_text(_i, vector(tape, 3, numbers), values, true, "[1, -2, 3]");
    expect_text(_i, tad_transpose(tad_tensor(tape, TAD_F64, 2, dims, numbers)), values, true, "f64 [3, 2]");
    tad_var zeros = tad_mul(vector(tape, 6, numbers), tad_constant(tape, 0));
    expect_text(_i, tad_exp(zeros), values, true, "all 1");
    expect_text(_i, tad_tensor_constant(tape, TAD_I64, 1, dims, (const int64_t[]){7, -8}), values, true, "[7, -8]");
    expect_text(_i, tad_scalar(tape, nan("")), values, true, "nan");
}
END_TEST

/* ---- Folding ---- */

START_TEST(formulas)
{
    tad_var           e = worked_network();
    tad_graph_options options = {.formulas = true};
    static const char formula[] = "i1 * w1 + i2 * w3 + b1", quoted[] = "i1 #42; w1 + i2 #42; w3 + b1";
    ck_assert_int_eq(boxes_of(_i, e, options), 25);
    expect_text(_i, e, options, true, _i == MERMAID ? quoted : formula);
}
END_TEST

/* Three blocks of two layers each. */
static tad_var blocks(void)
{
    tad_var x = tad_named(tad_scalar(tape, 0.5), "x"), target = tad_named(tad_constant(tape, 1), "target");
    char    name[40];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "net.%d.layer%d.w", i / 2, i % 2);
        tad_var w = tad_named(tad_scalar(tape, 0.25 * i), name);
        snprintf(name, sizeof name, "net.%d.layer%d.b", i / 2, i % 2);
        tad_var b = tad_named(tad_scalar(tape, 0.5), name);
        x = tad_tanh(tad_add(tad_mul(w, x), b));
    }
    return tad_named(tad_square(tad_sub(x, target)), "loss");
}

START_TEST(scopes)
{
    static const char *const cluster[] = {"label=\"net.1.layer0\";", "", "[\"net.1.layer0\"]"};
    static const char *const block[] = {"[label=\"net.2\\n", ">net.2</text>", "\"net.2<br/>"};
    tad_var                  loss = blocks();
    if (_i != SVG)
        expect_text(_i, loss, (tad_graph_options){0}, true, cluster[_i]);
    ck_assert_int_eq(boxes_of(_i, loss, (tad_graph_options){0}), 34);
    ck_assert_int_eq(boxes_of(_i, loss, (tad_graph_options){.most_boxes = 12}), 10);
    ck_assert_int_eq(boxes_of(_i, loss, (tad_graph_options){.most_boxes = 8}), 7);
    expect_text(_i, loss, (tad_graph_options){.most_boxes = 8}, true, block[_i]);
    ck_assert_int_eq(boxes_of(_i, loss, (tad_graph_options){.most_boxes = 5}), 5);
    for (size_t most = 1; most < 40; most++)
        ck_assert_int_le(boxes_of(_i, loss, (tad_graph_options){.most_boxes = most}), (int)(most < 4 ? 4 : most));
}
END_TEST

static tad_var random_graph(int n, uint64_t seed)
{
    static tad_var v[6000];
    int            leaves = n / 10 + 2, ends = 0;
    for (int i = 0; i < n; i++) {
        uint64_t bits = tad__random_bits(seed, (uint64_t)i);
        if (i < leaves) {
            v[i] = tad_scalar(tape, 0.01 * i);
            continue;
        }
        int     from = i > 40 ? i - 40 : 0;
        tad_var a = v[from + (int)(bits % (unsigned)(i - from))],
                b = v[from + (int)((bits >> 20) % (unsigned)(i - from))];
        v[i] = bits >> 62 == 0 ? tad_tanh(a) : bits >> 62 == 1 ? tad_mul(a, b) : tad_add(a, b);
    }
    for (int i = n - 1; i >= n - 41 && i > 0; i--)
        v[n - 1] = tad_add(v[n - 1], v[i - (ends++ > 40)]);
    return v[n - 1];
}

/* Folding makes no cycle: in DOT every arrow goes to a box that comes later. */
START_TEST(folded_random_graphs)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        tad_tape_rewind(tape, 0);
        tad_var y = random_graph(200, seed);
        for (size_t most = 1; most < 200; most += 20) {
            char *graph = text_of(DOT, y, (tad_graph_options){.most_boxes = most});
            ck_assert_int_le(count(graph, "\" [label="), (int)most + 1);
            for (const char *at = strstr(graph, " -> "); at; at = strstr(at + 1, " -> ")) {
                char     box[40], from[20], to[20];
                unsigned a, b;
                ck_assert_int_eq(sscanf(at, " -> \"v%u\"", &b), 1);
                const char *line = at;
                while (line > graph && line[-1] != '\n')
                    line--;
                ck_assert_int_eq(sscanf(line, "  \"v%u\"", &a), 1);
                snprintf(from, sizeof from, "\"v%u\" [label=", a);
                snprintf(to, sizeof to, "\"v%u\" [label=", b);
                snprintf(box, sizeof box, "v%u -> v%u", a, b);
                const char *first = strstr(graph, from), *second = strstr(graph, to);
                ck_assert_msg(first && second && first < second, "graph %u, %d boxes: %s", seed, (int)most, box);
            }
            free(graph);
        }
    }
}
END_TEST

/* ---- Names ---- */

static bool is_utf8(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int more = *at < 0x80 ? 0 : *at >> 5 == 6 ? 1 : *at >> 4 == 14 ? 2 : *at >> 3 == 30 ? 3 : -1;
        if (more < 0 || (*at < ' ' && *at != '\n') || *at == 0x7f)
            return false;
        for (at++; more > 0; more--)
            if (*at++ >> 6 != 2)
                return false;
    }
    return true;
}

/* Is it well-formed XML, as far as we write it: tags that close, quoted attributes, known entities? */
static bool is_xml(const char *at)
{
    char stack[32][32];
    int  depth = 0;
    while (*at) {
        if (*at == '&') {
            at += strspn(at + 1, "#0123456789ampltgquo") + 1;
            if (*at != ';')
                return false;
        }
        if (*at == '>' && depth == 0)
            return false;
        if (*at++ != '<')
            continue;
        bool   closes = *at == '/';
        size_t n = strspn(at += closes, "abcdefghijklmnopqrstuvwxyz");
        if (n == 0 || n > 31 || (!closes && depth == 32))
            return false;
        if (closes) {
            if (depth-- == 0 || strncmp(stack[depth], at, n) != 0 || stack[depth][n] || at[n] != '>')
                return false;
            at += n + 1;
            continue;
        }
        memcpy(stack[depth], at, n);
        stack[depth++][n] = '\0';
        for (at += n; *at == ' ';) {
            at += 1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789");
            if (strncmp(at, "=\"", 2) != 0)
                return false;
            at += 2 + strcspn(at + 2, "\"<");
            if (*at++ != '"')
                return false;
        }
        if (*at == '/') {
            depth--;
            at++;
        }
        if (*at++ != '>')
            return false;
    }
    return depth == 0;
}

/* Quotes come in pairs on each line, backslashes aside. */
static bool has_pairs(const char *text)
{
    bool open = false;
    for (; *text; text++) {
        if (*text == '\\' && open && text[1])
            text++;
        else if (*text == '"')
            open = !open;
        else if (*text == '\n' && open)
            return false;
    }
    return !open;
}

START_TEST(all_names)
{
    static const char *const wild[] = {"</script>", "onclick=\"", "two\nlines"};
    for (size_t i = 0; i < COUNT(names); i++) {
        tad_var           x = tad_named(tad_scalar(tape, 0.5), names[i]);
        tad_var           y = tad_named(tad_mul(tad_exp(x), x), names[(i + 1) % COUNT(names)]);
        tad_graph_options options = {.values = true, .title = names[i], .formulas = i % 2};
        char             *graph = text_of(_i, y, options);
        ck_assert_msg(is_utf8(graph), "name %d: not UTF-8, or a control character:\n%s", (int)i, graph);
        ck_assert_msg(_i == SVG ? is_xml(graph) : has_pairs(graph), "name %d:\n%s", (int)i, graph);
        for (size_t k = 0; k < COUNT(wild) && _i != DOT; k++)
            ck_assert_msg(!strstr(graph, wild[k]), "name %d: '%s' in\n%s", (int)i, wild[k], graph);
        free(graph);
    }
}
END_TEST

/* The checker of XML checks. */
START_TEST(xml)
{
    static const char *const good[] = {"<a/>", "<a b=\"c\">&lt;&#38;</a>", "<a><b></b><c d=\"e\"/></a>"};
    static const char *const wrong[] = {"<a>", "</a>", "<a></b>", "<a b=c/>", "<a b=\"<\"/>", "<a>&</a>", "<a b/>"};
    for (size_t i = 0; i < COUNT(good); i++)
        ck_assert_msg(is_xml(good[i]), "%s", good[i]);
    for (size_t i = 0; i < COUNT(wrong); i++)
        ck_assert_msg(!is_xml(wrong[i]), "%s", wrong[i]);
}
END_TEST

/* ---- What can go wrong ---- */

START_TEST(refused)
{
    tad_var y = random_graph(100, 1);
    for (size_t after = 1; after < 8; after++) {
        page p = {.refuse_after = after};
        ck_assert_int_eq(writers[_i].write(1, &y, NULL, (tad_writer){add, &p}), TAD_EIO);
        ck_assert_uint_eq(p.pieces, after);
        free(p.text);
        expect_error(tape, TAD_EIO, ": the writer refused to go on");
    }
}
END_TEST

START_TEST(out_of_range)
{
    static const tad_graph_options wrong[] = {
        {.digits = -1}, {.digits = 18}, {.direction = (tad_graph_direction)2}, {.theme = (tad_graph_theme)3}};
    tad_var y = tad_scalar(tape, 1);
    page    p = {0};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        ck_assert_int_eq(writers[_i].write(1, &y, &wrong[i], (tad_writer){add, &p}), TAD_EARG);
        expect_error(tape, TAD_EARG, "expected 0 to 17 digits");
    }
    ck_assert_uint_eq(p.pieces, 0);
}
END_TEST

START_TEST(without_memory)
{
    tad_tape *own = NULL;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        heap   h = {0};
        size_t failures = 0;
        own = heap_tape(&h);
        tad_var x = tad_named(tad_scalar(own, 0.5), "a.b.c.x"), y = x;
        for (int i = 0; i < 300; i++)
            y = tad_add(tad_tanh(y), x);
        size_t blocks = h.blocks;
        for (bool done = false; !done;) {
            page p = {0};
            h.fail_at = h.calls + failures + 1;
            h.for_ever = for_ever;
            tad_status status = writers[_i].write(1, &y, &(tad_graph_options){.most_boxes = 50}, (tad_writer){add, &p});
            h.fail_at = 0;
            done = status == TAD_OK;
            ck_assert_uint_eq(h.blocks, blocks);
            ck_assert_msg(done || p.pieces == 0 || _i != SVG, "a part was written");
            if (!done) {
                failures++;
                expect_error(own, TAD_ENOMEM, "out of memory");
            }
            free(p.text);
        }
        ck_assert(failures > 0 || !for_ever); /* an arena asks for less before it gives up */
        tad_tape_free(own);
        ck_assert_uint_eq(h.blocks, 0);
    }
}
END_TEST

START_TEST(several_results)
{
    tad_var x = tad_named(tad_scalar(tape, 0.5), "x"), y[] = {tad_exp(x), tad_sin(x), x};
    page    p = {0};
    expect_ok(writers[_i].write(3, y, NULL, (tad_writer){add, &p}));
    ck_assert_int_eq(count(p.text, _i == DOT ? "peripheries=2" : _i == SVG ? "class=\"output\"" : ":::output"), 3);
    free(p.text);
}
END_TEST

START_TEST(fast)
{
    tad_var y = random_graph(SANITIZED ? 1000 : 5000, 1);
    clock_t start = clock();
    char   *graph = text_of(_i, y, (tad_graph_options){.values = true});
    double  seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(SANITIZED || under_valgrind() || seconds < 1, "%g s", seconds);
    if (getenv("TAD_TELL"))
        printf("%s: %g s, %zu bytes\n", writers[_i].name, seconds, strlen(graph));
    free(graph);
}
END_TEST

/* A chain deeper than any stack. */
START_TEST(deep)
{
    tad_var y = tad_scalar(tape, 0.5);
    for (int i = 0; i < (SANITIZED ? 20000 : 200000); i++)
        y = tad_sin(y);
    ck_assert_int_le(boxes_of(_i, y, (tad_graph_options){.most_boxes = 100}), 100);
}
END_TEST

Suite *write_graph_suite(void)
{
    Suite *suite = suite_create("write_graph");
    TCase *tests = tcase_create("write_graph");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, golden, 0, 2 * WRITERS);
    tcase_add_loop_test(tests, always_the_same, 0, WRITERS);
    tcase_add_loop_test(tests, leaves_the_tape_alone, 0, WRITERS);
    tcase_add_loop_test(tests, values_and_gradients, 0, WRITERS);
    tcase_add_loop_test(tests, directions_and_themes, 0, WRITERS);
    tcase_add_loop_test(tests, tensors, 0, WRITERS);
    tcase_add_loop_test(tests, formulas, 0, WRITERS);
    tcase_add_loop_test(tests, scopes, 0, WRITERS);
    tcase_add_test(tests, folded_random_graphs);
    tcase_add_loop_test(tests, all_names, 0, WRITERS);
    tcase_add_test(tests, xml);
    tcase_add_loop_test(tests, refused, 0, WRITERS);
    tcase_add_loop_test(tests, out_of_range, 0, WRITERS);
    tcase_add_loop_test(tests, without_memory, 0, WRITERS);
    tcase_add_loop_test(tests, several_results, 0, WRITERS);
    tcase_add_loop_test(tests, fast, 0, WRITERS);
    tcase_add_loop_test(tests, deep, 0, WRITERS);
    suite_add_tcase(suite, tests);
    return suite;
}
