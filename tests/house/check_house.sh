#!/bin/sh
# The rules of the house, held by a machine so that people need not argue.  Every message names what to do
# instead.
set -u
cd "$(dirname "$0")/../.." || exit 1
complaints=$(mktemp)
trap 'rm -f "$complaints"' EXIT

# verdict NAME: ok when nothing was written to the complaints; else not ok, with all of them on stderr.
verdict() {
    if [ -s "$complaints" ]; then
        echo "not ok house $1: $(head -n 1 "$complaints") ($(wc -l <"$complaints") in all)"
        cat "$complaints" >&2
    else
        echo "ok house $1"
    fi
    : >"$complaints"
}

sources=$(find core -name '*.[ch]' | sort)
below_shell=$(find core/base core/model core/engine core/store -name '*.[ch]' | sort)

# Code without comments and strings, line by line: "file:line:text".
code_of() {
    awk '
        FNR == 1 { inside = 0 }
        {
            out = ""; line = $0
            while (line != "") {
                if (inside) {
                    at = index(line, "*/")
                    if (!at) break
                    line = substr(line, at + 2); inside = 0
                } else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)+\047/)) {
                    found = substr(line, RSTART, 2)
                    out = out substr(line, 1, RSTART - 1)
                    if (found == "//") break
                    line = substr(line, RSTART + (found == "/*" ? 2 : RLENGTH))
                    if (found == "/*") inside = 1; else out = out "\"\""
                } else { out = out line; break }
            }
            print FILENAME ":" FNR ":" out
        }' "$@"
}

# ---- layout
if ! command -v clang-format >/dev/null; then
    echo "skipped house format: clang-format is not installed"
else
    clang-format --dry-run -Werror $(find core tests -name '*.[ch]' | sort) 2>&1 |
        sed -n 's|^\([^ :]*\):[0-9].*error:.*|\1: not in the format of the house; run make format|p' |
        uniq >>"$complaints"
    verdict format
fi

# ---- directions: base <- model <- {engine, store} <- shell <- cli
for file in $sources; do
    layer=$(echo "$file" | cut -d/ -f2)
    case $layer in
    base) allowed="base" ;;
    model) allowed="base model" ;;
    engine) allowed="base model engine" ;;
    store) allowed="base model store" ;;
    shell) allowed="base model engine store shell" ;;
    cli) allowed="base model engine store shell cli" ;;
    *) allowed= && echo "$file: core/$layer is no layer of ours; see core/README.md" >>"$complaints" ;;
    esac
    sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file" | sort -u | while read -r target; do
        case " $allowed " in
        *" $target "*) ;;
        *) echo "$file: core/$layer may include only: $allowed (not $target); hand it in as an argument" ;;
        esac
    done >>"$complaints"
    grep -n '^#include "[^/]*"' "$file" | sed "s|^|$file:|; s|\$| - include from core/: \"base/err.h\"|" >>"$complaints"
done
verdict directions

# ---- below the shell nothing asks the world
forbid() { # PATTERN (of a called function) INSTEAD
    code_of $below_shell | grep -E "(^|[^A-Za-z0-9_>.])($1) *\(" |
        sed "s|\$|  - instead: $2|" >>"$complaints"
}
forbid 'printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|fputc|perror' \
    'return the error and add a finding (base/err.h); text goes into a buf'
forbid 'time|clock|clock_gettime|gettimeofday|localtime|localtime_r|gmtime|gmtime_r|mktime|strftime' \
    'take an instant_ms argument; time is a fact (base/when.h)'
forbid 'rand|srand|random|drand48|getrandom|arc4random' 'derive it from the data with str_hash'
forbid 'getenv|secure_getenv|setlocale' 'read it in core/cli and hand it down'
forbid 'system|popen|fork|execv|execvp|socket|sleep|usleep|nanosleep' 'core/shell deals with the world'
grep -n -E '#include <(uv|time|sys/time|locale|pthread|threads|sys/socket|curl/curl|microhttpd)\.h>' \
    $below_shell | sed 's|$|  - instead: only core/shell includes this|' >>"$complaints"
verdict purity

# ---- functions that fit the eye
code_of $(find core -name '*.c' | sort) | awk -F: '
    { text = substr($0, length($1) + length($2) + 3) }
    text == "{" { start = $2 }
    text == "}" && start { if ($2 - start - 1 > 70) print $1 ":" start ": a function of " $2 - start - 1 " lines; 70 are the most: split it by what it does"; start = 0 }
' >>"$complaints"
verdict functions

# ---- every folder speaks to its reader
for folder in core core/*/ scripts scripts/*/ policies tests examples; do
    [ ! -d "$folder" ] || [ -s "$folder/README.md" ] ||
        echo "${folder%/}: needs a README.md for its reader" >>"$complaints"
done
verdict readmes

# ---- the top of the house
for name in *; do
    case $name in
    Makefile | core | scripts | policies | tests | examples | README.md | LICENSE | build) ;;
    *) echo "$name: does not belong at the top; move it into a folder" >>"$complaints" ;;
    esac
done
for name in Makefile core scripts policies tests examples README.md LICENSE; do
    [ -e "$name" ] || echo "$name: is missing at the top" >>"$complaints"
done
verdict top
exit 0
