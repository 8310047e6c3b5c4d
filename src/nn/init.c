/* The numbers that parameters begin with. Only + - * / and sqrt, which IEEE 754 defines to the last bit, are used, so that
 * they are the same on every machine. */
#include "nn/init.h"

#include "base/random.h"
#include "tensor/lapack.h"

#include <math.h>

/* Every name has a stream of its own: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo). */
static uint64_t stream_of(const char *name, uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001b3u;
    return tad__random_mix(seed) ^ hash;
}

/* log x for 0 < x < 1: with x = m 2^e, log m = 2 atanh((m - 1) / (m + 1)). */
static double log_of(double x)
{
    int    e;
    double m = frexp(x, &e), t = (m - 1) / (m + 1), square = t * t, sum = 0;
    for (int k = 33; k > 0; k -= 2) /* |t| <= 1/3 */
        sum = sum * square + 1.0 / k;
    return 2 * t * sum + e * 0.693147180559945309417;
}

/* G. Marsaglia, T. Bray, SIAM Review 6, 1964; element i has numbers of its own to try. */
static double normal(uint64_t stream, uint64_t i)
{
    uint64_t own = tad__random_bits(stream, i);
    for (uint64_t k = 0;; k += 2) {
        double a = tad__random_uniform(own, k, -1, 1), b = tad__random_uniform(own, k + 1, -1, 1), s = a * a + b * b;
        if (s > 0 && s < 1)
            return a * sqrt(-2 * log_of(s) / s);
    }
}

static void put(const tad_param *param, int64_t i, double number)
{
    if (param->dtype == TAD_F32)
        ((float *)param->value)[i] = (float)number;
    else
        ((double *)param->value)[i] = number;
}

/* Q of a matrix of normal numbers, with R's diagonal positive; transposed if it is wide. */
static bool fill_orthogonal(const tad_param *param, double scale, uint64_t stream, tad__arena *scratch)
{
    int64_t rows = param->dims[0], columns = rows ? param->count / rows : 0;
    int64_t m = rows > columns ? rows : columns, n = rows > columns ? columns : rows;
    if (param->count == 0)
        return true;
    double *a = tad__arena_take(scratch, (size_t)(m * n + n * n + tad__qr_work(n)) * sizeof *a);
    if (!a)
        return false;
    double *r = a + m * n;
    for (int64_t i = 0; i < m * n; i++)
        a[i] = normal(stream, (uint64_t)i);
    tad__lapack_portable.qr(TAD_F64, m, n, a, r, r + n * n); /* the same on every machine */
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < m; i++) {
            double q = a[i + j * m] * (r[j + j * n] < 0 ? -scale : scale);
            put(param, rows > columns ? i * columns + j : j * columns + i, q);
        }
    tad__arena_rewind(scratch, a);
    return true;
}

bool tad__init(tad_param *param, tad_init init, uint64_t seed, tad__arena *scratch)
{
    uint64_t stream = stream_of(param->name, seed);
    double   scale = init.scale != 0 ? init.scale : 1, in = 1, out = param->rank ? (double)param->dims[0] : 1;
    for (int i = 1; i < param->rank; i++)
        in *= (double)param->dims[i];
    for (int i = 2; i < param->rank; i++)
        out *= (double)param->dims[i];
    if (param->rank == 1)
        in = out;
    switch (init.filling) {
    case TAD_ORTHOGONAL:
        return fill_orthogonal(param, scale, stream, scratch);
    case TAD_XAVIER_UNIFORM:
        scale *= sqrt(6 / (in + out));
        break;
    case TAD_XAVIER_NORMAL:
        scale *= sqrt(2 / (in + out));
        break;
    case TAD_KAIMING_UNIFORM:
        scale *= sqrt(6 / in);
        break;
    case TAD_KAIMING_NORMAL:
        scale *= sqrt(2 / in);
        break;
    default:
        break;
    }
    for (int64_t i = 0; i < param->count; i++)
        switch (init.filling) {
        case TAD_ZEROS:
            put(param, i, 0);
            break;
        case TAD_ONES:
            put(param, i, scale);
            break;
        case TAD_UNIFORM:
        case TAD_XAVIER_UNIFORM:
        case TAD_KAIMING_UNIFORM:
            put(param, i, tad__random_uniform(stream, (uint64_t)i, -scale, scale));
            break;
        default:
            put(param, i, scale * normal(stream, (uint64_t)i));
            break;
        }
    return true;
}
