/* What the files of the `tad` command share: the tables of commands and options, what was given, and how to complain. */
#ifndef CLI_H
#define CLI_H

#include "base/nearest.h"

#include <tad/base.h>

#include <stdio.h>

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG = 2 };

/* Which commands take an option: a bit for each, ON_eval and so on. */
enum {
#define COMMAND(name, usage, about, details, examples) CLI_##name,
#include "cli/commands.def"
#undef COMMAND
    CLI_COMMANDS
};
enum {
    ON_EVAL = 1 << CLI_eval,
    ON_EXPLAIN = 1 << CLI_explain,
    ON_CHECK = 1 << CLI_check,
    ON_TRAIN = 1 << CLI_train,
    ON_GRAPH = 1 << CLI_graph,
    ON_OPS = 1 << CLI_ops,
    ON_HELP = 1 << CLI_help,
    ON_MODEL = ON_EVAL | ON_EXPLAIN | ON_CHECK | ON_TRAIN | ON_GRAPH,
    ON_ALL = (1 << CLI_COMMANDS) - 1
};

/* What was given, or the usual: one member for each row of options.def. A text that was not given is NULL. */
typedef struct cli_options {
#define FLAG(name, letter, on, about) bool name;
#define TEXT(name, letter, on, value, about) const char *name;
#define CHOICE(name, letter, on, choices, usual, about) int name;
#define COUNT(name, letter, on, value, usual, least, most, about) int64_t name;
#define NUMBER(name, letter, on, value, usual, least, most, about) double name;
#include "cli/options.def"
#undef FLAG
#undef TEXT
#undef CHOICE
#undef COUNT
#undef NUMBER
} cli_options;

typedef enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_CHOICE, CLI_COUNT, CLI_NUMBER } cli_kind;

/* A row of options.def. */
typedef struct cli_option {
    const char *name; /* as it is typed, without -- */
    char        letter;
    cli_kind    kind;
    unsigned    on;
    size_t      where; /* the member of cli_options */
    const char *value; /* what stands for it in help; choices: "a|b|c" */
    double      usual, least, most;
    const char *about;
} cli_option;

typedef struct cli_call cli_call;

/* A row of commands.def. */
typedef struct cli_command {
    const char *name, *usage, *about, *details, *examples;
    unsigned    bit;
    int (*run)(cli_call *cli); /* returns the exit status */
} cli_command;

extern const cli_command cli_commands[CLI_COMMANDS];
extern const cli_option  cli_option_table[];
extern const size_t      cli_option_count;

/* One call of the command. */
struct cli_call {
    const cli_command *command;
    cli_options        options;
    int                count; /* arguments that are no options */
    char             **words;
    bool               colour, utf8; /* of stdout */
    int                width;
};

/* ---- options.c ---- */

/* Sorts arguments into cli->options and cli->words. CLI_DONE, or CLI_WRONG after a complaint. */
int cli_parse(cli_call *cli, int count, char **arguments);

const cli_command *cli_find_command(const char *name);

/* ---- words.c ---- */

/* An error on stderr: "tad eval: MESSAGE" and, if there is a hint, a line with it. Returns CLI_WRONG. */
int cli_complain(const cli_call *cli, const char *hint, const char *format, ...) TAD_PRINTF(3, 4);

/* "did you mean 'x'?" for the nearest of the names, or `otherwise` (may be NULL); in `hint`, which is returned. */
const char *cli_did_you_mean(char hint[160], const char *word, tad__name_list *names, const void *user,
                             const char *otherwise);

/* The next of the words of `list`, which are separated by any of `separators` outside brackets: copied to `word`, cut at
 * `size`. The rest of the list, or NULL at its end. */
const char *cli_next_word(const char *list, const char *separators, char *word, size_t size);

/* ---- terminal.c ---- */

void cli_look_at_terminal(cli_call *cli);
int  cli_width_of(FILE *file); /* columns; 80 if it is no terminal */
bool cli_is_terminal(FILE *file);
bool cli_wants_colour(FILE *file);

/* Switches bold on and off, where colour is wanted. */
const char *cli_bold(const cli_call *cli);
const char *cli_plain(const cli_call *cli);

/* Writes to a FILE, for what writes to a tad_writer. */
tad_writer cli_writer(FILE *file);

/* ---- help.c, manual.c ---- */

void cli_print_help(const cli_call *cli, const cli_command *command);
void cli_print_manual(void);
void cli_print_bash(void);
void cli_print_zsh(void);

/* What `tad help language` says, laid out as the details of commands are. */
extern const char cli_language[];

#define COMMAND(name, usage, about, details, examples) int cli_run_##name(cli_call *cli);
#include "cli/commands.def"
#undef COMMAND

#endif
