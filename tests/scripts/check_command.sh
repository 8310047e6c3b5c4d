#!/usr/bin/env bash
# The `tad` command: what it prints (tests/golden/command, the console blocks of README.md), its JSON, exit statuses, files and
# pipes; its manual page and completions; and random arguments with sanitizers. `check_command.sh --update` takes what the command
# prints now. TAD_FUZZ_SECONDS says how long the random calls go on.
. "$(dirname "$0")/common.sh"
step command

tad=$BUILD/tad
[ -x "$tad" ] || { complain "$tad is missing: run make tad" && finish; }
tad=$(realpath "$tad")
export PATH="${tad%/*}:$PATH"
export work
unset NO_COLOR COLUMNS
export TERM=xterm

# ---- What it prints: "$ COMMAND" lines, each followed by what that prints, and its exit status if that is not 0 ----

replay() # replay FILE: the same lines, from running the commands
{
    local line result
    while IFS= read -r line; do
        case $line in
        '$ '*)
            printf '%s\n' "$line"
            bash -c "${line#??}" </dev/null 2>&1
            result=$?
            [ $result = 0 ] || printf '(exit status %d)\n' $result
            ;;
        '#'*) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}

calls=0
for golden in tests/golden/command/*.txt; do
    replay "$golden" >"$work/printed"
    [ "${1-}" != --update ] || cp "$work/printed" "$golden"
    diff -u "$golden" "$work/printed" >"$work/diff" || complain "$golden: the command prints something else (- expected, + printed)" "$(head -n 60 "$work/diff")"
    calls=$((calls + $(grep -c '^\$ ' "$golden")))
done
kinds=$(grep -cE '^tad( [a-z]+)?: |error: ' tests/golden/command/errors.txt)
[ "$kinds" -ge 25 ] || complain "tests/golden/command/errors.txt has $kinds errors; expected at least 25"

# The blocks of README.md that begin with a call of tad.
awk '/^```console$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md >"$work/console"
replay "$work/console" >"$work/printed"
grep -v '^$' "$work/console" >"$work/console.lines"
grep -v '^$' "$work/printed" >"$work/printed.lines"
diff -u "$work/console.lines" "$work/printed.lines" >"$work/diff" || complain 'the commands of README.md print something else (- README.md, + printed)' "$(head -n 60 "$work/diff")"

# ---- Exit statuses, files and pipes ----

expect() # expect STATUS COMMAND...: quietly
{
    local status=$1 result
    shift
    "$@" >"$work/output" 2>"$work/errors"
    result=$?
    calls=$((calls + 1))
    [ $result = "$status" ] || complain "$* ended with status $result; expected $status" "$(tail -n 5 "$work/errors")"
}
model=examples/network.tad

expect 0 tad --version
expect 0 tad help
[ -s "$work/errors" ] && complain 'tad help writes to stderr'
expect 2 tad
[ -s "$work/output" ] && complain 'tad without a command writes to stdout; expected stderr alone'
expect 2 bash -c 'tad eval -e x x=1 >/dev/full'
grep -q 'No space left' "$work/errors" || complain 'a full disk: expected an error that says so' "$(cat "$work/errors")"
expect 2 tad graph $model --format svg -o /dev/full
expect 2 tad graph $model -o "$work/none/g.svg"
expect 2 tad train $model --steps 1 -q --svg /dev/full
bash -c 'set -o pipefail; tad ops --json | head -c 10' >/dev/null 2>"$work/errors"
[ -s "$work/errors" ] && complain 'a closed pipe: expected no message' "$(cat "$work/errors")"

for ending in dot svg html mmd; do
    expect 0 tad graph $model -o "$work/graph.$ending"
    [ -s "$work/graph.$ending" ] || complain "tad graph -o graph.$ending wrote nothing"
done
expect 0 tad train $model --steps 50 -q --svg "$work/loss.svg"
grep -q '</svg>' "$work/loss.svg" || complain 'tad train --svg: expected a whole drawing'
cp "$work/loss.svg" "$work/before.svg"
expect 2 tad graph -e 'x @ x' x=1 -o "$work/loss.svg"
cmp -s "$work/loss.svg" "$work/before.svg" || complain 'a call that fails changed the file that it was to write'
left=$(find "$work" -name '*.part')
[ -z "$left" ] || complain 'temporary files are left:' "$left"

# ---- A C function with a mistake, and without ----

cat >"$work/mine.c" <<'END'
#include <stddef.h>
double rosenbrock(const double *x, size_t n, double *grad);
double wrong(const double *x, size_t n, double *grad);

double rosenbrock(const double *x, size_t n, double *grad)
{
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    (void)n;
    grad[0] = -2 * a - 400 * x[0] * b;
    grad[1] = 200 * b;
    return a * a + 100 * b * b;
}

double wrong(const double *x, size_t n, double *grad)
{
    double f = rosenbrock(x, n, grad);
    grad[1] = -grad[1];
    return f;
}
END
if try 'compiling a shared object' "$CC" -shared -fPIC -o "$work/mine.so" "$work/mine.c"; then
    expect 0 tad check --lib "$work/mine.so" --fn rosenbrock --at 1.2,1.0
    expect 1 tad check --lib "$work/mine.so" --fn wrong --at 1.2,1.0
    grep -q sign "$work/output" || complain 'tad check of a function with a wrong sign: expected it to say "sign"' "$(cat "$work/output")"
    expect 2 tad check --lib "$work/mine.so" --fn none --at 1.2,1.0
    expect 2 tad check --lib "$work/none.so" --fn wrong --at 1.2,1.0
    expect 2 tad check --lib "$work/mine.so" --fn wrong --at 1.2,x
fi

# ---- JSON ----

try 'building the validator' "$CC" -std=c11 -Wall -Wextra -Werror -o "$work/valid_json" tests/command/valid_json.c || finish
json() # json STATUS COMMAND...
{
    expect "$1" tad "${@:2}" --json
    "$work/valid_json" <"$work/output" 2>"$work/errors" || complain "tad ${*:2} --json" "$(cat "$work/errors")"
}
json 0 eval $model --hessian --all --jvp w1=1
json 0 eval -e '[log(x), 1/x]' x=0
json 0 eval -e 'relu(x) + log(y)' x=1e-5 y=0 --trust
json 0 eval -e 'W @ v' 'W=[[1,2],[3,4]]' 'v=[[1],[2]]'
json 0 explain $model --wrt w1,w5
json 0 explain -e 'sum(x^2)' 'x=[1,2]'
json 0 check $model
json 1 check --lib "$work/mine.so" --fn wrong --at 1.2,1.0
json 0 train $model --steps 2000 --quiet
json 0 ops
json 0 ops tanh
tad eval -e 'x / 3' x=1 --json | grep -q 0.3333333333333333 || complain 'JSON: expected all digits of 1/3'

# ---- Ctrl-C, progress, terminals ----

result=$(timeout --preserve-status -s INT 1 "$tad" train $model --steps 1000000000 --quiet --json) ||
    complain "tad train, interrupted, ended with status $?; expected 0"
grep -q '"stopped": true' <<<"$result" || complain 'tad train, interrupted: expected what is there, and "stopped": true' "${result:0:200}"
tad train $model --steps 20 >/dev/null 2>"$work/errors"
grep -q 'train: 100%|##########| 20/20 \[00:0' "$work/errors" || complain 'progress where stderr is no terminal: expected a line of it' "$(cat "$work/errors")"
! grep -q $'[\r\033]' "$work/errors" || complain 'progress where stderr is no terminal: expected plain lines'
if have script; then
    on_terminal() { script -qec "$1" /dev/null </dev/null 2>/dev/null; }
    [[ $(on_terminal "tad ops tanh") == *$'\033[1m'* ]] || complain 'on a terminal: expected bold'
    for plain in NO_COLOR=1 TERM=dumb; do
        [[ $(on_terminal "$plain tad ops tanh") != *$'\033'* ]] || complain "on a terminal with $plain: expected no escapes"
    done
fi

# ---- The manual page and the completions are fresh, and the latter do something ----

fresh() # fresh FILE TOPIC
{
    tad help "$2" >"$work/fresh"
    cmp -s "$work/fresh" "$1" || complain "$1 is not what the command's tables say: run make docs"
}
fresh docs/tad.1 man
fresh docs/completion/tad.bash bash
fresh docs/completion/_tad zsh
completion() # completion EXPECTED WORDS...
{
    local found
    found=$(bash -c 'shift; . docs/completion/tad.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _tad; echo "${COMPREPLY[*]}"' - - "${@:2}")
    [ "$found" = "$1" ] || complain "completion of '${*:2}' is '$found'; expected '$1'"
}
completion 'train' tad tr
completion '--optimizer' tad train --opt
completion 'adam' tad train --optimizer a
completion 'tan tanh' tad ops tan
! have zsh || zsh -n docs/completion/_tad || complain 'docs/completion/_tad is no zsh'

# ---- Random arguments ----

san=$(dirname "$BUILD")/san
echo 'int main(void) { return 0; }' >"$work/empty.c"
fuzzed='no sanitizers'
if "$CC" -fsanitize=address,undefined -o "$work/empty" "$work/empty.c" 2>/dev/null &&
    try 'building the command with sanitizers' "$MAKE" -s --no-print-directory CONFIG=san "BUILD=$san" tad &&
    try 'building the fuzzer' "$CC" -std=c11 -O1 -Wall -Wextra -Werror -o "$work/fuzz" tests/command/fuzz.c; then
    mkdir "$work/fuzzed"
    fuzzed=$(cd "$work/fuzzed" && ASAN_OPTIONS=detect_leaks=1:intercept_tls_get_addr=0:exitcode=99:allocator_may_return_null=1:max_allocation_size_mb=1024 \
        UBSAN_OPTIONS=halt_on_error=1:exitcode=98 OPENBLAS_NUM_THREADS=1 \
        "$work/fuzz" "$OLDPWD/$san/tad" "${TAD_FUZZ_SECONDS:-5}" 2>"$work/errors") ||
        complain 'random arguments' "$(head -n 40 "$work/errors")"
fi
finish "$calls calls, $kinds errors, random: $fuzzed"
