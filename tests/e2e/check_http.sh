#!/bin/bash
# The HTTP server against others: OpenSSL and Python's TLS as clients, good and bad certificates, and a crowd that drips.
#
# One line per result (tests/README.md).  The server is tests/bench/bench_http.c, built beside YUJING unless BENCH_HTTP
# names it.
. "$(dirname "$0")/lib.sh" http
build=$(dirname "$yujing")
crowd=${CROWD:-1000}
needs openssl python3
if [ -n "${BENCH_HTTP:-}" ]; then
    server=$BENCH_HTTP
elif make --no-print-directory BUILD="$build" "$build/bench_http" >/dev/null 2>"$build/bench_http.log"; then
    server=$(cd "$build" && pwd)/bench_http
else
    not_ok build "see $build/bench_http.log"
    exit 0
fi

pid=
stop() {
    exec 7>&-
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
    pid=
}
cd "$room" || exit 1

# serve ARGUMENT…: starts the server; its port is in $port, its standard input is descriptor 7.
serve() {
    stop
    rm -f input said
    mkfifo input
    "$server" serve "$@" <input >said 2>complaints &
    pid=$!
    exec 7>input
    port=
    for _ in $(seq 600); do
        port=$(head -n 1 said)
        [ -z "$port" ] || return 0
        kill -0 "$pid" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# ---- certificates: one CA, another CA, and clients good and bad
quiet() { "$@" >>openssl.log 2>&1; }
authority() { # NAME
    quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=示例 $1" -utf8 \
        -keyout "$1.key" -out "$1.pem" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
certificate() { # NAME CA USAGE DAYS-FROM DAYS-TO
    local from to
    from=$(date -u -d "$4 days" +%Y%m%d%H%M%SZ)
    to=$(date -u -d "$5 days" +%Y%m%d%H%M%SZ)
    printf '%s\n' '[ca]' 'default_ca=d' '[d]' "database=$2.index" "new_certs_dir=." "serial=$2.serial" 'default_md=sha256' \
        'policy=p' 'unique_subject=no' 'default_crl_days=30' '[p]' 'commonName=supplied' '[e]' \
        "extendedKeyUsage=$3" 'subjectAltName=IP:127.0.0.1' >ca.conf
    [ -e "$2.index" ] || { : >"$2.index"; echo 1000 >"$2.serial"; }
    quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
    quiet openssl ca -batch -notext -config ca.conf -extensions e -cert "$2.pem" -keyfile "$2.key" \
        -startdate "$from" -enddate "$to" -in "$1.csr" -out "$1.pem"
}
authority ours
authority theirs
certificate server ours serverAuth -1 30
certificate server2 ours serverAuth -1 30
certificate good ours clientAuth -1 30
certificate expired ours clientAuth -30 -1
certificate early ours clientAuth 10 30
certificate purpose ours serverAuth -1 30
certificate revoked ours clientAuth -1 30
certificate stranger theirs clientAuth -1 30
quiet openssl ca -config ca.conf -cert ours.pem -keyfile ours.key -revoke revoked.pem
sed -i 's/database=.*/database=ours.index/' ca.conf
quiet openssl ca -config ca.conf -cert ours.pem -keyfile ours.key -revoke revoked.pem
quiet openssl ca -config ca.conf -cert ours.pem -keyfile ours.key -gencrl -out ours.crl
if ! grep -q 'BEGIN X509 CRL' ours.crl 2>/dev/null || ! [ -s stranger.pem ] || ! [ -s expired.pem ]; then
    not_ok certificates "$(tail -n 1 openssl.log)"
    exit 0
fi
if ! openssl crl -in ours.crl -noout -text | grep -q 'Serial Number'; then
    not_ok certificates "nothing is revoked in the list"
    exit 0
fi

# ask OPTION…: the answer to one request over TLS, by OpenSSL; what it complains of is in ask.log.
ask() {
    printf 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n' |
        timeout 20 openssl s_client -connect "127.0.0.1:$port" -CAfile ours.pem -verify_return_error -quiet "$@" 2>ask.log
}
accepts() { # NAME OPTION…
    local name=$1 answer
    shift
    answer=$(ask "$@")
    case $answer in
    'HTTP/1.1 202 '*) ok "$name" ;;
    *) not_ok "$name" "answered: $(printf '%s' "$answer" | head -n 1)" ;;
    esac
}
refuses() { # NAME OPTION…: the server itself says no, by an alert or by hanging up
    local name=$1 answer
    shift
    answer=$(ask "$@")
    if [ -n "$answer" ]; then
        not_ok "$name" "answered: $(printf '%s' "$answer" | head -n 1)"
    elif grep -q -E 'alert|unexpected eof|write:errno=(32|104)' ask.log; then
        ok "$name"
    else
        not_ok "$name" "no refusal: $(tail -n 1 ask.log)"
    fi
}

# ---- TLS without client certificates
if serve server.pem server.key; then
    accepts tls_1.3 -tls1_3
    accepts tls_1.2 -tls1_2
    refuses tls_1.1 -tls1_1 -cipher DEFAULT@SECLEVEL=0
    refuses plain_text_cipher -tls1_2 -cipher NULL@SECLEVEL=0
    answer=$(printf 'GET / HTTP/1.1\r\nHost: h\r\n\r\n' | timeout 20 python3 -c "
import socket, sys
s = socket.create_connection(('127.0.0.1', $port)); s.sendall(sys.stdin.buffer.read()); print(s.recv(100))" 2>&1)
    case $answer in
    *HTTP/1*) not_ok plain_http_on_tls "answered: $answer" ;;
    *) ok plain_http_on_tls ;;
    esac
else
    not_ok tls_serve "$(cat complaints)"
fi

# ---- TLS with client certificates
if serve server.pem server.key ours.pem ours.crl; then
    accepts client_good -cert good.pem -key good.key
    ask -cert good.pem -key good.key | grep -q '^X-Subject: CN=good' && ok client_subject || not_ok client_subject "no X-Subject: CN=good"
    refuses client_none
    refuses client_none_1.2 -tls1_2
    for bad in expired early purpose revoked stranger; do
        refuses "client_$bad" -cert $bad.pem -key $bad.key
        refuses "client_${bad}_1.2" -tls1_2 -cert $bad.pem -key $bad.key
    done
    accepts client_good_after_all -cert good.pem -key good.key
else
    not_ok client_serve "$(cat complaints)"
fi

# ---- new certificates while we run: those connected stay, those who come see the new one; a broken one changes nothing
cp server.pem live.pem
cp server.key live.key
if serve live.pem live.key; then
    cat >renew.py <<'END'
import os, shutil, ssl, socket, sys, time
port = int(sys.argv[1])
context = ssl.create_default_context(cafile="ours.pem")
def connect():
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")
def ask(client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}\n"):
        answer += client.recv(4096) or b"}\n"
    return answer.startswith(b"HTTP/1.1 202")
def name(client):
    return client.getpeercert()["subject"][0][0][1]
def renew(word):
    before = open("said").read().count(word)
    os.write(7, b"renew\n")
    for _ in range(1000):
        if open("said").read().count(word) > before:
            return True
        time.sleep(0.02)
    return False
old = connect()
good = ask(old) and name(old) == "server"
shutil.copy("server2.pem", "live.pem"); shutil.copy("server2.key", "live.key")
good = good and renew("renewed") and ask(old)
new = connect()
good = good and ask(new) and name(new) == "server2" and name(old) == "server"
print("ok http renewed" if good else "not ok http renewed: old or new connection")
open("live.pem", "w").write("no certificate")
kept = renew("kept") and ask(old) and name(connect()) == "server2"
print("ok http renewed_broken" if kept else "not ok http renewed_broken: the old one is not kept")
END
    timeout 60 python3 renew.py "$port" 2>renew.log || not_ok renew "$(tail -n 1 renew.log)"
else
    not_ok renew_serve "$(cat complaints)"
fi

# ---- a crowd that drips: all are cut at the deadline, and nobody else notices
ulimit -n "$(ulimit -Hn)" 2>/dev/null
if [ "$(ulimit -n)" -lt $((crowd + 100)) ]; then
    skip "only $(ulimit -n) files may be open" slow_clients
elif HEADER_MS=2000 serve; then
    seen=$(timeout 60 python3 "$here/slow_clients.py" "$port" "$crowd" 2 2>&1 | tail -n 1)
    printf '%s\n' "$seen" | awk -v crowd="$crowd" '{
        for (i = 1; i <= NF; i++) { split($i, part, "="); value[part[1]] = part[2] }
        if (value["cut"] != crowd) print "not ok http slow_clients: " $0
        else if (value["first_s"] < 1.9 || value["last_s"] > 6) print "not ok http slow_clients: cut at the wrong time: " $0
        else print "ok http slow_clients"
        if (value["p99_ms"] + 0 > 0 && value["p99_ms"] < 100) print "ok http normal_beside_slow"
        else print "not ok http normal_beside_slow: " $0 }'
else
    not_ok slow_serve "$(cat complaints)"
fi
stop
