#!/bin/sh
# The daemon in shadow, fed with the facts of November 2015, killed in the middle and started again.
#
#   examples/daemon/run.sh
#
# YUJING names another binary.  What it leaves is in examples/daemon/var.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$here/../..
yujing=${YUJING:-$root/build/yujing}
conf=$here/episode.yaml
facts=$here/../2015-11-shenyang
var=$here/var

if [ ! -x "$yujing" ]; then
    echo "run.sh: $yujing is not built yet: run make first" >&2
    exit 2
fi
rm -rf "$var"
mkdir "$var"
TZ=UTC0 awk -f "$here/merge.awk" "$facts/readings.csv" "$facts/bulletins.jsonl" |
    LC_ALL=C sort -s -n -k1,1 | cut -f2- >"$var/facts.jsonl"
total=$(wc -l <"$var/facts.jsonl")
accepted() { sed -n '$s/^{"accepted":\([0-9]*\)}$/\1/p' "$var/acks"; }

# The pipe stays open, so that the daemon waits for more; it is killed once half of the facts are acknowledged.
echo "1. The daemon runs in shadow and takes in the facts. After half of them: kill -9."
: >"$var/acks"
mkfifo "$var/pipe"
"$yujing" run -c "$conf" <"$var/pipe" >"$var/acks" 2>"$var/log" &
daemon=$!
{ head -n $((total / 2)) "$var/facts.jsonl"; exec sleep 60; } >"$var/pipe" &
feeder=$!
waited=0
until [ "$(accepted)" = $((total / 2)) ] || [ $waited -ge 300 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
kill -9 $daemon $feeder
wait $daemon $feeder 2>/dev/null || true
first=$(accepted)
echo "   acknowledged: $first of $total"
[ "${first:-0}" -gt 0 ] || { cat "$var/log" >&2; exit 1; }

echo "2. It is started again. The feeder sends what was not acknowledged, and the last ten lines before that again."
tail -n +$((first - 9)) "$var/facts.jsonl" >"$var/rest.jsonl"
"$yujing" run -c "$conf" <"$var/rest.jsonl" >"$var/acks" 2>>"$var/log"
echo "   acknowledged: $(accepted) of $(wc -l <"$var/rest.jsonl")"

echo "3. What it decided:"
# Proposals, acts and evidence stand in the record too; a replay prints them only when asked (--kinds).
"$yujing" run -c "$conf" --show decisions | grep -v -E '"kind":"(propose|evidence|act)"' >"$var/decisions.jsonl"
awk -F'"' '/"kind":"(issue|raise|lower|lift|reopen)"/ {
    level = "-"
    for (i = 1; i < NF; i++)
        if ($i == "level" && $(i + 1) == ":")
            level = $(i + 2)
    printf "   %s %-6s %s\n", substr($4, 1, 16), $8, level
}' "$var/decisions.jsonl"

echo "4. Compared with the facts, and with a replay of them:"
"$yujing" run -c "$conf" --show facts >"$var/journal.jsonl"
echo "   facts in the journal: $(grep -c -v -E '"type":"(tick|policy|failure)"' "$var/journal.jsonl") of $total"
if "$yujing" replay "$var/facts.jsonl" --policies "$root/policies/shenyang" -o jsonl \
    --with 'pollutants=["pm25"]' --with 'required=["pm25"]' \
    --with 'areas=[{"code":"210100","name":"沈阳市","stations":["taiyuanjie","xiaoheyan"]}]' \
    --with 'stations=[{"id":"taiyuanjie","name":"太原街","district":"210102","lon":123.4017,"lat":41.7972},{"id":"xiaoheyan","name":"小河沿","district":"210103","lon":123.4678,"lat":41.7867}]' |
    cmp -s - "$var/decisions.jsonl"; then
    echo "   decisions: the same as those of a replay, byte for byte"
else
    echo "   decisions: NOT those of a replay"
    exit 1
fi
"$yujing" run -c "$conf" --show orders >"$var/orders.jsonl"
echo "   orders: $(wc -l <"$var/orders.jsonl") recorded, $(grep -c -v '"state":"shadow"' "$var/orders.jsonl" || true) sent"
