#!/bin/bash
# `yujing ctl events` through a quiet night: it stays with a daemon that says nothing but its heartbeat,
# and gives up one whose heart has stopped.
#
# One line per result (tests/README.md).  YUJING is the binary.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=${YUJING:-$PWD/build/yujing}

ok() { echo "ok events $1"; }
not_ok() { echo "not ok events $1: $2"; }
command -v python3 >/dev/null || { echo "skipped events: python3 is not installed"; exit 0; }

room=$(mktemp -d) || exit 1
peer=
cleanup() {
    [ "$BASHPID" = "$$" ] || return
    [ -n "$peer" ] && kill -9 "$peer" && wait "$peer" 2>/dev/null
    rm -rf "$room"
}
trap cleanup EXIT

# A stream as ours: a heartbeat every quarter of a minute, for seven beats; or, under /dead, none.
cat >"$room/peer.py" <<'P'
import http.server, sys, time
class Peer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"event: hello\nid: 1\ndata: {}\n\n")
        for _ in range(7):
            time.sleep(15)
            if not self.path.startswith("/dead"):
                self.wfile.write(b":\n\n")
        self.wfile.write(b"event: alarm\nid: 2\ndata: {\"after\":\"the silence\"}\n\n")
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Peer)
print(server.server_address[1], flush=True)
server.serve_forever()
P
python3 "$room/peer.py" >"$room/port" &
peer=$!
for _ in $(seq 100); do [ -s "$room/port" ] && break; sleep 0.05; done
url=http://127.0.0.1:$(cat "$room/port")

follow() { # NAME PATH
    timeout 150 "$yujing" ctl --lang en events -o json --url "$url$2" --token-file "$room/none" >"$room/$1.out" 2>"$room/$1.err" </dev/null
    echo $? >"$room/$1.exit"
}
follow dead /dead &
dead=$!
follow beating "" &
wait $dead $!
if [ "$(cat "$room/beating.exit")" = 0 ] && grep -q "the silence" "$room/beating.out"; then
    ok "a quiet stream is followed for as long as its heart beats"
else
    not_ok "a quiet stream is followed for as long as its heart beats" "exit $(cat "$room/beating.exit"): $(cat "$room/beating.err")"
fi
if [ "$(cat "$room/dead.exit")" = 4 ] && grep -q "not heard of for 60 seconds" "$room/dead.err"; then
    ok "one that says nothing at all is given up"
else
    not_ok "one that says nothing at all is given up" "exit $(cat "$room/dead.exit"): $(cat "$room/dead.err")"
fi
