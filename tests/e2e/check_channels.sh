#!/bin/bash
# The ways out against real others: nginx and the npm standardwebhooks, mosquitto, two mail servers, xmllint.
#
# One line per result (tests/README.md).  YUJING is the binary; the sender, e2e_letters, is built beside it.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
here=$PWD/tests/e2e
build=$(dirname "${YUJING:-$PWD/build/yujing}")
letters=${LETTERS:-$build/e2e_letters}
[ -n "${LETTERS:-}" ] || make -s "BUILD=$build" "$letters" >&2 || {
    echo "not ok channels build: e2e_letters cannot be built"
    exit 0
}

room=$(mktemp -d) || exit 1
chmod 711 "$room"
pids=
cleanup() {
    [ "$BASHPID" = "$$" ] || return # a child killed before it becomes its program runs this trap too
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    rm -rf "$room"
}
trap cleanup EXIT
cd "$room" || exit 1

ok() { echo "ok channels $1"; }
not_ok() {
    echo "not ok channels $1: $2"
    tail -n 5 "$room/err.log" >&2
}
skipped() { echo "skipped channels $1: $2"; }
has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
# verdict NAME "WHAT IT SAID" PATTERN
verdict() { if [[ $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "said: $2"; fi; }
send() { timeout 60 "$letters" "$@" 2>err.log; }
answers() { # PORT: waits until somebody listens, half a minute at most
    for _ in $(seq 300); do
        (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
        sleep 0.1
    done
    return 1
}
says_port() { # FILE: the port that a server has printed
    for _ in $(seq 300); do
        [ -s "$1" ] && head -n 1 "$1" && return 0
        sleep 0.1
    done
    return 1
}
start() { # COMMAND…: in the background, ended with us; its id in $started
    "$@" &
    started=$!
    pids="$pids $started"
}
stop() {
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# ---- an authority of our own, and a certificate for localhost
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=check -keyout ca.key -out ca.pem &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr &&
        echo 'subjectAltName=DNS:localhost' >san &&
        openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out server.pem
} >openssl.log 2>&1 || {
    not_ok certificates "openssl failed"
    exit 0
}
chmod 644 server.key

# ---- webhooks: nginx with TLS in front, behind it a receiver that verifies with the npm library
webhooks() {
    has nginx || { skipped webhook "nginx is not installed"; return; }
    has node && has npm || { skipped webhook "node or npm is not installed"; return; }
    local modules=$top/build/npm-e2e
    if ! cmp -s "$here/npm/package-lock.json" "$modules/package-lock.json" || [ ! -d "$modules/node_modules" ]; then
        mkdir -p "$modules"
        cp "$here/npm/package.json" "$here/npm/package-lock.json" "$modules/"
        (cd "$modules" && timeout 120 npm ci --ignore-scripts --no-audit --no-fund >"$room/npm.log" 2>&1) || {
            rm -f "$modules/package-lock.json"
            skipped webhook "npm ci failed: $(tail -n 1 "$room/npm.log")"
            return
        }
    fi
    cp "$here/npm/receive.mjs" "$modules/"
    local secret=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=
    local other=whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=
    echo $secret >secret && chmod 600 secret
    start node "$modules/receive.mjs" $secret good >good.port
    start node "$modules/receive.mjs" $other wrong >wrong.port
    local good wrong front
    good=$(says_port good.port) && wrong=$(says_port wrong.port) && front=$(python3 "$here/ports.py") || {
        not_ok webhook "the receivers did not start"
        return
    }
    cat >nginx.conf <<END
daemon off; worker_processes 1; pid $room/nginx.pid; error_log $room/nginx.log;
$([ "$(id -u)" -ne 0 ] || echo "user root;")
events { worker_connections 256; }
http {
    access_log off; client_body_temp_path $room/t1; proxy_temp_path $room/t2; fastcgi_temp_path $room/t3;
    uwsgi_temp_path $room/t4; scgi_temp_path $room/t5;
    server {
        listen 127.0.0.1:$front ssl; ssl_certificate $room/server.pem; ssl_certificate_key $room/server.key;
        location /good/ { proxy_pass http://127.0.0.1:$good; }
        location /wrong/ { proxy_pass http://127.0.0.1:$wrong; }
        location /moved/ { return 302 http://127.0.0.1:$good/; }
    }
}
END
    start nginx -p "$room" -c "$room/nginx.conf"
    answers "$front" || { not_ok webhook "nginx did not start"; return; }
    cat >hook.yaml <<END
gateways:
  hook: {kind: webhook, secret_files: [secret], allow: ["127.0.0.1:$front"], ca_file: ca.pem, per_host: 8}
  untrusting: {kind: webhook, secret_files: [secret], allow: ["127.0.0.1:$front"]}
  guarded: {kind: webhook, secret_files: [secret], ca_file: ca.pem}
END
    verdict 'webhook through nginx' "$(send hook.yaml hook 300 "https://localhost:$front/good/{n}")" 'delivered=300 '
    verdict 'webhook verified by standardwebhooks' "$(cat good)" 'verified=300 rejected=0 distinct=300'
    verdict 'webhook control: another secret verifies nothing' "$(send hook.yaml hook 5 "https://localhost:$front/wrong/{n}") $(cat wrong)" \
        'delivered=0 retry=0 refused=5 .*verified=0 rejected=5'
    verdict 'webhook redirect is not followed' "$(send hook.yaml hook 2 "https://localhost:$front/moved/{n}")" 'refused=2 '
    verdict 'webhook unknown authority is tried again' "$(send hook.yaml untrusting 2 "https://localhost:$front/good/{n}")" 'retry=2 '
    verdict 'webhook certificate trouble is told apart' "$(cat err.log)" 'certificate: '
    verdict 'webhook name that is not in the certificate' "$(send hook.yaml hook 1 "https://127.0.0.1:$front/good/{n}") $(cat err.log)" \
        'retry=1 .*certificate: '
    verdict 'webhook guard closes what is not listed' "$(send hook.yaml guarded 2 "https://localhost:$front/good/{n}")" 'refused=2 '
    verdict 'webhook nothing more has arrived' "$(cat good)" 'verified=300 rejected=0'
}

# ---- MQTT: mosquitto with passwords, rights and TLS; mosquitto_sub listens
broker() {
    start mosquitto -c mosquitto.conf
    broker_pid=$started
    answers "$plain"
}
subscriber() { # FILE
    mosquitto_sub -h 127.0.0.1 -p "$plain" -u site -P sesame -q 1 -i "listener" -c -t 'yujing/#' >"$1" 2>sub.log &
    started=$!
    pids="$pids $started"
    for _ in $(seq 300); do # until it hears
        mosquitto_pub -h 127.0.0.1 -p "$plain" -u site -P sesame -t yujing/hello -m hello 2>/dev/null
        grep -q hello "$1" && return 0
        sleep 0.1
    done
    return 1
}
heard() { grep -c order "$1"; }
brokers() {
    has mosquitto && has mosquitto_sub && has mosquitto_passwd || { skipped mqtt "mosquitto is not installed"; return; }
    local tls
    plain=$(python3 "$here/ports.py") tls=$(python3 "$here/ports.py")
    touch passwords && chmod 600 passwords
    mosquitto_passwd -b passwords yujing 'open sesame' 2>/dev/null
    mosquitto_passwd -b passwords site sesame 2>/dev/null
    printf 'user yujing\ntopic write yujing/E/#\nuser site\ntopic readwrite yujing/#\n' >rights
    chmod 644 passwords rights
    cat >mosquitto.conf <<END
allow_anonymous false
password_file $room/passwords
acl_file $room/rights
log_dest none
max_queued_messages 0
listener $plain 127.0.0.1
listener $tls 127.0.0.1
cafile $room/ca.pem
certfile $room/server.pem
keyfile $room/server.key
END
    echo 'open sesame' >mqtt-password && echo wrong >mqtt-wrong && chmod 600 mqtt-password mqtt-wrong
    cat >mqtt.yaml <<END
gateways:
  plain: {kind: mqtt, broker: "tcp://127.0.0.1:$plain", user: yujing, password_file: mqtt-password, topic: "yujing/E/{recipient}", timeout: 20s}
  denied: {kind: mqtt, broker: "tcp://127.0.0.1:$plain", user: yujing, password_file: mqtt-password, topic: "yujing/X/{recipient}", client: b}
  stranger: {kind: mqtt, broker: "tcp://127.0.0.1:$plain", user: yujing, password_file: mqtt-wrong, topic: "yujing/E/{recipient}", client: c, timeout: 2s}
  tls: {kind: mqtt, broker: "ssl://localhost:$tls", user: yujing, password_file: mqtt-password, ca_file: ca.pem, topic: "yujing/E/{recipient}", client: d}
  misled: {kind: mqtt, broker: "ssl://127.0.0.1:$tls", user: yujing, password_file: mqtt-password, ca_file: ca.pem, topic: "yujing/E/{recipient}", client: e, timeout: 2s}
  old: {kind: mqtt, broker: "tcp://127.0.0.1:$plain", user: yujing, password_file: mqtt-password, topic: "yujing/E/{recipient}", client: f, protocol: 3.1.1}
END
    for gateway in plain denied stranger tls misled old; do # each alone: all of a file are opened
        { echo 'gateways:'; grep "^  $gateway:" mqtt.yaml; } >"mqtt-$gateway.yaml"
    done
    broker || { not_ok mqtt "mosquitto did not start"; return; }
    verdict 'mqtt nobody listens' "$(send mqtt-plain.yaml plain 3 E{n})" 'retry=3 '
    subscriber heard1 || { not_ok mqtt "mosquitto_sub did not start"; return; }
    local listener=$started
    verdict 'mqtt 2000 letters' "$(send mqtt-plain.yaml plain 2000 E{n})" 'delivered=2000 '
    verdict 'mqtt TLS' "$(send mqtt-tls.yaml tls 200 T{n})" 'delivered=200 '
    verdict 'mqtt 3.1.1' "$(send mqtt-old.yaml old 100 O{n})" 'delivered=100 '
    verdict 'mqtt no right to the topic' "$(send mqtt-denied.yaml denied 3 E{n})" 'refused=3 '
    verdict 'mqtt wrong password' "$(send mqtt-stranger.yaml stranger 2 E{n})" 'retry=2 '
    verdict 'mqtt name that is not in the certificate' "$(send mqtt-misled.yaml misled 2 E{n})" 'retry=2 '
    for _ in $(seq 300); do
        [ "$(heard heard1)" -ge 2300 ] && break
        sleep 0.1
    done
    verdict 'mqtt all were heard' "$(heard heard1)" '^2300$'

    # The broker is killed in the middle, and comes back.
    send mqtt-plain.yaml plain 20000 R{n} >restart.out &
    local sender=$!
    for _ in $(seq 200); do
        [ "$(heard heard1)" -gt 3000 ] && break
        sleep 0.02
    done
    local before
    before=$(heard heard1)
    kill -9 "$broker_pid"
    wait "$broker_pid" 2>/dev/null
    sleep 0.5
    broker || not_ok 'mqtt restart' "mosquitto did not come back"
    wait "$sender"
    # What came before the listener was back is unheard and told as such; nothing is told as heard and is not.
    local after said
    sleep 0.5
    after=$(grep -o '"target":"[0-9]*"' heard1 | sort -u | wc -l)
    said=$(sed -n 's/^delivered=\([0-9]*\) .*/\1/p' restart.out)
    if [ "$before" -lt 22300 ] && [[ $(cat restart.out) =~ refused=0 ]] && [ "${said:-0}" -gt 1000 ]; then
        ok "mqtt broker killed in the middle"
    else
        not_ok 'mqtt broker killed in the middle' "before=$before said=$(cat restart.out) heard=$after"
    fi
    stop "$listener"
}

# ---- mail
mail_yaml() { # PORT PASSWORD_FILE
    cat <<END
gateways:
  mail: {kind: smtp, server: "smtp://localhost:$1", from: yujing@example.cn, ca_file: ca.pem, user: yujing, password_file: $2, timeout: 10s}
END
}
mail_is_right() { # FILE
    python3 - "$1" <<'END'
import email, email.policy, sys
mail = email.message_from_bytes(open(sys.argv[1], "rb").read(), policy=email.policy.default)
text = mail.get_body(("plain",)).get_content()
html = mail.get_body(("html",)).get_content()
assert mail["Subject"] == "启动重污染天气Ⅱ级应急响应", mail["Subject"]
assert "请减产 30%" in text and "请减产 30%" in html, text
assert "示例市生态环境局" in str(mail["From"]), mail["From"]
assert mail["Auto-Submitted"] == "auto-generated"
END
}
aiosmtpd() {
    local python=/usr/bin/python3 # Debian's, which has Debian's library
    $python -c 'import aiosmtpd' 2>/dev/null || { skipped 'mail aiosmtpd' "python3-aiosmtpd is not installed"; return; }
    mkdir mails
    echo 'open sesame' >mail-password && echo wrong >mail-wrong && chmod 600 mail-password mail-wrong
    start $python "$here/mail_sink.py" server.pem server.key mails >mail.port 2>mail.log
    local port
    port=$(says_port mail.port) || { not_ok 'mail aiosmtpd' "it did not start: $(tail -n 1 mail.log)"; return; }
    mail_yaml "$port" mail-password >mail.yaml
    mail_yaml "$port" mail-wrong >mail-wrong.yaml
    verdict 'mail aiosmtpd: 100 with STARTTLS and a password' "$(send mail.yaml mail 100 "duty{n}@plant.example.cn")" 'delivered=100 '
    verdict 'mail aiosmtpd: all are there, each its own' "$(cat mails/*.eml | grep -i '^Message-ID:' | sort -u | wc -l)" '^100$'
    if mail_is_right mails/1.eml 2>>err.log; then ok 'mail reads as it was written'; else not_ok 'mail reads as it was written' "$(tail -n 1 err.log)"; fi
    verdict 'mail no such mailbox is final' "$(send mail.yaml mail 1 "nobody@plant.example.cn")" 'refused=1 '
    verdict 'mail wrong password is tried again' "$(send mail-wrong.yaml mail 1 "duty@plant.example.cn")" 'retry=1 '
    sed 's/, ca_file: ca.pem//' mail.yaml >mail-untrusting.yaml
    verdict 'mail unknown authority is tried again' "$(send mail-untrusting.yaml mail 1 "duty@plant.example.cn") $(cat err.log)" 'retry=1 .*certificate: '
}
opensmtpd() {
    [ -x /usr/sbin/smtpd ] || { skipped 'mail opensmtpd' "opensmtpd is not installed"; return; }
    [ "$(id -u)" -eq 0 ] || { skipped 'mail opensmtpd' "it needs root"; return; }
    pgrep -x smtpd >/dev/null && { skipped 'mail opensmtpd' "another one is running"; return; }
    local port
    port=$(python3 "$here/ports.py")
    mkdir -m 777 box
    # Without TLS, which this server cannot do with OpenSSL 3 (its key engine fails); aiosmtpd shows that part.
    cat >smtpd.conf <<END
table people { "@plant.example.cn" = nobody }
listen on 127.0.0.1 port $port
action box maildir "$room/box" virtual <people> user nobody
match from any for domain plant.example.cn action box
END
    chmod 600 smtpd.conf
    smtpd -d -f "$room/smtpd.conf" >smtpd.log 2>&1 &
    started=$!
    pids="$pids $started"
    answers "$port" || { skipped 'mail opensmtpd' "it does not start here: $(tail -n 1 smtpd.log)"; return; }
    cat >smtpd.yaml <<END
gateways:
  mail: {kind: smtp, server: "smtp://127.0.0.1:$port", from: yujing@example.cn, plain: true, timeout: 10s}
END
    verdict 'mail opensmtpd: 50 letters' "$(send smtpd.yaml mail 50 "duty{n}@plant.example.cn")" 'delivered=50 '
    for _ in $(seq 100); do
        [ "$(ls box/new 2>/dev/null | wc -l)" -eq 50 ] && break
        sleep 0.1
    done
    verdict 'mail opensmtpd: all are in the box' "$(ls box/new | wc -l)" '^50$'
    if mail_is_right "$(ls box/new/* | head -n 1)" 2>>err.log; then ok 'mail opensmtpd: reads as it was written'; else not_ok 'mail opensmtpd: reads as it was written' "$(tail -n 1 err.log)"; fi
    verdict 'mail opensmtpd: a domain it does not take' "$(send smtpd.yaml mail 1 "duty@elsewhere.example.cn")" 'refused=1 '
    stop "$started"
}

# ---- CAP by the schema of OASIS
cap() {
    local schema=$top/../shared/data/cap/cap12.xsd
    [ -r "$schema" ] || { skipped cap "$schema is not here"; return; }
    has xmllint || { skipped cap "xmllint is not installed"; return; }
    cat >cap.yaml <<END
gateways:
  cap:
    {kind: cap, folder: cap, sender: yujing.example.cn, event: 重污染天气, sender_code: "21010041600000", event_type: 11B00,
     file: "{sender_code}_{stamp}_{event_type}_{colour}_{type}.XML", parameters: {senderCode: "{sender_code}"}, valid: 72h}
END
    local n=0 level decision said
    for level in blue yellow orange red; do
        for decision in issue raise lower lift; do
            n=$((n + 1))
            said=$(LEVEL=$level DECISION=$decision REFERENCES="aa,2015-11-08T14:00:00+08:00" send cap.yaml cap 3 x public)
            [[ $said =~ delivered=3 ]] || { not_ok cap "$level $decision: $said"; return; }
            mkdir -p "cap.$n" && mv cap/*.XML "cap.$n/"
        done
    done
    if xmllint --nonet --noout --schema "$schema" cap.*/*.XML 2>>err.log; then
        ok "cap $(find cap.* -name '*.XML' | wc -l) messages are valid by the schema"
    else
        not_ok 'cap schema' "$(grep -m 1 error err.log)"
    fi
    sed 's/<status>Actual</<status>Real</' "$(ls cap.1/*.XML | head -n 1)" >spoilt.xml
    if xmllint --nonet --noout --schema "$schema" spoilt.xml 2>/dev/null; then not_ok 'cap control' "a spoilt message is valid"; else ok 'cap control: a spoilt one is not'; fi
    if xmllint --nonet --noout cap/feed.atom 2>>err.log; then ok 'cap feed is well-formed'; else not_ok 'cap feed' "$(tail -n 1 err.log)"; fi
    sed 's/folder: cap,/folder: drill,/' cap.yaml >cap-drill.yaml
    verdict 'cap drill leaves on paper' "$(DRILL=1 DECISION=issue send cap-drill.yaml cap 1 x public)" 'delivered=1 '
    if grep -q -E 'Actual|Public' drill/*.XML; then not_ok 'cap drill' "it says Actual or Public"; else ok 'cap drill is never Actual nor Public'; fi
}

webhooks
brokers
aiosmtpd
opensmtpd
cap
