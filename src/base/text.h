/* Text into a fixed buffer, as snprintf does: never beyond `size`, and `length` counts what the whole text has. */
#ifndef TAD__BASE_TEXT_H
#define TAD__BASE_TEXT_H

#include <tad/base.h>

#include <stdarg.h>

typedef struct tad__text {
    char  *out;
    size_t size, length;
} tad__text;

void tad__text_add(tad__text *text, const char *format, ...) TAD_PRINTF(2, 3);
void tad__text_add_list(tad__text *text, const char *format, va_list list) TAD_PRINTF(2, 0);

/* "f64 [2, 3]", or "f64 scalar" for rank 0. */
void tad__text_add_shape(tad__text *text, const tad_array *array);

#endif
