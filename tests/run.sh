#!/bin/sh
# Everything a commit must pass.  `make test` calls this; the last line counts.
#
# Each step adds lines to one file of results, in the protocol that check scripts print:
#     ok NAME
#     not ok NAME: reason
#     skipped NAME: reason
# The steps: unit tests as gcc builds them, the same under ASan and UBSan, a build by clang, and every
# tests/*/check_*.sh.  With LONG=1 also valgrind, fuzzing and every tests/*/long_*.sh.
set -u
cd "$(dirname "$0")/.." || exit 1

# A make above us must not hand its variables and job slots to the builds of other variants.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES BUILD CC SANITIZE
[ "${1:-}" = --check ] || unset YUJING # one script alone may be given another binary
results=$PWD/build/results
jobs=$(nproc 2>/dev/null || echo 2)
mkdir -p build/checks

# The present activity on one line that is overwritten; nothing when no one watches.
progress() {
    if [ -t 2 ]; then
        while IFS= read -r line; do printf '\r\033[K%.100s' "$line" >&2; done
        printf '\r\033[K' >&2
    else
        cat >/dev/null
    fi
}

# step NAME COMMAND…: runs the command, which adds to the results, and sums up what it added.
step() {
    title=$1
    shift
    before=$(wc -l <"$results")
    "$@"
    tail -n +$((before + 1)) "$results" | awk -v title="$title" '
        /^ok /      { passed++ }
        /^not ok /  { failed++; bad = bad "\n    " $0 }
        /^skipped / { skipped++ }
        END { printf "%-44s %4d passed %3d failed %3d skipped%s\n", title, passed, failed, skipped, bad }'
}

# build NAME MAKE-ARGUMENTS…: one result.
build() {
    name=$1
    shift
    log=build/$name.log
    { make -k -j"$jobs" "$@" 2>&1; echo "exit $?"; } | tee "$log" | progress
    if [ "$(tail -n 1 "$log")" = "exit 0" ]; then
        echo "ok build $name" >>"$results"
        return 0
    fi
    grep -v -E '^(cc|ar|link) ' "$log" | head -n 60 >&2
    echo "not ok build $name: see $log" >>"$results"
    return 1
}

# Criterion's TAP as our protocol.  A reason is the first line of its first failure.
from_tap() {
    awk -v prefix="$1" '
        function flush() { if (name != "") print "not ok " prefix name ": " reason; name = "" }
        /^ok / || /^not ok / { flush() }
        /^ok - / {
            line = substr($0, 6)
            at = index(line, " # SKIP ")
            if (at) { split(line, part, " "); print "skipped " prefix part[1] ": " substr(line, at + 8) }
            else    { split(line, part, " "); print "ok " prefix part[1] }
            seen++
        }
        /^not ok - / {
            line = substr($0, 10); split(line, part, " "); name = part[1]
            reason = substr(line, length(name) + 2); waiting = 1; seen++
        }
        waiting && /^  - / { reason = $2; waiting = 2; next }
        waiting == 2 && NF { sub(/^ +/, ""); reason = reason " " $0; waiting = 0 }
        /^1\.\./ { planned = substr($0, 4) + 0 }
        END {
            flush()
            if (seen < planned || planned == 0)
                print "not ok " prefix "run: only " seen + 0 " of " planned + 0 " tests came to an end"
        }'
}

# unit VARIANT-NAME FOLDER: the Criterion program of that folder.
unit() {
    rm -f "$2/tests.tap"
    "$2/tests" --tap="$2/tests.tap" 2>"$2/tests.err" >"$2/tests.out"
    grep -v -E '^\[(PASS|RUN |SKIP)' "$2/tests.err" >&2
    if [ -s "$2/tests.tap" ]; then
        from_tap "$1 " <"$2/tests.tap" >>"$results"
    else
        echo "not ok $1 run: the test program wrote no results; see $2/tests.err" >>"$results"
    fi
}

# With the programs of the checks: several of those run at once, and would build the same one at once.
unit_plain() {
    programs=$(for source in tests/e2e/e2e_*.c; do echo "build/$(basename "$source" .c)"; done)
    # shellcheck disable=SC2086 # the programs are words
    build gcc all tests bench-programs fault-programs build/sim $programs && unit gcc build
}

# Criterion lets a test pass that leaks, so the sanitizers write files, and each file is a failure.
unit_sanitized() {
    build sanitized SANITIZE=address,undefined BUILD=build/asan CFLAGS='-O1 -g' all tests || return
    rm -rf build/asan/reports
    mkdir -p build/asan/reports
    options="log_path=$PWD/build/asan/reports/report"
    ASAN_OPTIONS="$options:handle_segv=0:detect_leaks=1:detect_stack_use_after_return=1" \
        UBSAN_OPTIONS="$options:print_stacktrace=1" unit asan build/asan
    for report in build/asan/reports/*; do
        [ -e "$report" ] || continue
        sed -n 1,40p "$report" >&2
        echo "not ok asan report: $report: $(grep -m 1 -E 'ERROR|runtime error' "$report")" >>"$results"
    done
}

build_clang() {
    if command -v clang >/dev/null; then
        build clang CC=clang BUILD=build/clang CFLAGS='-O0 -g0' all tests
    else
        echo "skipped build clang: clang is not installed" >>"$results"
    fi
}

# "tests/e2e/check_kill.sh" is e2e-check_kill.
name_of() { echo "$1" | sed 's|^tests/||; s|\.sh$||; s|/|-|g'; }

# One script: its lines are results; ending badly without having said so is one too.
check() {
    name=$(name_of "$1")
    out=build/checks/$name.out
    YUJING=${YUJING:-$PWD/build/yujing} timeout 1800 "$1" >"$out" 2>"build/checks/$name.err"
    status=$?
    grep -E '^(ok|not ok|skipped) ' "$out"
    if ! grep -q -E '^(ok|not ok|skipped) ' "$out"; then
        echo "not ok $name: it reported nothing (exit $status); see build/checks/$name.err"
    elif [ $status -ne 0 ] && ! grep -q '^not ok ' "$out"; then
        echo "not ok $name: exit $status; see build/checks/$name.err"
    fi
}

# Scripts wait for processes more than they work, so as many run at once as there are cores; what they
# said is then read in the order of their names.
checks() {
    rm -rf build/checks
    mkdir -p build/checks
    printf '%s\n' "$@" | xargs -P "$jobs" -I SCRIPT sh tests/run.sh --check SCRIPT
    for script in "$@"; do
        step "$script" cat_check "$script"
    done
}
cat_check() {
    cat "build/checks/$(name_of "$1").results" >>"$results"
    if grep -q '^not ok ' "build/checks/$(name_of "$1").results"; then
        sed -n 1,40p "build/checks/$(name_of "$1").err" >&2
    fi
}

valgrind_units() {
    if ! command -v valgrind >/dev/null; then
        echo "skipped valgrind: valgrind is not installed" >>"$results"
        return
    fi
    if valgrind --trace-children=yes --trace-children-skip=/bin/*,/usr/bin/* -q --leak-check=full --show-leak-kinds=definite \
        --errors-for-leak-kinds=definite --error-exitcode=99 build/tests -j1 \
        >build/valgrind.log 2>&1 && ! grep -q '^==' build/valgrind.log; then
        echo "ok valgrind" >>"$results"
    else
        echo "not ok valgrind: see build/valgrind.log" >>"$results"
    fi
}

# Every commit fuzzes each parser for a few seconds; `make test-long` for minutes.
fuzz() {
    if make fuzz FUZZ_SECONDS="$1" >build/fuzz.log 2>&1; then
        echo "ok fuzz" >>"$results"
    else
        tail -n 40 build/fuzz.log >&2
        echo "not ok fuzz: see build/fuzz.log" >>"$results"
    fi
}

if [ "${1:-}" = --check ]; then
    check "$2" >"build/checks/$(name_of "$2").results"
    exit 0
fi
: >"$results"

step "unit tests" unit_plain
step "unit tests under ASan and UBSan" unit_sanitized
step "build by clang" build_clang
checks tests/*/check_*.sh
step "fuzzing, short" fuzz 4
if [ -n "${LONG:-}" ]; then
    step "unit tests under valgrind" valgrind_units
    step "fuzzing, long" fuzz "${LONG_FUZZ_SECONDS:-600}"
    checks tests/*/long_*.sh
fi

grep '^skipped ' "$results"
grep '^not ok ' "$results"
awk '/^ok /      { passed++ }
     /^not ok /  { failed++ }
     /^skipped / { skipped++ }
     END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 }' "$results"
