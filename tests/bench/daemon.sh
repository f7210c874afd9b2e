# The parts of `make bench` that start a daemon and, in turn, the peer: ingest, latency, fanout.  Sourced by run.sh.
#
# Every server listens on loopback at a port that was free a moment ago, writes below $room, and is ended by its pid.

daemon=$PWD/$build/yujing
case $build in /*) daemon=$build/yujing ;; esac
ports=$PWD/tests/e2e/ports.py
pids=
room=

begin_room() {
    room=$(cd "$work" && pwd)/$1
    rm -rf "$room"
    mkdir -p "$room"
    trap 'end_all; exit 1' INT TERM
    trap end_all EXIT
}
start() { # LOG COMMAND…: its pid is in $pid; it reads $input
    local log=$1
    shift
    "$@" <"${input:-/dev/null}" >>"$log" 2>&1 &
    pid=$!
    pids="$pids $pid"
}
end() { # PID
    kill "$1" 2>/dev/null || true
    local i
    for i in $(seq 100); do kill -0 "$1" 2>/dev/null || break; sleep 0.05; done
    kill -9 "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
    pids=$(echo "$pids" | sed "s/ $1\b//")
}
end_all() { [ "$BASHPID" != "$$" ] || for p in $pids; do end "$p"; done; }
up() { # PORT
    local i
    for i in $(seq 200); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return 0; fi
        sleep 0.05
    done
    say "nothing listens at $1: $(tail -n 2 "$room/log")"
    exit 1
}
peak_kib() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"; }
keep() { # LABEL VALUE
    [ -n "$2" ] || { say "no figure for $1: $(tail -n 3 "$room/log")"; exit 1; }
    echo "$2" >>"$work/$1.figures"
}
figure() { median <"$work/$1.figures"; }

secrets() { # an account that reports facts, one that signs, and the key of the webhooks
    (umask 077 && echo "whsec_$(head -c 32 /dev/urandom | base64)" >"$room/secret")
    "$daemon" account add "$room/accounts.yaml" bench --role source >/dev/null
    token=$("$daemon" account token "$room/accounts.yaml" bench --lang en | awk '/^token/ {print $2}')
    "$daemon" account add "$room/accounts.yaml" signer --role approver --lang en >"$room/signer"
}
webhook_conf() { # one gateway for everything; both sides may open as many connections as they like
    echo "gateways:"
    echo "  hook: {kind: webhook, concurrency: 512, per_host: 512, connections: 256, secret_files: [secret], allow: [127.0.0.0/8]}"
    echo "routes:"
    echo "  - {letters: [order, release, task], by: [hook]}"
}

alertmanager_conf() { # FILE SINK GROUP [ROUTES]: with ROUTES each of so many targets has a receiver at an address of its own
    python3 - "$@" <<'PY'
import json, sys
path, sink, group = sys.argv[1:4]
routes = int(sys.argv[4]) if len(sys.argv) > 4 else 0
hook = lambda url: [{"url": url, "send_resolved": False}]
root = {"receiver": "hook", "group_by": [group], "group_wait": "0s", "group_interval": "5m", "repeat_interval": "4h"}
conf = {"route": root, "receivers": [{"name": "hook", "webhook_configs": hook(f"http://127.0.0.1:{sink}/am")}]}
if routes:
    root["routes"] = [{"matchers": [f'target="{k}"'], "receiver": f"r{k}"} for k in range(routes)]
    conf["receivers"] += [{"name": f"r{k}", "webhook_configs": hook(
        f"http://127.{1 + k // 62500}.{k // 250 % 250}.{1 + k % 250}:{sink}/hook/{k}")} for k in range(routes)]
json.dump(conf, open(path, "w"))
PY
}
start_alertmanager() { # PORT
    rm -rf "$room/am"
    start "$room/log" prometheus-alertmanager "--config.file=$room/am.yml" "--storage.path=$room/am" \
        "--web.listen-address=127.0.0.1:$1" --cluster.listen-address= --log.level=error
    up "$1"
    sleep 1
}

# ---- ingest: HJ 212 frames, each durable before its 9014, against XADD with appendfsync always ----------------------

ingest_ours() { # LABEL CONNECTIONS WINDOW
    local port line
    port=$(python3 "$ports")
    rm -f "$room"/y.db*
    printf '%s\n' "policies: bundle" "store: y.db" "hj212: {listen: \"127.0.0.1:$port\"}" \
        "limits: {batch_facts: 4096, snapshot_facts: 100000}" >"$room/y.yaml"
    start "$room/log" "$daemon" run -c "$room/y.yaml" --lang en
    local own=$pid
    up "$port"
    sleep 1
    line=$("$build/bench_load" "$port" "$2" "$3" "$bench_seconds" 2>>"$room/log") || line=
    keep "$1.yujing" "$(echo "$line" | awk '{split($2, e, "="); split($3, s, "="); print e[2] / s[2]}')"
    keep "$1.yujing_p99" "$(echo "$line" | field p99_us)"
    end "$own"
    keep "$1.journal" "$("$daemon" run -c "$room/y.yaml" --show facts | grep -c '"type":"reading"')"
    echo "$line" | field events >>"$work/$1.acked"
}
ingest_redis() {
    local port line
    port=$(python3 "$ports")
    rm -rf "$room/redis"
    mkdir "$room/redis"
    start "$room/log" redis-server --port "$port" --bind 127.0.0.1 --dir "$room/redis" --appendonly yes \
        --appendfsync always --save ""
    local own=$pid
    up "$port"
    line=$("$work/load" redis "$port" "$2" "$3" "$bench_seconds" 2>>"$room/log") || line=
    keep "$1.redis" "$(echo "$line" | awk '{split($2, e, "="); split($3, s, "="); print e[2] / s[2]}')"
    keep "$1.redis_p99" "$(echo "$line" | field p99_us)"
    end "$own"
}
ingest() {
    [ -d "$peers/w3" ] || { skip ingest "no peers' sources at $peers"; return; }
    command -v redis-server >/dev/null || { skip ingest "redis-server is not installed"; return; }
    begin_room ingest
    gcc -O2 -o "$work/load" "$peers/w3/load.c"
    "$here/bundle.sh" "$room/bundle" 100 same 1
    rm -f "$work"/ingest*.figures "$work"/ingest*.acked
    for _ in $(seq "$rounds"); do
        for ask in pipelined:1:1000 crowd:100:1; do
            IFS=: read -r label connections window <<<"$ask"
            ingest_ours "ingest.$label" "$connections" "$window"
            ingest_redis "ingest.$label" "$connections" "$window"
        done
    done
    for label in ingest.pipelined ingest.crowd; do
        # What was answered stands in the journal; a little more may, that was not answered yet.
        if paste "$work/$label.journal.figures" "$work/$label.acked" | awk '$1 < $2 {bad = 1} END {exit !bad}'; then
            say "wrong $label: answered, and not in the journal"
            exit 1
        fi
        say "$label: medians of $rounds runs in turn: yujing $(figure $label.yujing)/s" \
            "(p99 $(figure $label.yujing_p99) us), Redis always $(figure $label.redis)/s (p99 $(figure $label.redis_p99) us)"
        say "ratio $label/redis $(divide "$(figure $label.yujing)" "$(figure $label.redis)")"
    done
}

# ---- latency: an event by HTTP, a rule, a webhook; journaled, against Alertmanager, which is not --------------------

latency_ours() { # LABEL COUNT RATE
    local port line
    port=$(python3 "$ports")
    rm -f "$room"/y.db*
    { printf '%s\n' "policies: bundle" "store: y.db" "http: {listen: \"127.0.0.1:$port\"}" "accounts: accounts.yaml"
      webhook_conf; } >"$room/y.yaml"
    start "$room/log" "$daemon" run -c "$room/y.yaml" --live --lang en
    local own=$pid
    up "$port"
    sleep 1
    line=$("$build/bench_post" yujing "$port" "$sink" "$2" "$3" "$token" 2>>"$room/log") || true
    latency_keep "$1.yujing" "$line"
    end "$own"
}
latency_alertmanager() {
    local port line
    port=$(python3 "$ports")
    start_alertmanager "$port"
    local own=$pid
    line=$("$build/bench_post" alertmanager "$port" "$sink" "$2" "$3" 2>>"$room/log") || true
    latency_keep "$1.alertmanager" "$line"
    end "$own"
}
latency_keep() { # LABEL LINE
    local what
    for what in p50_us p99_us sent arrived refused eval_s; do keep "$1.$what" "$(echo "$2" | field $what)"; done
}
latency_say() { # LABEL
    local who
    for who in yujing alertmanager; do
        say "$1: $who p50 $(figure "$1.$who.p50_us") us, p99 $(figure "$1.$who.p99_us") us," \
            "$(figure "$1.$who.arrived") of $(figure "$1.$who.sent") arrived in $(figure "$1.$who.eval_s") s"
    done
}
latency() {
    command -v prometheus-alertmanager >/dev/null || { skip latency "prometheus-alertmanager is not installed"; return; }
    begin_room latency
    secrets
    sink=$(python3 "$ports")
    "$here/bundle.sh" "$room/bundle" 1000 same "$sink"
    alertmanager_conf "$room/am.yml" "$sink" id
    rm -f "$work"/latency*.figures
    for _ in $(seq "$rounds"); do
        for ask in sequence:1000:0 1k:5000:1000; do
            IFS=: read -r label count rate <<<"$ask"
            latency_ours "latency.$label" "$count" "$rate"
            latency_alertmanager "latency.$label" "$count" "$rate"
        done
        latency_ours latency.5k 15000 5000
    done
    latency_say latency.sequence
    latency_say latency.1k
    say "latency.5k: yujing p50 $(figure latency.5k.yujing.p50_us) us, p99 $(figure latency.5k.yujing.p99_us) us," \
        "$(figure latency.5k.yujing.arrived) of 15000 arrived in $(figure latency.5k.yujing.eval_s) s"
    say "ratio latency.p50/alertmanager $(divide "$(figure latency.sequence.yujing.p50_us)" "$(figure latency.sequence.alertmanager.p50_us)")"
    say "ratio latency.p99-1k/alertmanager $(divide "$(figure latency.1k.yujing.p99_us)" "$(figure latency.1k.alertmanager.p99_us)")"
    say "ratio latency.rate/5k $(awk -v n="$(figure latency.5k.yujing.arrived)" -v s="$(figure latency.5k.yujing.eval_s)" \
        'BEGIN {printf "%.3g", n / s / 5000}')"
}

# ---- fanout: one signature, an order to each of 10,000 enterprises; against one POST of 10,000 alerts ----------------

sink_stats() { curl -s --max-time 5 "http://127.0.0.1:$sink/stats"; }
fanout_wait() { # LABEL START: until all have come, or nothing more does for 30 s
    local stats='' last=-1 still=0 got
    while [ $still -lt 300 ]; do
        sleep 0.1
        stats=$(sink_stats)
        got=$(echo "$stats" | field distinct)
        [ "$got" = "$targets" ] && break
        if [ "$got" = "$last" ]; then still=$((still + 1)); else still=0 last=$got; fi
    done
    if [ "$got" != "$targets" ]; then
        say "wrong $1: $got of $targets webhooks came"
        exit 1
    fi
    keep "$1.seconds" "$(awk -v a="$2" -v b="$(echo "$stats" | field last_ns)" 'BEGIN {printf "%.4f", (b - a) / 1e9}')"
}
fanout_ours() { # same|distinct
    local http start hour=3600 now
    http=$(python3 "$ports")
    rm -f "$room"/y.db* "$room/facts"
    mkfifo "$room/facts"
    { printf '%s\n' "policies: $1" "store: y.db" "stdin: {read: true}" "http: {listen: \"127.0.0.1:$http\"}" \
        "accounts: accounts.yaml"
      webhook_conf; } >"$room/y.yaml"
    exec 9<>"$room/facts"
    input=$room/facts start "$room/log" "$daemon" run -c "$room/y.yaml" --live --lang en 9<&-
    local own=$pid
    up "$http"
    now=$(date +%s)
    printf '{"specversion":"1.0","type":"directive","source":"bench","id":"d","subject":"210100","time":"%s","data":{"level":"orange","from":"%s","to":"%s","number":"示例〔2026〕1号"}}\n' \
        "$(stamp "$now")" "$(stamp $((now + hour)))" "$(stamp $((now + 48 * hour)))" >&9
    sleep 3
    curl -s "http://127.0.0.1:$sink/reset" >/dev/null
    start=$(python3 "$here/approve.py" "$http" signer "$(awk '/^password/ {print $2}' "$room/signer")" \
        "$(awk '/^one-time code seed/ {print $4}' "$room/signer")" 2>>"$room/log") || start=
    [ "${start#* }" = "$targets" ] || { say "wrong fanout: “$start” signed: $(tail -n 2 "$room/log")"; exit 1; }
    fanout_wait "fanout.$1.yujing" "${start% *}"
    keep "fanout.$1.yujing.kib" "$(peak_kib "$own")"
    end "$own"
    exec 9>&-
}
stamp() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
fanout_alertmanager() { # same|distinct
    local port start
    port=$(python3 "$ports")
    cp "$room/am-$1.yml" "$room/am.yml"
    start_alertmanager "$port"
    local own=$pid
    curl -s "http://127.0.0.1:$sink/reset" >/dev/null
    start=$(python3 -c 'import http.client, json, sys, time
port, targets = map(int, sys.argv[1:])
text = "示例企业停止L1生产线生产，直至解除预警"
body = json.dumps([{"labels": {"alertname": "heavy", "target": str(k), "level": "orange"}, "annotations": {"text": text}} for k in range(targets)])
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
start = time.monotonic_ns()
connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
connection.getresponse().read()
print(start)' "$port" "$targets")
    fanout_wait "fanout.$1.alertmanager" "$start"
    keep "fanout.$1.alertmanager.kib" "$(peak_kib "$own")"
    end "$own"
}
fanout() {
    [ -d "$peers/w2" ] || { skip fanout "no peers' sources at $peers"; return; }
    command -v prometheus-alertmanager >/dev/null || { skip fanout "prometheus-alertmanager is not installed"; return; }
    ulimit -n "$(ulimit -Hn)"
    begin_room fanout
    secrets
    targets=${TARGETS:-10000}
    gcc -O2 -o "$work/sink" "$peers/w2/sink.c"
    sink=$(python3 "$ports")
    start "$room/log" "$work/sink" "$sink" 3600
    local hosts
    for hosts in same distinct; do "$here/bundle.sh" "$room/$hosts" "$targets" "$hosts" "$sink"; done
    alertmanager_conf "$room/am-same.yml" "$sink" target
    alertmanager_conf "$room/am-distinct.yml" "$sink" target "$targets"
    rm -f "$work"/fanout*.figures
    for _ in $(seq "$rounds"); do
        for hosts in same distinct; do
            fanout_ours $hosts
            fanout_alertmanager $hosts
        done
    done
    for hosts in same distinct; do
        say "fanout.$hosts: $targets webhooks, medians of $rounds runs in turn: yujing $(figure fanout.$hosts.yujing.seconds) s" \
            "($(figure fanout.$hosts.yujing.kib) KiB), Alertmanager $(figure fanout.$hosts.alertmanager.seconds) s" \
            "($(figure fanout.$hosts.alertmanager.kib) KiB)"
        say "ratio fanout.$hosts/alertmanager $(divide "$(figure fanout.$hosts.alertmanager.seconds)" "$(figure fanout.$hosts.yujing.seconds)")"
        say "ratio fanout.$hosts.memory/alertmanager $(divide "$(figure fanout.$hosts.yujing.kib)" "$(figure fanout.$hosts.alertmanager.kib)")"
    done
    end_all
}
