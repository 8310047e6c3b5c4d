#!/usr/bin/env bash
# What the libraries export: libtad.so exactly what the public headers declare, libtad.a tad_ and tad__ only; and that
# they keep no variables that change.
. "$(dirname "$0")/common.sh"
step symbols

shared=$BUILD/libtad.so
static=$BUILD/libtad.a
for tool in nm size; do have "$tool" || skip "there is no $tool"; done
[ -e "$shared" ] || { complain "$shared is missing: run make lib" && finish; }

nm -D --defined-only "$shared" | awk '{print $3}' | sort -u >"$work/exported"
echo '#include <tad/tad.h>' | "$CC" -std=c11 -Iinclude -E -P - | tr '\n' ' ' | tr ';' '\n' |
    grep 'visibility("default")' | grep -oE 'tad_[a-z0-9_]+ *\(.*' | grep -oE '^tad_[a-z0-9_]+' | sort -u >"$work/declared"

while read -r name; do
    complain "libtad.so exports $name, which no public header declares; make it static, or tad__ and not TAD_API"
done < <(comm -23 "$work/exported" "$work/declared")
while read -r name; do
    complain "a public header declares $name, but libtad.so does not export it"
done < <(comm -13 "$work/exported" "$work/declared")
while read -r name; do
    complain "libtad.a defines $name for all the world; make it static, or call it tad__$name"
done < <(nm -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 {print $3}' | grep -v '^tad_' | sort -u)
while read -r object; do
    complain "$object has variables that can change; a library keeps none (const is missing?)"
done < <(size -A "$static" | awk '/:$/ {object = $1}
    $1 ~ /^\.(data|bss|tdata|tbss|data\.rel|data\.rel\.local)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {print object}' | sort -u)
finish "$(wc -l <"$work/exported") exported"
