#!/bin/bash
# HJ 212 from outside: a data logger feeds the daemon, which decides as a replay does, and survives being killed.
#
# One line per result (tests/README.md).  YUJING is the binary, KILLS how often the daemon is killed under load.
. "$(dirname "$0")/lib.sh" "hj212 e2e"
kills_wanted=${KILLS:-8}
needs python3
cd "$room" || exit 1

has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# start NAME: the daemon, until the policy is in force and it listens.
start() {
    "$yujing" run -c "$1.yaml" --lang en <"${2:-/dev/null}" >"$1.acks" 2>>"$1.log" &
    daemon=$!
}
own_policies

# ---- November 2015 through the wire: the stations by HJ 212, the bulletins as they come.
example=$root/examples/2015-11-shenyang
with='pollutants: [pm25], required: [pm25], areas: [{code: "210100", name: 沈阳市, stations: [taiyuanjie, xiaoheyan]}], stations: [{id: taiyuanjie, name: 太原街, district: "210102"}, {id: xiaoheyan, name: 小河沿, district: "210103"}]'
port=$(python3 "$here/ports.py")
cat >november.yaml <<END
policies: policies/shenyang
with: {$with}
store: november.db
approvals: all
clock: facts
stdin: {read: true, ack: true, at_end: stay}
hj212: {listen: "127.0.0.1:$port", monitors: monitors.yaml}
END
cat >monitors.yaml <<'END'
monitors:
  - {mn: EX-TAIYUANJIE, password: "123456", subject: taiyuanjie}
  - {mn: EX-XIAOHEYAN, password: "123456", subject: xiaoheyan}
END
chmod 600 monitors.yaml
"$yujing" replay "$example/readings.csv" "$example/bulletins.jsonl" -p policies/shenyang -o jsonl \
    --with 'pollutants=["pm25"]' --with 'required=["pm25"]' \
    --with 'areas=[{"code":"210100","name":"沈阳市","stations":["taiyuanjie","xiaoheyan"]}]' \
    --with 'stations=[{"id":"taiyuanjie","name":"太原街","district":"210102"},{"id":"xiaoheyan","name":"小河沿","district":"210103"}]' \
    >expected.jsonl 2>replay.log
TZ=UTC0 awk -f "$root/examples/daemon/merge.awk" "$example/readings.csv" "$example/bulletins.jsonl" |
    LC_ALL=C sort -s -n -k1,1 | cut -f2- >facts.jsonl
# What a logger sends in place of the event.
to_upload='{
    match($0, /"subject":"[a-z]*"/); mn = toupper(substr($0, RSTART + 11, RLENGTH - 12))
    match($0, /"time":"[^"]*"/); time = substr($0, RSTART, RLENGTH)
    match($0, /"pm25":[0-9.]*/); value = substr($0, RSTART + 7, RLENGTH - 7)
    printf "{\"cn\":2061,\"mn\":\"EX-%s\",%s,\"values\":{\"a34004-Avg\":%s,\"a34004-Flag\":\"N\"}}\n", mn, time, value
}'
mkfifo in.pipe up.pipe
start november in.pipe
exec 3>in.pipe
"$yujing" hj212 send "127.0.0.1:$port" --mn EX --window 20 <up.pipe >up.out 2>up.log &
sender=$!
exec 4>up.pipe
readings=0 bulletins=0 late=0
while IFS= read -r line; do
    case $line in
    *'"type":"reading"'*)
        awk "$to_upload" <<<"$line" >&4
        readings=$((readings + 1))
        continue
        ;;
    esac
    until_true 60 has_lines up.out $readings || late=1
    bulletins=$((bulletins + 1))
    echo "$line" >&3
    until_true 60 grep -q "^{\"accepted\":$bulletins}\$" november.acks || late=1
done <facts.jsonl
exec 4>&-
wait "$sender"
is "the logger has all acknowledged" $? 0
exec 3>&-
stop
is "readings and bulletins were taken in turn" "$late $bulletins" "0 17"
is "every upload is answered once" "$(grep -c '"acknowledged":true,"tries":1' up.out)" "$readings"
decisions november >got.jsonl
if [ "$(wc -l <expected.jsonl)" -gt 100 ] && cmp -s got.jsonl expected.jsonl; then
    ok "decides as a replay does"
else
    not_ok "decides as a replay does" "$(wc -l <got.jsonl) decisions, expected $(wc -l <expected.jsonl)"
    diff got.jsonl expected.jsonl | head -n 5 | cut -c 1-200 >&2
fi

# ---- killed under load.  The logger keeps what was not acknowledged and sends it again.
uploads=6000
port=$(python3 "$here/ports.py")
cat >load.yaml <<END
policies: policies/shenyang
store: load.db
hj212: {listen: "127.0.0.1:$port", monitors: load-monitors.yaml}
limits: {batch_facts: 16, snapshot_facts: 500}
END
printf 'monitors:\n  - {mn: EX-BOILER, password: "123456", subject: 210102-0005/DA001}\n' >load-monitors.yaml
chmod 600 load-monitors.yaml
awk -v n=$uploads 'BEGIN {
    for (i = 0; i < n; i++)
        printf "{\"cn\":2061,\"time\":\"%04d-%02d-%02dT%02d:00:00+08:00\",\"values\":{\"a21002-ZsAvg\":%d,\"a21002-Flag\":\"N\"}}\n",
            2020 + int(i / 8064), int(i / 672) % 12 + 1, int(i / 24) % 28 + 1, i % 24, i % 190
}' >uploads.jsonl
: >load.out
start load
"$yujing" hj212 send "127.0.0.1:$port" --mn EX-BOILER --edition 2025 --window 64 --timeout 5s --give-up 60s \
    <uploads.jsonl >load.out 2>load.err &
sender=$!
kills=0
for ((i = 1; i <= kills_wanted; i++)); do
    until_true 60 has_lines load.out $((uploads * i / (kills_wanted + 2))) || break
    kill -9 "$daemon" && kills=$((kills + 1))
    wait "$daemon" 2>/dev/null
    start load
done
wait "$sender"
is "killed $kills times: all is acknowledged in the end" "$? $kills" "0 $kills_wanted"
stop
again=$(grep -c '"acknowledged":true,"tries":[2-9]' load.out)
if [ "$again" -ge "$kills_wanted" ]; then ok "the kills hit uploads under way"; else not_ok "the kills hit uploads under way" "$again were sent again"; fi
sed -n 's/^{"qn":"\([0-9]*\)".*"acknowledged":true.*/\1/p' load.out | LC_ALL=C sort >acknowledged
"$yujing" run -c load.yaml --show facts | sed -n 's/.*"source":"hj212\/EX-BOILER","id":"\([0-9]*\)\/.*/\1/p' |
    LC_ALL=C sort >journaled
is "killed: nothing acknowledged is lost" "$(comm -23 acknowledged journaled | wc -l)" 0
is "killed: nothing stands there twice" "$(uniq -d journaled | wc -l)" 0
is "killed: all uploads are there" "$(wc -l <journaled)" "$uploads"
if grep -q conflict load.log; then not_ok "killed: late data is no conflict" "$(grep -m1 conflict load.log)"; else ok "killed: late data is no conflict"; fi
"$yujing" audit verify load.db >audit.out 2>&1
is "killed: the chain holds" $? 0
echo "hj212: $kills kills, $again uploads sent again" >&2

# ---- what is refused
port=$(python3 "$here/ports.py")
sed "s/^hj212:.*/hj212: {listen: \"127.0.0.1:$port\", monitors: load-monitors.yaml}/" load.yaml >open.yaml
chmod 644 load-monitors.yaml
"$yujing" run -c open.yaml --lang en </dev/null >open.out 2>open.log
is "a monitors file that others may read stops the start" "$? $(grep -c 'O007' open.log)" "78 1"
cp "$root/examples/daemon/monitors.yaml" load-monitors.yaml
chmod 600 load-monitors.yaml
start open
echo '{"cn":2061,"mn":"EXAMPLE-STATION-1098","time":"2026-01-01T00:00:00+08:00","values":{"a34004-Avg":0.168}}' |
    "$yujing" hj212 send "127.0.0.1:$port" --mn "210102A00000000000050101" --password 654321 --timeout 100ms --resends 0 >example.out
is "the example of monitors is good, and keeps to its networks" "$(grep -c '"acknowledged":false' example.out)" 1
echo '{"cn":2061,"time":"2026-01-01T00:00:00+08:00","values":{"a21002-ZsAvg":16.8}}' |
    "$yujing" hj212 send "127.0.0.1:$port" --mn "210102A00000000000050101" --password 654321 --timeout 5s >example.out
is "and its loggers are heard" "$(grep -c '"acknowledged":true' example.out)" 1
stop
"$yujing" hj212 send "127.0.0.1:$port" --mn EX --give-up 200ms --lang en </dev/null >none.out 2>none.log
is "nothing to send needs no connection" $? 0
echo '{"cn":2061}' | "$yujing" hj212 send "127.0.0.1:$port" --mn EX --give-up 200ms --lang en >none.out 2>none.log
is "nobody there exits 4" $? 4
