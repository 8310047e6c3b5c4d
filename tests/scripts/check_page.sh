#!/usr/bin/env bash
# shellcheck disable=SC2119
# The pages of tad_write_html in a browser: no error, every step gone through by keyboard, and the numbers shown are C's to the
# last bit (tests/page/browser.js).
. "$(dirname "$0")/common.sh"
step page

for name in chromium chromium-browser google-chrome; do
    have "$name" && browser=$name && break
done
[ -n "${browser-}" ] || skip 'there is no Chromium (make setup-dev installs it)'
program=$BUILD/page/write_pages
[ -x "$program" ] || { try 'building it' "$MAKE" -s --no-print-directory "$program" || finish; }
mkdir "$work/pages"
try 'writing pages' "$program" "$work/pages" || finish

# The page with a listener for errors before it, and the test behind it.
with_test() # with_test NAME
{
    local page=$work/pages/$1
    printf '<script>window.errors = []; addEventListener("error", event => errors.push("error: " + event.message));</script>\n'
    sed '/^<\/body>$/,$d' "$page.html"
    printf '<script>\n'
    cat "$page.js"
    printf '</script>\n<script>\n'
    cat tests/page/browser.js
    printf '</script>\n</body>\n</html>\n'
}

run() # run PAGE ARGUMENT...: its document as it is at the end, and what the console says
{
    timeout 100 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=1440,900 \
        --enable-logging=stderr --dump-dom "${@:2}" "file://$1" >"$work/dom" 2>"$work/log"
}

# How many milliseconds the largest takes to open: the best of three. Where the machine has more to do than it has
# processors, the time is said but not judged.
opening()
{
    local best=99999 time
    sed '/^<\/body>$/,$d' "$work/pages/transformer.html" >"$work/opening.html"
    echo '<script>document.body.append("opened " + Math.round(performance.now()) + " ms")</script>' >>"$work/opening.html"
    for _ in 1 2 3; do
        run "$work/opening.html"
        time=$(sed -n 's/.*opened \([0-9][0-9]*\) ms.*/\1/p' "$work/dom")
        [ "${time:-99999}" -lt "$best" ] && best=$time
    done
    local busy
    busy=$(awk -v processors="$(nproc)" '{print ($1 > processors)}' /proc/loadavg 2>/dev/null)
    [ "$best" -lt 2000 ] || [ "${busy:-0}" = 1 ] || complain "transformer.html takes $best ms to open; expected less than 2000"
    opened=$best
}

checked=0
for page in "$work"/pages/*.html; do
    name=$(basename "$page" .html)
    bytes=$(wc -c <"$page")
    [ "$bytes" -lt 2000000 ] || complain "$name.html has $bytes bytes; expected less than 2 MB"
    with_test "$name" >"$work/$name.html"
    run "$work/$name.html" --virtual-time-budget=10000
    result=$(sed -n '/<pre id="result">/,/<\/pre>/p' "$work/dom" | sed 's/<[^>]*>//g')
    case $result in
    'page: ok'*) checked=$((checked + 1)) ;;
    *) complain "$name: ${result:-no result}" "$(grep CONSOLE "$work/log" | head -n 5)" ;;
    esac
    grep -q 'CONSOLE' "$work/log" && complain "$name: the console says: $(grep -m3 CONSOLE "$work/log")"
    [ -z "${SHOW-}" ] || printf '    %-12s %s\n' "$name" "$result"
done
opening
finish "$checked pages in $browser, the largest opens in $opened ms"
