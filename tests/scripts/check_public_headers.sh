#!/usr/bin/env bash
# Every public header compiles by itself, twice, without a warning, as C11 and as C++11.
. "$(dirname "$0")/common.sh"
step 'public headers'

languages='C11 and C++11'
have "$CXX" || languages="C11; C++ skipped: there is no $CXX"
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -Iinclude)
for header in include/tad/*.h; do
    name=${header#include/}
    printf '#include <%s>\n#include <%s>\nint main(void);\n' "$name" "$name" >"$work/alone.c"
    cp "$work/alone.c" "$work/alone.cpp"
    try "$header as C11" "$CC" -std=c11 -Wstrict-prototypes "${warnings[@]}" "$work/alone.c"
    ! have "$CXX" || try "$header as C++11" "$CXX" -std=c++11 "${warnings[@]}" "$work/alone.cpp"
done
finish "$languages"
