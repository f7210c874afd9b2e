#!/bin/bash
# The daemon from outside: killed at any moment, it neither loses nor doubles; nothing leaves that should not.
#
# One line per result (tests/README.md).  YUJING is the binary, SEED chooses the moments of the kills.
. "$(dirname "$0")/lib.sh" daemon
seed=${SEED:-$(date +%-V)}
kills_wanted=${KILLS:-20}
RANDOM=$seed
cd "$room" || exit 1

same() { # NAME FILE FILE
    if cmp -s "$2" "$3"; then
        ok "$1"
    else
        not_ok "$1" "$2 and $3 differ"
        diff "$2" "$3" | head -n 10 >&2
    fi
}
exits() { # NAME CODE COMMAND…: its output is added to out.log and err.log
    local name=$1 code=$2
    shift 2
    "$@" </dev/null >>out.log 2>>err.log
    local got=$?
    if [ $got -eq "$code" ]; then ok "$name"; else not_ok "$name" "exit $got, not $code"; fi
}
count() { ls "$1" 2>/dev/null | wc -l; }

# ---- the material: a policy that approves by itself, sixteen days of facts, and what a replay decides on them
automatic
total=$(wc -l <facts.jsonl)
if ! "$yujing" replay facts.jsonl -p policies/shenyang -o jsonl >expected.jsonl 2>err.log; then
    not_ok material "replay failed: $(tail -n 1 err.log)"
    exit 0
fi
orders=$(grep -c -E '"kind":"(order|release|task)"' expected.jsonl)
if [ "$orders" -lt 100 ]; then
    not_ok material "only $orders orders: too few to prove anything"
    exit 0
fi
ok material

conf() { # NAME [LINE…]: a configuration with a store and a spool of that name
    local name=$1
    shift
    {
        echo "policies: policies/shenyang"
        echo "store: $name.db"
        echo "clock: facts"
        echo "rehearsal: true"
        echo "stdin: {read: true, ack: true, at_end: stop}"
        echo "spool: {folder: $name.spool}"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$name.yaml"
}
facts_in() { "$yujing" run -c "$1.yaml" --show facts | grep -c '"source":"e2e"'; }
spooled() { (cd "$1.spool" && sha256sum -- * ) 2>/dev/null; }
accepted() { tail -n 1 "$1" 2>/dev/null | sed -n 's/^{"accepted":\([0-9]*\)}$/\1/p'; }

# ---- undisturbed
conf calm
"$yujing" run -c calm.yaml --live <facts.jsonl >calm.acks 2>calm.log
status=$?
[ $status -eq 0 ] && ok "ends in order" || not_ok "ends in order" "exit $status: $(tail -n 1 calm.log)"
[ "$(accepted calm.acks)" = "$total" ] && ok "acknowledges every line" || not_ok "acknowledges every line" "$(tail -n 1 calm.acks)"
decisions calm >calm.decisions
same "decides as a replay does" calm.decisions expected.jsonl
spooled calm >calm.spooled
[ "$(count calm.spool)" -eq "$orders" ] && ok "one file for each order" || not_ok "one file for each order" "$(count calm.spool) files for $orders orders"

# ---- killed again and again.  The feeder sends again whatever was not acknowledged.
pause() { [ "$1" -le 0 ] || sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }
feed_and_kill() { # NAME FROM-LINE MS [LINES]: waits for an acknowledgement (not when MS is negative), then MS more; kills
    local name=$1 from=$2 ms=$3 lines=${4:-$total} i
    : >"$name.acks"
    "$yujing" run -c "$name.yaml" --live < <(tail -n +"$from" facts.jsonl | head -n "$lines"; exec sleep 3) \
        >"$name.acks" 2>>"$name.log" &
    pid=$!
    if [ "$ms" -ge 0 ]; then
        for i in $(seq 1000); do [ -s "$name.acks" ] && break; sleep 0.003; done
    fi
    pause "${ms#-}"
    kill -9 "$pid" 2>/dev/null && killed=1 || killed=0
    wait "$pid" 2>/dev/null
    pid=
}

# One life of a store from the first fact to the last, with kills all the way.  Three kills of four come while facts
# are taken in, the fourth anywhere from the start on.
live_through_kills() { # NAME
    local name=$1 got ms done_lines=0
    conf "$name" "limits: {batch_facts: 2, snapshot_facts: 100}"
    while [ $done_lines -lt "$total" ]; do
        runs=$((runs + 1))
        ms=$((RANDOM % reach))
        [ $((runs % 4)) -eq 0 ] && ms=-$((RANDOM % 150 + 1))
        feed_and_kill "$name" $((done_lines + 1)) $ms
        got=$(accepted "$name.acks")
        got=${got:-0}
        done_lines=$((done_lines + got))
        kills=$((kills + killed))
        [ $killed -eq 1 ] && [ "$got" -gt 0 ] && [ $done_lines -lt "$total" ] && useful=$((useful + 1))
        # Shorter runs when they go far, longer ones when not: the kills are to be spread over all the facts.
        if [ "$got" -gt $((total / 60)) ]; then reach=$((reach * 2 / 3 + 1))
        elif [ "$got" -lt $((total / 100)) ]; then reach=$((reach * 3 / 2 + 1)); fi
    done
    "$yujing" run -c "$name.yaml" --live < <(tail -n +$((done_lines + 1)) facts.jsonl) >"$name.acks" 2>>"$name.log"
    decisions "$name" >"$name.decisions"
    "$yujing" replay --store "$name.db" -o jsonl >"$name.replayed" 2>>err.log
    spooled "$name" >"$name.spooled"
    "$yujing" run -c "$name.yaml" --show orders | grep -v '"state":"delivered"' >"$name.undelivered"
}
kills=0 useful=0 reach=10 runs=0 lives=0
for what in decided replayed bytes facts undelivered; do declare "bad_$what="; done
while [ $useful -lt "$kills_wanted" ] && [ $lives -lt 50 ]; do
    lives=$((lives + 1))
    live_through_kills wild
    cmp -s wild.decisions expected.jsonl || bad_decided="$bad_decided $lives"
    cmp -s wild.replayed expected.jsonl || bad_replayed="$bad_replayed $lives"
    cmp -s wild.spooled calm.spooled || bad_bytes="$bad_bytes $lives"
    [ "$(facts_in wild)" -eq "$total" ] || bad_facts="$bad_facts $lives"
    [ ! -s wild.undelivered ] || bad_undelivered="$bad_undelivered $lives"
    [ -n "$bad_decided$bad_replayed$bad_bytes$bad_facts$bad_undelivered" ] && break
    [ $useful -ge "$kills_wanted" ] || rm -rf wild.*
done
echo "kills: $kills, of which $useful after something was acknowledged, in $runs runs of $lives stores" >&2
good() { [ -z "$2" ] && ok "$1" || not_ok "$1" "not so in life$2"; }
if [ $useful -ge "$kills_wanted" ]; then ok "the kills hit"; else not_ok "the kills hit" "only $useful of $kills_wanted"; fi
good "killed: decides as a replay does" "$bad_decided"
good "killed: its store replays as it decided" "$bad_replayed"
good "killed: the same orders with the same bytes" "$bad_bytes"
good "killed: every fact once" "$bad_facts"
good "killed: every order delivered" "$bad_undelivered"

# ---- the same test must fail where it should: a feeder that takes sent for accepted loses facts
conf naive "limits: {batch_facts: 8}"
from=1
while [ $from -le "$total" ]; do
    ms=$((RANDOM % 5))
    [ "$from" -gt 1 ] || ms=-1 # once before it can have read anything
    feed_and_kill naive $from $ms 400
    from=$((from + 400))
done
if [ "$(facts_in naive)" -lt "$total" ]; then ok "negative control: unacknowledged lines are lost"
else not_ok "negative control: unacknowledged lines are lost" "nothing was lost, so the test proves nothing"; fi

# ---- told to stop in the middle
conf gentle "limits: {batch_facts: 8}"
"$yujing" run -c gentle.yaml --live < <(head -n 1000 facts.jsonl; sleep 20) >gentle.acks 2>gentle.log &
pid=$!
for _ in $(seq 200); do [ -n "$(accepted gentle.acks)" ] && break; sleep 0.05; done
kill -TERM "$pid"
wait "$pid"
status=$?
pid=
[ $status -eq 0 ] && ok "SIGTERM ends it in order" || not_ok "SIGTERM ends it in order" "exit $status"
"$yujing" run -c gentle.yaml --live < <(tail -n +$(($(accepted gentle.acks) + 1)) facts.jsonl) >>out.log 2>>gentle.log
decisions gentle >gentle.decisions
same "stopped: decides as a replay does" gentle.decisions expected.jsonl

# ---- a watched folder
conf folder "watch: {folder: folder.in}" "limits: {batch_facts: 2}"
sed -i '/^stdin:/d' folder.yaml
mkdir folder.in
split -l 800 facts.jsonl folder.in/part-
parts=$(count folder.in)
runs=0
until [ "$(count folder.in/done)" -eq "$parts" ] || [ $runs -ge 200 ]; do
    runs=$((runs + 1))
    "$yujing" run -c folder.yaml --live </dev/null >>out.log 2>>folder.log &
    pid=$!
    pause $((RANDOM % 200 + 50 + runs * 20)) # longer and longer, for slow machines
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
done
decisions folder >folder.decisions
same "watched folder, killed: decides as a replay does" folder.decisions expected.jsonl
printf '{"no":"fact"}\n' >folder.in/bad.jsonl
"$yujing" run -c folder.yaml --live </dev/null >>out.log 2>>folder.log &
pid=$!
for _ in $(seq 600); do [ -e folder.in/failed/bad.jsonl.reason ] && break; sleep 0.05; done
kill -TERM "$pid"
wait "$pid" 2>/dev/null
pid=
[ -e folder.in/failed/bad.jsonl.reason ] && ok "a bad file is set aside with its reason" || not_ok "a bad file is set aside with its reason" "no reason"

# ---- nothing leaves in shadow; a drill's papers all say so; the two never mix
conf shadow
"$yujing" run -c shadow.yaml <facts.jsonl >>out.log 2>>shadow.log
"$yujing" run -c shadow.yaml --show orders | grep -c '"state":"shadow"' >shadows
if [ "$(count shadow.spool)" -eq 0 ] && [ "$(cat shadows)" -eq "$orders" ]; then ok "shadow records and sends nothing"
else not_ok "shadow records and sends nothing" "$(count shadow.spool) files, $(cat shadows) recorded"; fi
conf drill "drill: true"
"$yujing" run -c drill.yaml <facts.jsonl >>out.log 2>>drill.log
if [ "$(count drill.spool)" -eq "$orders" ] && [ "$(grep -L '【演练】' drill.spool/* | wc -l)" -eq 0 ]; then ok "every paper of a drill says so"
else not_ok "every paper of a drill says so" "$(count drill.spool) files, $(grep -L '【演练】' drill.spool/* | wc -l) without the banner"; fi
exits "a drill is never live" 78 "$yujing" run -c drill.yaml --live
sed 's/^store:.*/store: calm.db/' drill.yaml >mixed.yaml
exits "a drill does not open the live store" 78 "$yujing" run -c mixed.yaml

# ---- an officer on duty whom no gateway reaches is told of before anybody needs them
conf unreached "duty: [{name: 值班员, email: duty@example.cn, role: duty}]"
"$yujing" run --lang en -c unreached.yaml --live </dev/null >>out.log 2>unreached.log
if grep -q ' warning start: unreached.yaml:[0-9]*:[0-9]*: \[D028\]' unreached.log; then ok "an unreachable officer is told of at the start"
else not_ok "an unreachable officer is told of at the start" "$(head -n 3 unreached.log)"; fi

# ---- the log, in Chinese: after the event's name there is no English sentence, only names and figures
conf chinese "watch: {folder: chinese.in}"
mkdir chinese.in
printf 'time,subject,series,value\n2015-11-01 00:00,nowhere,pm25,3\n2015-11-01 01:00,nowhere,pm25,3\n' >chinese.in/unknown.csv
printf '{"no":"fact"}\n' >chinese.in/bad.jsonl
{ head -n 900 facts.jsonl; echo '{"bad'; tail -n +901 facts.jsonl; } |
    "$yujing" run --lang zh -c chinese.yaml --live >>out.log 2>chinese.log
sed 's/^[^:]*:[^:]*:[^:]*:[0-9]* [a-z]* [a-z.]*: //' chinese.log | grep -v '[^ -~]' >english.log
if [ -s chinese.log ] && [ ! -s english.log ]; then ok "its log is Chinese under --lang zh"
else not_ok "its log is Chinese under --lang zh" "$(head -n 1 english.log)"; fi
if [ "$(grep -c ' fact.unused: ' chinese.log)" -eq 1 ]; then ok "a station nobody knows is told of once"
else not_ok "a station nobody knows is told of once" "$(grep -c ' fact.unused: ' chinese.log) times"; fi

# ---- a spool that cannot be written: said once; when it can, said again, and every order leaves
conf stuck
"$yujing" run -c stuck.yaml --live < <(head -n 1 facts.jsonl
    for _ in $(seq 300); do [ -s stuck.acks ] && break; sleep 0.1; done
    rm -rf stuck.spool; : >stuck.spool
    tail -n +2 facts.jsonl
    for _ in $(seq 300); do grep -q ' order.failed: ' stuck.log && break; sleep 0.1; done
    sleep 2; rm stuck.spool; mkdir stuck.spool
    for _ in $(seq 600); do [ "$(count stuck.spool)" -eq "$orders" ] && break; sleep 0.1; done) >stuck.acks 2>stuck.log
if [ "$(grep -c ' order.failed: ' stuck.log)" -eq 1 ] && [ "$(grep -c ' order.sent: ' stuck.log)" -eq 1 ] &&
    [ "$(count stuck.spool)" -eq "$orders" ]; then ok "a spool that cannot be written is told of once"
else not_ok "a spool that cannot be written is told of once" "$(grep -c ' order.failed: ' stuck.log) failures told, $(grep -c ' order.sent: ' stuck.log) recoveries, $(count stuck.spool) of $orders files"; fi

# ---- refusals
conf twice
"$yujing" run -c twice.yaml < <(head -n 1 facts.jsonl; sleep 20) >twice.acks 2>>out.log &
pid=$!
for _ in $(seq 200); do [ -n "$(accepted twice.acks)" ] && break; sleep 0.05; done
exits "a second process is refused" 75 "$yujing" run -c twice.yaml
kill -TERM "$pid"
wait "$pid" 2>/dev/null
pid=
exits "a missing configuration" 78 "$yujing" run -c none.yaml
exits "wrong use" 64 "$yujing" run
printf '%s\n' 'policies: nowhere' 'store: broken.db' >broken.yaml
exits "a broken configuration" 78 "$yujing" run -c broken.yaml
if "$yujing" run -c broken.yaml --lang en 2>&1 | grep -q 'broken.yaml:1:11: .*no file nowhere/policy.yaml'; then
    ok "is told with the line that names the folder"
else not_ok "is told with the line that names the folder" "$("$yujing" run -c broken.yaml --lang en 2>&1 | tail -n 2)"; fi
echo "somebody's diary, which is no database and must not become one" >diary.txt
sed 's/^store:.*/store: diary.txt/' calm.yaml >diary.yaml
exits "a store that is none" 78 "$yujing" run -c diary.yaml

# ---- a store whose end is gone does not start beside the anchors file that knows better
conf anchored "anchors: kept/anchors.jsonl"
mkdir kept
head -n 500 facts.jsonl | "$yujing" run -c anchored.yaml >>out.log 2>anchored.log
cp anchored.db earlier.db
head -n 1000 facts.jsonl | "$yujing" run -c anchored.yaml >>out.log 2>>anchored.log
cp earlier.db anchored.db # as somebody puts it back who wants the rest forgotten
rm -f anchored.db-wal anchored.db-shm
exits "a store that lacks what its anchors file knows" 74 "$yujing" run -c anchored.yaml
if grep -q 'kept/anchors.jsonl:.*D118' err.log && grep -q 'audit verify' err.log; then ok "the file's line and what to do are named"
else not_ok "the file's line and what to do are named" "$(tail -n 2 err.log)"; fi
"$yujing" audit verify anchored.db --anchors kept/anchors.jsonl >>out.log 2>&1 && not_ok "the audit says the same" "it finds nothing" || ok "the audit says the same"
mv kept/anchors.jsonl kept/evidence.jsonl
exits "who goes on knowingly keeps the file elsewhere" 0 "$yujing" run -c anchored.yaml
[ "$(wc -l <kept/anchors.jsonl)" -ge 1 ] && ok "and a new one begins" || not_ok "and a new one begins" "none"

# ---- the example says what it does
if YUJING=$yujing "$here/../../examples/daemon/run.sh" >example.out 2>&1 && grep -q 'byte for byte' example.out; then
    ok "the example does what it says"
else not_ok "the example does what it says" "$(tail -n 1 example.out)"; fi
exit 0
