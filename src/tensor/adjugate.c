/* With complete pivoting p a q = l u, and adj(a) = det(p) det(q) q adj(u) l^-1 p. If only the last pivot z of u can be 0, and d
 * is the product of the others, then with u = (v w; 0 z)
 *
 *     adj(u) = d (z v^-1  -v^-1 w; 0  1)
 *
 * has no division by z. If another one is 0, so is the adjugate: the rank is below n - 1. */
#include "tensor/adjugate.h"

#include <math.h>

static void exchange(double *x, double *y)
{
    double kept = *x;
    *x = *y;
    *y = kept;
}

/* Moves the largest element that is left to the diagonal; returns the sign that gives the determinant. */
static int pivot(int64_t n, int64_t k, double *a, int64_t *row, int64_t *column)
{
    *row = *column = k;
    for (int64_t j = k; j < n; j++)
        for (int64_t i = k; i < n; i++)
            if (fabs(a[i + j * n]) > fabs(a[*row + *column * n])) {
                *row = i;
                *column = j;
            }
    for (int64_t j = 0; j < n; j++)
        exchange(&a[k + j * n], &a[*row + j * n]);
    for (int64_t i = 0; i < n; i++)
        exchange(&a[i + k * n], &a[i + *column * n]);
    return (*row != k) == (*column != k) ? 1 : -1;
}

static void eliminate(int64_t n, int64_t k, double *a)
{
    for (int64_t i = k + 1; i < n; i++)
        a[i + k * n] /= a[k + k * n];
    for (int64_t j = k + 1; j < n; j++)
        for (int64_t i = k + 1; i < n; i++)
            a[i + j * n] -= a[i + k * n] * a[k + j * n];
}

/* x := column `c` of adj(u) l^-1 / d */
static void solve_column(int64_t n, int64_t c, const double *a, double *x)
{
    const double *w = a + (n - 1) * n;
    for (int64_t i = 0; i < n; i++)
        x[i] = i == c;
    for (int64_t j = c; j < n; j++)
        for (int64_t i = j + 1; i < n; i++)
            x[i] -= a[i + j * n] * x[j];
    for (int64_t i = 0; i < n - 1; i++)
        x[i] = w[n - 1] * x[i] - w[i] * x[n - 1];
    for (int64_t j = n - 2; j >= 0; j--) {
        x[j] /= a[j + j * n];
        for (int64_t i = 0; i < j; i++)
            x[i] -= a[i + j * n] * x[j];
    }
}

void tad__adjugate(int64_t n, double *a, double *out, double *work)
{
    int64_t *rows = (int64_t *)(void *)work, *columns = rows + n; /* as large as doubles */
    double  *inner = work + 2 * n, product = 1;
    for (int64_t k = 0; k < n; k++) {
        product *= pivot(n, k, a, &rows[k], &columns[k]);
        if (k < n - 1)
            product *= a[k + k * n];
        if (k < n - 1 && product != 0)
            eliminate(n, k, a);
    }
    for (int64_t c = 0; c < n; c++) {
        if (product != 0)
            solve_column(n, c, a, inner);
        for (int64_t i = 0; i < n; i++)
            out[i + c * n] = product != 0 ? product * inner[i] : 0;
    }
    for (int64_t k = n - 1; k >= 0; k--) {
        for (int64_t i = 0; i < n; i++)
            exchange(&out[i + k * n], &out[i + rows[k] * n]);
        for (int64_t j = 0; j < n; j++)
            exchange(&out[k + j * n], &out[columns[k] + j * n]);
    }
}
