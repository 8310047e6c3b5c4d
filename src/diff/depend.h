/* On which elements of the x each element of each node depends, as sets of their numbers. */
#ifndef TAD__DIFF_DEPEND_H
#define TAD__DIFF_DEPEND_H

#include "diff/products.h"
#include "diff/sets.h"

/* What is known of a node: of a scalar, a set; of any other, an array of them (as TAD_I64, and possibly a view). */
typedef union tad__known {
    int64_t    set;
    tad_array *sets;
} tad__known;

typedef struct tad__dependence {
    const tad__jacobian *j;
    uint32_t             low, high;
    unsigned char       *states; /* of the nodes from low to high */
    tad__known          *known;
    tad__sets            sets;
} tad__dependence;

/* Time: in proportion to the elements of the nodes between the x and the y, as long as sets are small. Memory: 16 bytes an
 * element, and at most 180 for each different set. In the tape's scratch, and in blocks that are freed by closing. */
tad_status tad__open_dependence(const tad__jacobian *j, tad__dependence *out);
void       tad__close_dependence(tad__dependence *d);

/* The number of elements of a node, and the set of element i, in C order. */
int64_t  tad__dependence_count(const tad__dependence *d, uint32_t id);
uint32_t tad__dependence_at(const tad__dependence *d, uint32_t id, int64_t i);

#endif
