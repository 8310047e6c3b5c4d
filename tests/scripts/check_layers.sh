#!/usr/bin/env bash
# The order of the layers, the size of files, and what a library must not do (end the program, print).
. "$(dirname "$0")/common.sh"
step layers

max_lines=450
mapfile -t files < <(find src include -name '*.[ch]' -o -name '*.def' -o -name '*.inc' | sort)

# Comments and the contents of strings are blanked, so that they cannot be mistaken for code.
code()
{
    awk '{
        out = ""; line = $0; include = line ~ /^[ \t]*#[ \t]*include/
        while (line != "") {
            if (comment) {
                end = index(line, "*/")
                if (!end) break
                line = substr(line, end + 2); comment = 0
            } else if (line ~ /^\/\*/)                  { comment = 1; line = substr(line, 3) }
            else if (line ~ /^\/\//)                    { break }
            else if (!include && match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
                out = out "\"\""; line = substr(line, RLENGTH + 1)
            } else                                      { out = out substr(line, 1, 1); line = substr(line, 2) }
        }
        print out
    }' "$1"
}

level()
{
    case $1 in
    base) echo 1 ;; tensor) echo 2 ;; ops) echo 3 ;; tape) echo 4 ;; diff) echo 5 ;;
    tools | nn | io) echo 6 ;; cli) echo 7 ;; *) echo 0 ;;
    esac
}

may_include() # may_include FOLDER FOLDER
{
    [ "$1" = "$2" ] && return 0
    case $1 in
    host) [ "$2" = ops ] || [ "$2" = base ] ;;
    *) [ "$(level "$2")" != 0 ] && [ "$(level "$2")" -lt "$(level "$1")" ] ;;
    esac
}

# What a page is made of is not C: only its size is looked at, and that it loads nothing.
for file in src/tools/page/*; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$max_lines" ] || complain "$file: $lines lines; at most $max_lines, it is probably two ideas"
    if grep -nE '(src|href)=|@import|url\((http|"|.data)|fetch\(|XMLHttpRequest|import\(' "$file" >"$work/loads"; then
        complain "$file: a page loads nothing: $(head -n 1 "$work/loads")"
    fi
done

order='base -> tensor -> ops -> tape -> diff -> tools, nn, io -> cli'
for file in "${files[@]}"; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$max_lines" ] || complain "$file: $lines lines; at most $max_lines, it is probably two ideas"
    code "$file" >"$work/code"

    folder=${file#src/}
    folder=${folder%%/*}
    case $file in
    src/*/*)
        [ "$folder" = host ] || [ "$(level "$folder")" != 0 ] || complain "$file: src/$folder is no layer; the layers are $order"
        ;;
    esac

    while IFS=: read -r number text; do
        name=$(sed -E 's/^[^"]*"([^"]*)".*/\1/' <<<"$text")
        to=${name%%/*}
        case $file:$name in
        include/*) complain "$file:$number: a public header includes \"$name\"; expected <tad/...> or <...>" ;;
        src/ops/*:operations.inc | src/tools/*:page_files.inc) ;; # written by the build
        *:*/*)
            if [ ! -e "src/$name" ]; then
                complain "$file:$number: \"$name\" is not in src/; write the path from src/, as \"base/memory.h\""
            elif ! may_include "$folder" "$to"; then
                complain "$file:$number: $folder includes \"$name\", but each layer includes only those to its left: $order"
            fi
            ;;
        *) complain "$file:$number: \"$name\"; write the path from src/, as \"$folder/$name\"" ;;
        esac
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$work/code")

    case $folder in
    host | cli) ;;
    *)
        while IFS=: read -r number text; do
            complain "$file:$number: a library does not end the program and does not print: ${text#"${text%%[![:space:]]*}"}"
        done < <(grep -nE '(^|[^[:alnum:]_>.])(abort|exit|_exit|_Exit|quick_exit|assert|printf|vprintf|puts|putchar|perror)[[:space:]]*\(|(^|[^[:alnum:]_])(stdout|stderr)([^[:alnum:]_]|$)' "$work/code")
        ;;
    esac
done
finish "${#files[@]} files"
