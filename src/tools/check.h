/* A check under way: what check.c evaluates and modes.c differentiates. */
#ifndef TAD__TOOLS_CHECK_H
#define TAD__TOOLS_CHECK_H

#include "tools/gradcheck.h"

typedef struct tad__checker {
    tad__checked *c;
    tad_tape     *tape;
    size_t        count;  /* entries */
    double       *values; /* of all entries, and behind them room for as many numbers */
    double       *vector; /* a random direction v */
    tad_var      *x;      /* the leaves of one evaluation, as all lists here one for each input */
    tad_var      *leaf;   /* those of the first, which stays on the tape */
    tad_var      *wanted, *gx, *dx;
    uint32_t      first; /* node of the first evaluation */
    tad_var       y;     /* its result */
    int64_t       outputs;
    double        unit;     /* what a single output is weighed with: divided out, so that its gradient is reported */
    double       *weights;  /* of the outputs; behind them the centre and the sums of the stencil */
    double        epsilon;  /* of the least precise element type on the way */
    double        rounding; /* of the result, by the roundings of all nodes */
    bool          replays, three;
} tad__checker;

/* ---- check.c ---- */

tad_status tad__check_no_memory(const tad__checker *k);

/* A leaf of the shape of `input`, f64. */
tad_var tad__leaf_like(const tad__checker *k, tad_var input, const double values[], bool differentiable);

/* The value of x as f64 in C order. */
void tad__read_numbers(const tad__checker *k, tad_var x, double to[]);

/* Computes y again, from node `first` on. */
tad_status tad__replay_from(const tad__checker *k, uint32_t first, tad_var y, double to[]);

/* Where number i of the leaves is; sets all of them. */
double *tad__place(const tad__checker *k, const tad_var leaves[], size_t i);
void    tad__set_all(const tad__checker *k, const tad_var leaves[], const double values[]);

/* ---- modes.c ---- */

/* Inputs and elements of the entries. */
void tad__list_entries(const tad__checker *k);

/* Reverse mode, in numbers and recorded, and the rounding of the result; forward mode. */
tad_status tad__go_back(tad__checker *k);
tad_status tad__go_forward(tad__checker *k);

/* Is entry i one of those to be judged? */
bool tad__is_chosen(const tad__checker *k, size_t i);

#endif
