#include "cli/print.h"

#include <string.h>

enum { MOST_ROWS = 12, MOST_COLUMNS = 12, MOST_PARTS = 4 };

const char *cli_number(const cli_call *cli, double x, char text[40])
{
    if (cli->options.hex)
        snprintf(text, 40, "%a", x);
    else
        snprintf(text, 40, "%.*g", cli->options.digits ? (int)cli->options.digits : 6, x);
    return text;
}

/* The k-th of those shown of n, when `most` are: the first half and the last; -1 stands for those between. */
static int64_t shown(int64_t k, int64_t n, int64_t most)
{
    if (n <= most)
        return k;
    return k < most / 2 ? k : k == most / 2 ? -1 : n - most + k;
}

static void print_row(const cli_call *cli, int64_t columns, const double *row, const int widths[MOST_COLUMNS])
{
    char text[40];
    putchar('[');
    for (int64_t k = 0; k < columns && k < MOST_COLUMNS; k++) {
        int64_t j = shown(k, columns, MOST_COLUMNS);
        printf("%s%*s", k ? "  " : "", widths[k], j < 0 ? "..." : cli_number(cli, row[j], text));
    }
    putchar(']');
}

static void print_matrix(const cli_call *cli, int indent, int64_t rows, int64_t columns, const double *data)
{
    int  widths[MOST_COLUMNS] = {0};
    char text[40];
    for (int64_t r = 0; r < rows && r < MOST_ROWS; r++)
        for (int64_t k = 0; k < columns && k < MOST_COLUMNS; k++) {
            int64_t i = shown(r, rows, MOST_ROWS), j = shown(k, columns, MOST_COLUMNS);
            int     width = i < 0 || j < 0 ? 3 : (int)strlen(cli_number(cli, data[i * columns + j], text));
            widths[k] = widths[k] < width ? width : widths[k];
        }
    for (int64_t r = 0; r < rows && r < MOST_ROWS; r++) {
        int64_t i = shown(r, rows, MOST_ROWS);
        printf("%*s", r ? indent : 0, "");
        if (i < 0)
            printf("...");
        else
            print_row(cli, columns, data + i * columns, widths);
        putchar('\n');
    }
    if (rows > MOST_ROWS || columns > MOST_COLUMNS)
        printf("%*s(%lld x %lld; --json has all)\n", indent, "", (long long)rows, (long long)columns);
}

static void print_shape(int rank, const int64_t dims[])
{
    for (int i = 0; i < rank; i++)
        printf("%s%lld", i ? ", " : "[", (long long)dims[i]);
    printf("]");
}

void cli_print_tensor(const cli_call *cli, int indent, int rank, const int64_t dims[], const double *data)
{
    char    text[40];
    int64_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= dims[i];
    if (count == 0) {
        printf("no numbers, shape ");
        print_shape(rank, dims);
        putchar('\n');
    } else if (rank == 0)
        printf("%s\n", cli_number(cli, data[0], text));
    else if (rank == 1) {
        int widths[MOST_COLUMNS] = {0};
        print_row(cli, dims[0], data, widths);
        if (dims[0] > MOST_COLUMNS)
            printf("  (%lld numbers; --json has all)", (long long)dims[0]);
        putchar('\n');
    } else if (rank == 2)
        print_matrix(cli, indent, dims[0], dims[1], data);
    else { /* matrix by matrix */
        int64_t size = dims[rank - 2] * dims[rank - 1], parts = count / size;
        printf("shape ");
        print_shape(rank, dims);
        putchar('\n');
        for (int64_t p = 0; p < parts && p < MOST_PARTS; p++) {
            printf("%*s", indent, "");
            print_matrix(cli, indent, dims[rank - 2], dims[rank - 1], data + p * size);
            if (p + 1 < parts)
                putchar('\n');
        }
        if (parts > MOST_PARTS)
            printf("%*s(and %lld more; --json has all)\n", indent, "", (long long)(parts - MOST_PARTS));
    }
}

void cli_json_tensor(tad__output *out, int rank, const int64_t dims[], const double *data)
{
    if (rank == 0) {
        tad__output_number(out, data[0]);
        return;
    }
    int64_t size = 1;
    for (int i = 1; i < rank; i++)
        size *= dims[i];
    tad__output_text(out, "[");
    for (int64_t i = 0; i < dims[0]; i++) {
        tad__output_text(out, i ? ", " : "");
        cli_json_tensor(out, rank - 1, dims + 1, data + i * size);
    }
    tad__output_text(out, "]");
}

void cli_json_text(tad__output *out, const char *text)
{
    tad__output_text(out, "\"");
    tad__output_json(out, text);
    tad__output_text(out, "\"");
}

void cli_json_key(tad__output *out, bool first, const char *key)
{
    tad__output_text(out, first ? "" : ", ");
    cli_json_text(out, key);
    tad__output_text(out, ": ");
}

int cli_json_end(tad__output *out)
{
    tad__output_text(out, "\n");
    return tad__output_end(out) == TAD_OK ? CLI_DONE : CLI_WRONG;
}
