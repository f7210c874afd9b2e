#!/bin/bash
# make bench: measures, in one go and in turn, and prints `ratio NAME VALUE` lines, kept in build/bench.txt.
# BENCH="w1 winters" chooses parts.  Peers' sources stand beside the repository (../shared/bench); where they are
# absent their ratios are skipped, with the reason.
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
peers=../shared/bench
rounds=${ROUNDS:-5}
events=${EVENTS:-1000000}
work=$build/bench
mkdir -p "$work"
out=$build/bench.txt
: > "$out"

say() { echo "$*" | tee -a "$out"; }
skip() { say "skipped $1: $2"; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
field() { tr ' ' '\n' | sed -n "s/^$1=//p"; }
divide() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.3g", a / b}'; }

# run LABEL COMMAND…: one counted run; keeps seconds and peak KiB.
run() {
    label=$1; shift
    line=$(/usr/bin/time -o "$work/time" -f '%M' "$@")
    echo "$line" | field eval_s >> "$work/$label.seconds"
    tail -n 1 "$work/time" >> "$work/$label.kib"
    echo "$line" | sed 's/^name=[^ ]* //; s/load_s.*//' >> "$work/$label.counts"
}
seconds() { median < "$work/$1.seconds"; }
kib() { median < "$work/$1.kib"; }

w1_build() {
    gcc -O2 -o "$work/gen" "$peers/w1/gen.c" -lm
    gcc -O2 -o "$work/ref" "$peers/w1/ref.c"
    gcc -O2 -o "$work/clips" "$peers/w1/clips.c" -lclips -lm
    [ -e "$work/events.bin" ] || "$work/gen" "$work" "$events"
}

w1() {
    [ -d "$peers/w1" ] || { skip w1 "no peers' sources at $peers"; return; }
    [ -e /usr/include/clips/clips.h ] || { skip w1 "libclips-dev is not installed"; return; }
    w1_build
    rm -f "$work"/*.seconds "$work"/*.kib "$work"/*.counts
    for _ in $(seq "$rounds"); do
        run ref "$work/ref" "$work" 100 "$events" indexed
        run data "$build/bench_w1" "$work" 100 "$events" data
        run clips "$work/clips" "$work" 100 "$events"
        run where "$build/bench_w1" "$work" 100 "$events" where
        run called "$build/bench_w1" "$work" 100 "$events" called
        run data1000 "$build/bench_w1" "$work" 1000 "$events" data
    done
    if command -v lua5.4 >/dev/null; then
        run lua lua5.4 "$peers/w1/rules.lua" "$work" 100 "$events" indexed
    fi
    if command -v luajit >/dev/null; then
        run luajit luajit "$peers/w1/rules.lua" "$work" 100 "$events" indexed
    fi
    if command -v node >/dev/null; then
        run node node "$peers/w1/plain.js" "$work" 100 "$events" indexed
    fi
    for label in data clips where called data1000; do
        if [ "$(sort -u "$work/$label.counts" | sed 's/rules=[0-9]*//')" != \
             "$(sort -u "$work/ref.counts" | sed 's/rules=[0-9]*//')" ]; then
            say "wrong $label: $(sort -u "$work/$label.counts") is not $(sort -u "$work/ref.counts")"
            exit 1
        fi
    done
    say "w1: $events events, medians of $rounds runs in turn:" \
        "yujing data $(seconds data) s, where $(seconds where) s (calling Lua $(seconds called) s), 1000 rules $(seconds data1000) s," \
        "CLIPS $(seconds clips) s, C $(seconds ref) s; peak KiB yujing $(kib data), CLIPS $(kib clips)"
    say "ratio w1.data/clips $(divide "$(seconds clips)" "$(seconds data)")"
    say "ratio w1.where/clips $(divide "$(seconds clips)" "$(seconds where)")"
    say "ratio w1.called/clips $(divide "$(seconds clips)" "$(seconds called)")"
    say "ratio w1.growth $(divide "$(seconds data1000)" "$(seconds data)")"
    say "ratio w1.memory/clips $(divide "$(kib data)" "$(kib clips)")"
    for label in lua luajit node; do # plain scripts with a hand-written index, once each
        [ ! -e "$work/$label.seconds" ] || say "ratio w1.data/$label $(divide "$(seconds $label)" "$(seconds data)")"
    done
    say "ratio w1.data/c $(divide "$(seconds ref)" "$(seconds data)")"
}

# wall LABEL COMMAND…: wall seconds of a whole process.
wall() {
    label=$1; shift
    /usr/bin/time -o "$work/time" -f '%e' "$@" > "$work/$label.out" || true
    tail -n 1 "$work/time" >> "$work/$label.seconds"
}

make_winters() {
    mkdir -p "$work/winters"
    [ -e "$work/winters/bulletins.jsonl" ] || lua5.4 examples/winters/make_facts.lua "$csv" "$work/winters"
}

winters() {
    csv=../shared/data/air/ShenyangPM20100101_20151231.csv
    [ -e "$csv" ] || { skip winters "no $csv"; return; }
    make_winters
    rm -f "$work"/winters*.seconds
    for _ in $(seq "$rounds"); do
        wall winters "$build/yujing" replay "$work/winters/readings.csv" "$work/winters/bulletins.jsonl" \
            --policies policies/examples/pm25-only -o jsonl
    done
    say "winters: three winters from CSV, whole process $(seconds winters) s, $(wc -l < "$work/winters.out") decisions"
    say "ratio winters/1s $(seconds winters)"
}

# Large bundles, seeded: 15,000 enterprises with 60,000 lines loaded, planned; 2,000 compared over three winters.
large() {
    [ -x "$build/bench_plan" ] || { skip large "bench_plan is not built"; return; }
    rm -f "$work"/plan.* "$work"/load.*
    for _ in $(seq 3); do
        line=$("$build/bench_plan" 15000)
        echo "$line" | field load_s >> "$work/load.seconds"
        echo "$line" | field plan_s >> "$work/plan.seconds"
    done
    say "large: $line"
    say "ratio bundle15000/2s $(divide "$(seconds load)" 2)"
    say "ratio plan15000/1s $(seconds plan)"
}

diffs() {
    csv=../shared/data/air/ShenyangPM20100101_20151231.csv
    [ -e "$csv" ] || { skip diffs "no $csv"; return; }
    [ -x "$build/bench_plan" ] || { skip diffs "bench_plan is not built"; return; }
    make_winters
    rm -rf "$work/old" "$work/new" "$work"/diff.*
    "$build/bench_plan" 2000 "$work/old" 200 > /dev/null
    "$build/bench_plan" 2000 "$work/new" 180 > /dev/null
    for _ in $(seq 3); do
        wall diff "$build/yujing" diff "$work/old" "$work/new" \
            --facts "$work/winters/readings.csv" "$work/winters/bulletins.jsonl"
    done
    say "diffs: two bundles of 2,000 enterprises over three winters, $(seconds diff) s"
    say "ratio diff2000/5s $(divide "$(seconds diff)" 5)"
}

# HJ 212: framed, parsed strictly, every value an exact figure; against the peers' parser in JavaScript, one core each.
hj212() {
    [ -d "$peers/w5" ] || { skip hj212 "no peers' sources at $peers"; return; }
    command -v node >/dev/null || { skip hj212 "node is not installed"; return; }
    [ -x "$build/bench_hj212" ] || { skip hj212 "bench_hj212 is not built"; return; }
    [ -e "$work/hj212.txt" ] || python3 "$peers/w5/gen.py" "$work/hj212.txt" 200000
    rm -f "$work"/hj212_*.seconds "$work"/hj212_*.kib "$work"/hj212_*.counts
    for _ in $(seq "$rounds"); do
        run hj212_ours "$build/bench_hj212" "$work/hj212.txt" 200000
        run hj212_node node "$peers/w5/parse.js" "$work/hj212.txt" 200000
    done
    counts=$(cat "$work"/hj212_*.counts | sed 's/ eval_s.*//' | sort -u)
    if [ "$(echo "$counts" | wc -l)" != 1 ]; then
        say "wrong hj212: $counts"
        exit 1
    fi
    say "hj212: $counts, medians of $rounds runs in turn:" \
        "yujing $(seconds hj212_ours) s ($(kib hj212_ours) KiB with the file), node $(seconds hj212_node) s"
    say "ratio hj212.parse/node $(divide "$(seconds hj212_node)" "$(seconds hj212_ours)")"
}

here=$PWD/tests/bench
bench_seconds=${SECONDS_EACH:-2}
. tests/bench/daemon.sh

for part in ${BENCH:-w1 winters large diffs hj212 ingest latency fanout}; do
    case $part in
        w1 | winters | large | diffs | hj212 | ingest | latency | fanout) "$part" ;;
        *) echo "run.sh: no part “$part”; there are: w1 winters large diffs hj212 ingest latency fanout" >&2; exit 2 ;;
    esac
done
