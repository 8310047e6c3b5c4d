/* The operations in JavaScript, so that a page can compute. The rows' texts are C, and such C as JavaScript has, too: they are
 * taken as they are. What they call is in JavaScript's Math, or another row, or a function of page/math.js, which is written
 * only if it is used. */
#include "ops/elementwise.h"
#include "tools/page.h"

#include <string.h>

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

static const struct {
    const char *name, *text;
} constants[] = {
#define CONSTANT(name, value) {#name, #value},
#include "ops/constants.def"
#undef CONSTANT
};

/* Of JavaScript's Math, what is the same in C. */
static const char *const in_math[] = {"acos", "acosh", "asin", "asinh", "atan",  "atan2", "atanh", "cbrt",  "ceil",
                                      "cos",  "cosh",  "exp",  "expm1", "floor", "hypot", "log",   "log10", "log1p",
                                      "log2", "pow",   "sin",  "sinh",  "sqrt",  "tan",   "tanh",  "trunc"};

typedef struct word {
    const char *start;
    size_t      length;
} word;

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

static bool is_word(word w, const char *name)
{
    return strncmp(w.start, name, w.length) == 0 && !name[w.length];
}

/* The next word with a parenthesis behind it and no point before it, as in Math.max(...); false if there is none. */
static bool next_call(const char **text, word *call)
{
    const char *start = *text;
    for (const char *at = start; *at;) {
        size_t length = 0;
        while (is_letter(at[length]))
            length++;
        if (length && at[length] == '(' && (at == start || at[-1] != '.')) {
            *call = (word){at, length};
            *text = at + length;
            return true;
        }
        at += length ? length : 1;
    }
    return false;
}

/* ---- functions ---- */

/* A function of page/math.js begins "function name(" at the start of a line and ends with a line "}". */
typedef struct function {
    const char *start;
    size_t      length;
} function;

static function find_function(word name)
{
    static const char opening[] = "function ";
    for (const tad__page_file *file = tad__page_files; file->name; file++) {
        if (strcmp(file->name, "math.js") != 0)
            continue;
        for (const char *at = strstr(file->text, opening); at; at = strstr(at + 1, opening)) {
            const char *called = at + sizeof opening - 1, *end = strstr(at, "\n}\n");
            if (strncmp(called, name.start, name.length) == 0 && called[name.length] == '(' && end)
                return (function){at, (size_t)(end + 3 - at)};
        }
    }
    return (function){0};
}

/* Does the row only call C's function of its name? */
static bool is_itself(const tad_op *op)
{
    size_t length = strlen(op->name);
    return strncmp(op->formula, op->name, length) == 0 && op->formula[length] == '(';
}

static const tad_op *find_row(word name)
{
    for (int row = 0; row < TAD__ROWS; row++)
        if (is_word(name, tad__elementwise[row].name) && !is_itself(&tad__elementwise[row]))
            return &tad__elementwise[row];
    return NULL;
}

static bool is_in_math(word name)
{
    for (int i = 0; i < COUNT_OF(in_math); i++)
        if (is_word(name, in_math[i]))
            return true;
    return false;
}

/* Functions to be written: places in the texts that call them. */
enum { MOST_CALLS = 128 };
typedef struct calls {
    word words[MOST_CALLS];
    int  count;
    bool complete; /* does JavaScript have all of them? */
} calls;

static void add_call(calls *list, word call)
{
    for (int i = 0; i < list->count; i++)
        if (list->words[i].length == call.length && strncmp(list->words[i].start, call.start, call.length) == 0)
            return;
    if (is_in_math(call))
        return;
    bool known = find_function(call).start || find_row(call);
    if (known && list->count < MOST_CALLS)
        list->words[list->count++] = call;
    else
        list->complete = false;
}

/* What a text calls; `length` of it. */
static void add_calls(calls *list, const char *text, size_t length)
{
    const char *end = text + length;
    word        call;
    while (next_call(&text, &call) && call.start < end)
        if (!is_word(call, "if") && !is_word(call, "for") && !is_word(call, "while"))
            add_call(list, call);
}

static void add_calls_of(calls *list, const tad_op *op)
{
    const char *const texts[] = {op->formula, op->partial[0], op->partial[1]};
    for (int i = 0; i < 3; i++)
        if (texts[i])
            add_calls(list, texts[i], strlen(texts[i]));
}

/* ---- rows ---- */

static const char *parameters(const tad_op *op)
{
    return op->arity == 1 ? "x" : "a, b";
}

/* {y: the value, d: [the derivatives]} */
static void write_row(tad__output *output, const tad_op *op)
{
    tad__output_add(output, "    %s: {y: (%s) => +(%s), d: [", op->name, parameters(op), op->formula);
    for (int k = 0; k < op->arity; k++)
        tad__output_add(output, "%s(%s, y) => +(%s)", k ? ", " : "", parameters(op), op->partial[k]);
    tad__output_text(output, "]},\n");
}

static void write_function(tad__output *output, word name)
{
    function      f = find_function(name);
    const tad_op *op = find_row(name);
    if (f.start)
        tad__output_add(output, "%.*s", (int)f.length, f.start);
    else
        tad__output_add(output, "function %s(%s) { return %s; }\n", op->name, parameters(op), op->formula);
}

tad_status tad__page_code(tad__page *page)
{
    const tad_tape *tape = page->tape;
    calls           list = {.complete = true};
    bool            used[TAD__ROWS] = {false};
    for (uint32_t id = 0; id <= page->last; id++) {
        const tad_op *op = tad__op_of_node(tape, id);
        int           row = op ? tad__row_of(op) : -1;
        if (row >= 0)
            used[row] = true;
    }
    for (int row = 0; row < TAD__ROWS; row++)
        if (used[row])
            add_calls_of(&list, &tad__elementwise[row]);
    for (int i = 0; i < list.count; i++) { /* the list grows by what its functions call */
        function f = find_function(list.words[i]);
        if (f.start) {
            const char *body = strchr(f.start, '{');
            add_calls(&list, body, (size_t)(f.start + f.length - body));
        } else
            add_calls(&list, find_row(list.words[i])->formula, strlen(find_row(list.words[i])->formula));
    }
    tad__output_text(page->output, "(() => {\n    const {");
    for (int i = 0; i < COUNT_OF(in_math); i++)
        tad__output_add(page->output, "%s%s", i ? ", " : "", in_math[i]);
    tad__output_text(page->output, "} = Math;\n    const ");
    for (int i = 0; i < COUNT_OF(constants); i++)
        tad__output_add(page->output, "%s%s = %s", i ? ", " : "", constants[i].name, constants[i].text);
    tad__output_text(page->output, ";\n");
    for (int i = 0; i < list.count; i++)
        write_function(page->output, list.words[i]);
    tad__output_add(page->output, "    return {complete: %s,\n", list.complete ? "true" : "false");
    for (int row = 0; row < TAD__ROWS; row++)
        if (used[row])
            write_row(page->output, &tad__elementwise[row]);
    tad__output_text(page->output, "    };\n})()");
    return TAD_OK;
}
