/* Both backends of the matrix factorisations, in both types: by multiplying the factors, and on whole numbers to the last
 * bit. */
#include "base/random.h"
#include "suites.h"
#include "support.h"
#include "tensor/adjugate.h"
#include "tensor/lapack.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { LARGEST = 40, ROOM = LARGEST * LARGEST };

static const int64_t sizes[] = {1, 2, 3, 5, 8, 17, LARGEST};

/* What is tested: a backend in a type. */
typedef struct subject {
    const char        *name;
    const tad__lapack *lapack;
    tad_dtype          dtype;
    double             tolerance;
} subject;

/* false: the library has no LAPACK. */
static bool subject_at(int i, subject *s)
{
    *s = (subject){i / 2 ? "openblas" : "portable", i / 2 ? tad__lapack_openblas() : &tad__lapack_portable,
                   i % 2 ? TAD_F32 : TAD_F64, i % 2 ? 60 * (double)FLT_EPSILON : 60 * DBL_EPSILON};
#ifdef TAD_HAVE_CBLAS
    ck_assert_ptr_nonnull(s->lapack);
#endif
    return s->lapack != NULL;
}

/* Memory in the subject's type, and back. */
static void *put(const subject *s, int64_t n, const double from[], void *to)
{
    for (int64_t i = 0; i < n; i++)
        if (s->dtype == TAD_F32)
            ((float *)to)[i] = (float)from[i];
        else
            ((double *)to)[i] = from[i];
    return to;
}

static void get(const subject *s, int64_t n, const void *from, double to[])
{
    for (int64_t i = 0; i < n; i++)
        to[i] = s->dtype == TAD_F32 ? (double)((const float *)from)[i] : ((const double *)from)[i];
}

static void fill(uint64_t seed, int64_t n, double to[])
{
    for (int64_t i = 0; i < n; i++)
        to[i] = (double)(float)tad__random_uniform(seed, (uint64_t)i, -1, 1);
}

/* c = op(a) op(b), column by column */
static void product(int64_t m, int64_t n, int64_t k, const double a[], bool ta, const double b[], bool tb, double c[])
{
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = 0; i < m; i++) {
            c[i + j * m] = 0;
            for (int64_t l = 0; l < k; l++)
                c[i + j * m] += (ta ? a[l + i * k] : a[i + l * m]) * (tb ? b[j + l * n] : b[l + j * k]);
        }
}

static void expect_same(const subject *s, const char *what, int64_t n, const double found[], const double expected[],
                        double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance, "%s, %s: %s: element %d is %.17g; expected %.17g",
                      s->name, tad_dtype_name(s->dtype), what, (int)i, found[i], expected[i]);
}

static void identity(int64_t n, double to[])
{
    for (int64_t i = 0; i < n * n; i++)
        to[i] = i % (n + 1) == 0;
}

static double room[ROOM * 4], a[ROOM], b[ROOM], c[ROOM], d[ROOM], one[ROOM];

START_TEST(cholesky)
{
    subject s;
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++) {
        int64_t n = sizes[k];
        fill(k, n * n, a);
        product(n, n, n, a, false, a, true, b);
        for (int64_t i = 0; i < n; i++)
            b[i + i * n] += 1;
        memcpy(c, b, sizeof b);
        for (int64_t i = 0; i < n * n; i++)
            c[i] = i % n < i / n ? (double)NAN : c[i]; /* above the diagonal */
        ck_assert_int_eq(s.lapack->cholesky(s.dtype, n, put(&s, n * n, c, room)), 0);
        get(&s, n * n, room, c);
        for (int64_t i = 0; i < n * n; i++) {
            ck_assert_msg(i % n >= i / n || isnan(c[i]), "what is above the diagonal changed");
            c[i] = i % n < i / n ? 0 : c[i];
        }
        product(n, n, n, c, false, c, true, d);
        expect_same(&s, "l l'", n * n, d, b, s.tolerance * (double)n);
        for (int64_t minor = 1; minor <= n; minor++) {
            memcpy(c, b, sizeof b);
            c[(minor - 1) * (n + 1)] = -1;
            ck_assert_int_eq(s.lapack->cholesky(s.dtype, n, put(&s, n * n, c, room)), minor);
        }
    }
}
END_TEST

/* Whole numbers, with a diagonal of 1, -1, 2 and -2: every step is exact. */
START_TEST(triangles)
{
    subject s;
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++)
        for (int how = 0; how < 8; how++) {
            int64_t       n = sizes[k] > 8 ? 8 : sizes[k], m = 3;
            tad__triangle t = {.lower = how & 1, .transposed = how & 2, .unit = how & 4};
            double        x[3 * LARGEST], right[3 * LARGEST], found[3 * LARGEST], diagonal[] = {1, -1, 2, -2};
            double       *memory = room + ROOM;
            for (int64_t i = 0; i < n * n; i++) {
                bool inside = t.lower ? i % n > i / n : i % n < i / n;
                a[i] = inside ? (double)((i * 7 + how) % 3 - 1) : 0;
                if (i % (n + 1) == 0)
                    a[i] = t.unit ? 1 : diagonal[i % 4];
                b[i] = inside || (i % (n + 1) == 0 && !t.unit) ? a[i] : 99; /* not to be read */
            }
            for (int64_t i = 0; i < n * m; i++)
                x[i] = (double)(i * 5 % 7 - 3);
            product(n, m, n, a, t.transposed, x, false, right);
            s.lapack->triangular_solve(s.dtype, t, n, m, put(&s, n * n, b, room), put(&s, n * m, right, memory));
            get(&s, n * m, memory, found);
            expect_same(&s, "triangular solution", n * m, found, x, 0);
        }
}
END_TEST

START_TEST(lu)
{
    subject s;
    int     pivots[LARGEST];
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++) {
        int64_t n = sizes[k];
        fill(k + 10, n * n, a);
        s.lapack->lu(s.dtype, n, put(&s, n * n, a, room), pivots);
        get(&s, n * n, room, b);
        for (int64_t i = 0; i < n * n; i++) {
            c[i] = i % n > i / n ? b[i] : i % (n + 1) == 0; /* l */
            d[i] = i % n <= i / n ? b[i] : 0;               /* u */
            ck_assert_msg(fabs(c[i]) <= 1, "an element of l is %g", c[i]);
        }
        product(n, n, n, c, false, d, false, b);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_msg(pivots[i] >= i && pivots[i] < n, "row %d exchanged with %d", (int)i, pivots[i]);
            for (int64_t j = 0; j < n; j++) {
                double kept = a[i + j * n];
                a[i + j * n] = a[pivots[i] + j * n];
                a[pivots[i] + j * n] = kept;
            }
        }
        expect_same(&s, "l u", n * n, b, a, s.tolerance * (double)n);
        for (int64_t i = 0; i < n; i++)
            a[i + (n / 2) * n] = 0;
        s.lapack->lu(s.dtype, n, put(&s, n * n, a, room), pivots);
        get(&s, n * n, room, b);
        ck_assert_msg(b[(n / 2) * (n + 1)] == 0, "a column of zeros has pivot %g", b[(n / 2) * (n + 1)]);
    }
}
END_TEST

START_TEST(lu_solves)
{
    subject s;
    int     pivots[LARGEST];
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++) {
        int64_t n = sizes[k], m = n > 2 ? 3 : 1;
        double *memory = room + ROOM;
        fill(k + 20, n * n, a);
        for (int64_t i = 0; i < n; i++)
            a[(n - 1 - i) + i * n] += 4; /* every row is exchanged */
        fill(k + 30, n * m, b);
        product(n, m, n, a, false, b, false, c);
        s.lapack->lu(s.dtype, n, put(&s, n * n, a, room), pivots);
        tad__lu_solve(s.dtype, n, m, room, pivots, put(&s, n * m, c, memory));
        get(&s, n * m, memory, d);
        expect_same(&s, "solution", n * m, d, b, 4 * s.tolerance * (double)n);
    }
}
END_TEST

static void check_qr(const subject *s, int64_t m, int64_t n, double scale)
{
    double *r = room + ROOM, *work = room + 2 * ROOM, back[ROOM], orthogonal[ROOM];
    ck_assert_int_le((int)tad__qr_work(n), 2 * ROOM);
    for (int64_t i = 0; i < m * n; i++)
        a[i] *= scale;
    s->lapack->qr(s->dtype, m, n, put(s, m * n, a, room), r, work);
    get(s, m * n, room, b);
    get(s, n * n, r, c);
    product(n, n, m, b, true, b, false, orthogonal);
    identity(n, one);
    expect_same(s, "q' q", n * n, orthogonal, one, s->tolerance);
    for (int64_t i = 0; i < n * n; i++)
        ck_assert_msg(i % n <= i / n || c[i] == 0, "r has %g below its diagonal", c[i]);
    product(m, n, n, b, false, c, false, back);
    expect_same(s, "q r", m * n, back, a, s->tolerance * (double)m * scale);
}

START_TEST(qr)
{
    subject s;
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++)
        for (int64_t n = 1; n <= sizes[k]; n += 3) {
            fill(k, sizes[k] * n, a);
            check_qr(&s, sizes[k], n, 1);
            fill(k, sizes[k] * n, a);
            check_qr(&s, sizes[k], n, 0x1p100); /* squares overflow in floats */
            fill(k, sizes[k] * n, a);
            check_qr(&s, sizes[k], n, 0x1p-100);
            memset(a, 0, sizeof a); /* columns that are dependent */
            check_qr(&s, sizes[k], n, 1);
        }
}
END_TEST

static void check_eigh(const subject *s, int64_t n, const char *what, double scale)
{
    double *w = room + ROOM, *work = room + ROOM + LARGEST, values[LARGEST], left[ROOM];
    ck_assert_int_le((int)tad__eigh_work(n), 3 * ROOM - LARGEST);
    for (int64_t i = 0; i < n * n; i++)
        a[i] *= scale;
    ck_assert(s->lapack->eigh(s->dtype, n, put(s, n * n, a, room), w, work));
    get(s, n * n, room, b);
    get(s, n, w, values);
    for (int64_t i = 0; i + 1 < n; i++)
        ck_assert_msg(values[i] <= values[i + 1], "%s, %s: eigenvalues %g, %g", s->name, what, values[i],
                      values[i + 1]);
    product(n, n, n, b, true, b, false, left);
    identity(n, one);
    expect_same(s, what, n * n, left, one, s->tolerance);
    product(n, n, n, a, false, b, false, left);
    for (int64_t i = 0; i < n * n; i++)
        b[i] *= values[i / n];
    expect_same(s, what, n * n, left, b, s->tolerance * (double)n * scale);
}

START_TEST(eigh)
{
    subject s;
    for (size_t k = 0; k < COUNT(sizes) && subject_at(_i, &s); k++) {
        int64_t      n = sizes[k];
        const double scales[] = {1, 0x1p100, 0x1p-100};
        for (size_t scale = 0; scale < COUNT(scales); scale++) {
            fill(k, n * n, c);
            for (int64_t i = 0; i < n * n; i++)
                a[i] = c[i] + c[i % n * n + i / n];
            check_eigh(&s, n, "random", scales[scale]);
            identity(n, a);
            check_eigh(&s, n, "identity", scales[scale]);
            for (int64_t i = 0; i < n * n; i++)
                a[i] = 1;
            check_eigh(&s, n, "ones", scales[scale]); /* 0, n - 1 times */
        }
        memset(a, 0, sizeof a);
        check_eigh(&s, n, "zeros", 1);
        for (int64_t i = 0; i < n * n; i++)
            a[i] = i % n + i / n == n - 1; /* eigenvalues 1 and -1 */
        check_eigh(&s, n, "reversal", 1);
    }
}
END_TEST

/* Minors of small whole numbers, for every rank. */
static double minor_of(int64_t n, const double x[], int64_t row, int64_t column)
{
    double rest[16], sum = 0, sign = 1;
    if (n == 1)
        return 1;
    for (int64_t j = 0, to = 0; j < n; j++)
        for (int64_t i = 0; i < n; i++)
            if (i != row && j != column)
                rest[to++] = x[i + j * n];
    for (int64_t j = 0; j < n - 1; j++, sign = -sign) /* along the first row */
        sum += sign * rest[j * (n - 1)] * minor_of(n - 1, rest, 0, j);
    return sum;
}

START_TEST(adjugate)
{
    double x[16], left[4 * 4], work[3 * 4], y[16], expected[16];
    for (int64_t n = 1; n <= 4; n++)
        for (int64_t rank = 0; rank <= n; rank++)
            for (uint64_t seed = 0; seed < 20; seed++) {
                for (int64_t i = 0; i < n * n; i++) {
                    x[i] = 0;
                    for (int64_t l = 0; l < rank; l++) {
                        uint64_t u = tad__random_bits(seed, (uint64_t)(l * n + i % n)),
                                 v = tad__random_bits(~seed, (uint64_t)(l * n + i / n));
                        x[i] += ((double)(u % 7) - 3) * ((double)(v % 7) - 3);
                    }
                }
                double size = 0;
                for (int64_t i = 0; i < n * n; i++)
                    size = fmax(size, fabs(x[i]));
                for (int64_t i = 0; i < n * n; i++)
                    expected[i] = ((i % n + i / n) % 2 ? -1 : 1) * minor_of(n, x, i / n, i % n);
                memcpy(left, x, sizeof x);
                tad__adjugate(n, left, y, work);
                for (int64_t i = 0; i < n * n; i++)
                    ck_assert_msg(fabs(y[i] - expected[i]) <= 1e-14 * (1 + pow(2 * size, (double)(n - 1))),
                                  "%d x %d of rank %d: element %d is %.17g; expected %.17g", (int)n, (int)n, (int)rank,
                                  (int)i, y[i], expected[i]);
            }
}
END_TEST

/* Small matrices, and what LAPACK cannot count, are for the portable kernels. */
START_TEST(choice)
{
    const tad__lapack *openblas = tad__lapack_openblas(), *large = openblas ? openblas : &tad__lapack_portable;
    ck_assert_ptr_eq(tad__lapack_for(4, 4, 4), &tad__lapack_portable);
    ck_assert_ptr_eq(tad__lapack_for((int64_t)1 << 40, 2, 4), &tad__lapack_portable);
    ck_assert_ptr_eq(tad__lapack_for(5, 4, 4), large);
    ck_assert_ptr_eq(tad__lapack_for(4, 5, 4), large);
}
END_TEST

Suite *lapack_suite(void)
{
    Suite *suite = suite_create("lapack");
    TCase *tests = tcase_create("backends");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, cholesky, 0, 4);
    tcase_add_loop_test(tests, triangles, 0, 4);
    tcase_add_loop_test(tests, lu, 0, 4);
    tcase_add_loop_test(tests, lu_solves, 0, 4);
    tcase_add_loop_test(tests, qr, 0, 4);
    tcase_add_loop_test(tests, eigh, 0, 4);
    tcase_add_test(tests, adjugate);
    tcase_add_test(tests, choice);
    suite_add_tcase(suite, tests);
    return suite;
}
