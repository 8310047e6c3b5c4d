/* --help: from the tables. */
#include "cli/cli.h"

#include <ctype.h>
#include <string.h>

enum { HELP_WIDTH = 78, OPTION_COLUMN = 28 };

const char cli_language[] =
    "A model is a text of statements, one a line, or separated by semicolons; inside brackets a line goes on. Comments "
    "begin "
    "with #.\n\n"
    "  # one unit with two inputs\n"
    "  input x = [0.5, -1]\n"
    "  param w = [1, 2], b = 0.1\n"
    "  const t = 1\n"
    "  y = tanh(dot(w, x) + b)\n"
    "  output E = (t - y)^2 / 2\n\n"
    "input, param and const declare names with a number, a vector [1, 2] or a matrix [[1, 2], [3, 4]]. Inputs and "
    "parameters are "
    "differentiated by, constants are not, and only parameters are trained. Any other statement computes. 'output' "
    "marks "
    "results; without any, the last assignment is the result.\n\n"
    "Expressions have C's operators and precedence:\n\n"
    "  + - * /                 element by element; shapes broadcast as NumPy's\n"
    "  a ^ b                   power, right to left, above unary minus: -x^2 is -(x^2)\n"
    "  a @ b                   matrix product\n"
    "  < <= > >= == !=         comparisons, 1 or 0\n"
    "  c ? a : b               a where c, b elsewhere\n"
    "  tanh(x), sum(x), ...    every operation by name: 'tad ops' lists them\n\n"
    "Any value may be called by its name in --of and --wrt, whether it is declared or computed.";

/* A paragraph, wrapped at HELP_WIDTH, from column `at` on with `indent` blanks before each further line. */
static void print_wrapped(const char *text, size_t length, int at, int indent)
{
    while (length > 0) {
        size_t word = 0;
        while (word < length && text[word] != ' ')
            word++;
        if (at > indent && at + 1 + (int)word > HELP_WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)word, text);
        at += (int)word;
        word += word < length;
        text += word;
        length -= word;
    }
    putchar('\n');
}

/* Paragraphs and lines that stay as they are. */
static void print_details(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (*text == ' ' || length == 0)
            printf("%.*s\n", (int)length, text);
        else
            print_wrapped(text, length, 0, 0);
        text += length + (text[length] == '\n');
    }
}

/* ---- Options ---- */

static void print_option(const cli_option *option)
{
    char left[80], value[48] = "";
    if (option->value)
        snprintf(value, sizeof value, " %s", option->value);
    if (option->letter)
        snprintf(left, sizeof left, "  -%c, --%s%s", option->letter, option->name, value);
    else
        snprintf(left, sizeof left, "      --%s%s", option->name, value);
    printf("%-*s", OPTION_COLUMN, left);
    if (strlen(left) + 2 > OPTION_COLUMN)
        printf("\n%*s", OPTION_COLUMN, "");
    char about[400];
    if (option->kind == CLI_CHOICE)
        snprintf(about, sizeof about, "%s (%.*s)", option->about, (int)strcspn(option->value, "|"), option->value);
    else if ((option->kind == CLI_COUNT || option->kind == CLI_NUMBER) && option->usual > 0)
        snprintf(about, sizeof about, "%s (%g)", option->about, option->usual);
    else
        snprintf(about, sizeof about, "%s", option->about);
    print_wrapped(about, strlen(about), OPTION_COLUMN, OPTION_COLUMN);
}

static void print_command(const cli_command *command)
{
    printf("tad %s: %s\n\nUsage:\n", command->name, command->about);
    for (const char *at = command->usage; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        printf("  tad %s %.*s\n", command->name, (int)strcspn(at, "\n"), at);
    putchar('\n');
    print_details(command->details);
    printf("\nOptions:\n");
    for (size_t i = 0; i < cli_option_count; i++)
        if (cli_option_table[i].on & command->bit)
            print_option(&cli_option_table[i]);
    printf("\nExamples:\n%s\n", command->examples);
}

static void print_overview(void)
{
    printf("tad: derivatives of what you write down, step by step, checked and drawn.\n\nUsage:\n  tad COMMAND [OPTION "
           "...]\n\nCommands:\n");
    for (int i = 0; i < CLI_COMMANDS; i++)
        printf("  %-9s %s\n", cli_commands[i].name, cli_commands[i].about);
    printf("\nStart here:\n"
           "  tad eval -e 'x^2 + sin(x)' x=1.5       a value and its derivative\n"
           "  tad explain -e 'x * sin(x)' x=2        where the derivative comes from\n"
           "  tad check --lib ./mine.so --fn f --at 1.2,1.0\n"
           "                                         is the gradient of my C function right?\n"
           "  tad help language                      how models are written\n\n"
           "'tad help COMMAND' tells more about each; 'tad --version' is the version.\n"
           "Exit status: 0 done, 1 a check failed, 2 the call or the input is wrong.\n");
}

void cli_print_help(const cli_call *cli, const cli_command *command)
{
    (void)cli;
    if (command)
        print_command(command);
    else
        print_overview();
}

/* What `make docs` writes to files. */
static const struct {
    const char *name;
    void (*print)(void);
} written[] = {{"man", cli_print_manual}, {"bash", cli_print_bash}, {"zsh", cli_print_zsh}};

static const char *next_topic(const void *user, size_t i)
{
    (void)user;
    return i < CLI_COMMANDS ? cli_commands[i].name : i == CLI_COMMANDS ? "language" : NULL;
}

int cli_run_help(cli_call *cli)
{
    const char *topic = cli->count ? cli->words[0] : NULL;
    char        hint[160];
    if (cli->count > 1)
        return cli_complain(cli, NULL, "'%s' is one too many; expected one COMMAND", cli->words[1]);
    if (topic && strcmp(topic, "language") == 0) {
        printf("The language of models\n\n");
        print_details(cli_language);
        putchar('\n');
        return CLI_DONE;
    }
    for (size_t i = 0; topic && i < sizeof written / sizeof *written; i++)
        if (strcmp(written[i].name, topic) == 0) {
            written[i].print();
            return CLI_DONE;
        }
    const cli_command *command = topic ? cli_find_command(topic) : NULL;
    if (topic && !command)
        return cli_complain(cli, cli_did_you_mean(hint, topic, next_topic, NULL, "'tad help' lists the commands"),
                            "there is no command '%s'", topic);
    cli_print_help(cli, command);
    return CLI_DONE;
}
