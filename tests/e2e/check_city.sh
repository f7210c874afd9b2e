#!/bin/sh
# The city in a box, in its quick form: every check that it makes of itself is a line here (tests/README.md).
#
# Beside them: nothing is left running, and receivers that had been sent another order under a known id, or a forgery more,
# would have said so.  YUJING is the binary.
set -u
cd "$(dirname "$0")/../.." || exit 1
YUJING=${YUJING:-$PWD/build/yujing}
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT

YUJING=$YUJING CITY=$room/city QUICK=1 NO_INSTALL=1 timeout 240 sh examples/city-in-a-box/run.sh >"$room/out" 2>"$room/err"
status=$?
if [ $status -eq 3 ]; then
    echo "skipped city: $(cut -d: -f2- "$room/err" | tr -s ' \n' ' ')"
    exit 0
fi
sed -n 's/^  ✓ \([^（]*\).*/ok city \1/p; s/^  ✗ \([^（]*\)\(.*\)/not ok city \1: \2/p' "$room/out"
if [ $status -ne 0 ]; then
    echo "not ok city run: exit $status: $(grep -h '✗' "$room/out" | head -n 1)"
    cat "$room/err" >&2
    tail -n 40 "$room/out" >&2
    tail -n 20 "$room/city/yujing.log" >&2
else
    echo "ok city run"
fi

# judge FILE WANTED NAME: what the receivers wrote down, judged again.
judge() {
    YUJING=$YUJING CITY=$room/city /usr/bin/python3 -B examples/city-in-a-box/city.py --judge "$1" >/dev/null 2>>"$room/err"
    [ $? -eq "$2" ] && echo "ok city $3" || echo "not ok city $3: see $1"
}
received=$room/city/received.jsonl
if [ -s "$received" ]; then
    judge "$received" 0 "the receivers agree"
    { cat "$received"; grep -m 1 '"way": "hook"' "$received" | sed 's/"sha256": "[0-9a-f]*"/"sha256": "0"/'; } >"$room/other"
    judge "$room/other" 1 "another order under a known id is seen"
    { cat "$received"; grep -m 1 '"way": "forged"' "$received"; } >"$room/forged"
    judge "$room/forged" 1 "a forgery more is seen"
fi

# Nothing of it is left running: whatever it started has its folder.
left=$(for cwd in /proc/[0-9]*/cwd; do
    case $(readlink "$cwd" 2>/dev/null) in "$room/city"*) echo "${cwd%/cwd}" | cut -d/ -f3 ;; esac
done)
if [ -z "$left" ]; then
    echo "ok city leaves no process"
else
    echo "not ok city leaves no process: $(for pid in $left; do tr '\0' ' ' <"/proc/$pid/cmdline"; done)"
    for pid in $left; do kill "$pid" 2>/dev/null; done
fi
