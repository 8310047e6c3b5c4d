/* Models from files, stdin and -e; the values that the command line gives them; which outputs and names it means. */
#include "cli/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20 };

void *cli_room(const cli_call *cli, size_t count, size_t size)
{
    void *room = calloc(count ? count : 1, size);
    if (!room)
        cli_complain(cli, NULL, "out of memory");
    return room;
}

/* An error of the language, at its place in what the user wrote. */
static int complain_text(const cli_model *m, const tad_text_error *error)
{
    tad_text_error shown = *error;
    char           text[2048];
    shown.column -= shown.line == 1 ? m->ahead : 0;
    if (m->cli->options.expression && !shown.hint[0] && strncmp(shown.message, "there is no value '", 19) == 0)
        snprintf(shown.hint, sizeof shown.hint, "give it one behind the expression: %.*s=1",
                 (int)strcspn(shown.message + 19, "'"), shown.message + 19);
    tad_text_error_write(&shown, m->file, m->text, m->bytes, text, sizeof text);
    fflush(stdout);
    fputs(text, stderr);
    return CLI_WRONG;
}

int cli_complain_tape(const cli_model *m, tad_status status)
{
    const char *message = tad_tape_message(m->tape);
    return cli_complain(m->cli, tad_status_hint(status), "%s: %s", m->file,
                        *message ? message : tad_status_meaning(status));
}

/* ---- Text ---- */

static int read_file(cli_model *m, FILE *file)
{
    size_t room = 0;
    do {
        if (m->bytes + 1 >= room) {
            room = room ? 2 * room : 4096;
            char *grown = realloc(m->text, room);
            if (!grown)
                return cli_complain(m->cli, NULL, "out of memory");
            m->text = grown;
        }
        m->bytes += fread(m->text + m->bytes, 1, room - m->bytes - 1, file);
        m->text[m->bytes] = 0;
    } while (!feof(file) && !ferror(file) && m->bytes <= MOST_BYTES);
    if (ferror(file))
        return cli_complain(m->cli, NULL, "%s cannot be read: %s", m->file, strerror(errno));
    if (m->bytes > MOST_BYTES)
        return cli_complain(m->cli, NULL, "%s is larger than 64 MB; expected the text of a model", m->file);
    return CLI_DONE;
}

static int open_file(cli_model *m, const char *name)
{
    if (strcmp(name, "-") == 0) {
        m->file = "stdin";
        return read_file(m, stdin);
    }
    FILE *file = fopen(name, "rb");
    m->file = name;
    if (!file)
        return cli_complain(m->cli, strpbrk(name, "=()+*^ ") ? "an expression is given with -e" : NULL,
                            "%s cannot be opened: %s", name, strerror(errno));
    int status = read_file(m, file);
    fclose(file);
    return status;
}

/* Is it a bare expression, without any assignment? */
static bool is_expression(const char *text)
{
    for (const char *at = text; (at = strpbrk(at, "=!<>#")); at++) {
        if (at[1] == '=' || *at == '<' || *at == '>' || *at == '!')
            at += at[1] == '=';
        else
            return false;
    }
    return strncmp(text, "output", 6) != 0;
}

/* The length of NAME in NAME=VALUE; 0 if it is none. */
static size_t name_length(const char *word)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_",
                      all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t length = *word && strchr(first, *word) ? strspn(word, all) : 0;
    return word[length] == '=' && word[length + 1] != '=' ? length : 0;
}

/* A name for the result of a bare expression, which it does not use itself. */
static const char *free_name(const cli_model *m, int words, char **word)
{
    static const char *const names[] = {"y", "f", "z", "result"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        bool   used = false;
        for (const char *at = m->text; (at = strstr(at, names[i])); at += length)
            used |= !(at > m->text && (strchr("_", at[-1]) || (at[-1] | 32) >= 'a')) &&
                    !(at[length] == '_' || (at[length] | 32) >= 'a');
        for (int k = 0; k < words; k++)
            used |= name_length(word[k]) == length && strncmp(word[k], names[i], length) == 0;
        if (!used)
            return names[i];
    }
    return "value_of_expression";
}

/* The text of -e as a whole model: a bare expression becomes an assignment, and what the command line gives values to and the
 * text does not declare is declared on lines in front. */
static int complete(cli_model *m, int words, char **word, bool declare)
{
    bool   bare = is_expression(m->text);
    size_t room = m->bytes + 64;
    for (int i = 0; i < words; i++)
        room += strlen(word[i]) + 8;
    free(m->whole);
    m->whole = cli_room(m->cli, room, 1);
    if (!m->whole)
        return CLI_WRONG;
    size_t used = 0;
    for (int i = 0; declare && i < words; i++) /* on one line, so that the numbers of lines are those of the text */
        used += (size_t)snprintf(m->whole + used, room - used, "input %.*s; ", (int)strcspn(word[i], "#\n"), word[i]);
    if (bare)
        used += (size_t)snprintf(m->whole + used, room - used, "%s = ", free_name(m, words, word));
    m->ahead = (int)used;
    snprintf(m->whole + used, room - used, "%s", m->text);
    return CLI_DONE;
}

/* ---- Values from the command line ---- */

int cli_read_value(const cli_call *cli, const char *what, const char *value, int *rank, int64_t dims[TAD_MAX_RANK],
                   double **data)
{
    tad_model     *model;
    tad_text_error error;
    size_t         size = strlen(value) + 16;
    char          *text = cli_room(cli, size, 1);
    if (!text)
        return CLI_WRONG;
    snprintf(text, size, "const value = %s", value);
    tad_status        status = tad_model_parse(NULL, text, strlen(text), &model, &error);
    const tad_symbol *symbol = status == TAD_OK && tad_model_count(model) == 1 ? tad_model_symbol(model, 0) : NULL;
    int               result = CLI_DONE;
    *data = NULL;
    if (!symbol || !symbol->data)
        result = cli_complain(
            cli, status == TAD_OK ? "expected a number, or numbers in brackets: x=1.5, 'w=[1, 2]'" : error.hint,
            "%s: %s", what, status == TAD_OK ? "this is no value" : error.message);
    else {
        size_t count = 1;
        *rank = symbol->rank;
        for (int i = 0; i < *rank; i++)
            count *= (size_t)(dims[i] = symbol->dims[i]);
        *data = cli_room(cli, count, sizeof **data);
        if (*data)
            memcpy(*data, symbol->data, count * sizeof **data);
        else
            result = CLI_WRONG;
    }
    tad_model_free(status == TAD_OK ? model : NULL);
    free(text);
    return result;
}

static bool is_leaf(const tad_symbol *symbol)
{
    return symbol->kind != TAD_SYMBOL_VALUE;
}

static const char *next_leaf(const void *user, size_t i)
{
    const tad_symbol *symbol;
    for (size_t k = 0; (symbol = tad_model_symbol(user, k)); k++)
        if (is_leaf(symbol) && i-- == 0)
            return symbol->name;
    return NULL;
}

static int set_value(cli_model *m, const char *word)
{
    char    name[128], hint[160];
    int     rank;
    int64_t dims[TAD_MAX_RANK];
    double *data;
    size_t  length = name_length(word);
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    const tad_symbol *symbol = tad_model_find(m->model, name);
    if (symbol && !is_leaf(symbol))
        return cli_complain(m->cli, "only what is declared as input, param or const can be given a value",
                            "%s computes '%s'", m->file, name);
    if (!symbol)
        return cli_complain(m->cli, cli_did_you_mean(hint, name, next_leaf, m->model, NULL), "%s: %s declares no '%s'",
                            word, m->file, name);
    int status = cli_read_value(m->cli, word, word + length + 1, &rank, dims, &data);
    if (status == CLI_DONE && tad_model_set(m->model, name, rank, dims, data) != TAD_OK)
        status = cli_complain(m->cli, NULL, "%s: out of memory", word);
    free(data);
    return status;
}

/* ---- Opening ---- */

static tad_status parse(cli_model *m, tad_text_error *error)
{
    const char *text = m->whole ? m->whole : m->text;
    tad_model_free(m->model);
    return tad_model_parse(NULL, text, m->whole ? strlen(text) : m->bytes, &m->model, error);
}

static bool declares_all(const cli_model *m, int words, char **word)
{
    char name[128];
    for (int i = 0; i < words; i++) {
        snprintf(name, sizeof name, "%.*s", (int)name_length(word[i]), word[i]);
        if (!tad_model_find(m->model, name))
            return false;
    }
    return true;
}

static int open_expression(cli_model *m, int words, char **word)
{
    tad_text_error error;
    int            rank, status = CLI_DONE;
    int64_t        dims[TAD_MAX_RANK];
    double        *data;
    m->file = "expression";
    m->bytes = strlen(m->cli->options.expression);
    m->text = cli_room(m->cli, m->bytes + 1, 1);
    if (!m->text)
        return CLI_WRONG;
    memcpy(m->text, m->cli->options.expression, m->bytes);
    if (complete(m, words, word, false) != CLI_DONE)
        return CLI_WRONG;
    if (parse(m, &error) == TAD_OK && declares_all(m, words, word))
        return CLI_DONE;
    for (int i = 0; i < words && status == CLI_DONE; i++) { /* so that what is wrong with them is said of them */
        status = cli_read_value(m->cli, word[i], word[i] + name_length(word[i]) + 1, &rank, dims, &data);
        free(data);
    }
    if (status == CLI_DONE)
        status = complete(m, words, word, true);
    return status == CLI_DONE && parse(m, &error) != TAD_OK ? complain_text(m, &error) : status;
}

int cli_open_model(cli_call *cli, cli_model *m)
{
    const char    *expression = cli->options.expression;
    int            words = cli->count - !expression, status;
    char         **word = cli->words + !expression;
    tad_text_error error;
    *m = (cli_model){.cli = cli};
    if (words < 0)
        return cli_complain(cli, "give a FILE (- for stdin), or an expression: -e 'x^2' x=3", "there is no model");
    for (int i = 0; i < words; i++)
        if (name_length(word[i]) == 0)
            return cli_complain(cli, expression ? "with -e there is no FILE" : NULL, "'%s' is no NAME=VALUE", word[i]);
    if (expression)
        status = open_expression(m, words, word);
    else {
        status = open_file(m, cli->words[0]);
        if (status == CLI_DONE && parse(m, &error) != TAD_OK)
            status = complain_text(m, &error);
    }
    for (int i = 0; i < words && status == CLI_DONE; i++)
        status = set_value(m, word[i]);
    if (status != CLI_DONE)
        return status;
    m->count = tad_model_count(m->model);
    m->vars = cli_room(cli, m->count, sizeof *m->vars);
    m->tape = tad_tape_new();
    if (m->vars && !m->tape)
        cli_complain(cli, NULL, "out of memory");
    return m->vars && m->tape ? CLI_DONE : CLI_WRONG;
}

int cli_record_model(cli_model *m)
{
    tad_text_error error = {0};
    tad_tape_rewind(m->tape, 0);
    memset(m->vars, 0, m->count * sizeof *m->vars);
    tad_status status = tad_model_record(m->model, m->tape, m->vars, &error);
    if (status == TAD_OK)
        return CLI_DONE;
    return error.line > 0 ? complain_text(m, &error) : cli_complain_tape(m, status);
}

void cli_close_model(cli_model *m)
{
    tad_tape_free(m->tape);
    tad_model_free(m->model);
    free(m->vars);
    free(m->whole);
    free(m->text);
}

double *cli_read(tad_var x, int *rank, int64_t dims[TAD_MAX_RANK], size_t *count)
{
    *rank = tad_rank(x);
    for (int i = 0; i < *rank; i++)
        dims[i] = tad_dim(x, i);
    int64_t n = tad_count(x);
    *count = n > 0 ? (size_t)n : 0;
    double *data = calloc(*count ? *count : 1, sizeof *data); /* the widest type: floats are widened from the end */
    size_t  size = tad_dtype_size(tad_dtype_of(x));
    if (!data || tad_read(x, data, *count * size) != TAD_OK) {
        free(data);
        return NULL;
    }
    for (size_t i = *count; i-- > 0 && tad_dtype_of(x) != TAD_F64;) {
        float   single;
        int64_t whole;
        if (size == sizeof single) {
            memcpy(&single, (char *)data + i * size, size);
            data[i] = (double)single;
        } else {
            memcpy(&whole, (char *)data + i * size, size);
            data[i] = (double)whole;
        }
    }
    return data;
}
