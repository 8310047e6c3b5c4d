#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

void tad__text_add_list(tad__text *text, const char *format, va_list list)
{
    bool  full = text->length >= text->size;
    char *at = full ? NULL : text->out + text->length;
    int   added = vsnprintf(at, full ? 0 : text->size - text->length, format, list);
    if (added > 0)
        text->length += (size_t)added;
}

void tad__text_add(tad__text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tad__text_add_list(text, format, list);
    va_end(list);
}

void tad__text_add_shape(tad__text *text, const tad_array *array)
{
    if (array->rank == 0) {
        tad__text_add(text, "%s scalar", tad_dtype_name(array->dtype));
        return;
    }
    tad__text_add(text, "%s [", tad_dtype_name(array->dtype));
    for (int i = 0; i < array->rank; i++)
        tad__text_add(text, "%s%" PRId64, i ? ", " : "", array->dims[i]);
    tad__text_add(text, "]");
}
