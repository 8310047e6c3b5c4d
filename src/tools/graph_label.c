/* What is written in a box, and what is told of it in full. */
#include "tools/graph.h"

#include "base/text.h"
#include "diff/adjoints.h"
#include "tape/tape.h"

#include <tad/explain.h>
#include <tad/op.h>

#include <math.h>
#include <string.h>

/* Characters of a name or formula in a box; elements of a tensor that are all shown; members of which a formula is made. */
enum { NAME = 28, FORMULA = 44, ELEMENTS = 4, TERMS = 12, KINDS = 64 };

/* ---- UTF-8 ---- */

/* The bytes of the character at `text`, of which `left` bytes are left; 0 if it is not UTF-8, or not allowed in XML. */
static size_t character(const unsigned char *text, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t                n = *text < 0x80 ? 1 : *text >> 5 == 6 ? 2 : *text >> 4 == 14 ? 3 : *text >> 3 == 30 ? 4 : 0;
    if (n <= 1 || n > left)
        return n <= left ? n : 0;
    uint32_t code = *text & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (text[i] >> 6 != 2)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    bool good = code >= least[n] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) && (code & 0xfffe) != 0xfffe &&
                code >= 0xa0;
    return good ? n : 0;
}

void tad__clean_text(const char *text, size_t bytes, size_t most, char *out, size_t size)
{
    static const char unknown[] = "\xef\xbf\xbd", more[] = "\xe2\x80\xa6";
    size_t            used = 0, written = 0;
    for (size_t i = 0; i < bytes && text[i];) {
        size_t      n = character((const unsigned char *)text + i, bytes - i);
        const char *piece = n ? text + i : unknown;
        size_t      length = n ? n : sizeof unknown - 1;
        if (n == 1 && ((unsigned char)text[i] < ' ' || text[i] == 0x7f))
            piece = " ";
        i += n ? n : 1;
        bool last = i >= bytes || !text[i];
        if (written + 1 >= most && !last)
            piece = more, length = sizeof more - 1;
        if (used + length + sizeof more > size)
            break;
        memcpy(out + used, piece, length);
        used += length;
        if (++written == most)
            break;
    }
    out[used] = '\0';
}

void tad__clean_title(const char *title, char *out, size_t size)
{
    tad__clean_text(title, strlen(title), 200, out, size);
}

static void add_clean(tad__text *text, const char *name, size_t most)
{
    char clean[4 * 256];
    tad__clean_text(name, strlen(name), most < 250 ? most : 250, clean, sizeof clean);
    tad__text_add(text, "%s", clean);
}

/* ---- numbers ---- */

static double element(const tad_array *array, int64_t i)
{
    tad_array one = *array;
    int64_t   at = 0;
    for (int axis = array->rank - 1; axis >= 0; axis--) {
        at += i % array->dims[axis] * array->strides[axis];
        i /= array->dims[axis];
    }
    one.data = (char *)array->data + at * (int64_t)tad_dtype_size(array->dtype);
    return array->dtype == TAD_I64 ? (double)*(int64_t *)one.data : tad__array_number(&one);
}

static void add_range(tad__text *text, const tad_array *array, int64_t count, int digits)
{
    double  low = HUGE_VAL, high = -HUGE_VAL;
    int64_t bad = 0;
    for (int64_t i = 0; i < count; i++) {
        double x = element(array, i);
        bad += !isfinite(x);
        low = isfinite(x) && x < low ? x : low;
        high = isfinite(x) && x > high ? x : high;
    }
    if (bad)
        tad__text_add(text, "%lld of %lld not finite", (long long)bad, (long long)count);
    else if (low == high)
        tad__text_add(text, "all %.*g", digits, low);
    else
        tad__text_add(text, "%.*g to %.*g", digits, low, digits, high);
}

/* A number, the few elements of a small tensor, or the range of a larger one. */
static void add_numbers(tad__text *text, const tad_array *array, int digits)
{
    int64_t count = tad__array_count(array);
    if (count == 0)
        tad__text_add(text, "no elements");
    else if (array->rank == 0)
        tad__text_add(text, "%.*g", digits, element(array, 0));
    else if (count > ELEMENTS)
        add_range(text, array, count, digits);
    else
        for (int64_t i = 0; i < count; i++)
            tad__text_add(text, "%s%.*g%s", i ? ", " : "[", digits, element(array, i), i + 1 == count ? "]" : "");
}

/* The adjoint by the last sweep: false if there is none. One that was not reached is 0. */
static bool find_adjoint(tad_tape *tape, uint32_t id, double *zero, tad_array *out)
{
    if (tape->swept == 0 || !(tape->nodes[id].flags & TAD__DIFFERENTIABLE))
        return false;
    tad__value_array(tape, id, out);
    tad__array_set_c_order(out);
    if (id >= tape->swept || !tad__is_reached(tape, id)) {
        memset(out->strides, 0, sizeof out->strides);
        out->dtype = TAD_F64;
        out->data = zero;
        return true;
    }
    out->data = tape->nodes[id].flags & TAD__SCALAR ? (void *)&tape->adjoints[id].number : tape->adjoints[id].data;
    return true;
}

/* ---- texts ---- */

/* Is the formula of the box's node made of the box's nodes alone? Then it is no longer than they are many. */
static bool has_formula(const tad__graph *graph, const tad__box *box)
{
    bool has = box->count > 1 && box->count <= TERMS;
    for (uint32_t i = 0; i < box->count && has; i++) {
        const uint32_t *in;
        int             n = tad__operands(graph->tape, graph->members[box->first + i], &in);
        for (int k = 0; k < n; k++) {
            tad_var x = tad__handle(graph->tape, in[k]);
            has &= &graph->boxes[graph->box_of[in[k]]] == box || tad_name(x) || tad_operand_count(x) == 0;
        }
    }
    return has;
}

/* "12 mul, 8 add, 3 inputs" of what is in a box, or as much of it as there is room for. */
static void add_contents(tad__text *text, const tad__graph *graph, const tad__box *box, int most)
{
    static const char input[] = "input", constant[] = "constant";
    const char       *names[KINDS];
    uint32_t          counts[KINDS];
    int               kinds = 0;
    for (uint32_t i = 0; i < box->count; i++) {
        uint32_t      id = graph->members[box->first + i];
        const tad_op *op = tad__op_of_node(graph->tape, id);
        bool          differentiable = graph->tape->nodes[id].flags & TAD__DIFFERENTIABLE;
        const char   *name = op ? op->name : differentiable ? input : constant;
        int           k = 0;
        while (k < kinds && strcmp(names[k], name) != 0)
            k++;
        if (k == kinds && kinds < KINDS) {
            names[kinds] = name;
            counts[kinds++] = 0;
        }
        if (k < kinds)
            counts[k]++;
    }
    for (int shown = 0; shown < kinds; shown++) {
        int best = 0;
        for (int k = 1; k < kinds; k++)
            best = counts[k] > counts[best] ? k : best;
        if (shown == most) {
            tad__text_add(text, ", \xe2\x80\xa6");
            return;
        }
        tad__text_add(text, "%s%u ", shown ? ", " : "", counts[best]);
        add_clean(text, names[best], NAME);
        bool leaves = names[best] == input || names[best] == constant;
        tad__text_add(text, leaves && counts[best] > 1 ? "s" : "");
        counts[best] = 0;
    }
}

static void add_title(tad__text *text, const tad__graph *graph, const tad__box *box, const char *name, const tad_op *op,
                      const tad_array *value, size_t most)
{
    if (box->kind == TAD__BOX_FOLD && box->scope != 0) {
        const tad__graph_scope *scope = &graph->scopes[box->scope];
        char                    clean[4 * 256];
        tad__clean_text(scope->name, scope->length, most, clean, sizeof clean);
        tad__text_add(text, "%s", clean);
    } else if (box->kind == TAD__BOX_FOLD)
        tad__text_add(text, "%u nodes", box->count);
    else if (name)
        add_clean(text, name, most);
    else if (op)
        add_clean(text, op->name, most);
    else if (box->kind == TAD__BOX_CONSTANT && tad__array_count(value) == 1)
        add_numbers(text, value, graph->options.digits);
    else
        tad__text_add(text, "v%u", box->id);
}

/* What was done, and the shape unless it is a number. */
static void add_kind(tad__text *text, const tad__graph *graph, const tad__box *box, const char *name, const tad_op *op,
                     const tad_array *array)
{
    if (box->kind == TAD__BOX_FOLD) {
        add_contents(text, graph, box, 3);
        return;
    }
    if (has_formula(graph, box)) {
        char formula[4 * FORMULA + 8];
        tad_formula(tad__handle(graph->tape, box->id), TAD_SYMBOLS, formula, sizeof formula);
        add_clean(text, formula, FORMULA);
    } else if (box->count > 1)
        add_contents(text, graph, box, 3);
    else if (name && op)
        add_clean(text, op->name, NAME);
    if (!tad__array_is_scalar(array)) {
        tad__text_add(text, text->length ? " \xc2\xb7 " : "");
        tad__text_add_shape(text, array);
    }
}

/* "v7 = mul(v5, v6)", "v5: input". */
static void add_definition(tad__text *text, const tad__graph *graph, const tad__box *box, const tad_op *op)
{
    const uint32_t *in;
    int             n = tad__operands(graph->tape, box->id, &in);
    tad__text_add(text, "v%u", box->id);
    if (!op) {
        tad__text_add(text, box->kind == TAD__BOX_INPUT ? ": input" : ": constant");
        return;
    }
    tad__text_add(text, " = ");
    add_clean(text, op->name, NAME);
    for (int k = 0; k < n; k++)
        tad__text_add(text, "%sv%u", k ? ", " : "(", in[k]);
    tad__text_add(text, ")");
    if (op->about) {
        tad__text_add(text, ": ");
        add_clean(text, op->about, 120);
    }
}

static void add_tip(tad__text *tip, const tad__graph *graph, const tad__box *box, const char *name, const tad_op *op,
                    const tad_array *value)
{
    double    zero = 0;
    tad_array adjoint;
    add_title(tip, graph, box, name, op, value, 200);
    if (box->count > 1) {
        tad__text_add(tip, "\n%u nodes: ", box->count);
        add_contents(tip, graph, box, 10);
    }
    if (box->kind == TAD__BOX_FOLD)
        return;
    tad__text_add(tip, "\n");
    add_definition(tip, graph, box, op);
    tad__text_add(tip, "\n");
    tad__text_add_shape(tip, value);
    if (graph->options.values) {
        tad__text_add(tip, "\nvalue ");
        add_numbers(tip, value, 17);
    }
    if (graph->options.gradients && find_adjoint(graph->tape, box->id, &zero, &adjoint)) {
        tad__text_add(tip, "\nadjoint ");
        add_numbers(tip, &adjoint, 17);
    }
}

void tad__graph_label(const tad__graph *graph, uint32_t at, tad__label_text *label)
{
    const tad__box *box = &graph->boxes[at];
    tad_tape       *tape = graph->tape;
    const tad_op   *op = tad__op_of_node(tape, box->id);
    const char     *name = tad_name(tad__handle(tape, box->id));
    int             digits = graph->options.digits;
    double          zero = 0;
    tad_array       value, adjoint;
    tad__text       lines[TAD__LABEL_LINES], tip = {.out = label->tip, .size = sizeof label->tip};
    memset(label, 0, sizeof *label);
    for (int i = 0; i < TAD__LABEL_LINES; i++)
        lines[i] = (tad__text){.out = label->lines[i], .size = sizeof label->lines[i]};
    tad__value_array(tape, box->id, &value);
    if (name && !*name)
        name = NULL;
    add_title(&lines[0], graph, box, name, op, &value, NAME);
    add_kind(&lines[1], graph, box, name, op, &value);
    bool told = box->kind == TAD__BOX_CONSTANT && !name && tad__array_count(&value) == 1; /* by the title */
    if (graph->options.values && box->kind != TAD__BOX_FOLD && !told)
        add_numbers(&lines[2], &value, digits);
    if (graph->options.gradients && box->kind != TAD__BOX_FOLD && find_adjoint(tape, box->id, &zero, &adjoint)) {
        tad__text_add(&lines[3], "adj ");
        add_numbers(&lines[3], &adjoint, digits);
    }
    add_tip(&tip, graph, box, name, op, &value);
}
