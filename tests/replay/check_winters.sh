#!/bin/sh
# The three winters 2013-2015 through examples/winters: 33 issues, 6 raises, 32 lifts, each at its instant (winters.txt);
# and the digest that the example promises.  UPDATE=1 records winters.txt.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${YUJING:=$PWD/build/yujing}"
export YUJING
csv=$PWD/../shared/data/air/ShenyangPM20100101_20151231.csv
golden=$PWD/tests/replay/winters.txt

if [ ! -r "$csv" ]; then
    echo "skipped winters: no data ($csv)"
    exit 0
fi
if ! command -v lua5.4 >/dev/null; then
    echo "skipped winters: lua5.4 is not installed"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
FACTS=$work examples/winters/run.sh -o jsonl >"$work/stream.jsonl" || echo "not ok winters run: exit $?"

# One transition a line: time, kind, level after.
grep -E '"kind":"(issue|raise|lower|lift|reopen)"' "$work/stream.jsonl" |
    sed 's/^{"at":"\([^"]*\)","kind":"\([a-z]*\)".*"level":\([^,]*\),"from".*/\1 \2 \3/; s/"//g; s/ null$/ -/' >"$work/winters.txt"
[ -n "${UPDATE-}" ] && cp "$work/winters.txt" "$golden"

for wanted in 'issue 33' 'raise 6' 'lower 0' 'lift 32' 'reopen 0'; do
    kind=${wanted% *}
    got=$(grep -c " $kind " "$work/winters.txt")
    if [ "$got" -eq "${wanted#* }" ]; then echo "ok winters $kind"; else echo "not ok winters $kind: $got, not ${wanted#* }"; fi
done
if diff "$golden" "$work/winters.txt" >"$work/diff"; then
    echo "ok winters transitions"
else
    echo "not ok winters transitions: $(sed -n 2p "$work/diff") (< golden, > now; UPDATE=1 records)"
    cat "$work/diff" >&2
fi

digest=$(sha256sum <"$work/stream.jsonl" | cut -d' ' -f1)
if grep -q "$digest" examples/winters/README.md; then
    echo "ok winters digest"
else
    echo "not ok winters digest: $digest is not what examples/winters/README.md promises"
fi
