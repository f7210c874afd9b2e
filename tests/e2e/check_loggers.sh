#!/bin/bash
# A duty officer asks a data logger through the daemon: `yujing ctl ask-logger`, with `yujing hj212 send` as the logger.
#
# One line per result (tests/README.md).  YUJING is the binary.
. "$(dirname "$0")/lib.sh" loggers
needs python3
cd "$room" || exit 1
export NO_COLOR=1 XDG_CONFIG_HOME=$room/config
unset LC_ALL LC_MESSAGES LANG

# ---- a daemon with accounts and one logger
own_policies
accounts dispatcher:duty auditor:looker
port=$(python3 "$root/tests/e2e/ports.py")
cat >yujing.yaml <<Y
policies: policies/shenyang
with:
  stations: [{id: taiyuanjie, name: 太原街, district: "210102"}, {id: xiaoheyan, name: 小河沿, district: "210103"}]
  areas: [{code: "210100", name: 沈阳市, stations: [taiyuanjie, xiaoheyan]}]
store: store.db
accounts: accounts.yaml
http: {listen: "127.0.0.1:0"}
hj212: {listen: "127.0.0.1:$port", monitors: monitors.yaml, answer_within: 5s, resends: 1}
Y
cat >monitors.yaml <<'Y'
monitors:
  - {mn: EX-TAIYUANJIE, password: "123456", subject: taiyuanjie}
  - {mn: EX-XIAOHEYAN, password: "123456", subject: xiaoheyan}
Y
chmod 600 monitors.yaml
"$yujing" run -c yujing.yaml --lang en </dev/null >acks 2>log &
http_port() { sed -n 's/.* info http: listening on 127.0.0.1 port \([0-9]*\)$/\1/p' log | tail -n 1; }
until_true 30 grep -q ' info http: listening on ' log
url=http://127.0.0.1:$(http_port)
[ -n "$(http_port)" ] && ok "the daemon listens" || { not_ok "the daemon listens" "$(tail -n 2 log)"; exit 0; }
for person in duty looker; do code $person | ctl $person login $person 2>err || not_ok "log in" "$person: $(cat err)"; done

# ---- before it has spoken
exits "a quiet shift is handed over" 0 ctl duty hand-over
grep -A1 '^What happened' out | grep -q '^  none$'
verdict "and says that nothing happened" $? "$(grep -A1 '^What happened' out | tr '\n' '|')"
exits "a logger that is not connected" 1 ctl duty ask-logger EX-TAIYUANJIE time --note "核对时钟"
has "is said to be so" err "EX-TAIYUANJIE is not connected"
exits "one that nobody has" 1 ctl duty ask-logger EX-NOBODY time --note "核对时钟"
has "is said to be unknown" err "no data logger has the MN EX-NOBODY"

# ---- the logger comes, and is asked
mkfifo feed
"$yujing" hj212 send "127.0.0.1:$port" --mn EX-TAIYUANJIE --heartbeat 1s --lang en <feed >sent 2>logger.log &
sender=$!
exec 3>feed
echo '{"cn":2061,"time":"2026-01-14T10:00:00+08:00","values":{"a34004-Avg":35,"a34004-Flag":"N"}}' >&3
until_true 30 grep -q acknowledged sent
has "the logger is there" sent '"acknowledged":true'
exits "its time is asked for" 0 ctl duty ask-logger EX-TAIYUANJIE time --note "核对时钟"
has "and told" out "EX-TAIYUANJIE: done  SystemTime=20[0-9]\{12\}"
days=$(TZ=Asia/Shanghai date +%Y%m%d)
exits "its time is set" 0 ctl duty ask-logger EX-TAIYUANJIE set_time --note "校时"
has "to ours" logger.log "1012 .*SystemTime=\($days\|$(TZ=Asia/Shanghai date +%Y%m%d)\)" # midnight may be between
exits "its interval" 0 ctl duty ask-logger EX-TAIYUANJIE realtime_interval --note "核对" -o json
has "as JSON" out '"reply":"RtdInterval=30"'
exits "what it cannot do" 1 ctl duty ask-logger EX-TAIYUANJIE hours begin=2026-01-14T08:00 end=2026-01-14T11:00 --note "补取数据"
has "is told in words" out "EX-TAIYUANJIE: it does not know this command"
has "and it was asked in full" logger.log "2061 BeginTime=20260114080000,EndTime=20260114110000"
has "the log keeps who asked and why" log "audit: logger duty .* EX-TAIYUANJIE hours: 补取数据"
has "and how it ended" log "audit: logger duty .* EX-TAIYUANJIE hours: declined 8"

# ---- what is refused
exits "no span" 2 ctl duty ask-logger EX-TAIYUANJIE hours --note x
exits "a question that nobody knows" 2 ctl duty ask-logger EX-TAIYUANJIE sing --note x
has "is told which there are" err "set_time"
exits "without a reason" 2 ctl duty ask-logger EX-TAIYUANJIE time
exits "who may only look" 1 ctl looker ask-logger EX-TAIYUANJIE time --note x
has "may not ask" err "403\|not allowed\|may not\|role"

# ---- it goes while it is asked
kill -STOP $sender
(ctl duty ask-logger EX-TAIYUANJIE time --note "断线" >gone 2>&1; echo $? >gone.exit) &
asking=$!
until_true 30 grep -q "EX-TAIYUANJIE time: 断线" log
{ kill -9 $sender; wait $sender; } 2>/dev/null
wait $asking
[ "$(cat gone.exit)" = 1 ] && ok "who asks is not kept waiting for one who has gone" || not_ok "who asks is not kept waiting for one who has gone" "$(cat gone.exit)"
has "and is told" gone "the connection ended\|did not answer"
exec 3>&-
