#include "tools/notation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* ---- The tables ---- */

static const tad__operator operators[] = {
    {"a + b", TAD__SUM, " + ", " + "},
    {"a - b", TAD__SUM, " - ", " - "},
    {"a * b", TAD__PRODUCT, " * ", " \\cdot "},
    {"a / b", TAD__PRODUCT, " / ", NULL}, /* NULL: a fraction */
    {"a > b", TAD__COMPARISON, " > ", " > "},
    {"a >= b", TAD__COMPARISON, " >= ", " \\geq "},
    {"a < b", TAD__COMPARISON, " < ", " < "},
    {"a <= b", TAD__COMPARISON, " <= ", " \\leq "},
    {"a == b", TAD__COMPARISON, " == ", " = "},
    {"a != b", TAD__COMPARISON, " != ", " \\neq "},
    {"-x", TAD__SIGN, "-", "-"},
};

static const tad__function_marks functions[] = {
    {"exp", "e^{", "}", TAD__POWERS},
    {"exp2", "2^{", "}", TAD__POWERS},
    {"sqrt", "\\sqrt{", "}", TAD__ATOM},
    {"cbrt", "\\sqrt[3]{", "}", TAD__ATOM},
    {"reciprocal", "\\frac{1}{", "}", TAD__SIGN},
    {"abs", "\\left\\vert ", "\\right\\vert ", TAD__ATOM},
    {"sigmoid", "\\sigma\\left(", "\\right)", TAD__ATOM},
    {"log", "\\ln\\left(", "\\right)", TAD__ATOM},
    {"sin", "\\sin\\left(", "\\right)", TAD__ATOM},
    {"cos", "\\cos\\left(", "\\right)", TAD__ATOM},
    {"tan", "\\tan\\left(", "\\right)", TAD__ATOM},
    {"sinh", "\\sinh\\left(", "\\right)", TAD__ATOM},
    {"cosh", "\\cosh\\left(", "\\right)", TAD__ATOM},
    {"tanh", "\\tanh\\left(", "\\right)", TAD__ATOM},
};

/* Text, LaTeX, and Markdown where it differs from LaTeX. A \\ and other escapes are for Markdown to take away, \cr is not. */
static const char *const marks[TAD__MARKS][3] = {
    [TAD__HEAD] = {"",
                   "\\documentclass{article}\n\\usepackage{amsmath}\n\\allowdisplaybreaks\n"
                   "\\addtolength\\textwidth{4cm}\n\\addtolength\\oddsidemargin{-2cm}\n\\setlength\\parindent{0pt}"
                   "\n\\begin{document}\n\n",
                   ""},
    [TAD__TAIL] = {"", "\n\\end{document}\n", ""},
    [TAD__TITLE] = {"", "\\section*{", "### "},
    [TAD__TITLE_END] = {"\n\n", "}\n\n", "\n\n"},
    [TAD__DISPLAY] = {"", "\\begin{align*}\n", "$$\n\\begin{aligned}\n"},
    [TAD__DISPLAY_END] = {"\n", "\n\\end{align*}\n", "\n\\end{aligned}\n$$\n"},
    [TAD__ROW] = {"  ", "  ", ""},
    [TAD__NEXT_ROW] = {"\n  ", " \\\\\n  ", " \\cr\n"},
    [TAD__ALIGN] = {" = ", " &= "},
    [TAD__ALIGN_GETS] = {" += ", " &\\mathrel{+}= "},
    [TAD__ALIGN_HERE] = {"", "&"},
    [TAD__NEXT_EQUALS] = {"\n    = ", " \\\\\n  &= ", " \\cr\n&= "},
    [TAD__NEXT_MORE] = {"\n      ", " \\\\\n  &\\quad ", " \\cr\n&\\quad "},
    [TAD__EQUALS] = {" = ", " = "},
    [TAD__TIMES] = {" * ", " \\cdot "},
    [TAD__TIMES_EACH] = {" * ", " \\odot "},
    [TAD__BACK] = {" <- ", " \\leftarrow "},
    [TAD__INLINE] = {"", "$"},
    [TAD__INLINE_END] = {"", "$"},
    [TAD__D] = {"d", "\\frac{\\partial "},
    [TAD__D_BY] = {"/d", "}{\\partial "},
    [TAD__D_END] = {"", "}"},
    [TAD__USE] = {"[", "\\Big|_{"},
    [TAD__USE_END] = {"]", "}"},
    [TAD__ADJOINT] = {"adj ", "\\overline{"},
    [TAD__ADJOINT_END] = {"", "}"},
    [TAD__PAREN_OPEN] = {"(", "\\left("},
    [TAD__PAREN_CLOSE] = {")", "\\right)"},
    [TAD__FRACTION] = {"", "\\frac{"},
    [TAD__FRACTION_BY] = {" / ", "}{"},
    [TAD__FRACTION_END] = {"", "}"},
    [TAD__RAISED] = {"^", "^{"},
    [TAD__RAISED_END] = {"", "}"},
    [TAD__CASES] = {"(", "\\begin{cases} "},
    [TAD__CASES_IF] = {" ? ", " & \\text{if } "},
    [TAD__CASES_ELSE] = {" : ", " \\\\ ", " \\cr "},
    [TAD__CASES_END] = {")", " & \\text{otherwise} \\end{cases}"},
    [TAD__TRUTH] = {"(", "\\left["},
    [TAD__TRUTH_END] = {")", "\\right]"},
    [TAD__WORDS] = {"", "\\text{"},
    [TAD__WORDS_END] = {"", "}"},
    [TAD__LIST] = {"[", "\\left["},
    [TAD__LIST_END] = {"]", "\\right]"},
    [TAD__DOTS] = {"...", "\\dots"},
    [TAD__GAP] = {"   ", "\\qquad "},
    [TAD__TRANSPOSED] = {"'", "^{\\top}"},
};

const tad__operator *tad__find_operator(const tad_op *op)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (op->formula && strcmp(op->formula, operators[i].formula) == 0)
            return &operators[i];
    return NULL;
}

const tad__function_marks *tad__find_function_marks(const tad_op *op)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (tad_op_find(functions[i].name) == op)
            return &functions[i];
    return NULL;
}

/* ---- Marks and rows ---- */

void tad__put_text(tad__pen *pen, const char *text)
{
    tad__output_text(&pen->output, text);
}

void tad__put(tad__pen *pen, tad__glyph mark)
{
    const char *const *columns = marks[mark];
    const char        *text = columns[pen->format];
    tad__put_text(pen, text ? text : columns[TAD_LATEX]);
}

static void put_blank_line(tad__pen *pen)
{
    tad__end_rows(pen);
    if (pen->before != TAD__BLANK)
        tad__put_text(pen, "\n");
    pen->before = TAD__BLANK;
}

void tad__begin_title(tad__pen *pen)
{
    put_blank_line(pen);
    tad__put(pen, TAD__TITLE);
}

void tad__begin_paragraph(tad__pen *pen)
{
    put_blank_line(pen);
    pen->before = TAD__SENTENCE;
}

void tad__begin_row(tad__pen *pen)
{
    bool apart = pen->format == TAD_MARKDOWN ? pen->before != TAD__BLANK
                                             : pen->format == TAD_TEXT && pen->before == TAD__SENTENCE;
    if (!pen->in_display && apart)
        put_blank_line(pen);
    if (!pen->in_display)
        tad__put(pen, TAD__DISPLAY);
    tad__put(pen, pen->in_display ? TAD__NEXT_ROW : TAD__ROW);
    pen->in_display = true;
}

void tad__end_rows(tad__pen *pen)
{
    if (pen->in_display)
        tad__put(pen, TAD__DISPLAY_END);
    pen->before = pen->in_display ? TAD__CLOSE_BY : pen->before;
    pen->in_display = false;
}

/* ---- Characters ---- */

/* Reads a character of UTF-8 and goes on behind it; what is none, and control characters, are '?'. */
static uint32_t next_character(const char **at)
{
    const unsigned char *s = (const unsigned char *)*at;
    int      more = s[0] < 0x80 ? 0 : s[0] < 0xc2 ? -1 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : s[0] < 0xf5 ? 3 : -1;
    uint32_t c = more == 1 ? s[0] & 0x1fu : more == 2 ? s[0] & 0x0fu : more == 3 ? s[0] & 0x07u : s[0];
    for (int i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80)
            more = -1;
        else
            c = c << 6 | (s[i] & 0x3fu);
    }
    *at += more < 0 ? 1 : more + 1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    bool                  bad = more < 0 || c < least[more] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff;
    return bad || c < ' ' || (c >= 0x7f && c < 0xa0) ? '?' : c;
}

enum { FIRST_GREEK = 0x3b1 };

static const char *const greek[] = {"alpha", "beta",   "gamma",   "delta", "epsilon", "zeta", "eta",  "theta", "iota",
                                    "kappa", "lambda", "mu",      "nu",    "xi",      "o",    "pi",   "rho",   "sigma",
                                    "sigma", "tau",    "upsilon", "phi",   "chi",     "psi",  "omega"};

/* Characters as they are, in the format's way: LaTeX has commands, Markdown takes backslashes for its own and gets the
 * wide forms of Unicode, which mean nothing to it. */
static void put_characters(tad__pen *pen, const char *text, size_t bytes)
{
    static const char        special[] = "#$%&_{}~^\\<>*`|[]\"'@";
    static const char *const commands[] = {"\\#",       "\\$",          "\\%", "\\&", "\\_", "\\{", "\\}", "{\\sim}",
                                           "{\\wedge}", "\\backslash ", "<",   ">",   "{*}", "{`}", "|",   "[",
                                           "]",         "{''}",         "'",   "@"};
    for (const char *at = text, *end = text + bytes; at < end;) {
        const char *start = at;
        uint32_t    c = next_character(&at);
        const char *found = c < 0x80 ? strchr(special, (int)c) : NULL;
        if (pen->format != TAD_TEXT && c == ' ')
            tad__put_text(pen, "~");
        else if (pen->format == TAD_MARKDOWN && found) /* U+FF01 to U+FF5E */
            tad__output_add(&pen->output, "\xef%c%c", (char)(0xbc + (c - 0x20 >= 0x40)),
                            (char)(0x80 + (c - 0x20) % 0x40));
        else if (pen->format == TAD_LATEX && found)
            tad__put_text(pen, commands[found - special]);
        else if (pen->format == TAD_LATEX && c >= FIRST_GREEK && c < FIRST_GREEK + COUNT_OF(greek))
            tad__output_add(&pen->output, "\\%s ", greek[c - FIRST_GREEK]);
        else if (pen->format == TAD_LATEX && c >= 0x80)
            tad__output_add(&pen->output, "U{+}%04X", (unsigned)c);
        else if (c == '?')
            tad__put_text(pen, "?");
        else
            tad__output_add(&pen->output, "%.*s", (int)(at - start), start);
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A word of a formula: upright, unless it is one letter, a number, or the name of a Greek letter. */
static void put_word(tad__pen *pen, const char *word, size_t bytes)
{
    size_t digits = 0;
    while (digits < bytes && is_digit(word[digits]))
        digits++;
    if (digits == bytes || (bytes == 1 && is_letter(word[0]))) {
        tad__output_add(&pen->output, "%.*s", (int)bytes, word);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(greek); i++)
        if (bytes > 1 && strlen(greek[i]) == bytes && memcmp(greek[i], word, bytes) == 0) {
            tad__output_add(&pen->output, "\\%s", greek[i]);
            return;
        }
    const char *at = word;
    uint32_t    c = bytes == 2 ? next_character(&at) : 0;
    if (c >= FIRST_GREEK && c < FIRST_GREEK + COUNT_OF(greek)) {
        tad__output_add(&pen->output, "\\%s", greek[c - FIRST_GREEK]);
        return;
    }
    bool letters = true;
    for (size_t i = 0; i < bytes; i++)
        letters &= is_letter(word[i]) || is_digit(word[i]);
    tad__put_text(pen, letters || pen->format == TAD_LATEX ? "\\mathrm{" : "\\text{");
    put_characters(pen, word, bytes);
    tad__put_text(pen, "}");
}

/* leaky_relu, in mathematics with a space in the middle */
void tad__put_function(tad__pen *pen, const char *name)
{
    bool math = pen->format != TAD_TEXT;
    tad__put_text(pen, math ? "\\mathrm{" : "");
    for (size_t part; *name; name += part) {
        part = *name == '_' ? 1 : strcspn(name, "_");
        if (math && *name == '_')
            tad__put_text(pen, "~");
        else
            put_characters(pen, name, part);
    }
    tad__put_text(pen, math ? "}" : "");
}

void tad__put_name(tad__pen *pen, const char *name, size_t ordinal)
{
    size_t bytes = strlen(name), head = 0;
    if (pen->format == TAD_TEXT) {
        put_characters(pen, name, bytes);
        if (ordinal)
            tad__output_add(&pen->output, "#%zu", ordinal);
        return;
    }
    while (is_letter(name[head]) || (unsigned char)name[head] >= 0x80)
        head++;
    size_t rest = head + (name[head] == '_');
    bool   indexed = head > 0 && rest < bytes && (name[head] == '_' || is_digit(name[head]));
    put_word(pen, name, indexed ? head : bytes);
    if (indexed) {
        tad__put_text(pen, "_{");
        put_word(pen, name + rest, bytes - rest);
        tad__put_text(pen, "}");
    }
    if (ordinal)
        tad__output_add(&pen->output, "^{(%zu)}", ordinal);
}

/* ---- Numbers ---- */

void tad__put_number(tad__pen *pen, double x, int strength)
{
    char digits[40];
    bool math = pen->format != TAD_TEXT;
    snprintf(digits, sizeof digits, "%.*g", pen->digits, x == 0 ? 0 : x); /* no -0 */
    char *exponent = isfinite(x) ? strchr(digits, 'e') : NULL;
    bool  wrap = (x < 0 && strength >= TAD__SUM) || (math && exponent && strength > TAD__PRODUCT);
    if (wrap)
        tad__put(pen, TAD__PAREN_OPEN);
    if (!isfinite(x) && math)
        tad__put_text(pen, isnan(x) ? "\\mathrm{NaN}" : x < 0 ? "-\\infty " : "\\infty ");
    else if (!isfinite(x))
        tad__put_text(pen, isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
    else if (exponent && math)
        tad__output_add(&pen->output, "%.*s \\times 10^{%d}", (int)(exponent - digits), digits, atoi(exponent + 1));
    else
        tad__put_text(pen, digits);
    if (wrap)
        tad__put(pen, TAD__PAREN_CLOSE);
}

void tad__put_count(tad__pen *pen, uint64_t n)
{
    uint64_t groups[8];
    int      count = 0;
    do {
        groups[count++] = n % 1000;
        n /= 1000;
    } while (n > 0);
    tad__output_add(&pen->output, "%d", (int)groups[--count]);
    while (count > 0)
        tad__output_add(&pen->output, ",%03d", (int)groups[--count]);
}
