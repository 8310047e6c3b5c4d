/* The layout of graphs: whatever the graph, boxes do not overlap, arrows go down and past boxes, and it is always the same. */
#include "suites.h"
#include "support.h"

#include "base/random.h"
#include "tools/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 6000 };

static tad__layout_box   boxes[MOST];
static tad__layout_arrow arrows[2 * MOST];
static tad__layout       layout;
static tad__arena        arena;

static void set_up(void)
{
    arena = (tad__arena){.allocator = &tad__malloc_allocator};
    layout = (tad__layout){.boxes = boxes, .arrows = arrows, .gap_x = 20, .gap_y = 40};
}

static void tear_down(void)
{
    tad__arena_free(&arena);
}

/* Counts in its upper half, which number of stream `state % 2^32` comes next. */
static uint32_t random_below(uint64_t *state, uint32_t n)
{
    uint64_t bits = tad__random_bits((uint32_t)*state, *state >> 32);
    *state += UINT64_C(1) << 32;
    return (uint32_t)(bits % n);
}

static void add_arrow(uint32_t from, uint32_t to)
{
    arrows[layout.arrow_count++] = (tad__layout_arrow){.from = from, .to = to};
}

static void set_boxes(uint32_t n, double width, double height)
{
    layout.box_count = n;
    layout.arrow_count = 0;
    for (uint32_t i = 0; i < n; i++)
        boxes[i] = (tad__layout_box){.width = width, .height = height};
}

/* Sizes of all kinds, arrows up and down, some twice, some from a box to itself. */
static void make_random(uint64_t seed)
{
    uint64_t state = seed;
    set_boxes(1 + random_below(&state, 60), 0, 0);
    for (uint32_t i = 0; i < layout.box_count; i++) {
        boxes[i].width = 10 + random_below(&state, 150);
        boxes[i].height = 10 + random_below(&state, 60);
    }
    for (uint32_t i = random_below(&state, 2 * layout.box_count + 1); i > 0; i--)
        add_arrow(random_below(&state, layout.box_count), random_below(&state, layout.box_count));
}

/* As ck_assert_msg, but for millions of calls. */
#define expect(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ck_abort_msg(__VA_ARGS__);                                                                                 \
    } while (0)

static void check_boxes(unsigned seed)
{
    for (uint32_t i = 0; i < layout.box_count; i++) {
        const tad__layout_box *a = &boxes[i];
        expect(a->x >= -1e-6 && a->y >= -1e-6 && a->x + a->width <= layout.width + 1e-6 &&
                   a->y + a->height <= layout.height + 1e-6 && a->layer < layout.layer_count,
               "graph %u: box %u lies outside of the picture", seed, i);
        for (uint32_t j = 0; j < i; j++) {
            const tad__layout_box *b = &boxes[j];
            bool apart = a->x + a->width + layout.gap_x <= b->x + 1e-6 || b->x + b->width + layout.gap_x <= a->x + 1e-6;
            if (a->layer == b->layer)
                expect(apart, "graph %u: boxes %u and %u are too near", seed, j, i);
            else if (a->layer < b->layer)
                expect(a->y + a->height + layout.gap_y <= b->y + 1e-6, "graph %u: box %u is above %u", seed, j, i);
            else
                expect(b->y + b->height + layout.gap_y <= a->y + 1e-6, "graph %u: box %u is above %u", seed, i, j);
        }
    }
}

/* Does a straight line down at x touch the box? */
static bool touches(const tad__layout_box *box, double x, double top, double bottom)
{
    return x > box->x && x < box->x + box->width && bottom > box->y && top < box->y + box->height;
}

static void check_arrow(unsigned seed, uint32_t i)
{
    const tad__layout_arrow *arrow = &arrows[i];
    const tad__layout_point *p = layout.points + arrow->first_point;
    uint32_t                 n = arrow->points, low = arrow->from < arrow->to ? arrow->from : arrow->to;
    uint32_t                 high = arrow->from + arrow->to - low;
    if (low == high) {
        expect(n == 0, "graph %u: arrow %u, from a box to itself, has %u points", seed, i, n);
        return;
    }
    bool                   down = arrow->from < arrow->to;
    tad__layout_point      start = p[down ? 0 : n - 1], end = p[down ? n - 1 : 0];
    const tad__layout_box *from = &boxes[low], *to = &boxes[high];
    expect(from->layer < to->layer, "graph %u: arrow %u does not go down", seed, i);
    expect(start.y == from->y + from->height && fabs(start.x - from->x - from->width / 2) < 1e-6,
           "graph %u: arrow %u does not start in the middle below its box", seed, i);
    expect(end.y == to->y && end.x > to->x && end.x < to->x + to->width,
           "graph %u: arrow %u does not end on its box: %g, %g", seed, i, end.x, end.y);
    expect(n % 2 == 0, "graph %u: arrow %u has %u points", seed, i, n);
    for (uint32_t k = 1; k < n; k++) {
        tad__layout_point a = p[down ? k - 1 : n - k], b = p[down ? k : n - 1 - k];
        expect(a.y <= b.y + 1e-9, "graph %u: arrow %u goes up", seed, i);
        if (k % 2 == 0)
            continue;
        expect(a.x == b.x, "graph %u: arrow %u is not straight past layers", seed, i);
        for (uint32_t box = 0; box < layout.box_count; box++)
            expect(!touches(&boxes[box], a.x, a.y, b.y), "graph %u: arrow %u runs through box %u", seed, i, box);
    }
}

START_TEST(random_graphs)
{
    for (unsigned seed = 1; seed <= 1000; seed++) {
        make_random(seed);
        ck_assert(tad__layout_run(&arena, &layout));
        check_boxes(seed);
        for (uint32_t i = 0; i < layout.arrow_count; i++)
            check_arrow(seed, i);
        tad__arena_clear(&arena);
    }
}
END_TEST

START_TEST(always_the_same)
{
    static tad__layout_box first[MOST];
    for (unsigned seed = 1; seed <= 50; seed++) {
        make_random(seed);
        ck_assert(tad__layout_run(&arena, &layout));
        memcpy(first, boxes, sizeof first);
        make_random(seed);
        ck_assert(tad__layout_run(&arena, &layout));
        ck_assert_mem_eq(first, boxes, layout.box_count * sizeof *first);
    }
}
END_TEST

START_TEST(nothing_and_little)
{
    set_boxes(0, 0, 0);
    ck_assert(tad__layout_run(&arena, &layout));
    ck_assert(layout.width == 0 && layout.height == 0 && layout.layer_count == 0);
    set_boxes(1, 30, 20);
    ck_assert(tad__layout_run(&arena, &layout));
    ck_assert(layout.width == 30 && layout.height == 20 && layout.layer_count == 1);
    ck_assert(boxes[0].x == 0 && boxes[0].y == 0);
}
END_TEST

START_TEST(chains_are_straight)
{
    set_boxes(50, 30, 20);
    for (uint32_t i = 1; i < 50; i++)
        add_arrow(i - 1, i);
    add_arrow(3, 40); /* goes around */
    ck_assert(tad__layout_run(&arena, &layout));
    for (uint32_t i = 1; i < 50; i++)
        ck_assert_msg(boxes[i].x == boxes[0].x && boxes[i].layer == i, "box %u is at %g, %u; box 0 at %g", i,
                      boxes[i].x, boxes[i].layer, boxes[0].x);
    ck_assert(layout.points[arrows[49].first_point + 2].x != layout.points[arrows[49].first_point].x);
}
END_TEST

/* Crossings of arrows in gaps between layers, counted the slow way. */
static int crossings(void)
{
    int sum = 0;
    for (uint32_t i = 0; i < layout.arrow_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const tad__layout_point *a = layout.points + arrows[i].first_point;
            const tad__layout_point *b = layout.points + arrows[j].first_point;
            for (uint32_t k = 1; k + 1 < arrows[i].points; k += 2)
                for (uint32_t l = 1; l + 1 < arrows[j].points; l += 2)
                    sum += a[k].y == b[l].y && (a[k].x - b[l].x) * (a[k + 1].x - b[l + 1].x) < 0;
        }
    return sum;
}

START_TEST(trees_do_not_cross)
{
    for (unsigned seed = 1; seed <= 100; seed++) {
        uint64_t state = seed;
        set_boxes(2 + random_below(&state, 80), 30, 20);
        for (uint32_t i = 0; i + 1 < layout.box_count; i++)
            add_arrow(i, i + 1 + random_below(&state, layout.box_count - i - 1));
        ck_assert(tad__layout_run(&arena, &layout));
        ck_assert_msg(crossings() == 0, "tree %u has %d crossings", seed, crossings());
    }
}
END_TEST

/* Two rows, each box above linked with that below: shuffled, they can be ordered without a crossing. */
START_TEST(crossings_are_undone)
{
    uint32_t below[20];
    uint64_t state = 7;
    set_boxes(40, 30, 20);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t j = random_below(&state, i + 1);
        below[i] = i;
        below[i] = below[j];
        below[j] = i;
    }
    for (uint32_t i = 0; i < 20; i++) {
        add_arrow(i, 20 + below[i]);
        add_arrow(i, 20 + below[(i + 1) % 20 ? (i + 1) % 20 : i]);
    }
    ck_assert(tad__layout_run(&arena, &layout));
    ck_assert_int_eq(crossings(), 0);
}
END_TEST

/* Arrows that would bend too often go straight. */
START_TEST(long_arrows)
{
    set_boxes(MOST, 30, 20);
    for (uint32_t i = 1; i < MOST; i++) {
        add_arrow(i - 1, i);
        if (i < MOST / 2)
            add_arrow(i, MOST - i);
    }
    clock_t start = clock();
    ck_assert(tad__layout_run(&arena, &layout));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert_msg(SANITIZED || seconds < 2, "%g s", seconds);
    const tad__layout_arrow *longest = &arrows[1];
    ck_assert(longest->from == 1 && longest->to == MOST - 1 && longest->points == 4);
}
END_TEST

START_TEST(without_memory)
{
    heap          h = {.for_ever = true};
    tad_allocator allocator = heap_allocator(&h);
    for (h.fail_at = 1;; h.fail_at++) {
        tad__arena small = {.allocator = &allocator};
        h.calls = 0;
        set_boxes(300, 30, 20);
        for (uint32_t i = 1; i < 300; i++)
            add_arrow(i - 1, i), add_arrow(i / 2, i);
        bool done = tad__layout_run(&small, &layout);
        tad__arena_free(&small);
        ck_assert_uint_eq(h.blocks, 0);
        ck_assert(done == (h.calls < h.fail_at));
        if (done)
            break;
    }
    ck_assert_uint_gt(h.fail_at, 1);
}
END_TEST

Suite *layout_suite(void)
{
    Suite *suite = suite_create("layout");
    TCase *tests = tcase_create("layout");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, random_graphs);
    tcase_add_test(tests, always_the_same);
    tcase_add_test(tests, nothing_and_little);
    tcase_add_test(tests, chains_are_straight);
    tcase_add_test(tests, trees_do_not_cross);
    tcase_add_test(tests, crossings_are_undone);
    tcase_add_test(tests, long_arrows);
    tcase_add_test(tests, without_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
