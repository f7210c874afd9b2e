#!/bin/bash
# Goals that are a figure, with the figure they ask (B1 B3 D3 E2 E5 E6 W1 W6); numbers_crowds.py and numbers_acts.py say how.
#
#   SCALE=10 divides crowds and counts; ACTS, CROWDS and UNITS choose the parts
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
build=$(dirname "$yujing")
scale=${SCALE:-1}
command -v python3 >/dev/null || { echo "skipped numbers: python3 is not installed"; exit 0; }
for program in e2e_drills e2e_letters bench_load; do
    if ! make --no-print-directory BUILD="$build" "$build/$program" >/dev/null 2>"$build/$program.log"; then
        echo "not ok numbers build: see $build/$program.log"
        exit 0
    fi
done
ulimit -n "$(ulimit -Hn)" 2>/dev/null
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
play() { # SCRIPT PART…
    [ $# -gt 1 ] || return 0
    mkdir "$room/$1"
    timeout 1500 python3 "tests/e2e/$1" "$yujing" "$build" "$room/$1" "$scale" "${@:2}"
    local status=$?
    [ $status -eq 0 ] || echo "not ok numbers $1: exit $status"
}
# unit NAME SETTING TEST: a unit test with another number.
unit() {
    if env "$2" "$build/tests" --filter "$3" >"$room/unit" 2>&1 && grep -q 'Tested: 1 | Passing: 1' "$room/unit"; then
        echo "ok numbers $1"
    else
        echo "not ok numbers $1: $(tail -n 3 "$room/unit" | tr '\n' ' ')"
    fi
}
if [ -n "${UNITS-1}" ]; then
    make --no-print-directory BUILD="$build" tests >/dev/null 2>"$build/numbers.log" || echo "not ok numbers build: see $build/numbers.log"
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        unit "10,000 schedules of answer and reminder, the thousand of seed $seed" SCHEDULE_SEED=$seed \
            'chase/no_message_to_one_who_has_acknowledged'
    done
    unit "3,000 letters at one a second" LETTERS=3000 'outgoing/at_one_a_second_red_goes_before_yellow_and_the_eta_is_true'
fi
# shellcheck disable=SC2086
play numbers_acts.py ${ACTS-drills races reloads}
crowds=${CROWDS-idle slow tarpits waiting}
if [ -n "$crowds" ] && [ "$(ulimit -n)" -lt $((11000 / scale + 200)) ]; then
    echo "skipped numbers crowds: only $(ulimit -n) files may be open"
else
    # shellcheck disable=SC2086
    play numbers_crowds.py $crowds
fi
