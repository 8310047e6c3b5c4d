/* Products of vectors with the Jacobian of several values, dy/dx, as numbers. The elements of the y, one value after the
 * other, are its rows, those of the x its columns. */
#ifndef TAD__DIFF_PRODUCTS_H
#define TAD__DIFF_PRODUCTS_H

#include "diff/sweep.h"

typedef struct tad__list {
    size_t         n;
    const tad_var *x;
    size_t         elements; /* of all together */
} tad__list;

typedef struct tad__jacobian {
    tad_tape   *tape;
    tad__list   y, x;
    tad__list   w, gx; /* once tad__transpose was called: gx is the product of w and the Jacobian, recorded */
    const char *name;  /* the public function, for errors */
    const void *caller;
} tad__jacobian;

/* Opens the Jacobian of m values for n others, which are checked. Nothing needs to be closed. */
tad_status tad__open_jacobian(size_t m, const tad_var y[], size_t n, const tad_var x[], const char *name,
                              const void *caller, tad__jacobian *out);

/* The other kind: the Hessian of y, which is the Jacobian of its gradient. Records the gradient. */
tad_status tad__open_hessian(tad_var y, size_t n, const tad_var x[], const char *name, const void *caller,
                             tad__jacobian *out);

/* product[columns] = u[rows]' J: one reverse sweep, and nothing is recorded. */
tad_status tad__pull(const tad__jacobian *j, const double u[], double product[]);

/* product[rows] = J v[columns]. u' J is linear in u, so its own reverse sweep gives J v: nothing is recorded but, once, u' J,
 * by tad__transpose. */
tad_status tad__transpose(tad__jacobian *j);
tad_status tad__push(const tad__jacobian *j, const double v[], double product[]);

/* Memory that lasts until tad__end_products gives back what was taken since tad__begin_products; NULL, and an error, if there is
 * none. What was recorded meanwhile is forgotten then. */
typedef struct tad__products {
    tad__recording recording;
    void          *scratch;
} tad__products;

tad_status tad__begin_products(tad_tape *tape, const char *name, const void *caller, tad__products *out);
tad_status tad__end_products(tad_tape *tape, const tad__products *p, tad_status status);
void      *tad__take(const tad__jacobian *j, size_t n, size_t item_bytes);

#endif
