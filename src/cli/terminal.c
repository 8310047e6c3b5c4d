/* What stdout and stderr are, and what they can show. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include "cli/cli.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool cli_is_terminal(FILE *file)
{
    const char *terminal = getenv("TERM");
    return isatty(fileno(file)) && !(terminal && strcmp(terminal, "dumb") == 0);
}

bool cli_wants_colour(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");
    return cli_is_terminal(file) && !(no_colour && *no_colour);
}

int cli_width_of(FILE *file)
{
    struct winsize size;
    if (!isatty(fileno(file)) || ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col < 40 ? 40 : size.ws_col > 200 ? 200 : size.ws_col;
}

void cli_look_at_terminal(cli_call *cli)
{
    cli->colour = cli_wants_colour(stdout);
    cli->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    cli->width = cli_width_of(stdout);
}

const char *cli_bold(const cli_call *cli)
{
    return cli->colour ? "\033[1m" : "";
}

const char *cli_plain(const cli_call *cli)
{
    return cli->colour ? "\033[0m" : "";
}

static bool write_file(void *user, const char *text, size_t bytes)
{
    return fwrite(text, 1, bytes, user) == bytes;
}

tad_writer cli_writer(FILE *file)
{
    return (tad_writer){write_file, file};
}
