#include "base/output.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void tad__output_start(tad__output *output, tad_writer to)
{
    output->to = to;
    output->failed = !to.write;
    output->used = 0;
}

static void hand_over(tad__output *output, const char *text, size_t bytes)
{
    if (!output->failed && bytes > 0)
        output->failed = !output->to.write(output->to.user, text, bytes);
}

static void flush(tad__output *output)
{
    hand_over(output, output->buffer, output->used);
    output->used = 0;
}

static void add(tad__output *output, const char *text, size_t bytes)
{
    if (bytes > sizeof output->buffer - output->used)
        flush(output);
    if (bytes > sizeof output->buffer) {
        hand_over(output, text, bytes);
        return;
    }
    memcpy(output->buffer + output->used, text, bytes);
    output->used += bytes;
}

void tad__output_text(tad__output *output, const char *text)
{
    add(output, text, strlen(text));
}

void tad__output_add(tad__output *output, const char *format, ...)
{
    char    piece[sizeof output->buffer];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(piece, sizeof piece, format, list);
    va_end(list);
    if (length > 0)
        add(output, piece, (size_t)length < sizeof piece ? (size_t)length : sizeof piece - 1);
}

void tad__output_json(tad__output *output, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < ' ' || strchr("\"\\<>&\x7f", c))
            tad__output_add(output, "\\u%04x", c);
        else
            add(output, at, 1);
    }
}

void tad__output_xml(tad__output *output, const char *text)
{
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (strchr("&<>\"'", c))
            tad__output_add(output, "&#%d;", c);
        else if (c >= ' ' || c == '\t' || c == '\n')
            add(output, at, 1);
    }
}

/* A number whose decimal point, which depends on the locale, is made a point. */
static void add_number(tad__output *output, const char *text)
{
    size_t before = strspn(text, "+-0123456789");
    add(output, text, before);
    text += before;
    size_t point = strcspn(text, "e0123456789");
    add(output, ".", point > 0);
    tad__output_text(output, text + point);
}

void tad__output_rounded(tad__output *output, double x, int digits)
{
    char text[48];
    if (!isfinite(x)) {
        tad__output_text(output, "null");
        return;
    }
    snprintf(text, sizeof text, "%.*g", digits, x);
    add_number(output, text);
}

void tad__output_number(tad__output *output, double x)
{
    char   text[48];
    double back = 0;
    for (int digits = 15; isfinite(x) && digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (sscanf(text, "%lf", &back) == 1 && back == x) {
            add_number(output, text);
            return;
        }
    }
    tad__output_text(output, "null");
}

tad_status tad__output_end(tad__output *output)
{
    flush(output);
    return output->failed ? TAD_EIO : TAD_OK;
}
