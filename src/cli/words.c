/* Complaints, and lists of words. */
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>

int cli_complain(const cli_call *cli, const char *hint, const char *format, ...)
{
    va_list list;
    fflush(stdout);
    fprintf(stderr, "tad%s%s: ", cli->command ? " " : "", cli->command ? cli->command->name : "");
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fprintf(stderr, "\n%s%s%s", hint && *hint ? "hint: " : "", hint ? hint : "", hint && *hint ? "\n" : "");
    return CLI_WRONG;
}

const char *cli_did_you_mean(char hint[160], const char *word, tad__name_list *names, const void *user,
                             const char *otherwise)
{
    const char *near = tad__nearest(word, strlen(word), names, user);
    if (near)
        snprintf(hint, 160, "did you mean '%s'?", near);
    else
        snprintf(hint, 160, "%s", otherwise ? otherwise : "");
    return hint;
}

const char *cli_next_word(const char *list, const char *separators, char *word, size_t size)
{
    int    depth = 0;
    size_t length = 0;
    while (list[length] && (depth > 0 || !strchr(separators, list[length]))) {
        depth += (strchr("([", list[length]) != NULL) - (strchr(")]", list[length]) != NULL);
        length++;
    }
    snprintf(word, size, "%.*s", (int)(length < size ? length : size - 1), list);
    return list[length] ? list + length + 1 : NULL;
}
