#include "tools/derivation.h"

#include <math.h>
#include <string.h>

/* ---- Sentences ---- */

static void put_name(tad__derivation *d, uint32_t id)
{
    tad__put(&d->pen, TAD__INLINE);
    tad__put_node(&d->pen, &d->plan, id);
    tad__put(&d->pen, TAD__INLINE_END);
}

void tad__say(tad__derivation *d, const char *text)
{
    tad__pen *pen = &d->pen;
    bool      title = *text == '#';
    if (title)
        tad__begin_title(pen);
    else
        tad__begin_paragraph(pen);
    for (const char *at = text + title; *at;) {
        size_t plain = strcspn(at, "{");
        tad__output_add(&pen->output, "%.*s", (int)plain, at);
        at += plain;
        if (!*at)
            break;
        if (at[1] == 'd') {
            tad__put(pen, TAD__INLINE);
            tad__put_derivative(d, d->plan.y, d->plan.x, 0);
            tad__put(pen, TAD__INLINE_END);
        } else
            put_name(d, at[1] == 'x' ? d->plan.x : d->plan.y);
        at += strlen("{x}");
    }
    if (title)
        tad__put(pen, TAD__TITLE_END);
    else
        tad__put_text(pen, "\n");
}

/* ---- Parts of formulas ---- */

void tad__put_derivative(tad__derivation *d, uint32_t to, uint32_t from, size_t use)
{
    tad__pen *pen = &d->pen;
    tad__put(pen, TAD__D);
    tad__put_node(pen, &d->plan, to);
    tad__put(pen, TAD__D_BY);
    tad__put_node(pen, &d->plan, from);
    tad__put(pen, TAD__D_END);
    if (use == 0)
        return;
    tad__put(pen, TAD__USE);
    tad__output_add(&pen->output, "%zu", use);
    tad__put(pen, TAD__USE_END);
}

void tad__put_adjoint(tad__derivation *d, uint32_t id)
{
    tad__put(&d->pen, TAD__ADJOINT);
    tad__put_node(&d->pen, &d->plan, id);
    tad__put(&d->pen, TAD__ADJOINT_END);
}

/* Element i in C order. */
static double element(const tad_array *array, int64_t i)
{
    int64_t offset = 0;
    for (int axis = array->rank; axis-- > 0; i /= array->dims[axis])
        offset += i % array->dims[axis] * array->strides[axis];
    return array->dtype == TAD_F64   ? ((const double *)array->data)[offset]
           : array->dtype == TAD_F32 ? (double)((const float *)array->data)[offset]
                                     : (double)((const int64_t *)array->data)[offset];
}

enum { MOST_ELEMENTS = 6, WIDEST = 24 };

void tad__put_value(tad__derivation *d, tad_var x)
{
    tad__pen *pen = &d->pen;
    int64_t   count = tad_count(x);
    if (count == 1) {
        tad__put_number(pen, tad__number_of(&d->plan, x.id), 0);
        return;
    }
    tad_array array;
    tad__value_array(x.tape, x.id, &array);
    tad__put(pen, TAD__LIST);
    for (int64_t i = 0; i < count && i < MOST_ELEMENTS; i++) {
        tad__put_text(pen, i ? ", " : "");
        tad__put_number(pen, element(&array, i), 0);
    }
    if (count > MOST_ELEMENTS) {
        tad__put_text(pen, ", ");
        tad__put(pen, TAD__DOTS);
    }
    tad__put(pen, TAD__LIST_END);
}

/* ---- Rows ---- */

void tad__begin_formula(tad__derivation *d)
{
    tad__begin_row(&d->pen);
    d->terms.plan = &d->plan;
    d->terms.count = d->terms.used = 0;
}

/* Formulas of more names, numbers and operations than this go on in the next row. */
static bool is_long(const tad__derivation *d, int term)
{
    return tad__size_of(&d->terms, term) > (d->pen.format == TAD_TEXT ? 16 : 8);
}

void tad__put_symbols(tad__derivation *d, int term)
{
    tad__pen *pen = &d->pen;
    if (term < 0 || d->terms.terms[term].kind == TAD__TERM_NUMBER)
        return;
    tad__put_term(pen, &d->terms, term, false, 0);
    if (tad__is_compound(&d->terms, term) && d->plan.numbers) {
        tad__put(pen, is_long(d, term) ? TAD__NEXT_EQUALS : TAD__EQUALS);
        tad__put_term(pen, &d->terms, term, true, 0);
    }
    tad__put(pen, TAD__EQUALS);
}

static void put_shape(tad__derivation *d, uint32_t id)
{
    tad_array array;
    tad__value_array(d->plan.tape, id, &array);
    if (d->plan.numbers || array.rank == 0)
        return;
    tad__put(&d->pen, TAD__GAP);
    tad__put(&d->pen, TAD__WORDS);
    for (int i = 0; i < array.rank; i++)
        tad__output_add(&d->pen.output, "%s%lld", i ? " x " : "", (long long)array.dims[i]);
    tad__put_text(&d->pen, array.rank > 1 ? "" : array.dims[0] == 1 ? " element" : " elements");
    tad__put(&d->pen, TAD__WORDS_END);
}

void tad__put_padding(tad__derivation *d, size_t own, size_t width)
{
    for (; own < width && width <= WIDEST && d->pen.format == TAD_TEXT; own++)
        tad__put_text(&d->pen, " ");
}

void tad__put_definition(tad__derivation *d, uint32_t id, size_t width)
{
    tad_var x = tad__handle(d->plan.tape, id);
    tad__begin_formula(d);
    tad__put_node(&d->pen, &d->plan, id);
    tad__put_padding(d, tad__width_of(&d->plan, id), width);
    tad__put(&d->pen, TAD__ALIGN);
    if (tad_operand_count(x) > 0)
        tad__put_symbols(d, tad__formula_term(&d->terms, id));
    tad__put_value(d, x);
    put_shape(d, id);
}
