/* Checkpoints: a composition is recorded, its value kept, and the rest forgotten, until somebody needs it recorded again. */
#include "base/text.h"
#include "tape/tape.h"
#include "tensor/move.h"

#include <string.h>

static bool is_operand(tad_args args, uint32_t id)
{
    for (int k = 0; k < args.n; k++)
        if (args.x[k].id == id)
            return true;
    return false;
}

static tad_status refuse_captured(tad_tape *tape, const char *name, tad_args args, uint32_t id)
{
    char        words[160] = "";
    tad__text   text = {.out = words, .size = sizeof words};
    tad_array   array;
    const char *label = tad_name(tad__handle(tape, id));
    tad__value_array(tape, id, &array);
    if (label)
        tad__text_add(&text, "\"%s\", ", label);
    tad__text_add_shape(&text, &array);
    return tad__fail(
        tape, args.caller, TAD_EARG,
        "%s: the function uses node %u (%s), which is not among its operands, so that its gradient would be "
        "lost; pass it in x",
        name, id, words);
}

static bool is_captured(const tad_tape *tape, tad_args args, uint32_t base, uint32_t id)
{
    return id < base && tape->nodes[id].flags & TAD__DIFFERENTIABLE && !is_operand(args, id);
}

tad_status tad__check_captured(tad_tape *tape, const char *name, tad_args args, uint32_t base, uint32_t from, size_t m,
                               const tad_var y[])
{
    const tad__node *nodes = tape->nodes;
    if (tape->paused) /* the results are constants */
        return TAD_OK;
    for (size_t k = 0; k < m; k++)
        if (is_captured(tape, args, base, y[k].id))
            return refuse_captured(tape, name, args, y[k].id);
    for (uint32_t id = from; id < tape->count; id++) {
        const uint32_t *in;
        int             n = nodes[id].flags & TAD__DIFFERENTIABLE ? tad__operands(tape, id, &in) : 0;
        for (int k = 0; k < n; k++)
            if (is_captured(tape, args, base, in[k]))
                return refuse_captured(tape, name, args, in[k]);
    }
    return TAD_OK;
}

/* What a composition gave, if it is a value on its tape, of which nothing older than `mark` was forgotten. */
static tad_status compose(tad_tape *tape, const tad_rule *rule, const void *caller, tad_var *y)
{
    const char *name = rule->op->name;
    uint32_t    mark = tape->count, last = mark > 0 ? tape->nodes[mark - 1].birth : 0;
    bool        busy = tape->busy;
    tape->busy = true;
    *y = rule->op->compose(rule);
    tape->busy = busy;
    if (tape->count < mark || (mark > 0 && tape->nodes[mark - 1].birth != last))
        return tad__fail(tape, caller, TAD_EARG, "%s: the function rewound the tape to before its operands", name);
    if (!tad__is_on(tape, *y))
        return tad__fail(tape, caller, TAD_EARG, "%s: the function returned %s", name, tad__handle_problem(tape, *y));
    return TAD_OK;
}

tad_var tad__record_again(tad_tape *tape, const tad_rule *rule, const tad_array *value, const void *caller)
{
    tad_var   y;
    tad_array again;
    if (compose(tape, rule, caller, &y) != TAD_OK)
        return tad__invalid(tape);
    tad__value_array(tape, y.id, &again);
    if (tad__array_same_shape(&again, value) && again.dtype == value->dtype)
        return y;
    char      words[320];
    tad__text text = {.out = words, .size = sizeof words};
    tad__text_add_shape(&text, &again);
    tad__text_add(&text, ", and ");
    tad__text_add_shape(&text, value);
    tad__fail(tape, caller, TAD_ESHAPE,
              "%s: recorded again, the function gave %s the first time: it must always do the same", rule->op->name,
              words);
    return tad__invalid(tape);
}

/* ---- keeping values of nodes that are forgotten ---- */

/* A copy of the value, in C order, in scratch memory. False: no memory. */
static bool save(tad_tape *tape, tad_var x, tad_array *copy)
{
    tad_array value;
    tad__value_array(tape, x.id, &value);
    *copy = value;
    tad__array_set_c_order(copy);
    copy->data = tad__arena_take(&tape->scratch, tad__array_bytes(&value));
    if (copy->data)
        tad__copy(copy, &value);
    return copy->data != NULL;
}

/* Records a node with that value, which lies elsewhere. */
static tad_var restore(tad_tape *tape, const tad_op *op, tad_args args, const tad_array *value, uint16_t flags,
                       const char *name)
{
    size_t       attribute_bytes = op ? op->attribute_bytes : 0, bytes = tad__array_bytes(value);
    tad__record *record = tad__new_record(tape, args.n, attribute_bytes, args.caller, name);
    if (!record)
        return tad__invalid(tape);
    record->op = op;
    record->array = *value;
    for (int k = 0; k < args.n; k++)
        record->in[k] = args.x[k].id;
    if (attribute_bytes)
        memcpy(record->attributes, args.attributes, attribute_bytes);
    record->array.data =
        flags & TAD__SCALAR ? &tape->values[tape->count] : tad__arena_take(&tape->arena, bytes ? bytes : 1);
    if (!record->array.data) {
        tad__arena_rewind(&tape->arena, record);
        tad__fail_memory(tape, args.caller, name);
        return tad__invalid(tape);
    }
    if (bytes)
        memcpy(record->array.data, value->data, bytes);
    return tad__push_record(tape, record, flags);
}

tad_var tad__checkpoint(tad_tape *tape, const tad_op *op, tad_args args)
{
    const tad_rule rule = {.op = op, .n = args.n, .x = args.x, .attributes = args.attributes, .forgets = true};
    const uint16_t kept = TAD__DIFFERENTIABLE | TAD__SCALAR | TAD__STEPS;
    uint32_t       mark = tape->count;
    uint16_t       flags = 0;
    tad_array      value = {0};
    tad_var        y;
    tad_status     status = compose(tape, &rule, args.caller, &y);
    if (status == TAD_OK)
        status = tad__check_captured(tape, op->name, args, mark, mark, 1, &y);
    if (status == TAD_OK) {
        flags = tape->nodes[y.id].flags & kept;
        if (!save(tape, y, &value))
            status = tad__fail_memory(tape, args.caller, op->name);
    }
    if (tape->count >= mark)
        tad_tape_rewind(tape, mark);
    y = status == TAD_OK ? restore(tape, op, args, &value, flags, op->name) : tad__invalid(tape);
    if (value.data)
        tad__arena_rewind(&tape->scratch, value.data);
    return y;
}

bool tad__keep_values(tad_tape *tape, uint32_t from, size_t n, tad_var x[], const void *caller, const char *name)
{
    size_t     bytes = n * sizeof(tad_array);
    tad_array *values = tad__arena_take(&tape->scratch, bytes);
    bool       kept = values != NULL;
    for (size_t k = 0; k < n && kept; k++) {
        kept = save(tape, x[k], &values[k]);
        x[k].birth = tape->nodes[x[k].id].flags & (TAD__DIFFERENTIABLE | TAD__SCALAR); /* all that is left of it */
    }
    tad_tape_rewind(tape, from);
    for (size_t k = 0; k < n && kept; k++) {
        x[k] = restore(tape, NULL, (tad_args){.caller = caller}, &values[k], (uint16_t)(TAD__LEAF | x[k].birth), name);
        kept = tad_is_valid(x[k]);
    }
    if (!kept)
        tad__fail_memory(tape, caller, name);
    if (values)
        tad__arena_rewind(&tape->scratch, values);
    return kept;
}
