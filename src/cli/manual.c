/* The manual page and the completions of shells, from the tables. `make docs` writes them to docs/, and `make check` sees that
 * they are fresh. */
#include "cli/cli.h"

#include <string.h>

/* ---- docs/tad.1 ---- */

/* Text for troff: hyphens as they are typed, backslashes, no control lines. */
static void roff(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool start = i == 0 || text[i - 1] == '\n';
        if (start && (text[i] == '.' || text[i] == '\''))
            printf("\\&");
        if (text[i] == '\\')
            printf("\\e");
        else if (text[i] == '-')
            printf("\\-");
        else if (text[i] == '\'')
            printf("\\(aq");
        else if (text[i] == '^')
            printf("\\(ha");
        else if (text[i] == '~')
            printf("\\(ti");
        else
            putchar(text[i]);
    }
}

static void roff_text(const char *text)
{
    roff(text, strlen(text));
}

/* Paragraphs as such, and lines that begin with a blank as they are. */
static void roff_details(const char *text)
{
    bool example = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        bool   is_example = *text == ' ';
        if (is_example && !example)
            printf(".PP\n.EX\n");
        if (!is_example && example)
            printf(".EE\n");
        if (!is_example && length > 0)
            printf(".PP\n");
        if (length > 0) {
            roff(text, length);
            putchar('\n');
        }
        bool blank_inside = length == 0 && example && text[1] == ' ';
        if (blank_inside)
            printf(".EX\n\n");
        example = is_example || blank_inside;
        text += length + (text[length] == '\n');
    }
    if (example)
        printf(".EE\n");
}

static void roff_option(const cli_option *option)
{
    printf(".TP\n");
    if (option->letter)
        printf("\\fB\\-%c\\fR, ", option->letter);
    printf("\\fB\\-\\-%s\\fR", option->name);
    if (option->value) {
        printf(" \\fI");
        roff_text(option->value);
        printf("\\fR");
    }
    putchar('\n');
    roff_text(option->about);
    if (option->kind == CLI_CHOICE)
        printf(" (%.*s)", (int)strcspn(option->value, "|"), option->value);
    else if (option->usual > 0) {
        char usual[32];
        snprintf(usual, sizeof usual, " (%g)", option->usual);
        roff_text(usual);
    }
    printf(".\n");
}

static void roff_command(const cli_command *command)
{
    printf(".SS tad %s\n", command->name);
    for (const char *at = command->usage; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL) {
        printf("%s\\fBtad %s\\fR \\fI", at == command->usage ? "" : ".br\n", command->name);
        roff(at, strcspn(at, "\n"));
        printf("\\fR\n");
    }
    roff_details(command->details);
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_option_table[i].on & command->bit)
            roff_option(&cli_option_table[i]);
    roff_details(command->examples);
}

void cli_print_manual(void)
{
    printf(
        ".\\\" Written by `make docs` from src/cli/commands.def and options.def: change those, not this.\n"
        ".TH TAD 1 \"\" \"tad %s\" \"User Commands\"\n"
        ".SH NAME\ntad \\- derivatives of models: values, derivations, checks, training, pictures\n"
        ".SH SYNOPSIS\n\\fBtad\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR ...]\n.br\n\\fBtad help\\fR [\\fICOMMAND\\fR]\n.br\n"
        "\\fBtad \\-\\-version\\fR\n"
        ".SH DESCRIPTION\n"
        "A model is a text that computes numbers from others. \\fBtad\\fR computes them and their derivatives, exact "
        "to rounding,\n"
        "derives them step by step, checks them against finite differences, trains the model, and draws it.\n"
        ".SH COMMANDS\n",
        TAD_VERSION);
    for (int i = 0; i < CLI_COMMANDS; i++)
        roff_command(&cli_commands[i]);
    printf(".SH THE LANGUAGE OF MODELS\n");
    roff_details(cli_language);
    printf(".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\nA check failed: a gradient is wrong, or a loss is no number any "
           "more.\n"
           ".TP\n2\nThe call or the input is wrong, or output could not be written; stderr says why.\n"
           ".SH ENVIRONMENT\n.TP\nNO_COLOR\nIf it is not empty: no colours.\n"
           ".TP\nTERM\nIf it is dumb: no colours, and progress line by line.\n"
           ".TP\nLC_ALL, LC_CTYPE, LANG\nCharts use braille where the character set is UTF\\-8, and ASCII elsewhere.\n"
           ".SH FILES\nA \\fIFILE\\fR of \\- is stdin. What is written appears under its name when it is whole.\n");
}

/* ---- Completions ---- */

void cli_print_bash(void)
{
    printf("# Completion of tad for bash. Written by `make docs` from src/cli/commands.def and options.def.\n"
           "_tad()\n{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} "
           "words=\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n        words='");
    for (int i = 0; i < CLI_COMMANDS; i++)
        printf("%s ", cli_commands[i].name);
    printf("--help --version'\n        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n        return\n  "
           "  fi\n"
           "    case $command:$before in\n");
    for (size_t k = 0; k < cli_option_count; k++) {
        const cli_option *option = &cli_option_table[k];
        if (option->kind != CLI_CHOICE)
            continue;
        printf("    *:--%s%s%c) words='", option->name, option->letter ? " | *:-" : "",
               option->letter ? option->letter : ' ');
        for (const char *at = option->value; *at; at++)
            putchar(*at == '|' ? ' ' : *at);
        printf("' ;;\n");
    }
    printf("    help:*) words='");
    for (int i = 0; i < CLI_COMMANDS; i++)
        printf("%s ", cli_commands[i].name);
    printf("language' ;;\n    esac\n    case $word:$command in\n");
    for (int i = 0; i < CLI_COMMANDS; i++) {
        printf("    -*:%s) words='", cli_commands[i].name);
        const char *space = "";
        for (size_t k = 0; k < cli_option_count; k++)
            if (cli_option_table[k].on & cli_commands[i].bit) {
                printf("%s--%s", space, cli_option_table[k].name);
                space = " ";
            }
        printf("' ;;\n");
    }
    printf("    *:ops) words=$(tad ops --names 2>/dev/null) ;;\n    esac\n"
           "    if [ -n \"$words\" ]; then\n"
           "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
           "    else\n"
           "        compopt -o filenames 2>/dev/null\n"
           "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
           "    fi\n}\ncomplete -F _tad tad\n");
}

/* Text within single quotes and square brackets of _arguments. */
static void zsh_text(const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            printf("'\\''");
        else
            printf("%s%c", strchr("[]:\\", *text) ? "\\" : "", *text);
}

static void zsh_option(const cli_option *option)
{
    printf("            ");
    if (option->letter)
        printf("'(-%c --%s)'{-%c,--%s}'[", option->letter, option->name, option->letter, option->name);
    else
        printf("'--%s[", option->name);
    zsh_text(option->about);
    putchar(']');
    if (option->kind == CLI_CHOICE) {
        printf(":%s:(", option->name);
        for (const char *at = option->value; *at; at++)
            putchar(*at == '|' ? ' ' : *at);
        putchar(')');
    } else if (option->value) {
        bool file = strcmp(option->value, "FILE") == 0 || strcmp(option->value, "SHARED_OBJECT") == 0;
        printf(":%s:%s", option->name, file ? "_files" : "");
    }
    printf("' \\\n");
}

void cli_print_zsh(void)
{
    printf(
        "#compdef tad\n# Completion of tad for zsh. Written by `make docs` from src/cli/commands.def and options.def.\n"
        "_tad()\n{\n    local -a commands=(\n");
    for (int i = 0; i < CLI_COMMANDS; i++) {
        printf("        '%s:", cli_commands[i].name);
        zsh_text(cli_commands[i].about);
        printf("'\n");
    }
    printf("    )\n    if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n    fi\n"
           "    local command=$words[2]\n    (( CURRENT-- ))\n    shift words\n    case $command in\n");
    for (int i = 0; i < CLI_COMMANDS; i++) {
        printf("        %s) _arguments \\\n", cli_commands[i].name);
        for (size_t k = 0; k < cli_option_count; k++)
            if (cli_option_table[k].on & cli_commands[i].bit)
                zsh_option(&cli_option_table[k]);
        if (i == CLI_ops)
            printf("            '1:operation:($(tad ops --names 2>/dev/null))' ;;\n");
        else if (i == CLI_help)
            printf("            '1:command:(${commands%%%%:*} language)' ;;\n");
        else
            printf("            '*:file:_files' ;;\n");
    }
    printf("    esac\n}\n_tad \"$@\"\n");
}
