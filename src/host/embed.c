/* Writes files as C: `embed FILE...` gives an array of characters for each, and the list tad__page_files of them all. (A literal
 * would be longer than C promises to take.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_text(int number, const char *path)
{
    FILE *file = fopen(path, "rb");
    int   c, column = 0;
    if (!file) {
        perror(path);
        return EXIT_FAILURE;
    }
    printf("/* %s */\nstatic const char text_%d[] = {", path, number);
    while ((c = getc(file)) != EOF)
        printf("%s%d,", column++ % 24 ? "" : "\n", c > 127 ? c - 256 : c);
    printf("0};\n\n");
    fclose(file);
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++)
        if (write_text(i, argv[i]) != EXIT_SUCCESS)
            return EXIT_FAILURE;
    printf("const tad__page_file tad__page_files[] = {\n");
    for (int i = 1; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        printf("    {\"%s\", text_%d},\n", slash ? slash + 1 : argv[i], i);
    }
    printf("    {0},\n};\n");
    return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
