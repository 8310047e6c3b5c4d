/* The peer ADOL-C (A. Griewank, D. Juedes, J. Utke, ACM TOMS 22 (1996), 131-167), as the benchmark calls it. adolc.cpp
 * is compiled where the library is installed; TAD_BENCH_ADOLC tells. */
#ifndef TAD_BENCH_ADOLC_H
#define TAD_BENCH_ADOLC_H

#ifdef __cplusplus
extern "C" {
#endif

/* Value and gradient, traced anew. */
void adolc_determinant(int size, const double *matrix, double *value, double *gradient);
void adolc_network(const double x[10], double *value, double gradient[10]);

/* The same from the trace that the function above made last: nothing is recorded, ADOL-C evaluates its trace. That
 * serves where control flow never changes. */
void adolc_determinant_again(int size, const double *matrix, double *value, double *gradient);
void adolc_network_again(const double x[10], double *value, double gradient[10]);

#ifdef __cplusplus
}
#endif
#endif
