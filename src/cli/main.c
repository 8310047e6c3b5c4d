/* The `tad` command: finds the subcommand, reads its options, runs it, and sees that all output has arrived. */
#define _POSIX_C_SOURCE 200809L
#include "cli/cli.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

static const char *next_command(const void *user, size_t i)
{
    (void)user;
    return i < CLI_COMMANDS ? cli_commands[i].name : NULL;
}

static int run(cli_call *cli, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    char        hint[160];
    if (!name) {
        cli_complain(cli, "'tad help' lists the commands; try: tad eval -e 'x^2 + sin(x)' x=1.5",
                     "a command is missing");
        return CLI_WRONG;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("tad %s\n", TAD_VERSION);
        return CLI_DONE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        cli_print_help(cli, NULL);
        return CLI_DONE;
    }
    const cli_command *command = cli_find_command(name);
    if (!command)
        return cli_complain(cli, cli_did_you_mean(hint, name, next_command, NULL, "'tad help' lists the commands"),
                            "there is no %s '%s'", name[0] == '-' ? "option" : "command", name);
    cli->command = command;
    int status = cli_parse(cli, argc - 2, argv + 2);
    if (status != CLI_DONE)
        return status;
    if (cli->options.help) {
        cli_print_help(cli, command);
        return CLI_DONE;
    }
    return command->run(cli);
}

int main(int argc, char **argv)
{
    cli_call cli = {0};
    setlocale(LC_CTYPE, "");
    cli_look_at_terminal(&cli);
    int status = run(&cli, argc, argv);
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE) /* whoever closed a pipe has read enough */
        status = cli_complain(&cli, NULL, "the output could not be written%s%s", errno ? ": " : "",
                              errno ? strerror(errno) : "");
    return status;
}
