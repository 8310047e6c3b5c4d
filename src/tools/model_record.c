/* Recording a model: its steps on a stack of handles. */
#include "tools/model.h"

#include "tape/tape.h"

#include <tad/operations.h>

#include <math.h>
#include <string.h>

enum { SMALL_STACK = 64 };

typedef struct recording {
    const tad_model *model;
    tad_tape        *tape;
    tad_var         *vars, *stack;
    tad_text_error  *error;
    int64_t          most;
    tad_status       status;
    const void      *caller;
} recording;

static void set_place(const recording *r, const tad__step *step)
{
    tad__lexer where = {.text = r->model->text, .error = r->error};
    if (step->at)
        tad__fault(&where, step->at, step->length, "%s", "");
}

/* What the tape has to say becomes the error of the text, if nothing else was wrong before. */
static void refuse(recording *r, const tad__step *step)
{
    r->status = tad_tape_status(r->tape);
    set_place(r, step);
    tad__text words = {.out = r->error->message, .size = sizeof r->error->message},
              hint = {.out = r->error->hint, .size = sizeof r->error->hint};
    tad__text_add(&words, "%s", r->tape->message);
    tad__text_add(&hint, "%s", r->status == TAD_EARG ? "" : tad_status_hint(r->status));
}

static tad_var leaf(const recording *r, const tad_symbol *symbol)
{
    bool constant = symbol->kind == TAD_SYMBOL_CONST;
    if (symbol->rank == 0)
        return (constant ? tad_constant : tad_scalar)(r->tape, symbol->data[0]);
    return (constant ? tad_tensor_constant : tad_tensor)(r->tape, TAD_F64, symbol->rank, symbol->dims, symbol->data);
}

/* ---- Steps ---- */

/* Indices are whole numbers. Says which is not. */
static bool check_whole(recording *r, const tad__step *step, int k, const tad_var x)
{
    const tad_allocator *allocator = &r->model->allocator;
    size_t               count = (size_t)tad_count(x), bytes = count * sizeof(double), i = 0;
    double               few[16], *numbers = few;
    if (count > sizeof few / sizeof *few && !(numbers = tad__resize(allocator, NULL, 0, bytes))) {
        r->status = tad__fail_memory(r->tape, r->caller, step->op->name);
        return false;
    }
    bool   read = tad_read(x, numbers, bytes) == TAD_OK;
    double found = 0;
    while (read && i < count && numbers[i] == floor(numbers[i]) && fabs(numbers[i]) < 9e15)
        i++;
    if (read && i < count)
        found = numbers[i];
    if (numbers != few)
        tad__resize(allocator, numbers, bytes, 0);
    if (read && i < count)
        tad__fail(r->tape, r->caller, TAD_EARG, "%s: operand %d has indices; expected whole numbers, found %g",
                  step->op->name, k + 1, found);
    return read && i == count;
}

static tad_var record_call(recording *r, const tad__step *step, tad_var *x)
{
    for (int k = 0; k < step->count; k++) {
        if (!(step->op->indices & 1u << k) || tad_dtype_of(x[k]) != TAD_F64)
            continue;
        if (!check_whole(r, step, k, x[k]))
            return (tad_var){0};
        x[k] = tad_cast(x[k], TAD_I64);
    }
    tad_args args = {.n = step->count, .x = x, .attributes = step->data, .caller = r->caller};
    return step->op->call ? step->op->call(args) : tad_apply(step->op, args);
}

static tad_var record_index(const tad__index *part, tad_var x)
{
    int64_t stop = part->range ? part->stop : part->start == -1 ? TAD_END : part->start + 1;
    tad_var y = tad_slice(x, part->axis, part->start, stop);
    return part->range || !tad_is_valid(y) ? y : tad_squeeze(y, part->axis);
}

static tad_var record_step(recording *r, const tad__step *step, tad_var *x)
{
    const tad__literal *value = step->data;
    switch (step->kind) {
    case TAD__NUMBER:
        return tad_constant(r->tape, step->number);
    case TAD__NAME:
        return r->vars[step->name];
    case TAD__TENSOR:
        return tad_tensor_constant(r->tape, TAD_F64, value->rank, value->dims, value->data);
    case TAD__STACK:
        return tad_stack(step->count, x, 0);
    case TAD__INDEX:
        return record_index(step->data, x[0]);
    default:
        return record_call(r, step, x);
    }
}

static bool is_too_large(recording *r, const tad__step *step, tad_var y)
{
    if (tad_count(y) <= r->most)
        return false;
    tad__fail(r->tape, r->caller, TAD_ESHAPE, "a value of %lld elements; expected at most %lld",
              (long long)tad_count(y), (long long)r->most);
    refuse(r, step);
    return true;
}

/* The value of the entry, an invalid handle after an error. */
static tad_var record_value(recording *r, const tad__entry *entry)
{
    size_t top = 0;
    for (size_t i = 0; i < entry->count; i++) {
        const tad__step *step = &r->model->steps.steps[entry->first + i];
        top -= (size_t)step->count;
        r->stack[top] = record_step(r, step, &r->stack[top]);
        if (!tad_is_valid(r->stack[top]) || tad_tape_status(r->tape) != TAD_OK) {
            refuse(r, step);
            return (tad_var){0};
        }
        if (is_too_large(r, step, r->stack[top]))
            return (tad_var){0};
        top++;
    }
    return r->stack[0];
}

static void record_entry(recording *r, const tad__entry *entry)
{
    const tad__step none = {.at = NULL};
    bool            value = entry->symbol.kind == TAD_SYMBOL_VALUE;
    bool            given = !value && r->vars[entry->number].tape;
    tad_var         y = value ? record_value(r, entry) : given ? r->vars[entry->number] : leaf(r, &entry->symbol);
    tad_status      fits = given ? tad__handle_status(r->tape, y) : TAD_OK;
    if (fits != TAD_OK) {
        tad__fail(r->tape, r->caller, fits, "tad_model_record_with: vars[%d] is %s", entry->number,
                  tad__handle_problem(r->tape, y));
        refuse(r, &none);
    }
    if (r->status != TAD_OK)
        return;
    if (!tad_name(y)) /* one that is only another name of a value keeps the first */
        tad_named(y, entry->symbol.name);
    if (tad_tape_status(r->tape) != TAD_OK)
        refuse(r, &none);
    else
        r->vars[entry->number] = y;
}

/* Leaves whose handles are not zeroed are those. */
static tad_status record_all(const tad_model *model, tad_tape *tape, tad_var vars[], tad_text_error *error,
                             int64_t most, const void *caller)
{
    const tad__step none = {.at = NULL};
    tad_text_error  ignored;
    tad_var         small[SMALL_STACK];
    error = error ? error : &ignored;
    *error = (tad_text_error){0};
    if (!model || !tape || !vars) {
        tad__text words = {.out = error->message, .size = sizeof error->message};
        tad__text_add(&words, "tad_model_record: %s is NULL", !model ? "model" : !tape ? "tape" : "vars");
        return TAD_EARG;
    }
    recording r = {
        .model = model, .tape = tape, .vars = vars, .stack = small, .error = error, .most = most, .caller = caller};
    size_t bytes = model->steps.depth * sizeof *r.stack;
    if (tad_tape_status(tape) != TAD_OK) {
        refuse(&r, &none);
        return r.status;
    }
    if (model->steps.depth > SMALL_STACK && !(r.stack = tad__resize(&model->allocator, NULL, 0, bytes))) {
        tad__fail_memory(tape, caller, "tad_model_record");
        refuse(&r, &none);
        return r.status;
    }
    tad_frame outer = tad_enter(tape, NULL, caller);
    for (size_t i = 0; i < model->count && r.status == TAD_OK; i++)
        record_entry(&r, model->entries[i]);
    tad_leave(tape, outer);
    if (r.stack != small)
        tad__resize(&model->allocator, r.stack, bytes, 0);
    return r.status;
}

tad_status tad__model_record(const tad_model *model, tad_tape *tape, tad_var vars[], tad_text_error *error,
                             int64_t most, const void *caller)
{
    if (model && vars)
        memset(vars, 0, model->count * sizeof *vars);
    return record_all(model, tape, vars, error, most, caller);
}

tad_status tad_model_record(const tad_model *model, tad_tape *tape, tad_var vars[], tad_text_error *error)
{
    return tad__model_record(model, tape, vars, error, INT64_MAX, TAD_CALLER);
}

tad_status tad_model_record_with(const tad_model *model, tad_tape *tape, tad_var vars[], tad_text_error *error)
{
    for (size_t i = 0; model && vars && i < model->count; i++)
        if (model->entries[i]->symbol.kind == TAD_SYMBOL_VALUE)
            vars[i] = (tad_var){0};
    return record_all(model, tape, vars, error, INT64_MAX, TAD_CALLER);
}
