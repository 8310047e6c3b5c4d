/* Writes elementwise.def to standard output with every row of it kept, and behind them rows whose derivatives are wrong:
 * each is one small change of one derivative, as a slip of the pen would make it. Run by tests/scripts/check_mutants.sh. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    const char *name, *about, *region, *value;
    int         arity;
    const char *partial[2];
} row;

#define domain(...) "domain(" #__VA_ARGS__ ")"
#define linear_domain(...) "linear_domain(" #__VA_ARGS__ ")"
#define kinked(...) "kinked(" #__VA_ARGS__ ")"
static const row rows[] = {
#define UNARY(name, about, region, value, dx) {#name, about, region, #value, 1, {#dx, NULL}},
#define BINARY(name, about, region, value, da, db) {#name, about, region, #value, 2, {#da, #db}},
#include "ops/elementwise.def"
};

enum { MOST_NODES = 100, LONGEST = 2000, MOST_MUTANTS = 200 };

/* ---- the derivative as a tree ---- */

typedef struct node {
    char text[32]; /* an operator; "-x" for a sign; the name of a function, of a value, or a number */
    enum { LEAF, SIGN, INFIX, CALL, CHOICE } kind;
    int n, in[3];
} node;

static node        nodes[MOST_NODES];
static int         node_count;
static const char *at;

static void fail(const char *expected)
{
    fprintf(stderr, "write_mutants: expected %s at '%s'\n", expected, at);
    exit(EXIT_FAILURE);
}

static int add(int kind, const char *text, int length, int n, int a, int b, int c)
{
    if (node_count == MOST_NODES || length >= (int)sizeof nodes->text)
        fail("a shorter derivative");
    node *to = &nodes[node_count];
    *to = (node){.kind = kind, .n = n, .in = {a, b, c}};
    memcpy(to->text, text, (size_t)length);
    return node_count++;
}

static bool accept(const char *text)
{
    at += strspn(at, " ");
    size_t length = strlen(text);
    if (strncmp(at, text, length) != 0)
        return false;
    at += length;
    return true;
}

static int parse(int strength);

static int parse_word(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    const char       *word = at;
    int               length = (int)strspn(at, letters), a, b = 0, n = 1;
    if (length == 0)
        fail("a number, a name, '-' or '('");
    at += length;
    if (!accept("("))
        return add(LEAF, word, length, 0, 0, 0, 0);
    a = parse(0);
    if (accept(",")) {
        b = parse(0);
        n = 2;
    }
    if (!accept(")"))
        fail("')'");
    return add(CALL, word, length, n, a, b, 0);
}

static int parse_operand(void)
{
    if (accept("-"))
        return add(SIGN, "-", 1, 1, parse_operand(), 0, 0);
    if (!accept("("))
        return parse_word();
    int inside = parse(0);
    if (!accept(")"))
        fail("')'");
    return inside;
}

static int parse(int strength)
{
    static const struct {
        const char *text;
        int         strength;
    } infix[] = {{"==", 1}, {"!=", 1}, {"<=", 2}, {">=", 2}, {"<", 2},
                 {">", 2},  {"+", 3},  {"-", 3},  {"*", 4},  {"/", 4}};
    int left = parse_operand();
    for (size_t i = 0; i < sizeof infix / sizeof *infix; i++)
        if (infix[i].strength > strength && accept(infix[i].text)) {
            int right = parse(infix[i].strength);
            left = add(INFIX, infix[i].text, (int)strlen(infix[i].text), 2, left, right, 0);
            i = (size_t)-1;
        }
    if (strength == 0 && accept("?")) {
        int yes = parse(0);
        if (!accept(":"))
            fail("':'");
        left = add(CHOICE, "?", 1, 3, left, yes, parse(0));
    }
    return left;
}

static void write(char *out, int id)
{
    const node *e = &nodes[id];
    char       *end = out + strlen(out);
    size_t      room = (size_t)(LONGEST - (end - out));
    if (room < 100)
        fail("a shorter derivative");
    if (e->kind == LEAF) {
        snprintf(end, room, "%s", e->text);
        return;
    }
    if (e->kind == SIGN || e->kind == CALL)
        snprintf(end, room, "%s", e->text);
    strcat(out, "(");
    write(out, e->in[0]);
    if (e->kind == CHOICE) {
        strcat(out, " ? ");
        write(out, e->in[1]);
        strcat(out, " : ");
        write(out, e->in[2]);
    }
    if (e->kind == INFIX)
        snprintf(out + strlen(out), 8, " %s ", e->text);
    else if (e->n == 2)
        strcat(out, ", ");
    if (e->n == 2)
        write(out, e->in[1]);
    strcat(out, ")");
}

/* ---- changing it ---- */

static const row *source;
static int        operand, root, mutant_count;
static char       seen[MOST_MUTANTS][LONGEST];

static void emit(const char *format, int id)
{
    char tree[LONGEST] = "", text[LONGEST + 20];
    write(tree, id);
    snprintf(text, sizeof text, format, tree);
    for (int i = 0; i < mutant_count; i++)
        if (strcmp(seen[i], text) == 0)
            return; /* the same text twice */
    if (mutant_count == MOST_MUTANTS || strlen(text) >= LONGEST)
        fail("fewer or shorter mutants");
    strcpy(seen[mutant_count++], text);
    if (strcmp(text, seen[0]) == 0)
        return;
    const char *partial[] = {source->partial[0], source->partial[1]};
    partial[operand] = text;
    printf("%s(%s_mutant_%c%d, \"mutant of %s, derivative %d: %s\", %s, %s, %s%s%s)\n",
           source->arity == 1 ? "UNARY " : "BINARY", source->name, 'a' + operand, mutant_count - 1, source->name,
           operand, text, source->region, source->value, partial[0], source->arity == 2 ? ", " : "",
           source->arity == 2 ? partial[1] : "");
}

/* Writes the tree with node `id` replaced for a moment. */
static void emit_with(int id, node other)
{
    node kept = nodes[id];
    nodes[id] = other;
    emit("%s", root);
    nodes[id] = kept;
}

static node named(const char *text)
{
    node leaf = {.kind = LEAF};
    snprintf(leaf.text, sizeof leaf.text, "%s", text);
    return leaf;
}

static void change_text(int id, const char *text)
{
    node other = nodes[id];
    snprintf(other.text, sizeof other.text, "%s", text);
    emit_with(id, other);
}

static void change_leaf(int id)
{
    static const char *const unary[] = {"x", "y"}, *const binary[] = {"a", "b", "y"};
    const char *const *names = source->arity == 1 ? unary : binary;
    char               number[32];
    if (nodes[id].text[0] >= '0' && nodes[id].text[0] <= '9') {
        snprintf(number, sizeof number, "%d", atoi(nodes[id].text) + 1);
        change_text(id, number);
        return;
    }
    for (int i = 0; i <= source->arity; i++)
        change_text(id, names[i]);
}

static void swap_operands(int id)
{
    node other = nodes[id];
    other.in[0] = nodes[id].in[1];
    other.in[1] = nodes[id].in[0];
    emit_with(id, other);
}

static void change_infix(int id)
{
    static const char *const changes[][3] = {
        {"+", "-", "-"},   {"-", "+", "+"},  {"*", "/", "/"},  {"/", "*", "*"},  {"==", "!=", "<"},
        {"!=", "==", ">"}, {"<", ">", "<="}, {">", "<", ">="}, {"<=", ">", "<"}, {">=", "<", ">"},
    };
    node e = nodes[id];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (strcmp(e.text, changes[i][0]) == 0) {
            change_text(id, changes[i][1]);
            change_text(id, changes[i][2]);
        }
    emit_with(id, nodes[e.in[0]]); /* without the right term or factor */
    emit_with(id, nodes[e.in[1]]); /* and the left */
    if (strcmp(e.text, "-") == 0 || strcmp(e.text, "/") == 0)
        swap_operands(id);
    if (e.text[0] == '=' || e.text[0] == '!' || e.text[0] == '<' || e.text[0] == '>') {
        emit_with(id, named("0"));
        emit_with(id, named("1"));
    }
}

static void change(int id)
{
    node e = nodes[id];
    if (e.kind == LEAF)
        change_leaf(id);
    else if (e.kind == INFIX)
        change_infix(id);
    else if (e.kind == SIGN)
        emit_with(id, nodes[e.in[0]]);
    else
        for (int k = 0; k < e.n; k++)
            emit_with(id, nodes[e.in[k]]);
    if (e.kind == CALL && e.n == 2)
        swap_operands(id);
    if (e.kind == CHOICE) {
        node other = e;
        other.in[1] = e.in[2];
        other.in[2] = e.in[1];
        emit_with(id, other);
    }
}

static void write_mutants(const row *r, int k)
{
    source = r;
    operand = k;
    node_count = mutant_count = 0;
    at = r->partial[k];
    root = parse(0);
    if (*at)
        fail("an operator or the end");
    strcpy(seen[0], "");
    write(seen[0], root);
    mutant_count = 1;
    bool zero = strcmp(r->partial[k], "0") == 0;
    if (!zero) {
        emit("-(%s)", root);
        emit("2 * (%s)", root);
        emit("0 * (%s)", root);
        if (r->arity == 2 && strcmp(r->partial[1 - k], r->partial[k]) != 0) { /* the other operand's derivative */
            int first = node_count;
            at = r->partial[1 - k];
            emit("%s", parse(0));
            node_count = first;
        }
    }
    for (int id = 0, n = node_count; id < n; id++)
        change(id);
}

int main(void)
{
    size_t count = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++) {
        const row *r = &rows[i];
        printf("%s(%s, \"%s\", %s, %s, %s%s%s)\n", r->arity == 1 ? "UNARY " : "BINARY", r->name, r->about, r->region,
               r->value, r->partial[0], r->arity == 2 ? ", " : "", r->arity == 2 ? r->partial[1] : "");
    }
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < rows[i].arity; k++)
            write_mutants(&rows[i], k);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
