/* The worked network gives the numbers published with it. They were truncated, so they agree to 1e-5. */
#include "../examples/network.h"
#include "suites.h"
#include "support.h"

#include <string.h>

static const struct {
    const char *name;
    double      value;
} published_values[] = {
    {"h1", 0.60108}, {"h2", 0.61538}, {"sum_o1", 1.01977}, {"sum_o2", 1.26306}, {"o1", 0.73492},
    {"o2", 0.77955}, {"E1", 0.23456}, {"E2", 0.01452},     {"E", 0.24908},
};

static const struct {
    int    parameter;
    double gradient;
} published_gradients[] = {{0, 0.00110}, {4, 0.08020}, {5, 0.08211}, {6, -0.01760}, {7, -0.01802}};

static const double published_weights[WEIGHTS] = {0.09933, 0.19919, 0.29667, 0.39597,
                                                  0.45187, 0.55073, 0.71056, 0.81081};

static tad_tape *tape;
static network   net;
static tad_var   p[PARAMETERS];

static void record(void)
{
    tape = tad_tape_new();
    for (int i = 0; i < PARAMETERS; i++)
        p[i] = tad_scalar(tape, first_values[i]);
    expect_ok(tad_backward(record_network(&net, PARAMETERS, p)));
}

static void forget(void)
{
    expect_no_error(tape);
    tad_tape_free(tape);
}

static tad_var find(const char *name)
{
    for (int i = 0; i < net.count; i++)
        if (strcmp(tad_name(net.steps[i]), name) == 0)
            return net.steps[i];
    return (tad_var){0};
}

START_TEST(test_values)
{
    expect_near(tad_value(find(published_values[_i].name)), published_values[_i].value, 1.1e-5);
}
END_TEST

START_TEST(test_gradients)
{
    expect_near(tad_grad(p[published_gradients[_i].parameter]), published_gradients[_i].gradient, 1e-5);
}
END_TEST

START_TEST(test_updated_weights)
{
    expect_near(tad_value(p[_i]) - rate * tad_grad(p[_i]), published_weights[_i], 1e-5);
}
END_TEST

static bool keep_product(void *user, size_t n, const tad_path_step steps[], double product)
{
    double **next = user;
    ck_assert_uint_eq(n, 6);
    ck_assert_str_eq(tad_name(steps[n - 1].from), "w1");
    *(*next)++ = product;
    return true;
}

/* w1 reaches E through o1 and through o2. */
START_TEST(test_paths_of_w1)
{
    double products[2], *next = products;
    expect_ok(tad_each_path(find("E"), p[0], keep_product, &next));
    ck_assert_int_eq(next - products, 2);
    expect_near(products[0], 0.00159, 1e-5);
    expect_near(products[1], -0.00049, 1e-5);
    expect_near(products[0] + products[1], tad_grad(p[0]), 1e-17);
}
END_TEST

Suite *network_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *published = tcase_create("published numbers");
    tcase_add_checked_fixture(published, record, forget);
    tcase_add_loop_test(published, test_values, 0, (int)COUNT(published_values));
    tcase_add_loop_test(published, test_gradients, 0, (int)COUNT(published_gradients));
    tcase_add_loop_test(published, test_updated_weights, 0, WEIGHTS);
    tcase_add_test(published, test_paths_of_w1);
    suite_add_tcase(suite, published);
    return suite;
}
