/* A tape as JSON. One object a node, whose members are left out where they are 0:
 *
 *     o  operation, from 1; 0 for a leaf      i  operands      n  name      s  scope, from 1
 *     t  [type, sizes...]; left out for an f64 scalar          d  1: differentiable
 *     v  value, g  adjoint: a number, or an array as in write_array; g is left out where the sweep did not come by
 *     e  what was handed on to each operand: 0 nothing; [local derivative]; [share, adjoint with it]; statistics
 *     f  [dead, saturated] units, where there are any
 *
 * Numbers that JSON does not have are strings: "NaN", "Infinity", "-Infinity". */
#include "diff/adjoints.h"
#include "tools/page.h"

#include <inttypes.h>
#include <math.h>

/* Cells of all heat maps together, and elements of arrays that are written out. */
enum { ALL_CELLS = 300000, MOST_SIDE = 24, LEAST_SIDE = 4, WRITTEN_OUT = 64, ALL_WRITTEN_OUT = 12000 };

/* Nine digits tell any two floats apart, and the page makes a float of them. */
enum { DIGITS_OF_FLOAT = 9, DIGITS_OF_STATISTICS = 5 };

static void write_number(tad__output *output, double x, tad_dtype dtype)
{
    if (isnan(x))
        tad__output_text(output, "\"NaN\"");
    else if (isinf(x))
        tad__output_text(output, x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (dtype == TAD_F32)
        tad__output_rounded(output, x, DIGITS_OF_FLOAT);
    else
        tad__output_number(output, x);
}

static void write_rough(tad__output *output, double x)
{
    if (isfinite(x))
        tad__output_rounded(output, x, DIGITS_OF_STATISTICS);
    else
        write_number(output, x, TAD_F64);
}

static void write_string(tad__output *output, const char *text)
{
    tad__output_text(output, "\"");
    tad__output_json(output, text);
    tad__output_text(output, "\"");
}

/* ---- arrays ---- */

/* The least and the greatest as they are, the rest rounded. */
static void write_statistics(tad__output *output, const tad__summary *s, tad_dtype dtype)
{
    const double numbers[] = {s->mean, s->deviation, s->rms};
    write_number(output, s->least, dtype);
    tad__output_text(output, ",");
    write_number(output, s->most, dtype);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        tad__output_text(output, ",");
        write_rough(output, numbers[i]);
    }
    tad__output_add(output, ",%" PRId64 ",%" PRId64 ",%" PRId64, s->zeros, s->nans, s->infinities);
}

/* {s: [least, most, mean, deviation, rms, zeros, NaNs, infinities], m: heat map, x: elements in C order, if they are few} */
static tad_status write_array(tad__page *page, const tad_array *array, bool out_in_full)
{
    int64_t count = tad__array_count(array);
    if (!tad__page_load(page, array, 0))
        return tad__fail_memory(page->tape, page->caller, "tad_write_html");
    tad__summary summary = tad__summarise(page->numbers, count);
    tad__output_text(page->output, "{\"s\":[");
    write_statistics(page->output, &summary, array->dtype);
    tad__output_text(page->output, "],\"m\":");
    tad__page_heat_map(page, array);
    if (out_in_full && count <= WRITTEN_OUT) {
        tad__output_text(page->output, ",\"x\":[");
        for (int64_t i = 0; i < count; i++) {
            tad__output_text(page->output, i ? "," : "");
            write_number(page->output, page->numbers[i], array->dtype);
        }
        tad__output_text(page->output, "]");
    }
    tad__output_text(page->output, "}");
    return TAD_OK;
}

static tad_status write_value(tad__page *page, const char *key, const tad_array *array, bool in_full)
{
    tad__output_add(page->output, ",\"%s\":", key);
    if (tad__array_count(array) == 1 && array->dtype != TAD_I64)
        write_number(page->output, tad__array_number(array), array->dtype);
    else
        return write_array(page, array, in_full);
    return TAD_OK;
}

/* How large heat maps can be, and whether small arrays can be written out in full. */
static bool plan_arrays(tad__page *page)
{
    int64_t arrays = 0, small = 0;
    for (uint32_t id = 0; id <= page->last; id++) {
        tad_array array;
        tad__value_array(page->tape, id, &array);
        int64_t count = tad__array_count(&array);
        arrays += count != 1;
        small += count != 1 && count <= WRITTEN_OUT ? count : 0;
    }
    int side = MOST_SIDE;
    while (side > LEAST_SIDE && 2 * arrays * side * side > ALL_CELLS)
        side--;
    page->side = side;
    return small <= ALL_WRITTEN_OUT;
}

/* ---- nodes ---- */

static void write_type(tad__output *output, const tad_array *array)
{
    if (tad__array_is_scalar(array))
        return;
    tad__output_add(output, ",\"t\":[\"%s\"", tad_dtype_name(array->dtype));
    for (int i = 0; i < array->rank; i++)
        tad__output_add(output, ",%" PRId64, array->dims[i]);
    tad__output_text(output, "]");
}

/* [local derivative], [share, adjoint with it], or statistics of the share: least, greatest, mean, root mean square. */
static void write_share(tad__output *output, const tad__share *share, tad_dtype dtype)
{
    if (share->kind == TAD__NOTHING) {
        tad__output_text(output, "0");
        return;
    }
    tad__output_text(output, "[");
    if (share->kind == TAD__MANY) {
        const double numbers[] = {share->summary.least, share->summary.most, share->summary.mean, share->summary.rms};
        for (int i = 0; i < 4; i++) {
            tad__output_text(output, i ? "," : "");
            write_rough(output, numbers[i]);
        }
    } else
        write_number(output, share->number, dtype);
    if (share->kind == TAD__ONE) {
        tad__output_text(output, ",");
        write_number(output, share->after, dtype);
    }
    tad__output_text(output, "]");
}

static void write_operands(tad__page *page, uint32_t id, const tad__share *shares)
{
    const uint32_t *in;
    int             n = tad__operands(page->tape, id, &in);
    bool            any = false;
    for (int k = 0; k < n; k++) {
        tad__output_add(page->output, "%s%" PRIu32, k ? "," : ",\"i\":[", in[k]);
        any |= shares[k].kind != TAD__NOTHING;
    }
    tad__output_text(page->output, n ? "]" : "");
    for (int k = 0; k < n && any; k++) {
        tad_array operand;
        tad__value_array(page->tape, in[k], &operand);
        tad__output_text(page->output, k ? "," : ",\"e\":[");
        write_share(page->output, &shares[k], operand.dtype);
    }
    tad__output_text(page->output, any ? "]" : "");
}

static tad_status write_units(tad__page *page, uint32_t id)
{
    int64_t dead, saturated;
    if (!tad__page_units(page, id, &dead, &saturated))
        return tad__fail_memory(page->tape, page->caller, "tad_write_html");
    if (dead || saturated)
        tad__output_add(page->output, ",\"f\":[%" PRId64 ",%" PRId64 "]", dead, saturated);
    return TAD_OK;
}

static tad_status write_adjoint(tad__page *page, uint32_t id, bool in_full)
{
    const tad__sweep s = {.tape = page->tape, .name = "tad_write_html", .caller = page->caller};
    tad_array        adjoint;
    if (!tad__is_reached(page->tape, id))
        return TAD_OK;
    tad_status status = tad__adjoint_array(&s, id, &adjoint);
    return status == TAD_OK ? write_value(page, "g", &adjoint, in_full) : status;
}

static tad_status write_node(tad__page *page, uint32_t id, int op, size_t scope, const tad__share *shares, bool in_full)
{
    tad_tape   *tape = page->tape;
    const char *name = tad_name(tad__handle(tape, id));
    tad_array   array;
    tad__value_array(tape, id, &array);
    tad__output_add(page->output, "%s{\"o\":%d", id ? ",\n" : "", op);
    if (name) {
        tad__output_text(page->output, ",\"n\":");
        write_string(page->output, name);
    }
    if (scope)
        tad__output_add(page->output, ",\"s\":%zu", scope);
    if (tape->nodes[id].flags & TAD__DIFFERENTIABLE)
        tad__output_text(page->output, ",\"d\":1");
    write_type(page->output, &array);
    write_operands(page, id, shares);
    tad_status status = write_value(page, "v", &array, in_full);
    if (status == TAD_OK)
        status = write_adjoint(page, id, in_full);
    if (status == TAD_OK)
        status = write_units(page, id);
    tad__output_text(page->output, "}");
    return status;
}

/* ---- operations and scopes ---- */

/* [name, about, formula, derivatives, 1: its form in JavaScript is there] */
static void write_op(tad__output *output, const tad_op *op, bool first)
{
    const char *const texts[] = {op->name, op->about, op->formula, op->partial[0], op->partial[1]};
    tad__output_text(output, first ? "[" : ",\n[");
    for (int i = 0; i < 5; i++) {
        tad__output_text(output, i ? "," : "");
        write_string(output, texts[i] ? texts[i] : "");
    }
    tad__output_text(output, tad__row_of(op) >= 0 ? ",1]" : ",0]");
}

typedef struct op_list {
    const tad_op **ops;
    size_t         count, capacity;
} op_list;

/* The number of an operation, from 1; 0 for a leaf, -1 without memory. An operation that is new is written. */
static int number_of(tad__page *page, op_list *list, const tad_op *op)
{
    if (!op)
        return 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->ops[i] == op)
            return (int)i + 1;
    void *ops = list->ops;
    if (!tad__reserve(&page->tape->allocator, &ops, &list->capacity, list->count + 1, sizeof *list->ops))
        return -1;
    list->ops = ops;
    list->ops[list->count++] = op;
    return (int)list->count;
}

static tad_status list_ops(tad__page *page, op_list *list)
{
    for (uint32_t id = 0; id <= page->last; id++)
        if (number_of(page, list, tad__op_of_node(page->tape, id)) < 0)
            return tad__fail_memory(page->tape, page->caller, "tad_write_html");
    for (size_t i = 0; i < list->count; i++)
        write_op(page->output, list->ops[i], i == 0);
    return TAD_OK;
}

static bool contains(const tad_tape *tape, size_t scope, uint32_t id)
{
    return tape->scopes[scope - 1].from <= id && id < tape->scopes[scope - 1].to;
}

/* The scope around scope `i` (from 1), 0 if there is none: the last before it that contains its first node. */
static size_t parent_of(const tad_tape *tape, size_t i)
{
    size_t parent = i - 1;
    while (parent && !contains(tape, parent, tape->scopes[i - 1].from))
        parent--;
    return parent;
}

/* [parent, name] of each. */
static void write_scopes(const tad__page *page)
{
    for (size_t i = 1; i <= page->tape->scope_count; i++) {
        tad__output_add(page->output, "%s[%zu,", i > 1 ? "," : "", parent_of(page->tape, i));
        write_string(page->output, page->tape->scopes[i - 1].name);
        tad__output_text(page->output, "]");
    }
}

/* The innermost scope of node `id`, given that of the node before it. */
static size_t scope_of(const tad_tape *tape, uint32_t id, size_t scope, size_t *next)
{
    while (*next < tape->scope_count && tape->scopes[*next].from <= id)
        scope = ++*next;
    while (scope && !contains(tape, scope, id))
        scope--;
    return scope;
}

tad_status tad__page_tape(tad__page *page, const tad_page_options *options)
{
    tad_tape       *tape = page->tape;
    op_list         list = {0};
    const uint32_t *in;
    const char     *name = tad_name(tad__handle(tape, page->last));
    bool            in_full = plan_arrays(page);
    size_t          scope = 0, next = 0;
    tad__share     *shares = page->shares;
    tad__output_text(page->output, "{\"title\":");
    write_string(page->output, options->title ? options->title : name ? name : "");
    tad__output_text(page->output, ",\"about\":");
    write_string(page->output, options->about ? options->about : "");
    tad__output_text(page->output, ",\n\"scopes\":[");
    write_scopes(page);
    tad__output_text(page->output, "],\n\"ops\":[");
    tad_status status = list_ops(page, &list);
    tad__output_text(page->output, "],\n\"nodes\":[\n");
    for (uint32_t id = 0; id <= page->last && status == TAD_OK && !page->output->failed; id++) {
        scope = scope_of(tape, id, scope, &next);
        status = write_node(page, id, number_of(page, &list, tad__op_of_node(tape, id)), scope, shares, in_full);
        shares += tad__operands(tape, id, &in);
    }
    tad__output_text(page->output, "\n]}");
    tad__resize(&tape->allocator, list.ops, list.capacity * sizeof *list.ops, 0);
    return status;
}
