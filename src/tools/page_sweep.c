/* The reverse sweep, watched: what each node hands on to each operand, as tad_backward does it and to the bit. */
#include "diff/adjoints.h"
#include "tools/page.h"

#include <math.h>
#include <string.h>

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* ---- scalars ---- */

/* g times the local derivative with respect to operand k: what the row's kernel adds. */
static double pull(const tad_tape *tape, uint32_t id, int k, double g)
{
    const tad__node *node = &tape->nodes[id];
    double           share = -0.0; /* anything added to it is itself */
    tad__run         run = {.n = 1,
                            .a = &tape->values[node->in[0]],
                            .b = &tape->values[node->in[1]],
                            .stride_a = 1,
                            .stride_b = 1,
                            .y = &tape->values[id],
                            .gy = &g,
                            .out = &share,
                            .stride_out = 1};
    tad__kernels_f64[node->row].pull[k](&run);
    return share;
}

/* Every share is derived again, and accepted if together they give the adjoints that the sweep gives. */
static tad_status watch_scalar(const tad__sweep *s, uint32_t id, tad__share *shares)
{
    static const unsigned wants[] = {TAD__WANT_A, TAD__WANT_B};
    const tad_tape       *tape = s->tape;
    const tad__node       node = tape->nodes[id];
    const tad_op         *op = &tad__elementwise[node.row];
    const double          g = tape->adjoints[id].number;
    double                after[2];
    for (int k = 0; k < op->arity; k++) {
        bool same = k == 1 && node.in[0] == node.in[1], reached = tad__is_reached(tape, node.in[k]);
        after[k] = same ? after[0] : tape->adjoints[node.in[k]].number;
        if (g == 0 || !(node.flags & wants[k]) || strcmp(op->partial[k], "0") == 0)
            continue;
        double share = pull(tape, id, k, g), local = pull(tape, id, k, 1);
        after[k] = reached || (same && shares[0].kind) ? after[k] + share : share;
        shares[k] = (tad__share){TAD__LOCAL, local, after[k], {0}};
        if (!same_bits(g * local, share))
            shares[k] = (tad__share){TAD__ONE, share, after[k], {0}};
    }
    tad_status status = tad__sweep_node(s, id);
    for (int k = 0; k < op->arity && status == TAD_OK; k++) {
        bool   last = k + 1 == op->arity || node.in[1] != node.in[0];
        double found = tape->adjoints[node.in[k]].number;
        if (shares[k].kind && last && !same_bits(after[k], found))
            shares[k] = (tad__share){
                TAD__ONE, shares[k].kind == TAD__LOCAL ? g * shares[k].number : shares[k].number, found, {0}};
    }
    return status;
}

/* ---- nodes with a record ---- */

/* The adjoint of operand in[k] before the node handed on; only where it first is an operand. */
static tad_status snapshot(tad__page *page, const tad__sweep *s, uint32_t operand, size_t offset)
{
    tad_array adjoint;
    if (!tad__is_reached(s->tape, operand))
        return TAD_OK;
    tad_status status = tad__adjoint_array(s, operand, &adjoint);
    if (status == TAD_OK && !tad__page_load(page, &adjoint, offset))
        status = tad__fail_memory(s->tape, s->caller, s->name);
    return status;
}

static bool appears_before(const uint32_t in[], int k)
{
    for (int j = 0; j < k; j++)
        if (in[j] == in[k])
            return true;
    return false;
}

/* What came in between: the adjoint now, less what it was. */
static tad_status compare(tad__page *page, const tad__sweep *s, uint32_t operand, size_t offset, bool reached,
                          size_t room, tad__share *share)
{
    tad_array adjoint;
    if (!tad__is_reached(s->tape, operand))
        return TAD_OK;
    tad_status status = tad__adjoint_array(s, operand, &adjoint);
    if (status == TAD_OK && !tad__page_load(page, &adjoint, room))
        status = tad__fail_memory(s->tape, s->caller, s->name);
    if (status != TAD_OK)
        return status;
    int64_t count = tad__array_count(&adjoint);
    double *now = page->numbers + room;
    double  after = count ? now[0] : 0;
    for (int64_t i = 0; reached && i < count; i++)
        now[i] -= page->numbers[offset + (size_t)i];
    share->kind = count == 1 ? TAD__ONE : TAD__MANY;
    if (count == 1)
        share->number = now[0], share->after = after;
    else
        share->summary = tad__summarise(now, count);
    return TAD_OK;
}

static tad_status watch_record(tad__page *page, const tad__sweep *s, uint32_t id, tad__share *shares)
{
    tad_tape       *tape = s->tape;
    const uint32_t *in;
    int             n = tad__operands(tape, id, &in);
    bool            watched[TAD_MAX_ARITY] = {false}, reached[TAD_MAX_ARITY];
    size_t          offsets[TAD_MAX_ARITY], room = 0;
    tad_status      status = TAD_OK;
    for (int k = 0; k < n && status == TAD_OK; k++) {
        tad_array array;
        watched[k] = tape->nodes[in[k]].flags & TAD__DIFFERENTIABLE && !appears_before(in, k);
        reached[k] = tad__is_reached(tape, in[k]);
        if (!watched[k])
            continue;
        tad__value_array(tape, in[k], &array);
        offsets[k] = room;
        room += (size_t)tad__array_count(&array);
        status = snapshot(page, s, in[k], offsets[k]);
    }
    if (status == TAD_OK)
        status = tad__sweep_node(s, id);
    tad__operands(tape, id, &in);
    for (int k = 0; k < n && status == TAD_OK; k++)
        if (watched[k])
            status = compare(page, s, in[k], offsets[k], reached[k], room, &shares[k]);
    return status;
}

/* ---- all of it ---- */

/* Empty shares for all operands. */
static tad_status make_shares(tad__page *page)
{
    const uint32_t *in;
    for (uint32_t id = 0; id <= page->last; id++)
        page->share_count += (size_t)tad__operands(page->tape, id, &in);
    if (!tad__reserve(&page->tape->allocator, (void **)&page->shares, &page->share_capacity, page->share_count + 1,
                      sizeof *page->shares))
        return tad__fail_memory(page->tape, page->caller, "tad_write_html");
    memset(page->shares, 0, page->share_count * sizeof *page->shares);
    return TAD_OK;
}

tad_status tad__page_sweep(tad__page *page)
{
    tad_tape        *tape = page->tape;
    const tad__sweep s = {.tape = tape, .high = page->last, .name = "tad_write_html", .caller = page->caller};
    tad_status       status = tad__sweep_from(&s);
    if (status == TAD_OK)
        status = make_shares(page);
    tad__share *shares = page->shares + page->share_count;
    for (uint32_t id = page->last + 1; id-- > 0 && status == TAD_OK;) {
        const uint32_t *in;
        shares -= tad__operands(tape, id, &in);
        if (!tad__is_reached(tape, id) || !(tape->nodes[id].flags & TAD__DIFFERENTIABLE) ||
            tape->nodes[id].flags & TAD__LEAF)
            continue;
        status =
            tape->nodes[id].flags & TAD__RECORD ? watch_record(page, &s, id, shares) : watch_scalar(&s, id, shares);
    }
    if (status == TAD_OK)
        tape->swept = page->last + 1;
    return status;
}
