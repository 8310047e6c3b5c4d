/* Text to a tad_writer, piece by piece: what was refused once is refused for ever, and reported at the end. */
#ifndef TAD__BASE_OUTPUT_H
#define TAD__BASE_OUTPUT_H

#include <tad/base.h>

typedef struct tad__output {
    tad_writer to;
    bool       failed;
    size_t     used;
    char       buffer[1024];
} tad__output;

void tad__output_start(tad__output *output, tad_writer to);

/* As printf. One piece has at most 1,023 characters (it is cut there): text of any length goes through tad__output_text. */
void tad__output_add(tad__output *output, const char *format, ...) TAD_PRINTF(2, 3);
void tad__output_text(tad__output *output, const char *text);

/* Text as the inside of a string of JSON, safe within <script> too: " \ < > & and control characters escaped. */
void tad__output_json(tad__output *output, const char *text);

/* Text within XML and HTML, attributes included: & < > " ' escaped, control characters dropped. */
void tad__output_xml(tad__output *output, const char *text);

/* A number that reads back to the same bits; NaN and infinities as null, which is all that JSON has for them. */
void tad__output_number(tad__output *output, double x);

/* The same, rounded to some digits. */
void tad__output_rounded(tad__output *output, double x, int digits);

/* Hands over what is left. TAD_EIO if anything was refused. */
TAD_CHECKED tad_status tad__output_end(tad__output *output);

#endif
