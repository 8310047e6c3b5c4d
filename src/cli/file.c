#define _POSIX_C_SOURCE 200809L
#include "cli/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int cli_open_file(const cli_call *cli, cli_file *file, const char *name)
{
    struct stat there;
    *file = (cli_file){.cli = cli, .stream = stdout};
    if (!name || strcmp(name, "-") == 0)
        return CLI_DONE;
    file->name = name;
    if (lstat(name, &there) != 0 || S_ISREG(there.st_mode)) {
        size_t size = strlen(name) + 32;
        file->temporary = malloc(size);
        if (!file->temporary)
            return cli_complain(cli, NULL, "out of memory");
        snprintf(file->temporary, size, "%s.%ld.part", name, (long)getpid());
    }
    file->stream = fopen(file->temporary ? file->temporary : name, "wb");
    if (file->stream)
        return CLI_DONE;
    cli_complain(cli, NULL, "%s cannot be written: %s", name, strerror(errno));
    free(file->temporary);
    return CLI_WRONG;
}

int cli_close_file(cli_file *file, int status)
{
    if (!file->name) /* main looks after stdout */
        return status;
    errno = 0;
    bool written = !ferror(file->stream);
    written = fclose(file->stream) == 0 && written;
    if (written && status == CLI_DONE && file->temporary)
        written = rename(file->temporary, file->name) == 0;
    if (!written)
        status =
            cli_complain(file->cli, NULL, "%s could not be written: %s", file->name, strerror(errno ? errno : EIO));
    if (status != CLI_DONE && file->temporary)
        remove(file->temporary);
    free(file->temporary);
    return status;
}
