#include "tools/nonfinite_text.h"

#include "base/text.h"
#include "tools/elements.h"

#include <math.h>
#include <string.h>

/* Why an operation gives no finite number where operand k lies from `low` to `high`. The first row that fits counts. */
typedef struct hint {
    const char          *op;
    tad_nonfinite_origin origin;
    int                  k;
    double               low, high;
    const char          *text;
} hint;

#define FORWARD TAD_IN_FORWARD
#define BACKWARD TAD_IN_BACKWARD
#define ANY (-HUGE_VAL), HUGE_VAL

static const hint hints[] = {
    {"log", FORWARD, 0, 0, 0, "the logarithm of 0"},
    {"log", FORWARD, 0, -HUGE_VAL, 0, "the logarithm of a negative number"},
    {"log2", FORWARD, 0, 0, 0, "the logarithm of 0"},
    {"log2", FORWARD, 0, -HUGE_VAL, 0, "the logarithm of a negative number"},
    {"log10", FORWARD, 0, 0, 0, "the logarithm of 0"},
    {"log10", FORWARD, 0, -HUGE_VAL, 0, "the logarithm of a negative number"},
    {"log1p", FORWARD, 0, -1, -1, "the logarithm of 1 - 1"},
    {"log1p", FORWARD, 0, -HUGE_VAL, -1, "the logarithm of a negative number"},
    {"logit", FORWARD, 0, 0, 0, "infinite at 0"},
    {"logit", FORWARD, 0, 1, 1, "infinite at 1"},
    {"logit", FORWARD, 0, ANY, "defined from 0 to 1 only"},
    {"sqrt", FORWARD, 0, -HUGE_VAL, 0, "the square root of a negative number"},
    {"div", FORWARD, 1, 0, 0, "a division by 0"},
    {"reciprocal", FORWARD, 0, 0, 0, "a division by 0"},
    {"fmod", FORWARD, 1, 0, 0, "the remainder of a division by 0"},
    {"pow", FORWARD, 0, 0, 0, "a negative power of 0"},
    {"pow", FORWARD, 0, -HUGE_VAL, 0, "a power of a negative number, with an exponent that is no integer, or overflow"},
    {"asin", FORWARD, 0, ANY, "defined from -1 to 1 only"},
    {"acos", FORWARD, 0, ANY, "defined from -1 to 1 only"},
    {"atanh", FORWARD, 0, 1, 1, "infinite at 1"},
    {"atanh", FORWARD, 0, -1, -1, "infinite at -1"},
    {"atanh", FORWARD, 0, ANY, "defined between -1 and 1 only"},
    {"acosh", FORWARD, 0, -HUGE_VAL, 1, "defined from 1 on only"},
    {"lgamma", FORWARD, 0, -HUGE_VAL, 0, "a pole: infinite at 0, -1, -2, ..."},
    {"digamma", FORWARD, 0, -HUGE_VAL, 0, "a pole: infinite at 0, -1, -2, ..."},
    {"trigamma", FORWARD, 0, -HUGE_VAL, 0, "a pole: infinite at 0, -1, -2, ..."},
    {"polygamma", FORWARD, 1, -HUGE_VAL, 0, "a pole: infinite at 0, -1, -2, ..."},
    {"exp", FORWARD, 0, ANY, "overflow: exp is too large from 709.8 on, for f32 from 88.8"},
    {"expm1", FORWARD, 0, ANY, "overflow: exp is too large from 709.8 on, for f32 from 88.8"},
    {"exp2", FORWARD, 0, ANY, "overflow: too large from 1024 on, for f32 from 128"},
    {"sqrt", BACKWARD, 0, 0, 0, "the square root is infinitely steep at 0"},
    {"cbrt", BACKWARD, 0, 0, 0, "the cube root is infinitely steep at 0"},
    {"pow", BACKWARD, 0, 0, 0, "a power below 1 is infinitely steep at 0"},
    {"asin", BACKWARD, 0, -1, 1, "infinitely steep at -1 and 1"},
    {"acos", BACKWARD, 0, -1, 1, "infinitely steep at -1 and 1"},
    {"acosh", BACKWARD, 0, 1, 1, "infinitely steep at 1"},
};

/* What to say about an operation that has no row. */
static const char *general_hint(const tad_nonfinite *found, tad_dtype dtype)
{
    if (isnan(found->value))
        return "0 times infinity, or infinity minus infinity, on the way";
    return dtype == TAD_F32 ? "overflow: the largest f32 is 3.4e38" : "overflow: the largest f64 is 1.8e308";
}

/* "element 3 of f64 [2, 3]"; nothing for a scalar. */
static void add_element(tad__text *text, const char *before, int64_t element, const tad_array *array)
{
    if (tad__array_count(array) == 1)
        return;
    tad__text_add(text, "%selement %lld of ", before, (long long)element);
    tad__text_add_shape(text, array);
}

/* "log(-1)": the numbers, where the operation is elementwise; shapes otherwise. */
static void add_call(tad__text *text, tad_var node, const tad_array *place, int64_t element)
{
    const tad_op   *op = tad_op_of(node);
    const uint32_t *in;
    int             n = tad__operands(node.tape, node.id, &in);
    const char     *name = tad_name(node);
    if (name)
        tad__text_add(text, "\"%s\" = ", name);
    tad__text_add(text, "%s(", op->name);
    for (int k = 0; k < n; k++) {
        tad_array   operand;
        double      number;
        const char *label = tad_name(tad__handle(node.tape, in[k]));
        tad__value_array(node.tape, in[k], &operand);
        tad__text_add(text, k ? ", " : "");
        if (label)
            tad__text_add(text, "\"%s\": ", label);
        if (tad__is_elementwise(op) && tad__element_at(&operand, place, element, &number))
            tad__text_add(text, "%.9g", number);
        else
            tad__text_add_shape(text, &operand);
    }
    tad__text_add(text, ")");
}

static const char *find_hint(const tad_nonfinite *found, const tad_array *place)
{
    const tad_op   *op = tad_op_of(found->node);
    const uint32_t *in;
    int             n = tad__operands(found->node.tape, found->node.id, &in);
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        tad_array   operand;
        double      number;
        const hint *row = &hints[i];
        if (row->origin != found->origin || row->k >= n || strcmp(row->op, op->name) != 0)
            continue;
        tad__value_array(found->node.tape, in[row->k], &operand);
        if (tad__element_at(&operand, place, found->element, &number) && number >= row->low && number <= row->high)
            return row->text;
    }
    return general_hint(found, place->dtype);
}

static void describe_leaf(tad__text *text, const tad_nonfinite *found, const tad_array *value)
{
    const char *name = tad_name(found->node);
    if (name)
        tad__text_add(text, "the leaf \"%s\" was given %g", name, found->value);
    else
        tad__text_add(text, "a leaf was given %g", found->value);
    add_element(text, ", ", found->element, value);
}

void tad__describe_nonfinite(tad_nonfinite *found, const tad_array *cotangent)
{
    tad__text text = {.out = found->text, .size = sizeof found->text};
    tad_array value, place;
    tad__value_array(found->node.tape, found->node.id, &value);
    place = value;
    if (found->origin == TAD_IN_LEAF) {
        describe_leaf(&text, found, &value);
        return;
    }
    if (found->origin == TAD_IN_BACKWARD) {
        tad_var operand = tad_operand(found->node, found->operand);
        double  g, y;
        tad__value_array(operand.tape, operand.id, &place);
        add_call(&text, found->node, &place, found->element);
        if (tad__element_at(&value, &place, found->element, &y))
            tad__text_add(&text, " = %.9g", y);
        tad__text_add(&text, " hands operand %d %g", found->operand + 1, found->value);
        if (tad__element_at(cotangent, &place, found->element, &g))
            tad__text_add(&text, " for a cotangent of %.9g", g);
    } else {
        add_call(&text, found->node, &place, found->element);
        tad__text_add(&text, " = %g", found->value);
    }
    add_element(&text, ", ", found->element, &place);
    tad__text_add(&text, ": %s", find_hint(found, &place));
}
