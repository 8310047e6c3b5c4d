/* Runs the rows: sides alternate, so that a busy moment hits all of them, and the median of many runs is compared.
 *
 *     bench [WORD...]      rows whose name contains one of the words; all without words
 *     BENCH_JSON=FILE      writes the same table as JSON
 *     BENCH_RUNS=N         runs per row and side, at least 15 (the default is 21)
 *
 * Exit status 1: sides disagree, or a count is not what it must be. Times that miss their targets are only marked. */
#define _XOPEN_SOURCE 700
#include "bench.h"
#include "machine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const bench_table *const tables[] = {&bench_scalars, &bench_tensors};
enum { TABLES = sizeof tables / sizeof *tables, MIN_RUNS = 15, DEFAULT_RUNS = 21, MAX_RUNS = 1001 };

#define AGREEMENT 1e-12   /* relative: of values, and of gradients in the maximum norm */
#define SHORTEST_RUN 1e-3 /* seconds; what is shorter is repeated */

static int   runs = DEFAULT_RUNS;
static FILE *json;
static bool  json_first = true;

/* ---- what the rows share ---- */

void bench_require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(EXIT_FAILURE);
}

double bench_number(unsigned i)
{
    uint32_t x = (i + 1) * 0x9e3779b9u;
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (x ^ x >> 16) / 4294967296.0 - 0.5;
}

static void *resize_counting(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    bench_memory *memory = user;
    void         *resized = NULL;
    memory->calls++;
    if (new_bytes == 0)
        free(block);
    else if ((resized = realloc(block, new_bytes)) == NULL)
        return NULL;
    memory->bytes += new_bytes - old_bytes;
    if (memory->bytes > memory->peak)
        memory->peak = memory->bytes;
    return resized;
}

tad_allocator bench_counting(bench_memory *memory)
{
    return (tad_allocator){resize_counting, memory};
}

/* ---- the table's head ---- */

static void print_machine(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    printf("CPU       %s, %ld online, one thread used\n", bench_cpu(), cpus);
    printf("compiler  %s\n", bench_compiler());
    printf("BLAS      %s\n", bench_blas());
    printf("peers     %s\n", bench_peers());
    printf("times     median of %d runs, sides alternating, each after one run that is not timed; in brackets the "
           "minimum\n\n",
           runs);
    if (json)
        fprintf(json,
                "{\n  \"cpu\": \"%s\",\n  \"cpus\": %ld,\n  \"threads\": 1,\n  \"compiler\": \"%s\",\n"
                "  \"blas\": \"%s\",\n  \"peers\": \"%s\",\n  \"runs\": %d,\n  \"rows\": [",
                bench_cpu(), cpus, bench_compiler(), bench_blas(), bench_peers(), runs);
}

/* ---- time ---- */

double bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds of one run, from `repeats` of them. One that is not timed goes before: the other side filled the caches. */
static double time_run(const bench_case *row, bench_work *work, bench_side side, int repeats)
{
    row->run[side](work, &work->result[side]);
    double start = bench_now();
    for (int i = 0; i < repeats; i++)
        row->run[side](work, &work->result[side]);
    return (bench_now() - start) / repeats;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct timing {
    double median, minimum; /* seconds of one run; 0: there is no such side */
} timing;

static void time_sides(const bench_case *row, bench_work *work, timing out[])
{
    static double samples[BENCH_SIDES][MAX_RUNS];
    int           repeats[BENCH_SIDES];
    for (int side = 0; side < BENCH_SIDES; side++) {
        double once = row->run[side] ? time_run(row, work, side, 1) : 1;
        double wanted = SHORTEST_RUN / (once > 1e-9 ? once : 1e-9);
        repeats[side] = wanted > 1 ? (int)wanted : 1;
    }
    for (int i = 0; i < runs; i++)
        for (int side = 0; side < BENCH_SIDES; side++)
            if (row->run[side])
                samples[side][i] = time_run(row, work, side, repeats[side]);
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (!row->run[side])
            continue;
        qsort(samples[side], (size_t)runs, sizeof(double), ascending);
        out[side] = (timing){samples[side][runs / 2], samples[side][0]};
    }
}

/* ---- agreement ---- */

static bool close_to(double a, double b, double scale)
{
    return fabs(a - b) <= AGREEMENT * scale; /* false for a NaN */
}

/* Does `other` agree with ours? Sides without derivatives are compared by value. */
static bool agrees(const bench_result *ours, const bench_result *other)
{
    double scale = 0;
    if (!close_to(ours->value, other->value, fabs(ours->value)))
        return false;
    if (other->n == 0)
        return true;
    if (other->n != ours->n)
        return false;
    for (size_t i = 0; i < ours->n; i++)
        scale = fmax(scale, fabs(ours->gradient[i]));
    for (size_t i = 0; i < ours->n; i++)
        if (!close_to(ours->gradient[i], other->gradient[i], scale))
            return false;
    return true;
}

static bool check_result(const bench_case *row, const bench_result *ours, const bench_result *other, const char *name)
{
    if (isfinite(ours->value) && agrees(ours, other))
        return true;
    printf("%-36s WRONG: tad's value is %.17g and %s %.17g, or gradients differ\n", row->name, ours->value, name,
           other->value);
    return false;
}

static bool check_sides(const bench_case *row, bench_work *work)
{
    const char  *names[BENCH_SIDES] = {"its own is", row->peer, "that of plain C is"};
    bench_result expected = {0};
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (row->run[side])
            row->run[side](work, &work->result[side]);
        if (row->run[side] && !check_result(row, &work->result[BENCH_OURS], &work->result[side], names[side]))
            return false;
    }
    if (row->expected)
        row->expected(work, &expected);
    return !row->expected || check_result(row, &work->result[BENCH_OURS], &expected, "should be");
}

/* ---- the table ---- */

/* Three digits and a unit of time. */
static const char *time_text(double seconds, char out[16])
{
    static const struct {
        double      factor;
        const char *unit;
    } units[] = {{1e9, "ns"}, {1e6, "us"}, {1e3, "ms"}, {1, "s"}};
    size_t i = 0;
    while (i < 3 && seconds * units[i].factor >= 999.5)
        i++;
    double number = seconds * units[i].factor;
    snprintf(out, 16, "%.*f %s", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number, units[i].unit);
    return out;
}

static void print_time(const timing *time)
{
    char median[16], minimum[16];
    if (time->median > 0)
        printf(" %8s (%8s)", time_text(time->median, median), time_text(time->minimum, minimum));
    else
        printf(" %8s  %8s ", "-", "");
}

static void print_targets(const bench_case *row, double ns, double ratio)
{
    bool ok = true;
    if (row->target_ns > 0) {
        printf("  <= %g ns/%s", row->target_ns, row->unit);
        ok = ns <= row->target_ns;
    }
    if (row->target_ratio > 0 && ratio > 0) {
        printf("  <= %g of %s", row->target_ratio, row->peer);
        ok = ok && ratio <= row->target_ratio;
    }
    if (row->target_ns > 0 || (row->target_ratio > 0 && ratio > 0))
        printf("  %s", ok ? "ok" : "MISSED");
    printf("\n");
}

static void json_number(const char *name, double number)
{
    if (number > 0)
        fprintf(json, ", \"%s\": %.6g", name, number);
}

static void json_start_row(const char *name, const char *unit)
{
    fprintf(json, "%s\n    {\"name\": \"%s\", \"unit\": \"%s\"", json_first ? "" : ",", name, unit);
    json_first = false;
}

static void json_case(const bench_case *row, double units, const timing times[], double ratio)
{
    static const char *const names[BENCH_SIDES][2] = {
        {"ours_s", "ours_min_s"}, {"peer_s", "peer_min_s"}, {"plain_s", "plain_min_s"}};
    if (!json)
        return;
    json_start_row(row->name, row->unit);
    if (row->peer)
        fprintf(json, ", \"peer\": \"%s\"", row->peer);
    for (int side = 0; side < BENCH_SIDES; side++) {
        json_number(names[side][0], times[side].median);
        json_number(names[side][1], times[side].minimum);
    }
    json_number("units", units);
    json_number("ns_per_unit", times[BENCH_OURS].median * 1e9 / units);
    json_number("ratio", ratio);
    json_number("target_ns_per_unit", row->target_ns);
    json_number("target_ratio", row->target_ratio);
    fprintf(json, "}");
}

static bool run_case(const bench_case *row)
{
    bench_work work = {.size = row->size, .tape = tad_tape_new()};
    timing     times[BENCH_SIDES] = {0};
    bench_require(work.tape && (!row->setup || row->setup(&work)), "out of memory");
    bool good = check_sides(row, &work);
    if (good) {
        time_sides(row, &work, times);
        double ns = times[BENCH_OURS].median * 1e9 / work.units;
        double ratio = row->run[BENCH_PEER] ? times[BENCH_OURS].median / times[BENCH_PEER].median : 0;
        printf("%-36s", row->name);
        for (int side = 0; side < BENCH_SIDES; side++)
            print_time(&times[side]);
        if (ratio > 0)
            printf(" %6.3f", ratio);
        else
            printf(" %6s", "-");
        printf(" %8.2f /%-5s", ns, row->unit);
        print_targets(row, ns, ratio);
        json_case(row, work.units, times, ratio);
    }
    if (row->finish)
        row->finish(&work);
    tad_tape_free(work.tape);
    fflush(stdout);
    return good;
}

static bool run_count(const bench_count *row)
{
    double count = row->count();
    bool   good = fabs(count - row->target) <= row->tolerance;
    printf("%-36s %.4g %s, must be %.4g: %s\n", row->name, count, row->unit, row->target, good ? "ok" : "WRONG");
    if (json) {
        json_start_row(row->name, row->unit);
        fprintf(json, ", \"count\": %.6g, \"must_be\": %.6g, \"ok\": %s}", count, row->target, good ? "true" : "false");
    }
    return good;
}

/* ---- which rows ---- */

static bool is_wanted(const char *name, char *const words[])
{
    for (char *const *word = words; *word; word++)
        if (strstr(name, *word))
            return true;
    return !words[0];
}

static bool run_cases(char *const words[])
{
    bool good = true;
    printf("%-36s %-20s  %-20s  %-20s %7s %-16s target\n", "", "tad", "peer", "no derivatives", "ratio", "     ns");
    for (int t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->case_count; i++)
            if (is_wanted(tables[t]->cases[i].name, words))
                good &= run_case(&tables[t]->cases[i]);
    printf("\n");
    return good;
}

static bool run_counts(char *const words[])
{
    bool good = true;
    for (int t = 0; t < TABLES; t++)
        for (size_t i = 0; i < tables[t]->count_count; i++)
            if (is_wanted(tables[t]->counts[i].name, words))
                good &= run_count(&tables[t]->counts[i]);
    return good;
}

int main(int argc, char *argv[])
{
    (void)argc;
    bench_use_one_thread(argv);
    const char *wanted = getenv("BENCH_RUNS"), *path = getenv("BENCH_JSON");
    if (wanted)
        runs = (int)strtol(wanted, NULL, 10);
    runs = runs < MIN_RUNS ? MIN_RUNS : runs > MAX_RUNS ? MAX_RUNS : runs;
    json = path ? fopen(path, "w") : NULL;
    bench_require(!path || json, "cannot write the file that BENCH_JSON names");
    print_machine();
    bool good = run_cases(argv + 1);
    good &= run_counts(argv + 1);
    good &= bench_costs(is_wanted, argv + 1);
    if (json) {
        fprintf(json, "\n  ],\n  \"ok\": %s\n}\n", good ? "true" : "false");
        bench_require(fclose(json) == 0, "cannot write the file that BENCH_JSON names");
    }
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
