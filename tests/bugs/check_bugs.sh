#!/bin/sh
# Bugs that others shipped, as tests of ours, where only the whole program can show them (README.md has the numbers).
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${YUJING:=$PWD/build/yujing}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
unset LC_ALL LC_MESSAGES LANG

# 35. A pause moved what was to happen “now”.  An exercise that is stepped by hand, or played fast, is the same exercise.
drill=examples/drill/scenario.yaml
"$YUJING" drill $drill -o json >"$work/plain" 2>"$work/err"
{ echo; sleep 1; echo; sleep 1; yes ''; } 2>"$work/broken-pipe" | "$YUJING" drill $drill --step -o json >"$work/stepped" 2>"$work/err"
"$YUJING" drill $drill --speed max -o json >"$work/fast" 2>"$work/err"
if [ ! -s "$work/plain" ]; then
    echo "not ok bug 35 a pause moves nothing: $(head -n 1 "$work/err")"
elif cmp -s "$work/plain" "$work/stepped" && cmp -s "$work/plain" "$work/fast"; then
    echo "ok bug 35 a pause moves nothing"
else
    echo "not ok bug 35 a pause moves nothing: the results differ"
fi

# 43. A policy that is broken when the daemon starts: it says where, and decides by the one that was in force, until it is mended.
mkdir -p "$work/town/policies/examples" "$work/town/scripts/rules" "$work/var"
cp -R policies/examples/pm25-only "$work/town/policies/examples/"
cp -R policies/national "$work/town/policies/"
cp scripts/rules/heavy_pollution.lua "$work/town/scripts/rules/"
rule=$work/town/scripts/rules/heavy_pollution.lua
cat >"$work/daemon.yaml" <<END
policies: town/policies/examples/pm25-only
store: var/store.db
approvals: all
clock: facts
stdin: {read: true, ack: true, at_end: stop}
END
bulletin() { # DAY VALUES
    printf '{"specversion":"1.0","type":"forecast","source":"t","id":"b%s","subject":"210100","time":"2015-11-%sT16:00:00+08:00","data":{"series":"aqi_day","issued":"2015-11-%sT16:00:00+08:00","start":"2015-11-%s","step":"P1D","values":[%s]}}\n' "$1" "$1" "$1" "$1" "$2"
}
run() { "$YUJING" run -c "$work/daemon.yaml" 2>>"$work/log"; }
levels() { "$YUJING" run -c "$work/daemon.yaml" --show decisions 2>/dev/null | grep -c -E '"kind":"(issue|raise)"'; }
bulletin 01 90,210,90,90 | run >/dev/null
before=$(levels)
cp "$rule" "$work/whole.lua"
echo 'levels = {' >>"$rule"
: >"$work/log"
bulletin 02 210,220,90,90 | run >/dev/null
broken=$?
between=$(levels)
cp "$work/whole.lua" "$rule"
named=$(grep -c 'heavy_pollution.lua:' "$work/log")
bulletin 02 210,220,90,90 | run >/dev/null
mended=$?
if [ "$before" = 1 ] && [ $broken -eq 0 ] && [ "$named" -gt 0 ] && [ "$between" = 2 ] && [ $mended -eq 0 ] && [ "$(levels)" = 2 ]; then
    echo "ok bug 43 a broken policy at the start"
else
    echo "not ok bug 43 a broken policy at the start: before $before, exit $broken, named $named, between $between, mended $mended, after $(levels)"
    cat "$work/log" >&2
fi

# 44. An explanation that nobody reads: the last change of November is explained on one page.
"$YUJING" why last --facts examples/2015-11-shenyang/readings.csv examples/2015-11-shenyang/bulletins.jsonl -p policies/shenyang \
    --with 'pollutants=["pm25"]' --with 'required=["pm25"]' \
    --with 'areas=[{"code":"210100","name":"沈阳市","stations":["taiyuanjie","xiaoheyan"]}]' \
    --with 'stations=[{"id":"taiyuanjie","name":"太原街","district":"210102"},{"id":"xiaoheyan","name":"小河沿","district":"210103"}]' \
    >"$work/why" 2>"$work/err"
lines=$(wc -l <"$work/why")
widest=$(wc -L <"$work/why")
if [ "$lines" -ge 5 ] && [ "$lines" -le 60 ] && [ "$widest" -le 160 ]; then
    echo "ok bug 44 an explanation fits on a page ($lines lines)"
else
    echo "not ok bug 44 an explanation fits on a page: $lines lines, the widest has $widest columns $(head -n 1 "$work/err")"
    cat "$work/why" >&2
fi

# The table names tests that exist.
missing=
file=
for name in $(grep -o '`[a-z_/.]*::[a-z0-9_]*`' tests/bugs/README.md | tr -d '`'); do
    case ${name%%::*} in
    '') ;;
    */*) file=tests/${name%%::*} ;;
    *) file=tests/bugs/${name%%::*} ;;
    esac
    grep -q "^Test([a-z_]*, ${name##*::}[,)]" "$file" 2>/dev/null || missing="$missing $name"
done
if [ -z "$missing" ]; then echo "ok bugs each has its test"; else echo "not ok bugs each has its test: no$missing"; fi
