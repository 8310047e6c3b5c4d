#include "support.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In front of every block, and as large as the strictest alignment needs. */
typedef union header {
    size_t      bytes;
    max_align_t alignment;
} header;

static bool refuses(heap *h, size_t bytes)
{
    h->calls++;
    bool fails = h->fail_at && (h->calls == h->fail_at || (h->for_ever && h->calls > h->fail_at));
    return fails || (h->limit && bytes > h->limit);
}

static void *heap_resize(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    heap   *h = user;
    header *old = block ? (header *)block - 1 : NULL;
    size_t  had = old ? old->bytes : 0;
    ck_assert_msg(old_bytes == had, "a block of %zu bytes is said to have %zu", had, old_bytes);
    ck_assert_msg(block || new_bytes, "a NULL block is freed");
    if (new_bytes > 0 && refuses(h, new_bytes))
        return NULL;
    h->bytes += new_bytes - had;
    h->peak = h->bytes > h->peak ? h->bytes : h->peak;
    if (new_bytes == 0) {
        h->blocks--;
        free(old);
        return NULL;
    }
    header *grown = malloc(sizeof *grown + new_bytes); /* always moves, so that who keeps an old address is found out */
    ck_assert_ptr_nonnull(grown);
    grown->bytes = new_bytes;
    memset(grown + 1, 0xa5, new_bytes);
    if (old)
        memcpy(grown + 1, old + 1, had < new_bytes ? had : new_bytes);
    else
        h->blocks++;
    free(old);
    return grown + 1;
}

tad_allocator heap_allocator(heap *h)
{
    return (tad_allocator){heap_resize, h};
}

tad_tape *heap_tape(heap *h)
{
    tad_allocator allocator = heap_allocator(h);
    return tad_tape_new_with(&allocator);
}

bool under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");
    return preloaded && strstr(preloaded, "vgpreload");
}

void expect_error_at(tad_tape *tape, tad_status status, const char *text, const char *what, const char *file, int line)
{
    tad_status  found = tad_tape_status(tape);
    const char *message = tad_tape_message(tape);
    ck_assert_msg(found == status, "%s:%d: %s: status %s (%s); expected %s", file, line, what, tad_status_name(found),
                  message, tad_status_name(status));
    ck_assert_msg(strstr(message, text) != NULL, "%s:%d: %s: message '%s'; expected '%s'", file, line, what, message,
                  text);
    tad_tape_clear_error(tape);
}

void expect_refused_at(tad_tape *tape, tad_var found, tad_status status, const char *text, const char *what,
                       const char *file, int line)
{
    ck_assert_msg(!tad_is_valid(found), "%s:%d: %s is not refused", file, line, what);
    expect_error_at(tape, status, text, what, file, line);
}

void expect_no_error_at(const tad_tape *tape, const char *what, const char *file, int line)
{
    ck_assert_msg(tad_tape_status(tape) == TAD_OK, "%s:%d: %s: %s", file, line, what, tad_tape_message(tape));
}

void expect_near_at(double found, double expected, double tolerance, const char *what, const char *file, int line)
{
    double magnitude = fabs(expected) > 1 ? fabs(expected) : 1;
    ck_assert_msg(fabs(found - expected) <= tolerance * magnitude, "%s:%d: %s is %.17g; expected %.17g within %g", file,
                  line, what, found, expected, tolerance);
}

void expect_array_at(tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes), size_t n,
                     const double expected[], const char *what, const char *file, int line)
{
    ck_assert_msg(tad_count(x) == (int64_t)n, "%s:%d: %s has %lld elements; expected %zu", file, line, what,
                  (long long)tad_count(x), n);
    ck_assert_msg(tad_dtype_of(x) == TAD_F64, "%s:%d: %s is not f64", file, line, what);
    double    *found = malloc(n * sizeof *found + 1);
    tad_status status = read(x, found, n * sizeof *found);
    ck_assert_msg(status == TAD_OK, "%s:%d: reading %s: %s", file, line, what, tad_status_name(status));
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(found[i] == expected[i], "%s:%d: element %zu of %s is %.17g; expected %.17g", file, line, i, what,
                      found[i], expected[i]);
    free(found);
}

void expect_all_near(tad_var x, tad_status (*read)(tad_var x, void *out, size_t bytes), int64_t n,
                     const double expected[], double tolerance, const char *what)
{
    double    *found = malloc((size_t)n * sizeof *found + 1);
    tad_status status = read(x, found, (size_t)n * sizeof *found);
    ck_assert_msg(status == TAD_OK && tad_count(x) == n, "%s: %s: %s", what, tad_status_name(status),
                  tad_tape_message(x.tape));
    for (int64_t i = 0; i < n; i++) {
        bool same = found[i] == expected[i] || (isnan(found[i]) && isnan(expected[i]));
        ck_assert_msg(same || fabs(found[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i])),
                      "%s: element %lld is %.17g; expected %.17g", what, (long long)i, found[i], expected[i]);
    }
    free(found);
}

tad_var random_f64(tad_tape *tape, uint64_t seed, double most, int rank, const int64_t dims[], double out[])
{
    int64_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= dims[i];
    for (int64_t i = 0; i < n; i++)
        out[i] = tad__random_uniform(seed, (uint64_t)i, -most, most);
    return tad_tensor(tape, TAD_F64, rank, dims, out);
}

tad_var vector(tad_tape *tape, int64_t n, const double data[])
{
    return tad_tensor(tape, TAD_F64, 1, &n, data);
}

tad_var matrix(tad_tape *tape, int64_t rows, int64_t columns, const double data[])
{
    return tad_tensor(tape, TAD_F64, 2, (const int64_t[]){rows, columns}, data);
}

tad_status op_same_shape(const tad_call *call)
{
    *call->out = call->in[0];
    return TAD_OK;
}

int64_t count_of(const tad_array *array)
{
    int64_t n = 1;
    for (int i = 0; i < array->rank; i++)
        n *= array->dims[i];
    return n;
}

void op_cube(const tad_call *call)
{
    const double *x = call->in[0].data;
    double       *y = call->out->data;
    for (int64_t i = 0; i < count_of(call->out); i++)
        y[i] = x[i] * x[i] * x[i];
}

void op_cube_vjp(const tad_rule *rule)
{
    rule->gx[0] = tad_mul(rule->gy, tad_mul(tad_constant(rule->y.tape, 3), tad_square(rule->x[0])));
}

tad_var apply_one(const tad_op *op, tad_var x)
{
    return tad_apply(op, (tad_args){.n = 1, .x = &x});
}
