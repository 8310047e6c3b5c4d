/* The store of parameters. They lie in an arena, one after the other, and go all at once. */
#include "base/callsite.h"
#include "base/table.h"
#include "diff/adjoints.h"
#include "nn/init.h"

#include <tad/params.h>

#include <inttypes.h>
#include <string.h>

typedef struct entry {
    tad_param      param; /* first, so that a parameter is its entry */
    tad_params    *store;
    UT_hash_handle hh;
} entry;

struct tad_params {
    tad_allocator allocator;
    tad__arena    arena, scratch;
    entry        *by_name;
    entry       **entries; /* in the order in which they were made */
    size_t        count, capacity;
    uint64_t      seed;
    tad_status    status;
    const void   *caller;
    bool          located;
    char          message[400];
};

tad_params *tad_params_new(const tad_allocator *allocator, uint64_t seed)
{
    if (!allocator)
        allocator = &tad__malloc_allocator;
    tad_params *params = allocator->resize ? tad__resize(allocator, NULL, 0, sizeof *params) : NULL;
    if (!params)
        return NULL;
    memset(params, 0, sizeof *params);
    params->allocator = *allocator;
    params->arena.allocator = params->scratch.allocator = &params->allocator;
    params->seed = seed;
    return params;
}

void tad_params_free(tad_params *params)
{
    if (!params)
        return;
    const tad_allocator  allocator = params->allocator;
    const tad_allocator *table_allocator = &allocator;
    HASH_CLEAR(hh, params->by_name);
    tad__arena_free(&params->arena);
    tad__arena_free(&params->scratch);
    tad__resize(&allocator, params->entries, params->capacity * sizeof *params->entries, 0);
    tad__resize(&allocator, params, sizeof *params, 0);
}

/* ---- errors ---- */

static tad_status fail(tad_params *params, const void *caller, tad_status status, const char *format, ...)
    TAD_PRINTF(4, 5);

static tad_status fail(tad_params *params, const void *caller, tad_status status, const char *format, ...)
{
    if (params->status != TAD_OK)
        return status;
    tad__text text = {.out = params->message, .size = sizeof params->message};
    va_list   list;
    va_start(list, format);
    tad__text_add_list(&text, format, list);
    va_end(list);
    params->status = status;
    params->caller = caller;
    params->located = false;
    return status;
}

tad_status tad_params_status(const tad_params *params)
{
    return params ? params->status : TAD_EARG;
}

const char *tad_params_message(const tad_params *params)
{
    if (!params)
        return "the store is NULL: out of memory in tad_params_new?";
    if (params->status != TAD_OK && !params->located) {
        tad_params *writable = (tad_params *)(uintptr_t)params; /* the message is completed on first reading */
        char        place[160] = "";
        tad__text   where = {.out = place, .size = sizeof place};
        tad__text   text = {writable->message, sizeof writable->message, strlen(params->message)};
        writable->located = true;
        tad__callsite_add(&where, params->caller);
        if (where.length > 0)
            tad__text_add(&text, ", at %s", place);
    }
    return params->message;
}

void tad_params_clear_error(tad_params *params)
{
    if (!params)
        return;
    params->status = TAD_OK;
    params->message[0] = '\0';
}

/* ---- making ---- */

static tad_status check(tad_params *params, const char *name, tad_dtype dtype, int rank, const int64_t dims[],
                        tad_init init, tad_array *array, const void *caller)
{
    const char *me = "tad_param_new";
    if (!name || !*name)
        return fail(params, caller, TAD_EARG, "%s: the name is %s", me, name ? "empty" : "NULL");
    if (tad_params_find(params, name))
        return fail(params, caller, TAD_EARG, "%s: there is a parameter \"%.100s\" already", me, name);
    if (dtype != TAD_F32 && dtype != TAD_F64)
        return fail(params, caller, TAD_EDTYPE, "%s: \"%.100s\" is of type %s; expected f32 or f64", me, name,
                    tad_dtype_name(dtype));
    if (rank < 0 || rank > TAD_MAX_RANK || (rank > 0 && !dims))
        return fail(params, caller, TAD_EARG, "%s: \"%.100s\" has rank %d%s; expected 0 to %d, and as many sizes", me,
                    name, rank, dims ? "" : " and dims NULL", TAD_MAX_RANK);
    for (int i = 0; i < rank; i++)
        if (dims[i] < 0)
            return fail(params, caller, TAD_EARG, "%s: size %" PRId64 " of axis %d of \"%.100s\" is negative", me,
                        dims[i], i, name);
    if ((int)init.filling < TAD_ZEROS || (int)init.filling > TAD_ORTHOGONAL)
        return fail(params, caller, TAD_EARG, "%s: %d is no filling", me, (int)init.filling);
    if (init.filling == TAD_ORTHOGONAL && rank < 2)
        return fail(params, caller, TAD_ESHAPE, "%s: \"%.100s\" has rank %d; an orthogonal one needs two axes", me,
                    name, rank);
    array->dtype = dtype;
    tad__array_set_shape(array, rank, dims);
    if (!tad__array_fits(array))
        return fail(params, caller, TAD_ESHAPE, "%s: the sizes of \"%.100s\" are more bytes than memory can address",
                    me, name);
    return TAD_OK;
}

/* Everything of a parameter, in the arena, from the entry on. NULL: no memory. */
static entry *make(tad_params *params, const char *name, const tad_array *array, tad_init init)
{
    size_t bytes = tad__array_bytes(array), length = strlen(name) + 1;
    entry *e = tad__arena_take(&params->arena, sizeof *e);
    if (!e)
        return NULL;
    char *copy = tad__arena_take(&params->arena, length);
    void *value = copy ? tad__arena_take(&params->arena, bytes) : NULL;
    void *gradient = value ? tad__arena_take(&params->arena, bytes) : NULL;
    if (gradient) {
        *e = (entry){
            .store = params,
            .param = {.name = copy, .dtype = array->dtype, .rank = array->rank, .value = value, .gradient = gradient}};
        memcpy(copy, name, length);
        for (int i = 0; i < array->rank; i++)
            e->param.dims[i] = array->dims[i];
        e->param.count = tad__array_count(array);
        memset(gradient, 0, bytes);
        if (tad__init(&e->param, init, params->seed, &params->scratch))
            return e;
    }
    tad__arena_rewind(&params->arena, e);
    return NULL;
}

static bool insert(tad_params *params, entry *e)
{
    const tad_allocator *table_allocator = &params->allocator;
    bool                 out_of_memory = false;
    if (!tad__reserve(&params->allocator, (void **)&params->entries, &params->capacity, params->count + 1,
                      sizeof *params->entries))
        return false;
    HASH_ADD_KEYPTR(hh, params->by_name, e->param.name, strlen(e->param.name), e);
    if (!out_of_memory)
        params->entries[params->count++] = e;
    return !out_of_memory;
}

tad_param *tad_param_new(tad_params *params, const char *name, tad_dtype dtype, int rank, const int64_t dims[],
                         tad_init init)
{
    const void *caller = TAD_CALLER;
    tad_array   array = {0};
    if (!params || check(params, name, dtype, rank, dims, init, &array, caller) != TAD_OK)
        return NULL;
    entry *e = make(params, name, &array, init);
    if (e && insert(params, e))
        return &e->param;
    if (e)
        tad__arena_rewind(&params->arena, e);
    fail(params, caller, TAD_ENOMEM, "tad_param_new: out of memory for \"%.100s\"", name);
    return NULL;
}

/* ---- looking ---- */

size_t tad_params_count(const tad_params *params)
{
    return params ? params->count : 0;
}

tad_param *tad_params_at(const tad_params *params, size_t i)
{
    return params && i < params->count ? &params->entries[i]->param : NULL;
}

tad_param *tad_params_find(const tad_params *params, const char *name)
{
    entry *found = NULL;
    if (params && name)
        HASH_FIND_STR(params->by_name, name, found);
    return found ? &found->param : NULL;
}

int64_t tad_params_elements(const tad_params *params, bool frozen)
{
    int64_t elements = 0;
    for (size_t i = 0; i < tad_params_count(params); i++)
        if (frozen || !params->entries[i]->param.frozen)
            elements += params->entries[i]->param.count;
    return elements;
}

size_t tad_params_freeze(tad_params *params, const char *prefix, bool frozen)
{
    size_t found = 0;
    for (size_t i = 0; i < tad_params_count(params) && prefix; i++) {
        tad_param *param = &params->entries[i]->param;
        if (strncmp(param->name, prefix, strlen(prefix)) == 0 && !param->state) {
            param->frozen = frozen;
            found++;
        }
    }
    return found;
}

size_t tad_params_summary(const tad_params *params, char *out, size_t size)
{
    tad__text text = {.out = out, .size = out ? size : 0};
    int64_t   trained = tad_params_elements(params, false), all = tad_params_elements(params, true);
    size_t    bytes = 0;
    tad__text_add(&text, "%-40s %-24s %12s\n", "name", "shape", "elements");
    for (size_t i = 0; i < tad_params_count(params); i++) {
        const tad_param *param = &params->entries[i]->param;
        char             words[256] = "";
        tad__text        shape = {.out = words, .size = sizeof words};
        tad_array        array = {.dtype = param->dtype};
        tad__array_set_shape(&array, param->rank, param->dims);
        tad__text_add_shape(&shape, &array);
        tad__text_add(&text, "%-40s %-24s %12" PRId64 "%s\n", param->name, words, param->count,
                      param->state    ? "  state"
                      : param->frozen ? "  frozen"
                                      : "");
        bytes += tad__array_bytes(&array);
    }
    tad__text_add(&text, "%zu parameters of %" PRId64 " elements, %" PRId64 " of them trained; %zu bytes\n",
                  tad_params_count(params), all, trained, bytes);
    return text.length;
}

/* ---- gradients ---- */

/* The sweep adds to the parameters' own memory. Numbers, which it keeps among its own, are added behind it. */
static void place(const tad__sweep *s, void *user)
{
    for (size_t i = 0; i < s->tape->use_count && s->tape->uses[i].id <= s->high; i++) {
        const tad__use *use = &s->tape->uses[i];
        unsigned        flags = s->tape->nodes[use->id].flags;
        if (((entry *)(void *)use->param)->store == user && flags & TAD__DIFFERENTIABLE && !(flags & TAD__SCALAR))
            tad__adjoint_place(s->tape, use->id, use->param->gradient);
    }
}

tad_status tad_params_backward(tad_params *params, tad_var loss)
{
    const void *caller = TAD_CALLER;
    if (!params)
        return loss.tape ? tad__fail(loss.tape, caller, TAD_EARG, "tad_params_backward: the store is NULL") : TAD_EARG;
    tad_status status = tad__backward(loss, place, params, "tad_params_backward", caller);
    if (status != TAD_OK)
        return status;
    const tad_tape *tape = loss.tape;
    for (size_t i = 0; i < tape->use_count && tape->uses[i].id <= loss.id; i++) {
        const tad__use *use = &tape->uses[i];
        unsigned        flags = tape->nodes[use->id].flags;
        if (((entry *)(void *)use->param)->store == params && flags & TAD__DIFFERENTIABLE && flags & TAD__SCALAR &&
            tad__is_reached(tape, use->id))
            *(double *)use->param->gradient += tape->adjoints[use->id].number;
    }
    return TAD_OK;
}

void tad_params_zero_gradients(tad_params *params)
{
    for (size_t i = 0; i < tad_params_count(params); i++) {
        tad_param *param = &params->entries[i]->param;
        memset(param->gradient, 0, (size_t)param->count * tad_dtype_size(param->dtype));
    }
}
