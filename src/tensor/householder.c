#include "tensor/householder.h"

#include <math.h>

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* x less its reflection on the plane that v is normal to; v' v = 2 / tau. */
static void reflect(size_t n, const double *v, double tau, double *x)
{
    double s = tau * dot(n, v, x);
    for (size_t i = 0; i < n; i++)
        x[i] -= s * v[i];
}

void tad__triangularise(size_t m, size_t n, double *a, double *b)
{
    for (size_t j = 0; j < n; j++) {
        double *v = a + j * m + j;
        size_t  rows = m - j;
        double  length = sqrt(dot(rows, v, v));
        if (length == 0)
            continue;
        double end = *v > 0 ? -length : length;
        *v -= end;
        double tau = 2 / dot(rows, v, v);
        for (size_t k = j + 1; k < n; k++)
            reflect(rows, v, tau, a + k * m + j);
        reflect(rows, v, tau, b + j);
        *v = end;
    }
}

void tad__solve_upper(size_t m, size_t n, const double *a, const double *b, double *x)
{
    for (size_t i = n; i-- > 0;) {
        double sum = b[i];
        for (size_t k = i + 1; k < n; k++)
            sum -= a[k * m + i] * x[k];
        x[i] = sum / a[i * m + i];
    }
}
