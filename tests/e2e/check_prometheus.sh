#!/bin/bash
# What the daemon tells those who watch it: a real Prometheus scrapes it, keeps the alert rules, and wakes when it dies.
. "$(dirname "$0")/lib.sh" prometheus
shipped=$root/examples/operations/prometheus
needs python3 promtool prometheus curl

# ---- the rules that are shipped
promtool check rules "$shipped/rules.yaml" >"$room/out" 2>&1
verdict "the rules are rules" $? "$(tail -n 1 "$room/out")"
(cd "$shipped" && promtool test rules rules_test.yaml) >"$room/out" 2>&1
verdict "each rule fires when it should, and not when all is well" $? "$(grep -m 1 -A 3 FAILED "$room/out" | tr '\n' ' ')"
sed 's/values: .1+0x60.}/values: "0+0x60"}/' "$shipped/rules_test.yaml" | sed "s|\[rules.yaml\]|[$shipped/rules.yaml]|" >"$room/bad_test.yaml"
promtool test rules "$room/bad_test.yaml" >/dev/null 2>&1
[ $? -ne 0 ]
verdict "negative control: the test of the rules can fail" $?
unknown=$(cat "$shipped/rules.yaml" "$shipped/../grafana/yujing.json" "$shipped/../runbooks.md" | grep -o 'yujing_[a-z_]*' |
    sed 's/_bucket$//' | sort -u | while read -r name; do grep -q "\"$name\"" core/shell/metrics.c || echo "$name"; done)
[ -z "$unknown" ]
verdict "rules, dashboard and runbooks name only metrics that there are" $? "$unknown"
lost=$(sed -n 's/.*runbook: "runbooks.md#\(.*\)"}/\1/p' "$shipped/rules.yaml" | sort -u | while read -r page; do
    grep -q "^## $page\$" "$shipped/../runbooks.md" || echo "$page"; done)
[ -z "$lost" ]
verdict "every rule has its page in the runbooks" $? "$lost"

# ---- a daemon with something to tell
cd "$room" || exit 1
automatic
"$yujing" account add accounts.yaml scraper --role monitor >/dev/null 2>account.log &&
    token=$("$yujing" account token accounts.yaml scraper 2>>account.log | grep -o 'yj_[A-Za-z0-9_-]*' | head -n 1)
[ -n "${token:-}" ] || { not_ok "a token for the scraper" "$(tail -n 1 account.log)"; exit 0; }
printf '%s' "$token" >token
read -r port scrape < <(python3 "$here/ports.py" 2)
cat >y.yaml <<CONF
policies: policies/shenyang
store: y.db
clock: facts
rehearsal: true
stdin: {read: true, ack: true}
spool: {folder: spool}
http: {listen: "127.0.0.1:$port"}
accounts: accounts.yaml
backup: {folder: backup}
self_check: {every: 7d, within: 1h}
CONF
mkfifo feed
"$yujing" run -c y.yaml --live <feed >acks 2>log &
daemon=$!
exec 3>feed
get() { curl -s -m 5 -H "Authorization: Bearer $token" "http://127.0.0.1:$port$1"; }
for _ in $(seq 200); do get /readyz 2>/dev/null | grep -q '^ready' && break; sleep 0.1; done
get /readyz | grep -q '^ready'
verdict "the daemon is ready" $? "$(tail -n 1 log)"
cat facts.jsonl >&3
for _ in $(seq 300); do tail -n 1 acks 2>/dev/null | grep -q "\"accepted\":$(wc -l <facts.jsonl)}" && break; sleep 0.1; done
value() { get /metrics | awk -v name="$1" '$1 == name { print $2 }'; }
for _ in $(seq 200); do [ "$(value 'yujing_self_check_success{gateway="spool"}')" = 1 ] &&
    [ "$(value yujing_backup_success)" = 1 ] && break; sleep 0.1; done
for _ in $(seq 300); do # until every letter has left
    get /metrics >metrics.txt
    [ "$(awk '/^yujing_outbox_letters\{.*state="(waiting|sending)"/ { n += $2 } END { print n + 0 }' metrics.txt)" = 0 ] && break
    sleep 0.1
done
[ -s metrics.txt ] && promtool check metrics <metrics.txt >lint 2>&1
verdict "promtool finds nothing wrong with its metrics" $? "$(head -n 1 lint 2>/dev/null)"
printf '# TYPE Bad counter\nBad 1\n' | promtool check metrics >/dev/null 2>&1
[ $? -ne 0 ]
verdict "negative control: promtool finds a bad metric" $?
facts=$(wc -l <facts.jsonl)
[ "$(awk '$1 ~ /^yujing_ingest_facts_total\{source="stdin"/ { n += $2 } END { print n }' metrics.txt)" = "$facts" ]
verdict "it has counted every fact" $? "$(grep ingest_facts metrics.txt | tr '\n' ' ')"
sent=$(ls spool | wc -l)
[ "$(awk '$1 == "yujing_deliveries_total{gateway=\"spool\",result=\"delivered\"}" { print $2 }' metrics.txt)" = "$sent" ]
verdict "and every delivery" $? "$sent files; $(grep deliveries_total metrics.txt | tr '\n' ' ')"
orders=$("$yujing" run -c y.yaml --show decisions 2>/dev/null | grep -c '"kind":"order"')
[ "$(awk '$1 == "yujing_decisions_total{kind=\"order\"}" { print $2 }' metrics.txt)" = "$orders" ]
verdict "and every order" $? "$orders"
[ "$(value 'yujing_self_check_success{gateway="spool"}')" = 1 ]
verdict "its first self-check went through" $? "$(grep self_check metrics.txt | tr '\n' ' ')"
[ "$(value yujing_backup_success)" = 1 ] && ls backup/yujing-*.db >/dev/null 2>&1
verdict "its first backup is made and proved" $? "$(grep backup metrics.txt | tr '\n' ' ')"
curl -s -m 5 "http://127.0.0.1:$port/metrics" | grep -q '^yujing_'
[ $? -ne 0 ]
verdict "without a token there are no metrics" $?
if grep -q -F "$token" metrics.txt log; then not_ok "no token in metrics or log" "found"; else ok "no token in metrics or log"; fi

# ---- Prometheus itself, with the rules that are shipped
sed -e "s|/etc/prometheus/yujing-token|$room/token|; s|127.0.0.1:8452|127.0.0.1:$port|; s|rules.yaml|$shipped/rules.yaml|" \
    -e 's/15s/1s/' "$shipped/prometheus.yml" >prometheus.yml
promtool check config prometheus.yml >out 2>&1
verdict "the scrape configuration is good" $? "$(tail -n 1 out)"
prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --web.listen-address=127.0.0.1:$scrape --log.level=error \
    >prometheus.log 2>&1 &
ask() { curl -s -m 5 -G --data-urlencode "query=$1" "http://127.0.0.1:$scrape/api/v1/query"; }
for _ in $(seq 300); do ask 'up{job="yujing"}' 2>/dev/null | grep -q '"1"\]' && break; sleep 0.1; done
ask 'up{job="yujing"}' | grep -q '"1"\]'
verdict "Prometheus scrapes it" $? "$(tail -n 1 prometheus.log)"
ask 'yujing_turn_facts_total' | grep -q "\"$((facts + 1))\"\]" # and the act of the self-check
verdict "and reads what it said" $? "$(ask yujing_turn_facts_total | head -c 200)"
rules=$(grep -c 'alert:' "$shipped/rules.yaml")
healthy() { curl -s "http://127.0.0.1:$scrape/api/v1/rules" | grep -o '"health":"ok"' | wc -l; }
for _ in $(seq 300); do [ "$(healthy)" -eq "$rules" ] && break; sleep 0.1; done
[ "$(healthy)" -eq "$rules" ]
verdict "every rule is evaluated" $? "$(curl -s "http://127.0.0.1:$scrape/api/v1/rules" | grep -o '"health":"[a-z]*"' | sort | uniq -c | tr '\n' ' ')"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
for _ in $(seq 300); do curl -s "http://127.0.0.1:$scrape/api/v1/alerts" | grep -q YujingGone && break; sleep 0.1; done
curl -s "http://127.0.0.1:$scrape/api/v1/alerts" | grep -q YujingGone
verdict "a daemon that is dead is noticed" $?
exit 0
