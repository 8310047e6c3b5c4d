#include "tensor/gather.h"

#include "tensor/loop.h"

/* ---- looking at indices ---- */

typedef struct search {
    int64_t size, seen, bad; /* seen: how many good ones came before */
    bool    found;
} search;

static bool is_bad(int64_t index, int64_t size)
{
    return (uint64_t)index + (uint64_t)size >= 2 * (uint64_t)size;
}

static void search_run(void *context, int64_t n, char *const at[], const int64_t strides[])
{
    search        *s = context;
    const int64_t *index = (const int64_t *)(const void *)at[0];
    bool           any = s->found;
    for (int64_t i = 0; i < n && !s->found; i++)
        any |= is_bad(index[i * strides[0]], s->size);
    for (int64_t i = 0; i < n && any && !s->found; i++) {
        s->bad = index[i * strides[0]];
        s->found = is_bad(s->bad, s->size);
        s->seen += !s->found;
    }
    s->seen += any ? 0 : n;
}

bool tad__find_bad_index(const tad_array *index, int64_t size, int64_t *bad, int64_t place[TAD_MAX_RANK])
{
    search    s = {.size = size};
    tad_array once = *index; /* a repeated index is looked at once */
    for (int i = 0; i < once.rank; i++)
        if (once.strides[i] == 0 && once.dims[i] > 1)
            once.dims[i] = 1;
    tad__loop(1, (const tad_array *const[]){&once}, search_run, &s);
    if (!s.found)
        return false;
    *bad = s.bad;
    for (int i = once.rank - 1; i >= 0; i--) {
        place[i] = s.seen % once.dims[i];
        s.seen /= once.dims[i];
    }
    return true;
}

/* ---- moving ---- */

/* The axis that indices run along, in the array that is read from or added to. */
typedef struct line {
    int64_t size, stride;
} line;

static inline int64_t offset_of(const line *l, int64_t index)
{
    return (index < 0 ? index + l->size : index) * l->stride;
}

/* Runs with one index for all their elements are rows of an embedding, say. */
#define DEFINE_GATHER(name, type, SET)                                                                                 \
    static void name##_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                     \
    {                                                                                                                  \
        const line    *l = context;                                                                                    \
        type          *to = (type *)(void *)at[0];                                                                     \
        const type    *from = (const type *)(const void *)at[1];                                                       \
        const int64_t *index = (const int64_t *)(const void *)at[2];                                                   \
        if (strides[2] == 0)                                                                                           \
            from += offset_of(l, *index);                                                                              \
        if (strides[2] == 0 && strides[0] == 1 && strides[1] == 1)                                                     \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i] SET from[i];                                                                                     \
        else if (strides[2] == 0)                                                                                      \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] SET from[i * strides[1]];                                                           \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] SET from[i * strides[1] + offset_of(l, index[i * strides[2]])];                     \
    }
#define DEFINE_SCATTER(type)                                                                                           \
    static void scatter_##type(void *context, int64_t n, char *const at[], const int64_t strides[])                    \
    {                                                                                                                  \
        const line    *l = context;                                                                                    \
        type          *to = (type *)(void *)at[0];                                                                     \
        const type    *from = (const type *)(const void *)at[1];                                                       \
        const int64_t *index = (const int64_t *)(const void *)at[2];                                                   \
        if (strides[2] == 0)                                                                                           \
            to += offset_of(l, *index);                                                                                \
        if (strides[2] == 0 && strides[0] == 1 && strides[1] == 1)                                                     \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i] += from[i];                                                                                      \
        else if (strides[2] == 0)                                                                                      \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0]] += from[i * strides[1]];                                                            \
        else                                                                                                           \
            for (int64_t i = 0; i < n; i++)                                                                            \
                to[i * strides[0] + offset_of(l, index[i * strides[2]])] += from[i * strides[1]];                      \
    }
DEFINE_GATHER(gather, float, =)
DEFINE_GATHER(gather, double, =)
DEFINE_GATHER(gather, int64_t, =)
DEFINE_GATHER(gather_add, float, +=)
DEFINE_GATHER(gather_add, double, +=)
DEFINE_SCATTER(float)
DEFINE_SCATTER(double)
DEFINE_SCATTER(int64_t)

/* An array in the shape of the indices, standing still along the axis, which `l` then knows. */
static tad_array across(const tad_array *array, int axis, const tad_array *index, line *l)
{
    tad_array view = *array;
    *l = (line){array->dims[axis], array->strides[axis]};
    tad__array_set_shape(&view, index->rank, index->dims);
    view.strides[axis] = 0;
    return view;
}

void tad__gather(const tad_array *to, const tad_array *from, int axis, const tad_array *index)
{
    static tad__run_function *const runs[] = {gather_float, gather_double, gather_int64_t};
    line                            l;
    tad_array                       base = across(from, axis, index, &l);
    tad__loop(3, (const tad_array *const[]){to, &base, index}, runs[to->dtype], &l);
}

void tad__gather_add(const tad_array *to, const tad_array *from, int axis, const tad_array *index)
{
    line      l;
    tad_array base = across(from, axis, index, &l), part = *to;
    tad__array_set_shape(&part, index->rank, index->dims);
    tad__loop(3, (const tad_array *const[]){&part, &base, index},
              to->dtype == TAD_F32 ? gather_add_float : gather_add_double, &l);
}

void tad__scatter_add(const tad_array *to, const tad_array *from, int axis, const tad_array *index)
{
    static tad__run_function *const runs[] = {scatter_float, scatter_double, scatter_int64_t};
    line                            l;
    tad_array                       base = across(to, axis, index, &l), part = *from;
    tad__array_set_shape(&part, index->rank, index->dims);
    tad__loop(3, (const tad_array *const[]){&base, &part, index}, runs[to->dtype], &l);
}
