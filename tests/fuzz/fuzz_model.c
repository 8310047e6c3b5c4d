/* Any text is a model or an error: never a crash, a leak, more than 64 MiB or more than a second. LLVMFuzzerTestOneInput is what
 * libFuzzer calls (`make fuzz`). Without libFuzzer this is a program that runs the files it is given, as `make check` does
 * with those in corpus/model. */
#include "tools/model.h"

#include <tad/tad.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Bounds for what is recorded, as whoever runs texts of strangers would set them. */
enum { MOST_MEMORY = 64 << 20, MOST_TAPE = 8 << 20, MOST_ELEMENTS = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

typedef struct bounded {
    size_t bytes, most;
} bounded;

static void *resize(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    bounded *memory = user;
    if (new_bytes > old_bytes && new_bytes - old_bytes > memory->most - memory->bytes)
        return NULL;
    if (new_bytes == 0) {
        memory->bytes -= old_bytes;
        free(block);
        return NULL;
    }
    void *moved = realloc(block, new_bytes);
    if (moved)
        memory->bytes += new_bytes - old_bytes;
    return moved;
}

static void demand(int condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_model: %s\n", what);
    abort();
}

/* An error has a place in the text, words, and an excerpt that can be written anywhere. */
static void check_error(const tad_text_error *error, const uint8_t *data, size_t bytes)
{
    char   out[300];
    size_t length = tad_text_error_write(error, "f", (const char *)data, bytes, out, sizeof out);
    demand(length > 0 && *error->message, "an error without words");
    demand(error->line >= 0 && error->column >= 0 && error->line <= (int)bytes + 1 && error->column <= (int)bytes + 1,
           "an error outside the text");
    tad_text_error_write(error, NULL, (const char *)data, bytes, out, 1);
}

static void record(const tad_model *model, const uint8_t *data, size_t bytes)
{
    bounded             memory = {0, MOST_TAPE};
    const tad_allocator allocator = {resize, &memory};
    tad_text_error      error;
    size_t              n = tad_model_count(model);
    tad_var            *vars = calloc(n + 1, sizeof *vars);
    tad_tape           *tape = tad_tape_new_with(&allocator);
    if (tape && vars) {
        tad_status status = tad__model_record(model, tape, vars, &error, MOST_ELEMENTS, NULL);
        demand(status == tad_tape_status(tape), "the status is not that of the tape");
        if (status != TAD_OK)
            check_error(&error, data, bytes);
        for (size_t i = 0; i < n && status == TAD_OK; i++)
            demand(tad_is_valid(vars[i]), "a value without a node");
        if (status == TAD_OK && tad_count(vars[n - 1]) == 1 && tad_dtype_of(vars[n - 1]) == TAD_F64)
            (void)!tad_backward(vars[n - 1]);
    }
    tad_tape_free(tape);
    free(vars);
    demand(memory.bytes == 0, "memory of the tape is left");
}

static int64_t leaf_numbers(const tad_model *model)
{
    int64_t sum = 0;
    for (size_t i = 0; i < tad_model_count(model); i++) {
        const tad_symbol *symbol = tad_model_symbol(model, i);
        int64_t           count = symbol->kind != TAD_SYMBOL_VALUE;
        for (int k = 0; k < symbol->rank; k++)
            count *= symbol->dims[k];
        sum += count;
    }
    return sum;
}

/* Processor time: the machine may be busy. */
static double now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    double              start = now();
    bounded             memory = {0, MOST_MEMORY};
    const tad_allocator allocator = {resize, &memory};
    tad_model          *model;
    tad_text_error      error;
    tad_status          status = tad_model_parse(&allocator, (const char *)data, bytes, &model, &error);
    demand((status == TAD_OK) == (model != NULL), "a model with an error, or neither");
    if (status != TAD_OK)
        check_error(&error, data, bytes);
    else if (leaf_numbers(model) <= MOST_ELEMENTS)
        record(model, data, bytes);
    tad_model_free(model);
    demand(memory.bytes == 0, "memory of the model is left");
    demand(now() - start < 1, "more than a second");
    return 0;
}

#ifndef FUZZING
static int replay(const char *path)
{
    static uint8_t data[1 << 21];
    FILE          *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    uint8_t *exact = malloc(bytes + 1); /* so that a sanitizer sees what is read beyond the end */
    if (!exact)
        return 1;
    uint8_t *text = realloc(exact, bytes ? bytes : 1);
    for (size_t i = 0; i < bytes; i++)
        text[i] = data[i];
    LLVMFuzzerTestOneInput(text, bytes);
    free(text);
    return 0;
}

int main(int argc, char *argv[])
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed += replay(argv[i]);
    printf("  %-20s %s   %d texts\n", "fuzzing corpus", failed ? "FAILED" : "ok", argc - 1);
    return failed != 0;
}
#endif
