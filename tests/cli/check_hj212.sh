#!/bin/sh
# yujing hj212: the contracts of its filters, and what a person sees.
. "$(dirname "$0")/lib.sh"

packets=$root/tests/model/hj212/packets.jsonl
sound='##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80'
answer='{"ok":true,"header":{"QN":"20160801085857223","ST":"32","CN":"1062","PW":"100000","MN":"010000A8900016F000169DC0","Flag":"5"},"cp":[[["RtdInterval","30"]]],"error":null}'

# answers NAME WANTED OPTION…: the lines of standard input are answered so.
answers() {
    name=$1 wanted=$2
    shift 2
    got=$("$YUJING" hj212 --jsonl --lang en "$@")
    if [ "$got" = "$wanted" ]; then ok "$name"; else fail "$name" "$got"; fi
}
b64() { printf '%b' "$1" | base64 | tr -d '\n'; }

echo "{\"packet\":\"$sound\"}" | answers "hj212 a packet" "$answer"
printf '%s\n' "{\"packet\":\"$sound\\r\\n\"}" | answers "hj212 a packet with its line end" "$answer"
echo "{\"id\":7,\"packet\":\"$sound\"}" | answers "hj212 other members are of no matter" "$answer"
echo '{"packet":"##0087QN=20261124020000001;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&BB01"}' |
    answers "hj212 no groups" '{"ok":true,"header":{"QN":"20261124020000001","ST":"91","CN":"9014","PW":"123456","MN":"010000A8900016F000169DC0","Flag":"4"},"cp":[],"error":null}'
echo "{\"packet\":\"${sound%1C80}1c81\"}" |
    answers "hj212 a wrong CRC" '{"ok":false,"header":null,"cp":null,"error":"the CRC is 1C81, but 1C80 is right"}'
printf '%s\n' '{"packet":' '[]' '{}' '{"packet":5}' '' "{\"packet\":\"$sound\"}" >"$work/lines"
"$YUJING" hj212 --jsonl --lang en <"$work/lines" >"$work/out"
if [ "$(grep -c '^{"error":"..*"}$' "$work/out")" = 5 ] && [ "$(tail -n 1 "$work/out")" = "$answer" ]; then
    ok "hj212 bad lines are answered and the next one is read"
else
    fail "hj212 bad lines are answered and the next one is read" "$(cat "$work/out")"
fi

"$YUJING" hj212 --jsonl --lang en <"$packets" | same "hj212 strict" hj212/strict.jsonl
"$YUJING" hj212 --jsonl --lenient --lang en <"$packets" | same "hj212 lenient" hj212/lenient.jsonl
"$YUJING" hj212 --jsonl --lang zh <"$packets" | grep '"ok":false' | same "hj212 strict in Chinese" hj212/refused.zh.jsonl

# Streams.
chunks="\"$(b64 'noise ##01')\",\"$(b64 "##9999$sound")\",\"$(b64 '\r')\",\"$(b64 "\n$sound")\",\"$(b64 "$sound")\""
echo "{\"chunks_b64\":[$chunks]}" | answers "hj212 frames" "{\"packets\":[\"$sound\",\"$sound\",\"$sound\"]}" --frames
echo '{"chunks_b64":[]}' | answers "hj212 no chunks" '{"packets":[]}' --frames
echo "{\"chunks_b64\":[\"$(b64 '##81QN=;ST=23;CN=1012;PW=123456;MN=0507A010003242;CP=&&SystemTime=20250221141050696&&1DC0\r\n')\"]}" >"$work/short"
answers "hj212 frames are strict" '{"packets":[]}' --frames <"$work/short"
answers "hj212 frames may be lenient" '{"packets":["##81QN=;ST=23;CN=1012;PW=123456;MN=0507A010003242;CP=&&SystemTime=20250221141050696&&1DC0"]}' --frames --lenient <"$work/short"
echo '{"chunks_b64":["a"]}' | answers "hj212 chunks must be base64" '{"error":"chunks_b64[0] is not base64"}' --frames
echo '{"chunks_b64":"QUJD"}' | answers "hj212 chunks must be a list" '{"error":"`chunks_b64` must be a list of texts"}' --frames
gbk='##0072QN=1;ST=22;CN=3020;MN=M;Flag=5;CP=&&i11001-Info=\307\345\317\264\271\334\302\267,i11001-Flag=N&&5000'
echo "{\"chunks_b64\":[\"$(b64 "$gbk")\"]}" >"$work/gbk"
answers "hj212 GBK comes out as UTF-8" '{"packets":["##0072QN=1;ST=22;CN=3020;MN=M;Flag=5;CP=&&i11001-Info=清洗管路,i11001-Flag=N&&5000"]}' --frames <"$work/gbk"

# For a person.
hour='##0155QN=20261124021600000;ST=31;CN=2061;PW=123456;MN=010000A8900016F000169DC1;Flag=7;PNUM=2;PNO=1;CP=&&DataTime=20261124010000;a21002-ZsAvg=48.1,a21002-Flag=N&&1DC0'
"$YUJING" hj212 "$hour" --lang en | same "hj212 a packet for a person" hj212/packet.en.txt
"$YUJING" hj212 "$hour" --lang zh | same "hj212 a packet in Chinese" hj212/packet.zh.txt
"$YUJING" hj212 --lenient "noise $sound" --lang en | same "hj212 a forgiven packet" hj212/forgiven.en.txt
"$YUJING" hj212 -o json "$sound" | same "hj212 a packet as JSON" hj212/packet.json
exits "hj212 exits 0 when sound" 0 "$YUJING" hj212 "$sound"
exits "hj212 exits 1 when refused" 1 "$YUJING" hj212 "$sound" "${sound}0"
exits "hj212 wants a packet" 2 "$YUJING" hj212
exits "hj212 --frames wants --jsonl" 2 "$YUJING" hj212 --frames "$sound"
exits "hj212 --jsonl wants no packet" 2 "$YUJING" hj212 --jsonl "$sound"
says "hj212 says what is wrong" 'the CRC is 1C8F, but 1C80 is right' "$YUJING" hj212 --lang en "${sound%0}F"

# The test client, without a server.
exits "hj212 send wants an address" 2 "$YUJING" hj212 send
exits "hj212 send wants a span" 2 "$YUJING" hj212 send 127.0.0.1:1 --mn M --timeout soon
exits "hj212 send wants a key that is one" 2 "$YUJING" hj212 send 127.0.0.1:1 --mn M --key /dev/null
exits "hj212 send has nothing to send" 0 "$YUJING" hj212 send 127.0.0.1:1 --mn M
echo '{"cn":"2061"}' >"$work/bad"
"$YUJING" hj212 send 127.0.0.1:1 --mn M --lang en <"$work/bad" >"$work/out" 2>"$work/err"
if [ $? -eq 2 ] && grep -q 'neither an upload nor a packet: {"cn":"2061"}' "$work/err"; then ok "hj212 send says which line it cannot read"; else fail "hj212 send says which line it cannot read" "$(cat "$work/err")"; fi
echo '{"cn":2061}' >"$work/one"
"$YUJING" hj212 send 127.0.0.1:1 --mn M --give-up 100ms <"$work/one" >"$work/out" 2>&1
if [ $? -eq 4 ]; then ok "hj212 send exits 4 without a server"; else fail "hj212 send exits 4 without a server" "$(cat "$work/out")"; fi
