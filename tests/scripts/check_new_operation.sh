#!/usr/bin/env bash
# Adding an operation is adding one row: takes the row of docs/adding-an-operation.md, adds it to a copy of the sources,
# and uses the new function there: value, gradient, second derivative, gradient check.
. "$(dirname "$0")/common.sh"
step 'a new operation'

page=docs/adding-an-operation.md
[ -e "$page" ] || skip "there is no $page"
[ -e src/host/headers.c ] || skip 'there is no src/host/headers.c'
row=$(block c "$page" UNARY | grep -E -m1 '^[[:space:]]*UNARY ?\(')
[ -n "$row" ] || { complain "$page: expected a \`\`\`c block with a row UNARY(...), on one line" && finish; }
name=$(sed -E 's/^[^(]*\( *([a-z0-9_]+).*/\1/' <<<"$row")
! grep -qE "\( *$name *," src/ops/elementwise.def ||
    { complain "$page adds $name, which src/ops/elementwise.def has already; expected an operation it lacks" && finish; }

copy=$work/copy
mkdir -p "$copy/build"
cp -Rp src include docs Makefile "$copy/"
build=build/new
case $BUILD in
/* | *..*) ;;
*) # Times and objects are kept, so that only what the row changes is compiled.
    build=$BUILD
    mkdir -p "$copy/$build"
    for part in "$BUILD"/*; do
        case $part in */examples | */tests | */bench) ;; *) cp -Rp "$part" "$copy/$build/" ;; esac
    done
    ;;
esac
printf '%s\n' "$row" >>"$copy/src/ops/elementwise.def"
try 'make headers lib, with the row added,' env -C "$copy" "$MAKE" --no-print-directory headers lib "BUILD=$build" || finish
grep -q "tad_$name(" "$copy/include/tad/elementwise.h" || complain "make headers did not declare tad_$name in elementwise.h"

# The row's value, compiled as plain C, and its finite differences are what the function is compared with.
cat >"$work/new.c" <<'END'
#include <math.h>
#include <stdio.h>
#include <tad/tad.h>

#include "ops/special_functions.h"

#define CONSTANT(name, value) static const double name __attribute__((unused)) = value;
#include "ops/constants.def"
#define PICK(low, high, ...) ((low) + 0.6 * ((high) - (low)))
#define domain(...) PICK(__VA_ARGS__, 0)
#define kinked(expression, ...) PICK(__VA_ARGS__, 0)
#define linear_domain(...) PICK(__VA_ARGS__, 0)
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define UNARY(name, about, where, value, dx)    \
    static double f(double x) { return value; } \
    static double place(void) { return where; }
#include "row.def"

static double difference(double (*g)(double), double x)
{
    const double h = 0.0058;
    return (45 * (g(x + h) - g(x - h)) - 9 * (g(x + 2 * h) - g(x - 2 * h)) + (g(x + 3 * h) - g(x - 3 * h))) / (60 * h);
}
static double df(double x) { return difference(f, x); }

static tad_var record(void *user, size_t n, const tad_var x[])
{
    (void)user, (void)n;
    return JOIN(tad_, NAME)(x[0]);
}

static int wrong(const char *what, double got, double expected, double tolerance)
{
    if (fabs(got - expected) <= tolerance * fmax(1, fabs(expected)))
        return 0;
    printf("tad_%s: %s is %.17g; expected %.17g\n", TEXT(NAME), what, got, expected);
    return 1;
}

int main(void)
{
    const double x0 = place();
    tad_tape    *tape = tad_tape_new();
    tad_var      x = tad_scalar(tape, x0), y = record(NULL, 1, &x), dy, ddy;
    int          bad = wrong("the value", tad_value(y), f(x0), 1e-14);
    if (tad_backward(y) == TAD_OK)
        bad += wrong("the gradient", tad_grad(x), df(x0), 1e-9);
    if (tad_gradient(y, 1, &x, &dy) == TAD_OK && tad_gradient(dy, 1, &x, &ddy) == TAD_OK) {
        bad += wrong("the recorded gradient", tad_value(dy), df(x0), 1e-9);
        bad += wrong("the second derivative", tad_value(ddy), difference(df, x0), 1e-7);
    }
    if (tad_gradcheck(record, NULL, 1, &x, NULL, NULL) != TAD_OK)
        bad++;
    if (!tad_op_find(TEXT(NAME)))
        bad += printf("tad_op_find does not know %s\n", TEXT(NAME)) > 0;
    if (tad_tape_status(tape) != TAD_OK)
        bad += printf("%s: %s\n", tad_status_name(tad_tape_status(tape)), tad_tape_message(tape)) > 0;
    tad_tape_free(tape);
    return bad != 0;
}
END
printf '%s\n' "$row" >"$work/row.def"
# shellcheck disable=SC2086
try "a program that calls tad_$name" "$CC" -std=c11 -g "-DNAME=$name" -I"$copy/include" -Isrc -I"$work" -o "$work/new" "$work/new.c" \
    "$copy/$build/libtad.a" $LIBS || finish
try "using tad_$name" "$work/new"
finish "$name"
