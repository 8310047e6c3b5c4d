#include "diff/sets.h"

#include <string.h>

enum { LONGEST_LIST = 32 };

void tad__sets_open(tad__sets *s, const tad_allocator *allocator)
{
    *s = (tad__sets){.allocator = allocator};
    s->out_of_memory = !tad__reserve(allocator, (void **)&s->sets, &s->capacity, 64, sizeof *s->sets);
    if (!s->out_of_memory)
        s->sets[s->count++] = (tad__set){0};
}

void tad__sets_close(tad__sets *s)
{
    tad__resize(s->allocator, s->sets, s->capacity * sizeof *s->sets, 0);
    tad__resize(s->allocator, s->elements, s->element_capacity * sizeof *s->elements, 0);
    tad__resize(s->allocator, s->table, s->table_size * sizeof *s->table, 0);
    tad__resize(s->allocator, s->seen, s->seen_capacity * sizeof *s->seen, 0);
    tad__resize(s->allocator, s->stack, s->stack_capacity * sizeof *s->stack, 0);
}

/* ---- finding a set again ---- */

static size_t hash(uint32_t kind, size_t n, const uint32_t numbers[])
{
    uint64_t h = kind + 1;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ numbers[i]) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return (size_t)(h ^ h >> 32);
}

/* What a set is: its list, or the two it is the union of. */
static size_t contents(const tad__sets *s, uint32_t set, const uint32_t **numbers)
{
    const tad__set *at = &s->sets[set];
    *numbers = at->size ? &s->elements[at->first] : &at->first;
    return at->size ? at->size : 2;
}

static size_t slot_of(const tad__sets *s, bool list, size_t n, const uint32_t numbers[])
{
    size_t at = hash(list, n, numbers) & (s->table_size - 1);
    for (; s->table[at]; at = (at + 1) & (s->table_size - 1)) {
        const uint32_t *others;
        size_t          m = contents(s, s->table[at], &others);
        if (m == n && (s->sets[s->table[at]].size != 0) == list && memcmp(others, numbers, n * sizeof *numbers) == 0)
            break;
    }
    return at;
}

/* At most half of the table is in use. */
static bool grow_table(tad__sets *s)
{
    size_t    old = s->table_size, size = old ? 2 * old : 256, bytes;
    uint32_t *table = tad__multiply(size, sizeof *table, &bytes) ? tad__resize(s->allocator, NULL, 0, bytes) : NULL;
    if (!table)
        return false;
    memset(table, 0, bytes);
    tad__resize(s->allocator, s->table, old * sizeof *table, 0);
    s->table = table;
    s->table_size = size;
    for (size_t i = 1; i < s->count; i++) {
        const uint32_t *numbers;
        size_t          n = contents(s, (uint32_t)i, &numbers);
        table[slot_of(s, s->sets[i].size != 0, n, numbers)] = (uint32_t)i;
    }
    return true;
}

static uint32_t keep(tad__sets *s, bool list, size_t n, const uint32_t numbers[])
{
    if (s->out_of_memory)
        return 0;
    if (2 * (s->count + 1) > s->table_size && !grow_table(s)) {
        s->out_of_memory = true;
        return 0;
    }
    size_t at = slot_of(s, list, n, numbers);
    if (s->table[at])
        return s->table[at];
    if (s->count == UINT32_MAX || s->element_count > UINT32_MAX - LONGEST_LIST ||
        !tad__reserve(s->allocator, (void **)&s->sets, &s->capacity, s->count + 1, sizeof *s->sets) ||
        !tad__reserve(s->allocator, (void **)&s->elements, &s->element_capacity, s->element_count + LONGEST_LIST,
                      sizeof *s->elements)) {
        s->out_of_memory = true;
        return 0;
    }
    if (list) {
        s->sets[s->count] = (tad__set){(uint32_t)n, (uint32_t)s->element_count, 0};
        memcpy(&s->elements[s->element_count], numbers, n * sizeof *numbers);
        s->element_count += n;
    } else {
        s->sets[s->count] = (tad__set){0, numbers[0], numbers[1]};
    }
    s->table[at] = (uint32_t)s->count;
    return (uint32_t)s->count++;
}

/* ---- making sets ---- */

uint32_t tad__sets_single(tad__sets *s, uint32_t element)
{
    return keep(s, true, 1, &element);
}

static size_t merge(const tad__sets *s, uint32_t a, uint32_t b, uint32_t out[2 * LONGEST_LIST])
{
    const uint32_t *x = &s->elements[s->sets[a].first], *y = &s->elements[s->sets[b].first];
    const uint32_t *end_x = x + s->sets[a].size, *end_y = y + s->sets[b].size;
    size_t          n = 0;
    while (x < end_x && y < end_y) {
        uint32_t least = *x < *y ? *x : *y;
        x += *x == least;
        y += *y == least;
        out[n++] = least;
    }
    while (x < end_x)
        out[n++] = *x++;
    while (y < end_y)
        out[n++] = *y++;
    return n;
}

/* Is `part` one of the two sets that `set` is the union of? */
static bool has(const tad__sets *s, uint32_t set, uint32_t part)
{
    const tad__set *at = &s->sets[set];
    return at->size == 0 && (at->first == part || at->other == part);
}

uint32_t tad__sets_union(tad__sets *s, uint32_t a, uint32_t b)
{
    if (a == b || b == 0 || has(s, a, b))
        return a;
    if (a == 0 || has(s, b, a))
        return b;
    if (s->sets[a].size && s->sets[b].size) {
        uint32_t merged[2 * LONGEST_LIST];
        size_t   n = merge(s, a, b, merged);
        if (n <= LONGEST_LIST)
            return keep(s, true, n, merged);
    }
    return keep(s, false, 2, (const uint32_t[]){a < b ? a : b, a < b ? b : a});
}

/* ---- listing them ---- */

static bool open_round(tad__sets *s)
{
    if (!tad__reserve(s->allocator, (void **)&s->seen, &s->seen_capacity, s->count, sizeof *s->seen))
        return false;
    memset(s->seen + s->seen_count, 0, (s->seen_capacity - s->seen_count) * sizeof *s->seen);
    s->seen_count = s->seen_capacity;
    if (++s->round == 0) {
        memset(s->seen, 0, s->seen_count * sizeof *s->seen);
        s->round = 1;
    }
    return true;
}

void tad__sets_visit(tad__sets *s, uint32_t set, tad__visit_elements *visit, void *user)
{
    size_t depth = 0;
    if (set == 0 || s->out_of_memory)
        return;
    if (!open_round(s)) {
        s->out_of_memory = true;
        return;
    }
    for (;;) {
        const tad__set *at = &s->sets[set];
        bool            fresh = s->seen[set] != s->round;
        s->seen[set] = s->round;
        if (fresh && at->size)
            visit(user, at->size, &s->elements[at->first]);
        if (fresh && !at->size) {
            if (!tad__reserve(s->allocator, (void **)&s->stack, &s->stack_capacity, depth + 1, sizeof *s->stack)) {
                s->out_of_memory = true;
                return;
            }
            s->stack[depth++] = at->other;
            set = at->first;
            continue;
        }
        if (depth == 0)
            return;
        set = s->stack[--depth];
    }
}
