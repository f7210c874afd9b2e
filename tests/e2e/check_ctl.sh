#!/bin/bash
# People at a real daemon: accounts, log-in, signing, receipts, policies, over `yujing ctl` and curl.
#
# One line per result (tests/README.md).  YUJING is the binary.
. "$(dirname "$0")/lib.sh" ctl
needs curl python3
cd "$room" || exit 1
export NO_COLOR=1 XDG_CONFIG_HOME=$room/config
unset LC_ALL LC_MESSAGES LANG

has_not() {
    if grep -q -e "$3" "$2"; then not_ok "$1" "“$3” stands in $2"; else ok "$1"; fi
}
member() { python3 -c 'import json,sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[int(key) if key.lstrip("-").isdigit() else key]
print(value)' "$@"; }

# ---- accounts
accounts approver:one approver:two approver:late dispatcher:duty sysadmin:keeper author:writer
"$yujing" account add accounts.yaml gate --role source >/dev/null
"$yujing" account token accounts.yaml gate --source sensor/ -o json >gate.secret
[ "$(stat -c %a accounts.yaml)" = 600 ] && ok "accounts are the owner's alone" || not_ok "accounts are the owner's alone" "$(stat -c %a accounts.yaml)"
exits "an account twice" 1 "$yujing" account add accounts.yaml one --role approver
exits "an enterprise without its id" 2 "$yujing" account add accounts.yaml firm --role enterprise
exits "a name the file could not be read with" 2 "$yujing" account add accounts.yaml "a b" --role approver
exits "nor such an id" 2 "$yujing" account add accounts.yaml firm --role enterprise --recipient a/b
exits "accounts are listed" 0 "$yujing" account list accounts.yaml -o json
has_not "and their secrets are not" out "$(member password <one.secret)"
for secret in one two duty; do
    grep -q -F "$(member password <$secret.secret)" accounts.yaml && not_ok "a password is not kept" "$secret"
done

link() { # LETTER [SIDE] [MINUTES]: a receipt link, made by another program than ours
    python3 - "$@" <<'P'
import base64, hashlib, hmac, struct, sys, time
letter, side = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "live"
minutes = int(sys.argv[3]) if len(sys.argv) > 3 else 60
key = bytes.fromhex(open("store.db.receipt-key").read().strip())
said = bytes.fromhex(letter) + struct.pack(">I", int(time.time() // 60) + minutes)
mac = hmac.new(key, b"yujing receipt " + side.encode() + b"\0" + said, hashlib.sha256).digest()[:16]
print(base64.urlsafe_b64encode(said + mac).decode())
P
}

# ---- a daemon with sixteen days of facts; a plan waits at their end
own_policies
make_facts
total=$(wc -l <facts.jsonl)
cat >yujing.yaml <<'Y'
policies: policies/shenyang
store: store.db
clock: facts
rehearsal: true
stdin: {read: true, ack: true, at_end: stay}
spool: {folder: spool}
accounts: accounts.yaml
http: {listen: "127.0.0.1:0", public_url: "https://warn.example.cn"}
Y
start() { # [FACTS]
    local known
    known=$(cat log 2>/dev/null | wc -l)
    "$yujing" run -c yujing.yaml --live --lang en <"${1:-/dev/null}" >acks 2>>log &
    pid=$!
    for _ in $(seq 300); do
        port=$(tail -n +$((known + 1)) log | sed -n 's/.* info http: listening on 127.0.0.1 port \([0-9]*\)$/\1/p')
        [ -n "$port" ] && curl -s -o /dev/null "http://127.0.0.1:$port/healthz" && return
        sleep 0.1
    done
    not_ok "the daemon starts" "$(tail -n 2 log)"
    exit 0
}
start facts.jsonl
until_true 60 grep -q "^{\"accepted\":$total}\$" acks
url=http://127.0.0.1:$port
log_in() {
    code "$@" >$1.shown
    ctl "$1" login "$1" <$1.shown 2>err
}

exits "nobody is let in" 1 ctl one status
has "and told how to come in" err "ctl login"
for person in one two duty keeper writer; do log_in $person || not_ok "log in" "$person: $(cat err)"; done
[ "$(stat -c %a one.token)" = 600 ] && ok "a session is the owner's alone" || not_ok "a session is the owner's alone" "$(stat -c %a one.token)"
exits "who is not there" 4 "$yujing" ctl --url http://127.0.0.1:1 status
typed() { # what the runbooks and the README say to type, one command a line
    sed -n 's/`/\n/gp' "$root"/examples/operations/*.md | sed -n 's/^yujing \(ctl .*\)/\1/p'
    sed -n 's/^yujing \(ctl [^#>]*\).*/\1/p' "$root/README.md"
}
typed >commands
wrong=
while read -r command; do
    eval "set -- $command"
    "$yujing" "$@" --url http://127.0.0.1:1 --token-file none >/dev/null 2>err </dev/null
    [ $? -eq 4 ] || wrong="$command: $(head -n 1 err)"
done <commands
[ "$(wc -l <commands)" -ge 20 ] && [ -z "$wrong" ] && ok "what the runbooks say to type is understood" || not_ok "what the runbooks say to type is understood" "$wrong"
exits "the state" 0 ctl one status
has "names the plan that waits" out "to be signed"
hash=$(ctl one proposals -o json | member proposals 0 hash)
orders=$(ctl one proposals -o json | member proposals 0 counts orders)
[ "$orders" -gt 100 ] && ok "a plan waits" || not_ok "a plan waits" "$orders orders"
exits "a plan is shown" 0 ctl one show "$hash"
has "with its orders' words" out "应急减排措施"
has "and its gateways" out "spool: $orders letters"

# ---- signing
exits "nobody is there to be asked" 2 ctl one approve "$hash" --note x
exits "another number" 1 ctl one approve "$hash" --note x --count 7
has "is told which" err "it is $orders orders, not 7"
exits "one for two: nobody is there to be asked" 2 ctl duty break-glass "$hash" --note x
has "with the consequence said" err "This sends $orders orders (REAL)"
exits "one for two: another number" 1 ctl duty break-glass "$hash" --note x --count 7
exits "a level by one for two" 2 ctl duty break-glass heavy-pollution/210100 --level red --note x
has "is restated" err "puts heavy-pollution/210100 in force (REAL) at level red .* on your signature alone"
exits "a number nobody can check is no yes" 2 ctl duty break-glass heavy-pollution/210100 --level red --note x --count 7
exits "a level by hand" 2 ctl duty issue heavy-pollution/210100 --level red --note x
has "is restated too" err "at level red .* or with the second signature"
exits "no level by hand" 2 ctl duty issue heavy-pollution/210100 --note x --yes
exits "a lift by hand" 2 ctl duty lift heavy-pollution/210100/2015-11-05T00:00 --note x
has "likewise" err "This lifts heavy-pollution/210100/2015-11-05T00:00 (REAL)"
exits "a name of the wrong form" 2 ctl duty lift heavy-pollution/210100 --note x --yes
[ "$(ls spool 2>/dev/null | wc -l)" = 0 ] && ok "nothing left unasked" || not_ok "nothing left unasked" "$(ls spool | wc -l) letters"
exits "without a reason" 2 ctl one approve "$hash" --count "$orders"
exits "the author may not" 1 ctl writer approve "$hash" --note x --yes
ctl duty events -o json >events 2>/dev/null &
until_true 30 grep -q '"hello"' events
for person in one two; do
    (ctl $person approve "$hash" --note "会商同意" --yes >$person.out 2>$person.err; echo $? >$person.exit) &
    racers="${racers-} $!"
done
wait $racers
[ "$(sort one.exit two.exit | tr '\n' ' ')" = "0 1 " ] && ok "of two who sign at once one releases" || not_ok "of two who sign at once one releases" "$(cat one.exit two.exit | tr '\n' ' ')"
loser=one winner=two
[ "$(cat one.exit)" = 0 ] && loser=two winner=one
has "the other is told who did" $loser.err "released by $winner"
has "the consequence is said" $winner.err "This sends $orders orders (REAL)"
[ "$("$yujing" run -c yujing.yaml --show decisions | grep -c '"kind":"issue"')" = 1 ] && ok "once" || not_ok "once" "$("$yujing" run -c yujing.yaml --show decisions | grep -c '"kind":"issue"') issues"
left() { [ "$(ls spool | wc -l)" -ge "$orders" ]; }
until_true 60 left
[ "$(ls spool | wc -l)" = "$orders" ] && ok "every order leaves" || not_ok "every order leaves" "$(ls spool | wc -l) of $orders"
until_true 30 grep -q '"event":"act"' events
has "who follows sees it" events '"event":"act".*"result":"approved"'

# ---- receipts
exits "a kind of letter that is none" 2 ctl duty letters kind=oder
exits "a filter that is none" 2 ctl duty letters sate=dead
exits "two plans in one command" 2 ctl one approve "$hash" "$hash" --note x --yes
exits "an event's number that is none" 2 ctl duty events after=x
exits "a form of the sheet that is none" 2 ctl duty hand-over form=pdf
exits "a correction of nothing" 2 ctl duty correct "$hash" --note x
letter=$(ctl duty letters kind=order max=1 -o json | member letters 0 letter)
page=$url/r/$(link "$letter")
curl -s "$page" >out
has "the receipt page opens" out '>收到</button>'
for _ in 1 2; do
    status=$(curl -s -o /dev/null -w '%{http_code}' -d answer=acknowledged "$page")
    [ "$status" = 303 ] || not_ok "a tap" "$status"
done
[ "$("$yujing" run -c yujing.yaml --show facts | grep -c '"type":"receipt"')" = 1 ] && ok "two taps are one receipt" || not_ok "two taps are one receipt" "$("$yujing" run -c yujing.yaml --show facts | grep -c '"type":"receipt"')"
for bad in "$(link "$letter" drill)" "$(link "$letter" live -5)" AAAA; do
    status=$(curl -s -o /dev/null -w '%{http_code}' "$url/r/$bad")
    case $status in 404 | 410) ;; *) not_ok "a bad link opens nothing" "$status" ;; esac
done
ok "bad links open nothing"
rung=$(ctl duty letters kind=order max=2 -o json | member letters 1 letter)
exits "a letter by telephone" 0 ctl duty ack "$rung" --note "电话告知已收到"
has "who entered it is said" out "entered by duty"
exits "the letter" 0 ctl two letter "$rung"
has "names who entered its receipt, and what was said" out "acknowledged .*entered by duty *电话告知已收到"
until_true 30 grep -q '"event":"receipt".*"by":"duty"' events
has "so does the event" events '"event":"receipt".*"by":"duty"'

# ---- killed: what was said stands, and asking again changes nothing
log_in late || not_ok "log in" "late: $(cat err)"
{ kill -9 $pid; wait $pid; } 2>/dev/null
start
url=http://127.0.0.1:$port
exits "sessions end with the daemon" 1 ctl duty status
again() { ctl late login late <late.shown; }
exits "a code counts once, also after a kill" 1 again
has "and says that the next one does" err "wait for the next"
for person in one duty keeper; do log_in $person 1 || not_ok "log in again" "$person: $(cat err)"; done
[ "$(ctl duty letter "$letter" -o json | member receipts -1 kind)" = acknowledged ] && ok "a receipt survives a kill" || not_ok "a receipt survives a kill" "$letter"
exits "a correction" 0 ctl duty correct "$letter" --text "第一项改为限产30%" --note "录入有误"
has "goes to the one it was sent to" out "1 letters sent after it, 0 cancelled"
exits "a plan's letters by the number that is shown" 0 ctl duty letters "plan=${hash:0:12}" max=1
has "are found" out "order"
exits "a plan nobody has sent" 1 ctl duty withdraw 000000000000 --note "撤回"
has "is what was looked for" err "no letter of plan 000000000000 was sent"
exits "a plan by the number that is shown" 0 ctl duty withdraw "${hash:0:12}" --note "撤回"
has "is withdrawn from everybody" out "$orders letters"
exits "a page for print" 0 ctl duty hand-over form=html hours=168
has "is the hand-over sheet" out "值班交接单"
exits "dispatch is paused" 0 ctl duty pause-dispatch --note "核对"
exits "the state says so" 0 ctl duty status
has "loudly" out "DISPATCH IS PAUSED"
exits "what is paused is not paused again" 1 ctl duty pause-dispatch --note "再停"
has "and who paused it is told, and why" err "paused already by duty: 核对"
exits "an address that is not suspended" 1 ctl duty resume-dispatch spool/nobody --note "完毕"
has "is told" err "not suspended"
ctl duty status >out
has "and dispatch stays paused" out "DISPATCH IS PAUSED"
exits "and goes on" 0 ctl duty resume-dispatch --note "完毕"
ctl duty status >out
has_not "as the state says" out "DISPATCH IS PAUSED"
exits "once" 1 ctl duty resume-dispatch --note "完毕"
has "and says so" err "not paused"

# ---- the policy
exits "a policy is tried" 0 ctl one reload --check
old=$(ctl one generations -o json | member in_force)
echo "recipientz_max: 1" >>policies/shenyang/policy.yaml
exits "a broken one is refused" 1 ctl one reload --note "x"
has "with file and line" err 'policy.yaml:[0-9]*:[0-9]*: error'
[ "$(ctl one generations -o json | member in_force)" = "$old" ] && ok "the old one stays" || not_ok "the old one stays" "another is in force"
sed -i '/recipientz_max/d' policies/shenyang/policy.yaml
echo "# another version" >>policies/shenyang/policy.yaml
exits "a sound one is taken over" 0 ctl one reload --note "修订"
[ "$(ctl one generations -o json | member in_force)" != "$old" ] && ok "another is in force" || not_ok "another is in force" "$old"
exits "and rolled back from" 0 ctl one rollback "$old" --note "回退"
[ "$(ctl one generations -o json | member in_force)" = "$old" ] && ok "the first is back" || not_ok "the first is back" "not $old"

# ---- the shift's sheet: what people did about the daemon itself stands on it, in words
exits "the shift is handed over" 0 ctl duty hand-over hours=168
has "with the correction and how many it followed" out "corrected: letter .* to .*“第一项改为限产30%”; sent after it to 1  by duty: 录入有误"
has "the answer by telephone" out "entered as acknowledged: letter .*  by duty: 电话告知已收到"
has "the pause" out "dispatch paused  by duty: 核对"
has "its end" out "dispatch resumed  by duty: 完毕"
has "the policy" out "policy [0-9a-f]\{12\}  by one: 修订"
has "and the way back" out "back to policy ${old:0:12}  by one: 回退"
exits "the same as a page" 0 ctl duty hand-over form=html hours=168
has "has them too" out "七、本班操作"

# ---- one person for two: restated, asked once, and done
answers() { # LINE COMMAND…: typed at a terminal
    local line=$1
    shift
    echo "$line" | python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@"
}
glass="$yujing ctl --lang en --url $url --token-file duty.token break-glass heavy-pollution/210100 --level red --note 骤变"
exits "who does not say yes breaks no glass" 1 answers no $glass
has "and is told" out "not yes: nothing was done"
exits "who does breaks it" 0 answers yes $glass
has "and everything leaves" out "done by hand; [1-9][0-9]* orders"
whole="$yujing ctl --lang en --url $url --token-file duty.token withdraw ${hash:0:12} --note 撤回"
exits "nor does he withdraw a whole plan" 1 answers no $whole
has "and is told what it would be" out "withdraws every letter of ${hash:0:12} "
has "and that it was not" out "not yes: nothing was done"

# ---- facts, metrics, secrets
token=$(member token <gate.secret)
event='{"specversion":"1.0","type":"reading","source":"sensor/1","id":"1","subject":"s1104","time":"2025-01-22T00:00:00+08:00","data":{"values":{"pm25":60},"period":"PT1H"}}'
status=$(curl -s -o out -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/cloudevents+json' -d "$event" "$url/api/v1/facts")
[ "$status" = 202 ] && ok "a source reports" || not_ok "a source reports" "$status $(cat out)"
status=$(curl -s -o out -w '%{http_code}' -H "Authorization: Bearer $token" -H 'Content-Type: application/cloudevents+json' -d "${event/sensor\/1/other}" "$url/api/v1/facts")
has "and only as itself" out '"code":"W006"'
curl -s -H "Authorization: Bearer $(cat keeper.token)" "$url/metrics" >metrics
has "metrics are scraped" metrics '^yujing_http_requests_total'
tr '\0' ' ' <"/proc/$pid/cmdline" >cmdline
for file in log metrics cmdline events out; do
    for secret in one two duty; do
        grep -q -F -e "$(member password <$secret.secret)" -e "$(member seed <$secret.secret)" $file && not_ok "no secret in $file" "$secret's"
    done
    grep -q -F -e "$token" -e "$(cat duty.token)" -e "$(cat store.db.receipt-key)" $file && not_ok "no secret in $file" "a token"
done
ok "secrets were looked for"
"$yujing" account disable accounts.yaml duty >/dev/null
for _ in $(seq 40); do ctl duty status >/dev/null 2>&1 || break; sleep 0.1; done
exits "who is disabled is out at once" 1 ctl duty status

# ---- the other side
kill -TERM $pid
wait $pid
[ $? -eq 0 ] && ok "ends in order" || not_ok "ends in order" "$(tail -n 1 log)"
pid=
{ grep -v '^store:' yujing.yaml; echo "drill: true"; echo "store: drill.db"; } >drill.yaml
exits "a drill does not take the living's accounts" 78 timeout 20 "$yujing" run -c drill.yaml
