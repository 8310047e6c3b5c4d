/* Writes to standard output: `headers elementwise`, a public header from the rows of elementwise.def; `headers operations
 * FILE...`, another from the documented functions of the files; `headers errors`, docs/errors.md. Run by `make headers`. */
#include <tad/base.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_WIDTH = 120 };

typedef struct row {
    const char *name, *about, *kink, *value;
    int         arity;
    const char *partial[2];
} row;

#define domain(...) NULL
#define linear_domain(...) NULL
#define kinked(expression, ...) #expression
static const row rows[] = {
#define UNARY(name, about, region, value, dx) {#name, about, region, #value, 1, {#dx, NULL}},
#define BINARY(name, about, region, value, da, db) {#name, about, region, #value, 2, {#da, #db}},
#include "ops/elementwise.def"
#undef UNARY
#undef BINARY
};

static const char elementwise_intro[] =
    "/**\n"
    " * tad/elementwise.h - operations on numbers, element by element.\n"
    " *\n"
    " * Written by `make headers` from src/ops/elementwise.def: change that file, not this one.\n"
    " *\n"
    " * Shapes. Operands of any shape broadcast as NumPy's do: shapes are aligned at the last axis, and\n"
    " * two sizes must be equal or one of them 1, which is then repeated. The result has the broadcast\n"
    " * shape. The tape owns it.\n"
    " *\n"
    " * Types. f32 and f64 do not mix, except that an f64 scalar (rank 0) takes the other operand's type.\n"
    " *\n"
    " * Values. NaN and infinities follow IEEE 754, as the formulas say. In them y is the result, a\n"
    " * comparison is 1 if true and 0 if not, half is 1 / 2 and two_over_sqrt_pi is 2 / sqrt(pi).\n"
    " * Derivatives are operations, too, and can be differentiated again.\n"
    " *\n"
    " * Errors give an invalid result, and the tape keeps the first: TAD_ESHAPE (sizes neither equal nor\n"
    " * 1), TAD_EDTYPE (f32 and f64 mixed), TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE\n"
    " * (an operand from before a rewind), TAD_ENOMEM.\n"
    " */\n";

static const char operations_intro[] =
    "/**\n"
    " * tad/operations.h - operations on whole tensors: sums, products, views.\n"
    " *\n"
    " * Written by `make headers` from the files of src/ops: change those, not this one.\n"
    " *\n"
    " * A negative axis counts from the end: -1 is the last one. The tape owns the result.\n"
    " *\n"
    " * Errors give an invalid result, and the tape keeps the first. Common to all, and not repeated below:\n"
    " * TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE (an operand from before a rewind),\n"
    " * TAD_ENOMEM, and with several operands TAD_EDTYPE (f32 and f64 mixed).\n"
    " */\n";

static void write_header(const char *intro, const char *guard)
{
    printf("%s#ifndef %s\n#define %s\n\n#include <tad/options.h>\n#include <tad/tape.h>\n\n", intro, guard, guard);
    printf("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
}

static void write_footer(void)
{
    printf("#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

/* ---- elementwise.h ---- */

/* A documentation comment, broken between words. */
static void write_comment(const char *text)
{
    int column = printf("/**");
    while (*text) {
        int  length = (int)strcspn(text, " ");
        bool last = !text[length];
        if (column + 1 + length + (last ? 3 : 0) > LINE_WIDTH)
            column = printf("\n *") - 1;
        column += printf(" %.*s", length, text);
        text += length + !last;
    }
    printf(" */\n");
}

static void write_row(const row *r)
{
    bool        unary = r->arity == 1;
    bool        steps = !unary && strcmp(r->partial[0], "0") == 0 && strcmp(r->partial[1], "0") == 0;
    const char *colon = r->about[strlen(r->about) - 1] == '?' ? "" : ":";
    char        capital = (char)toupper((unsigned char)*r->about);
    char        text[2048], second[512] = "", kink[512] = "";
    if (!unary)
        snprintf(second, sizeof second, ", dy/db = %s", r->partial[1]);
    if (r->kink)
        snprintf(kink, sizeof kink, " %s where %s = 0.", steps ? "It jumps" : "Not smooth", r->kink);
    snprintf(text, sizeof text, "%c%s%s y = %s, dy/d%s = %s%s.%s", capital, r->about + 1, colon, r->value,
             unary ? "x" : "a", r->partial[0], second, kink);
    write_comment(text);
    printf("TAD_API tad_var tad_%s(%s);\n\n", r->name, unary ? "tad_var x" : "tad_var a, tad_var b");
}

static int write_elementwise(void)
{
    write_header(elementwise_intro, "TAD_ELEMENTWISE_H");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        write_row(&rows[i]);
    write_footer();
    return EXIT_SUCCESS;
}

/* ---- operations.h ---- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    char  *text = NULL;
    size_t length = 0, capacity = 0;
    do {
        capacity = 2 * capacity + 4096;
        char *grown = realloc(text, capacity);
        if (!grown)
            break;
        text = grown;
        length += fread(text + length, 1, capacity - length - 1, file);
    } while (length == capacity - 1);
    bool good = feof(file) && !ferror(file);
    fclose(file);
    if (!good) {
        free(text);
        return NULL;
    }
    text[length] = 0;
    return text;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool complain(const char *path, const char *at, int length, const char *what)
{
    fprintf(stderr, "headers: %s: %.*s: %s\n", path, length, at, what);
    return false;
}

/* Writes a comment, which ends before `comment_end`, and the prototype of the function defined behind it. */
static bool write_function(const char *path, const char *comment, const char *comment_end, const char *function)
{
    static const char start[] = "TAD_API tad_";
    const char       *open = strpbrk(function, "({;");
    int               shown = (int)(open ? (size_t)(open - function) : strcspn(function, "\n"));
    if (!comment)
        return complain(path, function, shown, "no documentation comment directly in front");
    if ((!starts(function, start) && !starts(function, "TAD_API TAD_CHECKED tad_")) || !open || *open != '(')
        return complain(path, function, shown,
                        "expected a function: TAD_API tad_var tad_...( or TAD_API TAD_CHECKED tad_status tad_...(");
    int         depth = 0;
    const char *end = open;
    do {
        depth += (*end == '(') - (*end == ')');
        end++;
    } while (depth > 0 && *end);
    if (end[strspn(end, " \n")] != '{')
        return complain(path, function, shown, "expected '{' behind the parameters");
    printf("%.*s\n%.*s;\n\n", (int)(comment_end - comment), comment, (int)(end - function), function);
    return true;
}

/* Looks at the lines that begin with a comment or a public function. */
static bool write_functions(const char *path, const char *text)
{
    bool        good = true;
    const char *comment = NULL, *comment_end = NULL;
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (starts(line, "TAD_API")) {
            bool documented = comment && line == comment_end + 1;
            good = write_function(path, documented ? comment : NULL, comment_end, line) && good;
        } else if (starts(line, "/*")) {
            const char *end = strstr(line, "*/");
            if (!end)
                return complain(path, line, (int)strcspn(line, "\n"), "this comment does not end");
            comment = starts(line, "/** ") || starts(line, "/**\n") ? line : NULL;
            comment_end = line = end + 2;
        }
    }
    return good;
}

static int write_operations(int count, char *const paths[])
{
    bool good = true;
    write_header(operations_intro, "TAD_OPERATIONS_H");
    for (int i = 0; i < count; i++) {
        char *text = read_file(paths[i]);
        if (!text)
            perror(paths[i]);
        good = text && write_functions(paths[i], text) && good;
        free(text);
    }
    write_footer();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int write_errors(void)
{
    printf("# Errors\n\nWritten by `make headers` from the list in `include/tad/base.h`.\n\n"
           "Operations return a handle and the tape keeps the first error: `tad_tape_status`, `tad_tape_message`. "
           "Functions\n"
           "that hand data over return a status, too.\n\n"
           "| status | meaning | what to do |\n|---|---|---|\n");
#define ROW(name, meaning, hint) printf("| `TAD_%s` | %s | %s |\n", #name, meaning, hint);
    TAD_STATUS_LIST(ROW)
#undef ROW
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    int result;
    if (argc == 2 && strcmp(argv[1], "elementwise") == 0) {
        result = write_elementwise();
    } else if (argc == 2 && strcmp(argv[1], "errors") == 0) {
        result = write_errors();
    } else if (argc > 2 && strcmp(argv[1], "operations") == 0) {
        result = write_operations(argc - 2, argv + 2);
    } else {
        fprintf(stderr, "usage: headers elementwise | errors | operations FILE...\n");
        result = 2;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("headers: standard output");
        result = EXIT_FAILURE;
    }
    return result;
}
