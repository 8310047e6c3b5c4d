/* Which outputs and which names a call is about. */
#include "cli/model.h"

#include <string.h>

const char *cli_next_symbol(const void *m, size_t i)
{
    const tad_symbol *symbol = tad_model_symbol(((const cli_model *)m)->model, i);
    return symbol ? symbol->name : NULL;
}

int cli_find_symbol(const cli_model *m, const char *name)
{
    char hint[160];
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(tad_model_symbol(m->model, i)->name, name) == 0)
            return (int)i;
    cli_complain(m->cli, cli_did_you_mean(hint, name, cli_next_symbol, m, NULL), "%s has no '%s'", m->file, name);
    return -1;
}

int cli_outputs(const cli_model *m, size_t *count, size_t outputs[])
{
    *count = 0;
    if (m->cli->options.of) {
        int found = cli_find_symbol(m, m->cli->options.of);
        outputs[(*count)++] = (size_t)found;
        return found < 0 ? CLI_WRONG : CLI_DONE;
    }
    for (size_t i = 0; i < m->count; i++)
        if (tad_model_symbol(m->model, i)->output)
            outputs[(*count)++] = i;
    return *count > 0 ? CLI_DONE
                      : cli_complain(m->cli, "a model computes something: y = 2 * x", "%s has no output", m->file);
}

/* "w1, w2, b": the names that `wanted` says of, as far as they fit. */
static const char *list_names(const cli_model *m, bool (*wanted)(const tad_symbol *symbol, tad_var x), char *list,
                              size_t size)
{
    size_t used = 0;
    list[0] = 0;
    for (size_t i = 0; i < m->count; i++) {
        const tad_symbol *symbol = tad_model_symbol(m->model, i);
        if (!wanted(symbol, m->vars[i]))
            continue;
        if (used + strlen(symbol->name) + 8 > size) {
            snprintf(list + used, size - used, ", ...");
            break;
        }
        used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", symbol->name);
    }
    return list;
}

static bool is_output(const tad_symbol *symbol, tad_var x)
{
    (void)x;
    return symbol->output;
}

static bool is_variable(const tad_symbol *symbol, tad_var x)
{
    return (symbol->kind == TAD_SYMBOL_INPUT || symbol->kind == TAD_SYMBOL_PARAM) && tad_is_differentiable(x);
}

int cli_only_output(const cli_model *m, size_t *output)
{
    char   list[120], hint[160];
    size_t count = 0, first = 0;
    if (m->cli->options.of) {
        int found = cli_find_symbol(m, m->cli->options.of);
        if (found < 0)
            return CLI_WRONG;
        first = (size_t)found;
        count = 1;
    } else
        for (size_t i = m->count; i-- > 0;)
            if (tad_model_symbol(m->model, i)->output) {
                first = i;
                count++;
            }
    snprintf(hint, sizeof hint, "choose one with --of: %s", list_names(m, is_output, list, sizeof list));
    if (count != 1)
        return cli_complain(m->cli, count ? hint : NULL, "%s has %zu outputs; expected one", m->file, count);
    const char *name = tad_model_symbol(m->model, first)->name;
    if (tad_count(m->vars[first]) != 1)
        return cli_complain(m->cli, "sum or mean make one number of many", "output '%s' has %lld numbers; expected one",
                            name, (long long)tad_count(m->vars[first]));
    *output = first;
    return CLI_DONE;
}

int cli_wrt(const cli_model *m, size_t *count, size_t wrt[])
{
    char        name[128], list[120], hint[160];
    const char *rest = m->cli->options.wrt;
    *count = 0;
    if (!rest) {
        for (size_t i = 0; i < m->count; i++)
            if (is_variable(tad_model_symbol(m->model, i), m->vars[i]))
                wrt[(*count)++] = i;
        return CLI_DONE;
    }
    while (rest) {
        rest = cli_next_word(rest, ", ", name, sizeof name);
        if (!name[0])
            continue;
        int found = cli_find_symbol(m, name);
        if (found < 0)
            return CLI_WRONG;
        snprintf(hint, sizeof hint, "differentiate by: %s", list_names(m, is_variable, list, sizeof list));
        if (!tad_is_differentiable(m->vars[found]))
            return cli_complain(m->cli, list[0] ? hint : NULL, "'%s' is a constant: nothing is differentiated by it",
                                name);
        for (size_t i = 0; i < *count; i++)
            if (wrt[i] == (size_t)found)
                return cli_complain(m->cli, NULL, "--wrt names '%s' twice", name);
        wrt[(*count)++] = (size_t)found;
    }
    return *count ? CLI_DONE : cli_complain(m->cli, NULL, "--wrt names nothing; expected names, as in --wrt w1,w2");
}
