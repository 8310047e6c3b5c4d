/* Writes to standard output: `headers elementwise`, a public header from the rows of elementwise.def; `headers FAMILY FILE...`,
 * one from the documented functions of those files that are of this family; `headers operations`, one that includes all
 * families; `headers sections FILE...`, which operation is of which; `headers errors`, docs/errors.md. Run by `make headers`. */
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
    " * tad/operations.h - operations on whole tensors, by families.\n"
    " *\n"
    " * Written by `make headers` from src/host/families.def: change that file, not this one.\n"
    " *\n"
    " * A negative axis counts from the end: -1 is the last one. The tape owns the result.\n"
    " *\n"
    " * Errors give an invalid result, and the tape keeps the first. Common to all, and not repeated for each:\n"
    " * TAD_ETAPE (an operand zeroed or from another tape), TAD_ESTALE (an operand from before a rewind),\n"
    " * TAD_ENOMEM, and with several operands TAD_EDTYPE (f32 and f64 mixed).\n"
    " */\n";

static const struct family {
    const char *name, *title;
} families[] = {
#define FAMILY(name, title) {#name, title},
#include "host/families.def"
#undef FAMILY
};
enum { FAMILIES = sizeof families / sizeof *families };

static void write_guard(const char *name)
{
    char guard[64];
    int  n = 0;
    for (; name[n] && n + 1 < (int)sizeof guard; n++)
        guard[n] = (char)toupper((unsigned char)name[n]);
    guard[n] = 0;
    printf("#ifndef TAD_%s_H\n#define TAD_%s_H\n\n", guard, guard);
}

static void write_header(const char *intro, const char *name)
{
    printf("%s", intro);
    write_guard(name);
    printf("#include <tad/options.h>\n#include <tad/tape.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
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
    write_header(elementwise_intro, "elementwise");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        write_row(&rows[i]);
    write_footer();
    return EXIT_SUCCESS;
}

/* ---- the families ---- */

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

/* The family that a file's first words name; NULL if it has no operation. */
static const struct family *family_of(const char *path, const char *text, bool *good)
{
    for (int i = 0; i < FAMILIES; i++) {
        size_t n = strlen(families[i].name);
        if (starts(text, "/* ") && starts(text + 3, families[i].name) && text[3 + n] == ':')
            return &families[i];
    }
    if (strstr(text, "\nTAD_API ") || strstr(text, "\nconst tad_op tad__op_"))
        *good = complain(path, text, (int)strcspn(text, "\n"), "expected '/* FAMILY: ', of src/host/families.def");
    return NULL;
}

static bool write_sections(const char *text, const struct family *family)
{
    static const char start[] = "\nconst tad_op tad__op_";
    for (const char *at = text; (at = strstr(at, start)) != NULL;) {
        at += strlen(start);
        printf("SECTION(%.*s, %s)\n", (int)strcspn(at, " ="), at, family->name);
    }
    return true;
}

/* For each file of the family; of any, if that is NULL, and then the sections. */
static bool write_files(const struct family *family, int count, char *const paths[])
{
    bool good = true;
    for (int i = 0; i < count; i++) {
        char *text = read_file(paths[i]);
        if (!text) {
            perror(paths[i]);
            return false;
        }
        const struct family *found = family_of(paths[i], text, &good);
        if (found && (!family || found == family))
            good = (family ? write_functions(paths[i], text) : write_sections(text, found)) && good;
        free(text);
    }
    return good;
}

static int write_family(const struct family *family, int count, char *const paths[])
{
    char intro[512];
    snprintf(intro, sizeof intro,
             "/**\n * tad/%s.h - %s. What is common to all is told in operations.h.\n *\n"
             " * Written by `make headers` from the files of src/ops: change those, not this one.\n */\n",
             family->name, family->title);
    write_header(intro, family->name);
    bool good = write_files(family, count, paths);
    write_footer();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int write_operations(void)
{
    printf("%s", operations_intro);
    write_guard("operations");
    for (int i = 0; i < FAMILIES; i++)
        printf("#include <tad/%s.h> /* %s */\n", families[i].name, families[i].title);
    printf("\n#endif\n");
    return EXIT_SUCCESS;
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
    int result = 2;
    for (int i = 0; i < FAMILIES && argc > 2; i++)
        if (strcmp(argv[1], families[i].name) == 0)
            result = write_family(&families[i], argc - 2, argv + 2);
    if (argc == 2 && strcmp(argv[1], "elementwise") == 0) {
        result = write_elementwise();
    } else if (argc == 2 && strcmp(argv[1], "errors") == 0) {
        result = write_errors();
    } else if (argc == 2 && strcmp(argv[1], "operations") == 0) {
        result = write_operations();
    } else if (argc > 2 && strcmp(argv[1], "sections") == 0) {
        result = write_files(NULL, argc - 2, argv + 2) ? EXIT_SUCCESS : EXIT_FAILURE;
    } else if (result == 2) {
        fprintf(stderr, "usage: headers elementwise | operations | errors | sections FILE... | FAMILY FILE...\n");
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("headers: standard output");
        result = EXIT_FAILURE;
    }
    return result;
}
