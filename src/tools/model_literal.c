/* Numbers that are known while a model is read: lists of them, and operations on them. */
#include "tools/model.h"

#include "ops/elementwise.h"

#include <string.h>

void *tad__model_take(tad__parser *p, size_t bytes)
{
    tad__reader *reader = p->user;
    void        *memory = tad__arena_take(&reader->model->arena, bytes);
    if (!memory)
        p->status = TAD_ENOMEM;
    return memory;
}

bool tad__literal_new(tad__parser *p, tad__literal *value, const tad__token *at)
{
    tad_model *model = ((tad__reader *)p->user)->model;
    value->count = 1;
    for (int i = 0; i < value->rank; i++) {
        if (value->dims[i] < 0)
            return tad__fault_at(&p->lexer, at, "axis %d has size %lld; expected 0 or more", i,
                                 (long long)value->dims[i]);
        if (value->dims[i] > 0 && value->count > TAD__MOST_NUMBERS / value->dims[i])
            value->count = TAD__MOST_NUMBERS + 1;
        else
            value->count *= value->dims[i];
    }
    if (value->count > TAD__MOST_NUMBERS - model->numbers) {
        tad__fault_at(&p->lexer, at, "more than %lld numbers", (long long)TAD__MOST_NUMBERS);
        return tad__advise(&p->lexer, "that is the most for all inputs, parameters and constants of a model together");
    }
    model->numbers += value->count;
    value->data = tad__model_take(p, (size_t)value->count * sizeof(double));
    return value->data != NULL;
}

bool tad__step_literal(const tad__step *step, tad__literal *out, double *number)
{
    if (step->kind == TAD__TENSOR) {
        *out = *(const tad__literal *)step->data;
        return true;
    }
    if (step->kind != TAD__NUMBER)
        return false;
    *number = step->number;
    *out = (tad__literal){.count = 1, .data = number};
    return true;
}

bool tad__emit_literal(tad__parser *p, const tad__literal *value, const tad__token *at)
{
    if (value->rank == 0)
        return tad__emit(
            p, (tad__step){.kind = TAD__NUMBER, .number = value->data[0], .at = at->start, .length = at->length});
    tad__literal *kept = tad__model_take(p, sizeof *kept);
    if (!kept)
        return false;
    *kept = *value;
    return tad__emit(p, (tad__step){.kind = TAD__TENSOR, .data = kept, .at = at->start, .length = at->length});
}

static bool same_shape(const tad__literal *a, const tad__literal *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

/* ---- Operations on them ---- */

static tad__token place_of(const tad__step *step)
{
    return (tad__token){.start = step->at, .length = step->length};
}

/* c ? a : b of a number c. */
static bool fold_choice(tad__parser *p, size_t first, const tad__step *call)
{
    tad__step   *steps = p->expression->steps + first, chosen;
    tad__token   at = place_of(call);
    tad__literal unused;
    double       numbers[3];
    bool         known = steps[0].kind == TAD__NUMBER;
    for (int k = 1; k < 3; k++)
        known = known && tad__step_literal(&steps[k], &unused, &numbers[k]);
    if (!known)
        return ((tad__reader *)p->user)->constant == 0 ||
               tad__fault_at(&p->lexer, &at, "the condition of a constant has to be one number");
    chosen = steps[0].number != 0 ? steps[1] : steps[2];
    tad__retract(p, first, 1);
    return tad__emit(p, chosen);
}

bool tad__fold(tad__parser *p, size_t first)
{
    tad__step    call = p->expression->steps[p->expression->count - 1];
    tad__reader *reader = p->user;
    tad__token   at = place_of(&call);
    tad__literal x[2], out;
    double       numbers[2], number;
    int          row = tad__row_of(call.op);
    if (call.op == &tad__op_where)
        return fold_choice(p, first, &call);
    if (row < 0)
        return reader->constant == 0 ||
               tad__fault_at(&p->lexer, &at, "'%s' cannot be computed while the model is read", call.op->name);
    for (int k = 0; k < call.count; k++)
        if (!tad__step_literal(&p->expression->steps[first + (size_t)k], &x[k], &numbers[k]))
            return true;
    const tad__literal *a = &x[0], *b = &x[call.count - 1];
    if (a->rank > 0 && b->rank > 0 && !same_shape(a, b))
        return reader->constant == 0 ||
               tad__fault_at(&p->lexer, &at, "constants of different shapes cannot be combined");
    out = a->rank > 0 ? *a : *b;
    out.data = &number;
    if (out.rank > 0 && !tad__literal_new(p, &out, &at))
        return false;
    tad__run run = {
        .n = out.count, .a = a->data, .b = b->data, .stride_a = a->rank > 0, .stride_b = b->rank > 0, .out = out.data};
    if (out.count > 0)
        tad__kernels_f64[row].forward(&run);
    tad__retract(p, first, 1);
    return tad__emit_literal(p, &out, &at);
}

bool tad__parse_constant(tad__parser *p, tad__literal *out, double *number)
{
    tad__reader *reader = p->user;
    size_t       first = p->expression->count;
    tad__token   start = p->lexer.next;
    reader->constant++;
    bool good = tad__parse_expression(p);
    reader->constant--;
    if (!good)
        return false;
    if (p->expression->count != first + 1 || !tad__step_literal(&p->expression->steps[first], out, number))
        return tad__fault_at(&p->lexer, &start, "expected constant numbers");
    tad__retract(p, first, 1);
    return true;
}

/* ---- Lists ---- */

static void add_shape(tad__text *text, const tad__literal *value)
{
    if (value->rank == 0)
        tad__text_add(text, "a number");
    for (int i = 0; i < value->rank; i++)
        tad__text_add(text, "%s%lld", i ? ", " : "[", (long long)value->dims[i]);
    tad__text_add(text, value->rank ? "]" : "");
}

static bool fault_ragged(tad__parser *p, size_t element, const tad__step *step, const tad__literal *first,
                         const tad__literal *other)
{
    char       words[2][120];
    tad__token at = place_of(step);
    tad__text  a = {.out = words[0], .size = sizeof words[0]}, b = {.out = words[1], .size = sizeof words[1]};
    if (first->rank == 1 && other->rank == 1)
        return tad__fault_at(&p->lexer, &at, "row %zu has %lld number%s, but row 1 has %lld", element + 1,
                             (long long)other->count, other->count == 1 ? "" : "s", (long long)first->count);
    add_shape(&a, first);
    add_shape(&b, other);
    return tad__fault_at(&p->lexer, &at, "element %zu of the list is %s, but the first is %s", element + 1, words[1],
                         words[0]);
}

/* Joins the constants that lie from step `first` on. */
static bool join(tad__parser *p, size_t first, size_t n, const tad__token *at)
{
    tad__literal one, part, whole;
    double       numbers[2];
    tad__step_literal(&p->expression->steps[first], &one, &numbers[0]);
    for (size_t i = 1; i < n; i++) {
        tad__step_literal(&p->expression->steps[first + i], &part, &numbers[1]);
        if (!same_shape(&part, &one))
            return fault_ragged(p, i, &p->expression->steps[first + i], &one, &part);
    }
    if (one.rank == TAD_MAX_RANK)
        return tad__fault_at(&p->lexer, at, "lists within lists: more than %d axes", TAD_MAX_RANK);
    whole = (tad__literal){.rank = one.rank + 1, .dims = {(int64_t)n}};
    memcpy(&whole.dims[1], one.dims, (size_t)one.rank * sizeof *one.dims);
    if (!tad__literal_new(p, &whole, at))
        return false;
    for (size_t i = 0; i < n; i++) {
        tad__step_literal(&p->expression->steps[first + i], &part, &numbers[1]);
        memcpy(whole.data + (int64_t)i * part.count, part.data, (size_t)part.count * sizeof *part.data);
    }
    tad__retract(p, first, n);
    return tad__emit_literal(p, &whole, at);
}

static bool finish(tad__parser *p, size_t first, size_t n, const tad__token *at)
{
    size_t known = 0;
    for (size_t i = first; i < p->expression->count; i++)
        known += p->expression->steps[i].kind == TAD__NUMBER || p->expression->steps[i].kind == TAD__TENSOR;
    if (known == n && p->expression->count == first + n)
        return join(p, first, n, at);
    return tad__emit(p, (tad__step){.kind = TAD__STACK, .count = (int)n, .at = at->start, .length = at->length});
}

/* An empty list is a shape, which only arguments have. */
static bool parse_empty(tad__parser *p, const tad__token *open)
{
    tad__literal none = {.rank = 1};
    tad__token   at = tad__span(open, p->lexer.next.start + 1);
    if (((tad__reader *)p->user)->constant == 0)
        return tad__fault_at(&p->lexer, &at, "there is nothing in this list");
    return tad__advance(&p->lexer) && tad__literal_new(p, &none, &at) && tad__emit_literal(p, &none, &at);
}

bool tad__parse_list(tad__parser *p)
{
    tad__token open = p->lexer.next, comma = open;
    size_t     first = p->expression->count, n = 0;
    if (!tad__advance(&p->lexer))
        return false;
    if (p->lexer.next.kind == TAD__CLOSE_LIST)
        return parse_empty(p, &open);
    for (;; n++) {
        if (n > 0 && p->lexer.next.kind == TAD__CLOSE_LIST)
            return tad__fault_at(&p->lexer, &comma, "a comma before ']'") ||
                   tad__advise(&p->lexer, "remove it, or add the element that is missing");
        if (p->lexer.next.kind == TAD__END)
            return tad__unclosed(p, &open, "");
        if (!tad__parse_expression(p))
            return false;
        comma = p->lexer.next;
        if (comma.kind != TAD__COMMA)
            break;
        if (!tad__advance(&p->lexer))
            return false;
    }
    tad__token whole = tad__span(&open, p->lexer.next.start + p->lexer.next.length);
    return tad__close(p, &open, TAD__CLOSE_LIST, "an operator, ',' or ']'") && finish(p, first, n + 1, &whole);
}
