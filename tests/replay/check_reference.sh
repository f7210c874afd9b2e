#!/bin/sh
# The engine and reference/ref.py, written apart from each other, decide the same: three years of hourly readings under blurred
# bulletins, with holes, with directives, with either way of downgrading.  And the comparison notices a misreading.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${YUJING:=$PWD/build/yujing}"
csv=$PWD/../shared/data/air/ShenyangPM20100101_20151231.csv
reference=$PWD/tests/replay/reference
export PYTHONDONTWRITEBYTECODE=1

if [ ! -r "$csv" ]; then
    echo "skipped reference: no data ($csv)"
    exit 0
fi
if ! command -v python3 >/dev/null; then
    echo "skipped reference: python3 is not installed"
    exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
bundle=$PWD/policies/examples/pm25-only

# The same bundle with downgrade = "follow".
mkdir -p "$work/follow/policies/examples" "$work/follow/scripts/rules"
cp -R "$bundle" "$work/follow/policies/examples/"
cp -R policies/national "$work/follow/policies/"
sed 's/^\( *\)area *= p\.city,/\1downgrade = "follow", area = p.city,/' scripts/rules/heavy_pollution.lua \
    >"$work/follow/scripts/rules/heavy_pollution.lua"

if ! python3 "$reference/mkfacts.py" "$csv" "$work" --blur 1 --blur 2 --blur 11 --blur 12 --holes 11 --holes 12 \
    --directives 2 --directives 12; then
    echo "not ok reference facts: mkfacts.py failed"
    exit 1
fi
cd "$work" || exit 1

engine() { # BUNDLE FACTS…
    policies=$1
    shift
    "$YUJING" replay "$@" --policies "$policies" -o jsonl --kinds issue,raise,lower,lift,reopen | sed 's/,"because":.*/}/'
}

# agree NAME hold|follow FACTS…: every decision equal; time, kind, level, episode.
agree() {
    name=$1 downgrade=$2
    shift 2
    policies=$bundle
    [ "$downgrade" = follow ] && policies=$work/follow/policies/examples/pm25-only
    engine "$policies" "$@" >"$work/$name.engine"
    python3 "$reference/ref.py" --downgrade "$downgrade" "$@" >"$work/$name.reference"
    if [ ! -s "$work/$name.reference" ]; then
        echo "not ok reference $name: the reference decided nothing"
    elif diff "$work/$name.engine" "$work/$name.reference" >"$work/$name.diff"; then
        echo "ok reference $name ($(wc -l <"$work/$name.engine") decisions)"
    else
        echo "not ok reference $name: $(sed -n 2p "$work/$name.diff") (< engine, > reference)"
        head -n 20 "$work/$name.diff" >&2
    fi
}

# differ NAME MISREADING FACTS…: a reference that misreads one sentence must not agree.
differ() {
    name=$1 wrong=$2
    shift 2
    engine "$bundle" "$@" >"$work/$name.engine"
    python3 "$reference/ref.py" --wrong "$wrong" "$@" >"$work/$name.reference"
    if cmp -s "$work/$name.engine" "$work/$name.reference"; then
        echo "not ok reference $name: nothing here tells it from the right reading"
    else
        echo "ok reference $name"
    fi
}

{
    agree perfect hold readings.csv bulletins.jsonl
    agree blurred-1 hold readings.csv bulletins-1.jsonl
    agree holes-11 hold readings-11.csv bulletins-11.jsonl
    agree holes-12-follow follow readings-12.csv bulletins-12.jsonl
} >first &
{
    agree blurred-1-follow follow readings.csv bulletins-1.jsonl
    agree directives-2 hold readings.csv bulletins-2.jsonl directives-2.jsonl
    agree directives-12-follow follow readings-12.csv bulletins-12.jsonl directives-12.jsonl
    differ misread-sticky-raise sticky-raise readings.csv bulletins-2.jsonl
} >second
wait
cat first second
