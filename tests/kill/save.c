/* `save PATH` saves again and again, each time other numbers, until it is killed; `save PATH check`: is the file whole? All
 * numbers of one round are the same. */
#include <tad/files.h>

#include <stdio.h>

enum { N = 50000 };

static int check(const char *path)
{
    tad_archive   *archive;
    tad_file_error error;
    if (tad_archive_load(path, NULL, &archive, &error) != TAD_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    double first = *(const double *)tad_archive_at(archive, 0)->data;
    int    wrong = tad_archive_count(archive) != 3;
    for (size_t i = 0; i < tad_archive_count(archive); i++)
        for (int k = 0; k < N; k++)
            wrong |= ((const double *)tad_archive_at(archive, i)->data)[k] != first;
    tad_archive_free(archive);
    return wrong;
}

int main(int argc, char *argv[])
{
    static double  numbers[N];
    const int64_t  dims[] = {N};
    tad_file_error error;
    if (argc == 3)
        return check(argv[1]);
    for (int round = 0;; round++) {
        tad_archive *archive = tad_archive_new(NULL);
        for (int i = 0; i < N; i++)
            numbers[i] = round;
        if (tad_archive_add(archive, "a", TAD_ELEMENT_F64, 1, dims, numbers, NULL) != TAD_OK ||
            tad_archive_add(archive, "b", TAD_ELEMENT_F64, 1, dims, numbers, NULL) != TAD_OK ||
            tad_archive_add(archive, "c", TAD_ELEMENT_F64, 1, dims, numbers, NULL) != TAD_OK ||
            tad_archive_save(archive, argv[1], NULL, &error) != TAD_OK)
            return 1;
        tad_archive_free(archive);
    }
}
