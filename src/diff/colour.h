/* Colouring lines of a sparse matrix, so that those of one colour can share a product. */
#ifndef TAD__DIFF_COLOUR_H
#define TAD__DIFF_COLOUR_H

#include "diff/pattern.h"

#define TAD__NO_PRODUCT SIZE_MAX

/* Products number 0 to pulls - 1 are u' J, where u is 1 for the rows of that number; those from there on are J v. Entry k, by
 * rows, is element place[k] of product number product[k]. */
typedef struct tad__plan {
    size_t  pulls, pushes;
    size_t *row_product, *column_product; /* the number of each line; TAD__NO_PRODUCT: in none */
    size_t *product, *place;
} tad__plan;

/* All arrays are taken with tad__take. */
tad_status tad__plan_jacobian(const tad__jacobian *j, const tad__pattern *p, tad__plan *out);
tad_status tad__plan_hessian(const tad__jacobian *j, const tad__pattern *p, tad__plan *out);

#endif
