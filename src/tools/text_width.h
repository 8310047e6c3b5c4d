/* How wide a text is in Helvetica or Arial, or in a font with the same widths. */
#ifndef TAD__TOOLS_TEXT_WIDTH_H
#define TAD__TOOLS_TEXT_WIDTH_H

/* In pixels; of valid UTF-8. Bold is 7 percent wider. */
double tad__text_width(const char *text, double pixels);

#endif
