#!/bin/bash
# MQTT from outside, with mosquitto as broker: what the broker was told we have survives our being killed.
#
# One line per result (tests/README.md).  YUJING is the binary, KILLS how often the daemon is killed.
. "$(dirname "$0")/lib.sh" "mqtt e2e"
kills_wanted=${KILLS:-8}
PATH=$PATH:/usr/sbin
needs python3 mosquitto mosquitto_pub
cd "$room" || exit 1
chmod 755 "$room"

says() { [ "$(grep -c "$2" "$1")" -ge "${3:-1}" ]; }

# ---- a broker that keeps what it has, and a second listener with a certificate of our own authority
read -r plain tls < <(python3 "$here/ports.py" 2)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=example authority" -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout broker.key -out broker.csr 2>/dev/null
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >broker.ext
openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile broker.ext -out broker.pem 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=another authority" -keyout other.key -out other.pem 2>/dev/null
printf 'reader:example-secret\n' >passwords
mosquitto_passwd -U passwords
printf 'example-secret\n' >secret
chmod 600 secret
mkdir kept
cat >broker.conf <<END
user $(id -un)
persistence true
persistence_location $room/kept/
autosave_interval 1
max_queued_messages 0
per_listener_settings true
listener $plain 127.0.0.1
allow_anonymous true
listener $tls 127.0.0.1
cafile $room/ca.pem
certfile $room/broker.pem
keyfile $room/broker.key
allow_anonymous false
password_file $room/passwords
END
start_broker() {
    mosquitto -c broker.conf >>broker.log 2>&1 &
    broker=$!
    until_true 60 mosquitto_pub -h 127.0.0.1 -p "$plain" -t nobody -n 2>/dev/null
}
stop_broker() {
    kill "$broker"
    wait "$broker" 2>/dev/null
}
own_policies
conf() { # NAME MQTT-KEYS
    cat >"$1.yaml" <<END
policies: policies/shenyang
store: $1.db
mqtt: {client: $1, topics: [facts/#], spool: $1.mqtt, $2}
END
}
start() {
    "$yujing" run -c "$1.yaml" --lang en </dev/null >/dev/null 2>>"$1.log" 3>&- &
    daemon=$!
}
fact() { # SOURCE NUMBER
    printf '{"specversion":"1.0","type":"reading","source":"%s","id":"%d","subject":"s1098","time":"2026-01-%02dT%02d:00:00+08:00","data":{"values":{"pm25":%d},"period":"PT1H"}}\n' \
        "$1" "$2" $(($2 / 24 % 28 + 1)) $(($2 % 24)) $(($2 % 100))
}
facts() { for ((n = $2; n <= $3; n++)); do fact "$1" "$n"; done; } # SOURCE FROM TO
publish() { mosquitto_pub -h 127.0.0.1 -p "$plain" -q 1 -t facts/stations "$@"; }
ids() { "$yujing" run -c "$1.yaml" --show facts | sed -n "s/.*\"source\":\"$2\",\"id\":\"\([0-9]*\)\".*/\1/p" | sort -n; }
in_spool() { cat wild.mqtt/held-* wild.mqtt/*/*.msg 2>/dev/null | grep -ao '"specversion"' | wc -l; }
# For a moment that lasts some milliseconds: whoever looks holds it, and lets go of it when it was another.
until_held() {
    for _ in {1..100}; do
        kill -STOP "$daemon"
        [ "$(in_spool)" -eq 0 ] || break
        kill -CONT "$daemon"
        sleep 0.002
    done
}
has_facts() { [ "$(ids "$1" "$2" | wc -l)" -ge "$3" ]; }

start_broker || { not_ok "the broker starts" "$(tail -n 1 broker.log)"; exit 0; }

# ---- killed again and again while facts come in
facts_wanted=1200
conf wild "broker: \"tcp://127.0.0.1:$plain\""
start wild
until_true 60 says wild.log "mqtt: connected" || not_ok "connects" "$(tail -n 1 wild.log)"
mkfifo pipe
publish -l <pipe 2>publish.log &
publisher=$!
exec 3>pipe
kills=0 sent=0 held=0
for ((i = 1; i <= kills_wanted; i++)); do
    connected=$(grep -c "mqtt: connected" wild.log)
    facts wild $((sent + 1)) $((facts_wanted * i / kills_wanted)) >&3
    sent=$((facts_wanted * i / kills_wanted))
    if ((i % 2)); then sleep "0.0$((RANDOM % 9))"; else until_held; fi
    kill -9 "$daemon" && kills=$((kills + 1))
    wait "$daemon" 2>/dev/null
    held=$((held + $(in_spool)))
    start wild
    until_true 60 says wild.log "mqtt: connected" $((connected + 1))
done
exec 3>&-
wait "$publisher"
is "the broker has acknowledged all to the publisher" $? 0
until_true 60 has_facts wild wild $facts_wanted
stop
ids wild wild >got
seq $facts_wanted >wanted
is "killed $kills times: nothing acknowledged is lost, nothing stands there twice" "$(diff got wanted | wc -l) $kills" "0 $kills_wanted"
if [ $held -gt 0 ]; then ok "the kills hit messages under way"; else not_ok "the kills hit messages under way" "the spool was always empty"; fi
if grep -q conflict wild.log; then not_ok "what comes again is a repeat" "$(grep -m1 conflict wild.log)"; else ok "what comes again is a repeat"; fi
echo "mqtt: $kills kills, $held messages in the spool at the time" >&2

# ---- a broker that is restarted; what was published while we were away; messages that are no facts
start wild
until_true 60 says wild.log "mqtt: connected" $((kills_wanted + 2))
connected=$(grep -c "mqtt: connected" wild.log)
stop_broker
until_true 60 says wild.log "mqtt.lost"
start_broker
if until_true 60 says wild.log "mqtt: connected" $((connected + 1)); then ok "a broker that is restarted is found again"; else not_ok "a broker that is restarted is found again" "$(tail -n 1 wild.log)"; fi
facts after 1 5 | publish -l
if until_true 60 has_facts wild after 5; then ok "and heard again"; else not_ok "and heard again" "$(tail -n 1 wild.log)"; fi
stop
facts away 1 5 | publish -l
start wild
if until_true 60 has_facts wild away 5; then ok "what came while we were away comes then"; else not_ok "what came while we were away comes then" "$(tail -n 1 wild.log)"; fi
publish -m 'no fact at all'
publish -m '{"specversion":"1.0","type":"tick","source":"wild","id":"t","time":"2026-01-01T00:00:00+08:00"}'
fact good 1 | publish -l
if until_true 60 has_facts wild good 1; then ok "a bad message holds up nobody"; else not_ok "a bad message holds up nobody" "$(tail -n 1 wild.log)"; fi
is "bad messages are put aside with their reasons" "$(cd wild.mqtt/failed && ls | grep -vc reason) $(cat wild.mqtt/failed/*.reason | grep -c '^facts/stations: ')" "2 2"
is "and as they came" "$(cat wild.mqtt/failed/* | grep -c '^no fact at all')" 1
stop

# ---- many at once: they share commits, in the broker's order
facts many 1 600 | publish -l
start wild
until_true 60 has_facts wild many 600 || not_ok "many at once" "$(tail -n 1 wild.log)"
stop
"$yujing" run -c wild.yaml --show facts | sed -n 's/.*"source":"many","id":"\([0-9]*\)".*/\1/p' >got
seq 600 >wanted
is "many at once keep the broker's order" "$(diff got wanted | wc -l)" 0
is "and nothing of them is left in the spool" "$(find wild.mqtt -name '*.msg' -o -name 'held-*' -size +0 | wc -l)" 0

# ---- TLS
conf sealed "broker: \"ssl://localhost:$tls\", ca_file: ca.pem, user: reader, password_file: secret"
start sealed
until_true 60 says sealed.log "mqtt: connected"
facts sealed 1 5 | publish -l
if until_true 60 has_facts sealed sealed 5; then ok "through TLS, by password"; else not_ok "through TLS, by password" "$(tail -n 1 sealed.log)"; fi
stop
if grep -q example-secret sealed.log; then not_ok "the password is in no log" "it is"; else ok "the password is in no log"; fi
conf wary "broker: \"ssl://localhost:$tls\", ca_file: other.pem, user: reader, password_file: secret"
start wary
until_true 60 says wary.log "mqtt.lost"
is "a broker of another authority is not spoken to" "$(grep -c 'mqtt: connected' wary.log)" 0
stop
