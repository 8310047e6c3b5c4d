#include "ops/subscripts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

uint64_t tad__label_set(const tad__subscripts *s)
{
    uint64_t set = 0;
    for (int i = 0; i < s->n; i++)
        set |= tad__label_bit(s->label[i]);
    return set;
}

static int size_of_set(uint64_t set)
{
    int n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* ---- parsing ---- */

typedef struct parser {
    const tad_call *call; /* NULL: it was parsed before, and nothing can be wrong */
    const char     *equation, *at;
    int             ellipsis; /* how many axes ellipses stand for at most; -1: there is none */
} parser;

static tad_status wrong(const parser *p, const char *at, const char *format, ...) TAD_PRINTF(3, 4);
static tad_status wrong(const parser *p, const char *at, const char *format, ...)
{
    char    words[160];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    return tad_refuse(p->call, TAD_EARG, "\"%.100s\", column %d: %s", p->equation, (int)(at - p->equation) + 1, words);
}

static const char *skip_spaces(const char *at)
{
    while (*at == ' ')
        at++;
    return at;
}

static int letter(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
}

static char letter_of(int label)
{
    return (char)(label < 26 ? 'A' + label : 'a' + label - 26);
}

static tad_status add_label(parser *p, tad__subscripts *to, int label)
{
    if (to->n == TAD_MAX_RANK)
        return wrong(p, p->at, "a value has at most %d axes", TAD_MAX_RANK);
    to->label[to->n++] = label;
    return TAD_OK;
}

/* Letters, and at most one ellipsis, whose place among them is set; -1: there is none. */
static tad_status parse_term(parser *p, tad__subscripts *to, int *place)
{
    *to = (tad__subscripts){0};
    *place = -1;
    for (p->at = skip_spaces(p->at); *p->at && *p->at != ',' && *p->at != '-'; p->at = skip_spaces(p->at)) {
        if (letter(*p->at) >= 0) {
            tad_status status = add_label(p, to, letter(*p->at));
            if (status != TAD_OK)
                return status;
            p->at++;
        } else if (p->at[0] == '.' && p->at[1] == '.' && p->at[2] == '.') {
            if (*place >= 0)
                return wrong(p, p->at, "a second ellipsis; expected a letter, ',' or '->'");
            *place = to->n;
            p->at += 3;
        } else {
            return wrong(p, p->at, "'%c'; expected a letter, '...', ',' or '->'", *p->at);
        }
    }
    return TAD_OK;
}

/* Puts labels for `count` axes where the ellipsis stands. */
static tad_status expand(parser *p, tad__subscripts *to, int place, int count)
{
    tad__subscripts letters = *to;
    to->n = place;
    for (int i = 0; i < count; i++) {
        tad_status status = add_label(p, to, TAD__EINSUM_LABELS - count + i);
        if (status != TAD_OK)
            return status;
    }
    for (int i = place; i < letters.n; i++) {
        tad_status status = add_label(p, to, letters.label[i]);
        if (status != TAD_OK)
            return status;
    }
    return TAD_OK;
}

static tad_status parse_operand(parser *p, int k, int rank, tad__subscripts *to)
{
    int        place;
    tad_status status = parse_term(p, to, &place);
    if (status != TAD_OK)
        return status;
    if (place < 0 ? to->n != rank : to->n > rank)
        return tad_refuse(p->call, TAD_ESHAPE,
                          "\"%.100s\", column %d: operand %d has %d axes, its subscripts name %s%d", p->equation,
                          (int)(p->at - p->equation) + 1, k + 1, rank, place < 0 ? "" : "at least ", to->n);
    if (place < 0)
        return TAD_OK;
    int count = rank - to->n;
    p->ellipsis = count > p->ellipsis ? count : p->ellipsis;
    return expand(p, to, place, count);
}

/* What stands behind "->". */
static tad_status parse_result(parser *p, const tad__einsum_plan *whole, tad__subscripts *to)
{
    int         place;
    const char *start = p->at;
    tad_status  status = parse_term(p, to, &place);
    uint64_t    seen = 0;
    if (status != TAD_OK)
        return status;
    if (*p->at)
        return wrong(p, p->at, "'%c'; expected the end", *p->at);
    for (int i = 0; i < to->n; seen |= tad__label_bit(to->label[i++])) {
        char name = letter_of(to->label[i]);
        if (whole->size[to->label[i]] < 0)
            return wrong(p, start, "the result has '%c', but no operand has", name);
        if (seen & tad__label_bit(to->label[i]))
            return wrong(p, start, "the result has '%c' twice", name);
    }
    if (place < 0 && p->ellipsis > 0)
        return wrong(p, start, "the result has no '...', but an operand has");
    return place < 0 ? TAD_OK : expand(p, to, place, p->ellipsis > 0 ? p->ellipsis : 0);
}

/* Without "->": the ellipsis, and the letters that occur once, in order. */
static tad_status imply_result(parser *p, const tad__einsum_plan *whole, tad__subscripts *to)
{
    int times[TAD__EINSUM_LABELS] = {0};
    *to = (tad__subscripts){0};
    for (int k = 0; k < whole->n; k++)
        for (int i = 0; i < whole->in[k].n; i++)
            times[whole->in[k].label[i]]++;
    for (int i = 0; i < TAD__EINSUM_LABELS; i++) {
        int        label = (i + TAD__EINSUM_LETTERS) % TAD__EINSUM_LABELS; /* the ellipsis comes first */
        bool       stays = times[label] == 1 || (label >= TAD__EINSUM_LETTERS && times[label] > 0);
        tad_status status = stays ? add_label(p, to, label) : TAD_OK;
        if (status != TAD_OK)
            return status;
    }
    return TAD_OK;
}

/* ---- planning ---- */

static tad_status note_sizes(const parser *p, int k, const tad_array *in, tad__einsum_plan *whole)
{
    for (int i = 0; i < in->rank; i++) {
        int      label = whole->in[k].label[i];
        int64_t *size = &whole->size[label];
        if (*size < 0 || (label >= TAD__EINSUM_LETTERS && *size == 1))
            *size = in->dims[i];
        else if (*size != in->dims[i] && label >= TAD__EINSUM_LETTERS && in->dims[i] != 1)
            return tad_refuse(p->call, TAD_ESHAPE,
                              "axes of '...' do not broadcast: %" PRId64 " and %" PRId64
                              " elements; expected as many, or 1",
                              *size, in->dims[i]);
        else if (*size != in->dims[i] && label < TAD__EINSUM_LETTERS)
            return tad_refuse(p->call, TAD_ESHAPE,
                              "'%c' names axes of %" PRId64 " and, in operand %d, of %" PRId64 " elements",
                              letter_of(label), *size, k + 1, in->dims[i]);
    }
    return TAD_OK;
}

uint64_t tad__needed_after(const tad__einsum_plan *whole, int k)
{
    uint64_t set = tad__label_set(&whole->out);
    for (; k < whole->n; k++)
        set |= tad__label_set(&whole->in[k]);
    return set;
}

static tad_status check_ranks(const parser *p, const tad__einsum_plan *whole)
{
    uint64_t set = 0;
    for (int k = 0; k < whole->n; k++) {
        set = (set | tad__label_set(&whole->in[k])) & tad__needed_after(whole, k + 1);
        if (size_of_set(set) > TAD_MAX_RANK)
            return tad_refuse(p->call, TAD_ESHAPE,
                              "the product of operands 1 to %d has %d axes; at most %d: name them in another order",
                              k + 1, size_of_set(set), TAD_MAX_RANK);
    }
    return TAD_OK;
}

tad_status tad__plan_einsum(const tad_call *call, const char *equation, int n, const tad_array in[],
                            tad__einsum_plan *whole)
{
    parser     p = {.call = call, .equation = equation, .at = equation, .ellipsis = -1};
    tad_status status = TAD_OK;
    whole->n = n;
    for (int i = 0; i < TAD__EINSUM_LABELS; i++)
        whole->size[i] = -1;
    for (int k = 0; k < n && status == TAD_OK; k++) {
        if (k > 0 && *p.at != ',')
            return wrong(&p, p.at, "expected ',': there are %d operands", n);
        p.at += k > 0;
        status = parse_operand(&p, k, in[k].rank, &whole->in[k]);
        if (status == TAD_OK)
            status = note_sizes(&p, k, &in[k], whole);
    }
    if (status != TAD_OK)
        return status;
    if (*p.at == ',')
        return wrong(&p, p.at, "expected '->' or the end: there %s",
                     n == 1 ? "is one operand" : "are no more operands");
    if (*p.at == '-' && p.at[1] != '>')
        return wrong(&p, p.at, "expected '->'");
    if (*p.at == '-') {
        p.at += 2;
        status = parse_result(&p, whole, &whole->out);
    } else {
        status = imply_result(&p, whole, &whole->out);
    }
    return status == TAD_OK ? check_ranks(&p, whole) : status;
}
