/* Sets of numbers that never change, each with a number of its own; 0 is the empty one. Small sets are sorted lists, kept once
 * each. A larger one is the union of two others and nothing more, so that a set costs the same memory however many elements
 * it has: listing them walks down the unions. */
#ifndef TAD__DIFF_SETS_H
#define TAD__DIFF_SETS_H

#include "base/memory.h"

typedef struct tad__set {
    uint32_t size;         /* of a list; 0: a union */
    uint32_t first, other; /* where the list starts; or the two sets */
} tad__set;

typedef struct tad__sets {
    const tad_allocator *allocator;
    tad__set            *sets;
    uint32_t            *elements;
    uint32_t            *table; /* numbers of sets by hash; 0: free */
    size_t               count, capacity, element_count, element_capacity, table_size;
    uint32_t            *seen, *stack; /* for listing */
    size_t               seen_capacity, stack_capacity, seen_count;
    uint32_t             round;
    bool                 out_of_memory; /* results since are empty sets */
} tad__sets;

void     tad__sets_open(tad__sets *s, const tad_allocator *allocator);
void     tad__sets_close(tad__sets *s);
uint32_t tad__sets_single(tad__sets *s, uint32_t element);
uint32_t tad__sets_union(tad__sets *s, uint32_t a, uint32_t b);

/* Calls `visit` for each list that the set is the union of; an element can be in several of them. */
typedef void tad__visit_elements(void *user, size_t n, const uint32_t elements[]);
void         tad__sets_visit(tad__sets *s, uint32_t set, tad__visit_elements *visit, void *user);

#endif
