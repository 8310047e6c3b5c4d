#!/usr/bin/env bash
# Are wrong derivatives found? Every derivative of elementwise.def is changed in small ways, each change a row of its own; a
# copy of the library is built with these rows, and the gradient check has to find every one of them (see tests/mutants).
. "$(dirname "$0")/common.sh"
step mutants

copy=$work/copy
mkdir -p "$copy"
cp -Rp src include docs Makefile "$copy/"
try 'compiling write_mutants' "$CC" -std=c11 -O1 -Wall -Wextra -Isrc -o "$work/write_mutants" tests/mutants/write_mutants.c || finish
"$work/write_mutants" >"$work/mutants.def" || { complain 'write_mutants failed' && finish; }
cp "$work/mutants.def" "$copy/src/ops/elementwise.def"
build=$copy/build/mutants
# The rows are many and run once: optimising them would take longer than all the rest.
try 'building the library with mutants' env -C "$copy" "$MAKE" --no-print-directory CONFIG=release OPT=-O0 WERROR=no \
    "BUILD=$build" headers "$build/libtad.a" || finish
# shellcheck disable=SC2086
try 'compiling check_mutants' "$CC" -std=c11 -g -O1 -Wall -Wextra -I"$copy/include" -I"$copy/src" -Itests -o "$work/check_mutants" \
    tests/mutants/check_mutants.c tests/samples.c tests/terms.c "$build/libtad.a" $LIBS || finish
"$work/check_mutants" >"$work/output" 2>&1 || complain "$(head -n 40 "$work/output")"
finish "$(tail -n 1 "$work/output")"
