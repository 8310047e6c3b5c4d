/* The tables of commands and options, and reading the command line by them. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const cli_command cli_commands[CLI_COMMANDS] = {
#define COMMAND(name, usage, about, details, examples)                                                                 \
    {#name, usage, about, details, examples, 1u << CLI_##name, cli_run_##name},
#include "cli/commands.def"
#undef COMMAND
};

const cli_option cli_option_table[] = {
#define WHERE(name) offsetof(cli_options, name)
#define FLAG(name, letter, on, about) {#name, letter, CLI_FLAG, on, WHERE(name), NULL, 0, 0, 0, about},
#define TEXT(name, letter, on, value, about) {#name, letter, CLI_TEXT, on, WHERE(name), value, 0, 0, 0, about},
#define CHOICE(name, letter, on, choices, usual, about)                                                                \
    {#name, letter, CLI_CHOICE, on, WHERE(name), choices, usual, 0, 0, about},
#define COUNT(name, letter, on, value, usual, least, most, about)                                                      \
    {#name, letter, CLI_COUNT, on, WHERE(name), value, usual, least, most, about},
#define NUMBER(name, letter, on, value, usual, least, most, about)                                                     \
    {#name, letter, CLI_NUMBER, on, WHERE(name), value, usual, least, most, about},
#include "cli/options.def"
};
const size_t cli_option_count = sizeof cli_option_table / sizeof *cli_option_table;

const cli_command *cli_find_command(const char *name)
{
    for (int i = 0; i < CLI_COMMANDS; i++)
        if (strcmp(cli_commands[i].name, name) == 0)
            return &cli_commands[i];
    return NULL;
}

/* ---- Setting options ---- */

static void *member(cli_call *cli, const cli_option *option)
{
    return (char *)&cli->options + option->where;
}

static void set_number(cli_call *cli, const cli_option *option, double value)
{
    switch (option->kind) {
    case CLI_CHOICE:
        *(int *)member(cli, option) = (int)value;
        break;
    case CLI_COUNT:
        *(int64_t *)member(cli, option) = (int64_t)value;
        break;
    case CLI_NUMBER:
        *(double *)member(cli, option) = value;
        break;
    default:
        break;
    }
}

static int set_choice(cli_call *cli, const cli_option *option, const char *text)
{
    char        choice[32];
    const char *rest = option->value;
    for (int i = 0; rest; i++) {
        rest = cli_next_word(rest, "|", choice, sizeof choice);
        if (strcmp(choice, text) == 0) {
            set_number(cli, option, i);
            return CLI_DONE;
        }
    }
    return cli_complain(cli, NULL, "--%s is '%s'; expected one of %s", option->name, text, option->value);
}

static int set(cli_call *cli, const cli_option *option, const char *text)
{
    if (option->kind == CLI_FLAG)
        *(bool *)member(cli, option) = true;
    else if (option->kind == CLI_TEXT)
        *(const char **)member(cli, option) = text;
    else if (option->kind == CLI_CHOICE)
        return set_choice(cli, option, text);
    else {
        char  *end;
        double value = strtod(text, &end);
        bool   whole = option->kind == CLI_COUNT;
        if (end == text || *end || !(value >= option->least && value <= option->most) ||
            (whole && value != floor(value)))
            return cli_complain(cli, NULL, "--%s is '%s'; expected a %s from %.15g to %.15g", option->name, text,
                                whole ? "whole number" : "number", option->least, option->most);
        set_number(cli, option, value);
    }
    return CLI_DONE;
}

/* ---- Finding options ---- */

static bool taken(const cli_call *cli, const cli_option *option)
{
    return option->on & cli->command->bit;
}

/* Is it the option that the first `length` characters of `name` name? */
static bool is_named(const cli_option *option, const char *name, size_t length)
{
    return strlen(option->name) == length && strncmp(option->name, name, length) == 0;
}

static const char *next_option(const void *user, size_t i)
{
    for (size_t k = 0; k < cli_option_count; k++)
        if (taken(user, &cli_option_table[k]) && i-- == 0)
            return cli_option_table[k].name;
    return NULL;
}

/* Names the commands that take an option of that name, for one who gave it to another. */
static int complain_unknown(const cli_call *cli, const char *name, size_t length)
{
    char hint[160];
    int  used = 0;
    for (size_t k = 0; k < cli_option_count; k++)
        for (int i = 0; i < CLI_COMMANDS && is_named(&cli_option_table[k], name, length); i++)
            if (cli_option_table[k].on & cli_commands[i].bit)
                used += snprintf(hint + used, sizeof hint - (size_t)used, "%s'tad %s'",
                                 used ? ", " : "it is an option of ", cli_commands[i].name);
    if (used == 0) {
        char help[80], near[160];
        snprintf(help, sizeof help, "'tad %s --help' lists the options", cli->command->name);
        const char *found = tad__nearest(name, length, next_option, cli);
        snprintf(near, sizeof near, "did you mean '--%s'?", found ? found : "");
        snprintf(hint, sizeof hint, "%s", found ? near : help);
    }
    return cli_complain(cli, hint, "there is no option '--%.*s'", (int)length, name);
}

static int parse_long(cli_call *cli, const char *name, char **next, int *used)
{
    size_t      length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    for (size_t k = 0; k < cli_option_count; k++) {
        const cli_option *option = &cli_option_table[k];
        if (!taken(cli, option) || !is_named(option, name, length))
            continue;
        if (option->kind == CLI_FLAG)
            return value ? cli_complain(cli, NULL, "--%s takes no value", option->name) : set(cli, option, NULL);
        if (!value && !*next)
            return cli_complain(cli, NULL, "--%s needs a value: %s", option->name, option->value);
        *used = !value;
        return set(cli, option, value ? value : *next);
    }
    return complain_unknown(cli, name, length);
}

/* One argument of letters: -qj, or -o FILE, or -oFILE. */
static int parse_letters(cli_call *cli, const char *letters, char **next, int *used)
{
    for (const char *at = letters; *at; at++) {
        const cli_option *option = cli_option_table, *end = cli_option_table + cli_option_count;
        while (option < end && !(taken(cli, option) && option->letter == *at))
            option++;
        if (option == end) {
            char hint[80];
            snprintf(hint, sizeof hint, "'tad %s --help' lists the options", cli->command->name);
            return cli_complain(cli, hint, "there is no option '-%c'", *at);
        }
        if (option->kind != CLI_FLAG) {
            if (!at[1] && !*next)
                return cli_complain(cli, NULL, "-%c needs a value: %s", *at, option->value);
            *used = !at[1];
            return set(cli, option, at[1] ? at + 1 : *next);
        }
        if (set(cli, option, NULL) != CLI_DONE)
            return CLI_WRONG;
    }
    return CLI_DONE;
}

int cli_parse(cli_call *cli, int count, char **arguments)
{
    bool options = true;
    for (size_t k = 0; k < cli_option_count; k++)
        set_number(cli, &cli_option_table[k], cli_option_table[k].usual);
    cli->words = arguments; /* words move to the front; arguments end with a NULL, as those of main */
    for (int i = 0; i < count; i++) {
        char *text = arguments[i];
        int   used = 0, status = CLI_DONE;
        if (!options || text[0] != '-' || !text[1])
            cli->words[cli->count++] = text;
        else if (strcmp(text, "--") == 0)
            options = false;
        else if (text[1] == '-')
            status = parse_long(cli, text + 2, &arguments[i + 1], &used);
        else
            status = parse_letters(cli, text + 1, &arguments[i + 1], &used);
        if (status != CLI_DONE)
            return status;
        i += used;
    }
    return CLI_DONE;
}
