// The peer's side of the benchmark, in the fastest way that was found: values are kept while tracing (keep = 1), so that
// one reverse sweep follows at once, and buffers are so large that no trace goes to a file, but no larger.
#include "adolc.h"

#include <adolc/adolc.h>

enum { DETERMINANT = 1, NETWORK = 2, MAX_SIZE = 11 };

// elements: operations, locations, values, Taylor coefficients
static void start(short tag, unsigned n)
{
    trace_on(tag, 1, n, 4 * n, n, 2 * n, 1);
}

static double one = 1;

// adouble matrix of the trace that is being made
static const adouble *entries;
static int            entries_size;
#define NAME determinant
#define NUMBER adouble
#define ENTRY(i, j) entries[(i)*entries_size + (j)]
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#include "determinant.inc"

#define NAME network
#define NUMBER adouble
#define CONSTANT(c) (c)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define SIGMOID(x) (1 / (1 + exp(-(x))))
#include "network.inc"

extern "C" void adolc_determinant(int size, const double *matrix, double *value, double *gradient)
{
    {
        adouble a[MAX_SIZE * MAX_SIZE], y;
        start(DETERMINANT, 1u << 23);
        for (int i = 0; i < size * size; i++)
            a[i] <<= matrix[i];
        entries = a;
        entries_size = size;
        y = determinant(0, (1u << size) - 1);
        y >>= *value;
        trace_off();
    }
    fos_reverse(DETERMINANT, 1, size * size, &one, gradient);
}

extern "C" void adolc_determinant_again(int size, const double *matrix, double *value, double *gradient)
{
    zos_forward(DETERMINANT, 1, size * size, 1, matrix, value);
    fos_reverse(DETERMINANT, 1, size * size, &one, gradient);
}

extern "C" void adolc_network(const double x[10], double *value, double gradient[10])
{
    {
        adouble a[10], y;
        start(NETWORK, 1u << 10);
        for (int i = 0; i < 10; i++)
            a[i] <<= x[i];
        y = network(a);
        y >>= *value;
        trace_off();
    }
    fos_reverse(NETWORK, 1, 10, &one, gradient);
}

extern "C" void adolc_network_again(const double x[10], double *value, double gradient[10])
{
    zos_forward(NETWORK, 1, 10, 1, x, value);
    fos_reverse(NETWORK, 1, 10, &one, gradient);
}
