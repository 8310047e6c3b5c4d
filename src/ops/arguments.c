#include "ops/arguments.h"

#include <math.h>
#include <string.h>

/* Whole numbers beyond this are not exact as double. */
static const double most = 9007199254740992;

static bool is_whole(double x)
{
    return x == floor(x) && fabs(x) <= most;
}

static bool all_whole(const tad__literal *value, double bound)
{
    for (int64_t i = 0; i < value->count; i++)
        if (!is_whole(value->data[i]) || fabs(value->data[i]) > bound)
            return false;
    return true;
}

static void turn(const tad_argument *argument, void *attributes)
{
    if (argument->turns) {
        bool *flag = (bool *)((char *)attributes + argument->turns - 1);
        *flag = !*flag;
    }
}

const char *tad__argument_set(const tad_argument *argument, void *attributes, const tad__literal *value)
{
    void         *member = (char *)attributes + argument->offset;
    const double *x = value->data;
    bool          single = value->rank == 0;
    bool          list = single || (value->rank == 1 && value->count <= TAD_MAX_RANK);
    switch (argument->kind) {
    case TAD_ARGUMENT_INT:
        if (!single || !all_whole(value, INT32_MAX))
            return "a whole number";
        *(int *)member = (int)x[0];
        break;
    case TAD_ARGUMENT_LONG:
        if (!single || !all_whole(value, most))
            return "a whole number";
        *(int64_t *)member = (int64_t)x[0];
        break;
    case TAD_ARGUMENT_PAIR:
        if (!list || (!single && value->count != 2) || !all_whole(value, most))
            return "a whole number or two";
        for (int i = 0; i < 2; i++)
            ((int64_t *)member)[i] = (int64_t)x[single ? 0 : i];
        break;
    case TAD_ARGUMENT_NUMBER:
        if (!single)
            return "a number";
        *(double *)member = x[0];
        break;
    case TAD_ARGUMENT_AXES: {
        int *axes = member;
        if (!list || !all_whole(value, INT32_MAX))
            return "a whole number, or a list of at most 8 of them";
        *axes++ = (int)value->count;
        for (int64_t i = 0; i < value->count; i++)
            axes[i] = (int)x[i];
        break;
    }
    case TAD_ARGUMENT_SIZES: {
        struct {
            int     rank;
            int64_t dims[TAD_MAX_RANK];
        } *sizes = member;
        if (!list || !all_whole(value, most))
            return "a list of at most 8 whole numbers";
        sizes->rank = (int)value->count;
        for (int64_t i = 0; i < value->count; i++)
            sizes->dims[i] = (int64_t)x[i];
        break;
    }
    default:
        return "";
    }
    turn(argument, attributes);
    return NULL;
}

/* The place of a word in a list with blanks between; -1. */
static int find_word(const char *words, const char *word, size_t length)
{
    for (int i = 0; *words; i++) {
        size_t n = strcspn(words, " ");
        if (n == length && strncmp(words, word, n) == 0)
            return i;
        words += n + strspn(words + n, " ");
    }
    return -1;
}

bool tad__argument_set_word(const tad_argument *argument, void *attributes, const char *word, size_t length)
{
    void *member = (char *)attributes + argument->offset;
    int   found = find_word(argument->kind == TAD_ARGUMENT_FLAG   ? "false true"
                            : argument->kind == TAD_ARGUMENT_WORD ? argument->words
                                                                  : "",
                          word, length);
    if (argument->kind == TAD_ARGUMENT_TEXT)
        *(const char **)member = word;
    else if (found < 0)
        return false;
    else if (argument->kind == TAD_ARGUMENT_FLAG)
        *(bool *)member = found;
    else
        *(int *)member = found;
    turn(argument, attributes);
    return true;
}

static void add_words(tad__text *text, const char *words, const char *between)
{
    for (bool first = true; *words; first = false) {
        size_t n = strcspn(words, " ");
        tad__text_add(text, "%s%.*s", first ? "" : between, (int)n, words);
        words += n + strspn(words + n, " ");
    }
}

void tad__argument_describe(tad__text *text, const tad_argument *argument)
{
    static const double wrong[9] = {0.5};
    const tad__literal  none = {.rank = TAD_MAX_RANK, .count = 1, .data = (double *)(uintptr_t)wrong};
    tad_argument        copy = *argument;
    char                unused[8];
    copy.offset = 0;
    if (argument->kind == TAD_ARGUMENT_FLAG)
        tad__text_add(text, "true or false");
    else if (argument->kind == TAD_ARGUMENT_TEXT)
        tad__text_add(text, "text in quotes");
    else if (argument->kind == TAD_ARGUMENT_WORD) {
        tad__text_add(text, "one of ");
        add_words(text, argument->words, ", ");
    } else
        tad__text_add(text, "%s", tad__argument_set(&copy, unused, &none));
}

static void add_integers(tad__text *text, int n, const void *list, bool wide)
{
    tad__text_add(text, "[");
    for (int i = 0; i < n; i++)
        tad__text_add(text, "%s%lld", i ? ", " : "",
                      wide ? (long long)((const int64_t *)list)[i] : (long long)((const int *)list)[i]);
    tad__text_add(text, "]");
}

static void add_default(tad__text *text, const tad_argument *argument, const void *defaults)
{
    static const char zeros[sizeof(int64_t) * (TAD_MAX_RANK + 1)];
    const void       *member = defaults ? (const char *)defaults + argument->offset : zeros;
    if (argument->turns) {
        tad__text_add(text, "all");
        return;
    }
    switch (argument->kind) {
    case TAD_ARGUMENT_INT:
        tad__text_add(text, "%d", *(const int *)member);
        break;
    case TAD_ARGUMENT_LONG:
        tad__text_add(text, "%lld", (long long)*(const int64_t *)member);
        break;
    case TAD_ARGUMENT_PAIR:
        tad__text_add(text, "%lld", (long long)*(const int64_t *)member);
        break;
    case TAD_ARGUMENT_NUMBER:
        tad__text_add(text, "%g", *(const double *)member);
        break;
    case TAD_ARGUMENT_FLAG:
        tad__text_add(text, *(const bool *)member ? "true" : "false");
        break;
    case TAD_ARGUMENT_WORD: {
        const char *word = argument->words;
        for (int i = 0; i < *(const int *)member; i++)
            word += strcspn(word, " ") + 1;
        tad__text_add(text, "%.*s", (int)strcspn(word, " "), word);
        break;
    }
    case TAD_ARGUMENT_TEXT:
        tad__text_add(text, "\"\"");
        break;
    case TAD_ARGUMENT_AXES:
        add_integers(text, *(const int *)member, (const int *)member + 1, false);
        break;
    case TAD_ARGUMENT_SIZES:
        add_integers(text, *(const int *)member, (const int64_t *)member + 1, true);
        break;
    }
}

void tad__argument_list(tad__text *text, const tad_argument *arguments, const void *defaults)
{
    for (; arguments && arguments->name; arguments++) {
        tad__text_add(text, ", %s", arguments->name);
        if (!arguments->required) {
            tad__text_add(text, " = ");
            add_default(text, arguments, defaults);
        }
    }
}

/* ---- Signatures ---- */

bool tad__is_callable(const tad_op *op)
{
    return !op->packed && (op->arguments || op->attribute_bytes == 0);
}

size_t tad__operand_name(const tad_op *op, int k, const char **name)
{
    static const char *const usual[] = {"x", "a b", "a b c"};
    const char              *words = op->operands ? op->operands : op->arity <= 3 ? usual[op->arity - 1] : "x";
    for (; k > 0 && words[strcspn(words, " ")]; k--)
        words += strcspn(words, " ") + 1;
    *name = words;
    return strcspn(words, " ");
}

size_t tad_op_signature(const tad_op *op, char *out, size_t size)
{
    tad__text text = {.out = out, .size = out ? size : 0};
    if (text.size > 0)
        *out = '\0';
    if (!op || !op->name || op->arity < 1 || !tad__is_callable(op))
        return 0;
    tad__text_add(&text, "%s(", op->name);
    const char *name;
    int         shown = tad__is_variadic(op) ? 1 : op->arity;
    for (int k = 0; k < shown; k++) {
        size_t length = tad__operand_name(op, k, &name);
        bool   optional = k >= op->arity - op->optional;
        tad__text_add(&text, "%s%s%.*s", optional ? "[" : "", k ? ", " : "", (int)length, name);
        tad__text_add(&text, optional ? "]" : "");
    }
    tad__text_add(&text, tad__is_variadic(op) ? "..." : "");
    tad__argument_list(&text, op->arguments, op->defaults);
    tad__text_add(&text, ")");
    return text.length;
}
