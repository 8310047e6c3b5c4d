#include "tools/text_width.h"

#include <stdint.h>

/* Thousandths of the font's size, from ' ' to '~'. */
static const uint16_t widths[] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584,
};

/* Of other characters: marks that stand above others, ideographs and the like, and pictures. */
static int width_of(uint32_t code)
{
    if (code >= ' ' && code <= '~')
        return widths[code - ' '];
    if (code >= 0x300 && code < 0x370)
        return 0;
    if ((code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xd7b0) || (code >= 0xf900 && code < 0xfb00) ||
        (code >= 0xff00 && code < 0xff61) || code == 0xfffd || code >= 0x1f000)
        return code >= 0x1f000 ? 1300 : 1000;
    return code == 0xb7 ? 278 : code < 0x2000 ? 620 : 900;
}

double tad__text_width(const char *text, double pixels)
{
    double sum = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        int      n = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
        uint32_t code = n == 1 ? *at : *at & (0x7fu >> n);
        for (at++; --n > 0 && *at; at++)
            code = code << 6 | (*at & 0x3f);
        sum += width_of(code);
    }
    return sum * pixels / 1000;
}
