#!/bin/bash
# A drill cannot reach the living (D1, D2, D4, D5): no byte leaves, nothing of the living side can be opened, neither
# side takes what belongs to the other.
#
# Everything runs in a network namespace that has only its own loopback, so that not even a fault lets anything out.
. "$(dirname "$0")/lib.sh" "drill isolation"
chmod 755 "$room"
cd "$room" || exit 1

automatic
# Enterprises that really would be called: at an address that is nobody's (RFC 5737).
sed -i 's|webhook: "https://[^"]*"|webhook: "https://192.0.2.7/in"|' policies/shenyang/registry/*.yaml
printf 'whsec_%s\n' "$(head -c 24 /dev/zero | base64)" >secret
chmod 600 secret
conf() { # NAME LINE…
    local name=$1
    shift
    {
        echo "policies: policies/shenyang"
        echo "store: $name.db"
        echo "stdin: {read: true, ack: true, at_end: stop}"
        printf '%s\n' "$@"
    } >"$name.yaml"
}
gateways() { # NAME WAY…
    echo "gateways:"
    echo "  hook: {kind: webhook, secret_files: [secret], allow: [192.0.2.0/24], attempts_max: 2, timeout: 1s}"
    echo "  files: {kind: spool, folder: $1.spool}"
    echo "routes: [{letters: [order, release, task, public, page], by: [$2]}]"
}
conf live "clock: facts" "rehearsal: true" "spool: {folder: live.spool}"
conf drill "clock: facts" "drill: true" "$(gateways drill files)"
conf calling "$(gateways calling hook, files)"

# ---- D1: 0 bytes leave
if ! unshare -n true 2>/dev/null || ! command -v strace >/dev/null; then
    skip "no right to make a network namespace, or no strace" network
else
    traced() { # NAME OPTIONS…: connects and sends beyond loopback, of the facts in $feed
        local name=$1
        shift
        unshare -n sh -c 'ip link set lo up 2>/dev/null; exec "$@"' sh \
            strace -f -qq -e trace=connect,sendto,sendmsg,sendmmsg -o "$name.trace" \
            timeout 60 "$yujing" run -c "$name.yaml" "$@" <"$feed" >"$name.acks" 2>"$name.log"
        echo $? >"$name.status"
        grep -E 'AF_INET6?' "$name.trace" | grep -v -E 'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"' >"$name.beyond"
    }
    feed=facts.jsonl
    traced drill
    [ "$(cat drill.status)" -eq 0 ]
    verdict "the drill runs to its end without a network" $? "exit $(cat drill.status): $(tail -n 1 drill.log)"
    [ -s drill.trace ] || echo "0 +++ traced" >>drill.trace
    [ "$(wc -l <drill.beyond)" -eq 0 ]
    verdict "a drill connects nowhere" $? "$(wc -l <drill.beyond): $(head -n 1 drill.beyond)"
    traced live --live
    # By the wall clock, as the living go: tomorrow and the days after are bad.
    now=$(TZ=Asia/Shanghai date +%FT%T+08:00)
    printf '{"specversion":"1.0","type":"forecast","source":"e2e","id":"now","subject":"210100","time":"%s","data":{"series":"aqi_day","issued":"%s","start":"%s","step":"P1D","values":[90,280,280,280,90]}}\n' \
        "$now" "$now" "${now%T*}" >now.jsonl
    feed=now.jsonl
    traced calling --live
    [ "$(wc -l <calling.beyond)" -gt 0 ]
    verdict "negative control: a living daemon does" $? "it tried nothing, so the test proves nothing: $(tail -n 2 calling.log | tr '\n' ' ')"
    unshare -n true
fi

# ---- D5: every paper of the drill says so
papers=$(ls drill.spool 2>/dev/null | wc -l)
[ "$papers" -gt 100 ] && [ "$(grep -L '【演练】' drill.spool/* | wc -l)" -eq 0 ]
verdict "every paper of a drill says that it is one" $? "$papers papers, $(grep -L '【演练】' drill.spool/* 2>/dev/null | wc -l) do not"
first=$(grep -l ',"text":"【演练】' drill.spool/* | wc -l)
[ "$first" -eq "$papers" ]
verdict "and says so first" $? "$first of $papers"
living=$(ls live.spool 2>/dev/null | wc -l)
[ "$living" -gt 100 ] && ! grep -q '【演练】' live.spool/*
verdict "no paper of the living side says so" $? "$living papers"

# ---- D2: the drill's user opens nothing of the living side's
if [ "$(id -u)" -ne 0 ]; then
    skip "not root" user
else
    drill_user=65433 living_user=65432
    mkdir -p living/secrets
    cp live.yaml living/yujing.yaml
    cp secret living/secrets/webhook
    [ -e live.db ] && cp live.db living/yujing.db || echo x >living/yujing.db
    chown -R $living_user:$living_user living
    chmod -R go= living
    as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }
    as $living_user cat living/yujing.yaml >/dev/null 2>err
    verdict "negative control: the living user reads its own" $? "$(cat err)"
    refused=0
    for file in living/yujing.yaml living/secrets/webhook living/yujing.db; do
        as $drill_user cat "$file" >/dev/null 2>err
        [ $? -ne 0 ] && grep -q 'Permission denied' err && refused=$((refused + 1))
    done
    [ $refused -eq 3 ]
    verdict "the drill's user opens neither configuration nor secret nor store" $? "$refused of 3 refused"
    # A drill that names the living side's files does not start.
    mkdir -p drilling
    {
        echo "policies: $room/policies/shenyang"
        echo "store: $room/drilling/drill.db"
        echo "drill: true"
        echo "gateways: {hook: {kind: webhook, secret_files: [$room/living/secrets/webhook]}}"
    } >drilling/y.yaml
    chown -R $drill_user:$drill_user drilling
    as $drill_user "$yujing" run -c drilling/y.yaml </dev/null >out 2>&1
    [ $? -eq 78 ]
    verdict "a drill that names a living secret does not start" $? "$(tail -n 1 out)"
    sed -i "/^gateways/d; s|^store:.*|store: $room/living/yujing.db|; \$a spool: {folder: $room/drilling/spool}" drilling/y.yaml
    as $drill_user timeout 20 "$yujing" run -c drilling/y.yaml </dev/null >out 2>&1
    status=$?
    [ $status -ne 0 ] && [ $status -ne 124 ]
    verdict "nor one that names the living store" $? "exit $status"
fi

# ---- D4: neither side takes what is the other's
sed 's|^store:.*|store: live.db|' drill.yaml >mixed.yaml
"$yujing" run -c mixed.yaml </dev/null >out 2>&1
[ $? -eq 78 ]
verdict "a drill does not open the living store" $? "$(tail -n 1 out)"
sed 's|^store:.*|store: drill.db|' live.yaml >mixed.yaml
"$yujing" run -c mixed.yaml --live </dev/null >out 2>&1
[ $? -eq 78 ]
verdict "the living side does not open a drill's store" $? "$(tail -n 1 out)"
"$yujing" run -c drill.yaml --live </dev/null >out 2>&1
[ $? -eq 78 ]
verdict "a drill is never live" $? "$(tail -n 1 out)"
"$yujing" account add drill-accounts.yaml director --role planner --side drill >out 2>&1
if [ -s drill-accounts.yaml ]; then
    { sed '/^http:/d' live.yaml; echo 'http: {listen: "127.0.0.1:0"}'; echo 'accounts: drill-accounts.yaml'; } >mixed.yaml
    timeout 20 "$yujing" run -c mixed.yaml --live </dev/null >out 2>&1
    [ $? -eq 78 ]
    verdict "the living side does not take a drill's accounts" $? "$(tail -n 1 out)"
else
    not_ok "a drill's accounts" "$(tail -n 1 out)"
fi

# 非演练 in a template: a drill that says it is none does not pass for one.
mkdir -p lying
cp -R policies scripts lying/
found=$(ls lying/policies/shenyang/notices/* 2>/dev/null | head -n 1)
if [ -n "$found" ]; then
    for file in lying/policies/shenyang/notices/*; do sed -i '1s/^/本通知为真实指令，非演练。/' "$file"; done
    sed 's|^policies:.*|policies: lying/policies/shenyang|; s|^store:.*|store: lying.db|' drill.yaml >lying.yaml
    timeout 60 "$yujing" run -c lying.yaml <facts.jsonl >out 2>lying.log
    status=$?
    if [ $status -eq 78 ]; then
        ok "a template that says it is no drill is refused"
    else
        [ "$(grep -l '非演练' drill.spool/* 2>/dev/null | wc -l)" -eq 0 ] && [ "$(ls lying.spool 2>/dev/null | wc -l)" -eq 0 ]
        verdict "a template that says it is no drill is refused" $? "exit $status, $(grep -l '非演练' drill.spool/* | wc -l) papers say so"
    fi
else
    skip "the policy has none" templates
fi
exit 0
