#!/bin/sh
# yujing webhook sign|verify --jsonl: the published example of Standard Webhooks, and another program's HMAC.
. "$(dirname "$0")/lib.sh"

secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
question='{"secret":"'$secret'","id":"msg_p5jXN8AQM9LWM0D4loKWxJek","timestamp":1614265330,"body":"{\"test\": 2432232314}"}'
answer='{"signature":"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}'
# answers NAME ACTION WANTED: the lines of standard input are answered so.
answers() {
    got=$("$YUJING" webhook "$2" --jsonl --lang en)
    if [ "$got" = "$3" ]; then ok "$1"; else fail "$1" "$got"; fi
}

printf '%s\n' "$question" | answers "webhook: the published signature" sign "$answer"
printf '%s\n{\n%s\n' "$question" "$question" | answers "webhook: a bad line costs itself alone" sign "$answer
{\"error\":\"this is not valid JSON: the text ends too early: a bracket or quote is not closed\"}
$answer"
printf '%s\n' '{"secret":"","id":"a","timestamp":1,"body":""}' '{"secret":"whsec_AAAA","id":"a","timestamp":"1","body":""}' '{"secret":"whsec_AAAA","timestamp":1,"body":""}' '[]' |
    answers "webhook: questions that cannot be signed" sign '{"error":"the secret cannot be used: whsec_ and base64 are wanted"}
{"error":"`timestamp` must be seconds since 1970, a whole number"}
{"error":"`id` must be given, as text"}
{"error":"a line must be one JSON object"}'

# verdict NAME WANTED SECRET HEADERS NOW
verdict() {
    printf '{"secret":%s,"headers":%s,"body":"{\\"test\\": 2432232314}","now":%s}\n' "$3" "$4" "$5" |
        answers "$1" verify "{\"result\":\"$2\"}"
}
id='"webhook-id":"msg_p5jXN8AQM9LWM0D4loKWxJek"'
time='"webhook-timestamp":"1614265330"'
good='v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
other='v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc='
headers="{$id,$time,\"webhook-signature\":\"$good\"}"
verdict "webhook: a good message" accept "\"$secret\"" "$headers" 1614265330
verdict "webhook: names of headers in any case" accept "\"$secret\"" "$(printf '%s' "$headers" | sed 's/webhook-/Webhook-/g; s/signature"/SIGNATURE"/')" 1614265330
verdict "webhook: 300 s late" accept "\"$secret\"" "$headers" 1614265630
verdict "webhook: 301 s late" reject "\"$secret\"" "$headers" 1614265631
verdict "webhook: 300 s early" accept "\"$secret\"" "$headers" 1614265030
verdict "webhook: 301 s early" reject "\"$secret\"" "$headers" 1614265029
verdict "webhook: one of several signatures" accept "\"$secret\"" "{$id,$time,\"webhook-signature\":\"$other v2,x $good\"}" 1614265330
verdict "webhook: another's signature" reject "\"$secret\"" "{$id,$time,\"webhook-signature\":\"$other\"}" 1614265330
verdict "webhook: a header is missing" reject "\"$secret\"" "{$id,$time}" 1614265330
verdict "webhook: a header is there twice" reject "\"$secret\"" "{$id,\"Webhook-Id\":\"x\",$time,\"webhook-signature\":\"$good\"}" 1614265330
verdict "webhook: another secret" reject '"whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw=="' "$headers" 1614265330
verdict "webhook: two secrets while one is replaced" accept "[\"whsec_bmV3IHNlY3JldCBvZiAyNCBieXRlcw==\",\"$secret\"]" "$headers" 1614265330
for bad in '""' '"whsec_"' '"whsec_!!"' null '[]' '["whsec_"]'; do
    verdict "webhook: the secret $bad is unusable" error "$bad" "$headers" 1614265330
done

exits "webhook: without an action exits 2" 2 "$YUJING" webhook --jsonl
exits "webhook: without --jsonl exits 2" 2 "$YUJING" webhook sign

# Forty random messages, signed by Python's own hmac and verified by us, and the reverse.
if command -v python3 >/dev/null; then
    if python3 - "$YUJING" >"$work/out" 2>&1 <<'PY'; then ok "webhook: agrees with another program"; else fail "webhook: agrees with another program" "$(tail -n 1 "$work/out")"; fi
import base64, hashlib, hmac, json, random, subprocess, sys
random.seed(20151108)
questions, checks, wanted = [], [], []
for i in range(40):
    key = random.randbytes(1 + i % 64)
    secret, ident, at = "whsec_" + base64.b64encode(key).decode(), "msg_%d" % i, 1600000000 + i
    body = random.choice(["", "{}", "预警 🏭\n\"x\"", "a.b.c", "\\u0001 \u007f"]) + str(i)
    digest = hmac.new(key, f"{ident}.{at}.{body}".encode(), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    questions.append({"secret": secret, "id": ident, "timestamp": at, "body": body})
    wanted.append({"signature": signature})
    changed = body if i % 2 else body + " "
    checks.append({"secret": secret, "body": changed, "now": at, "headers": {
        "webhook-id": ident, "webhook-timestamp": str(at), "webhook-signature": signature}})
def ask(action, lines):
    text = "".join(json.dumps(line) + "\n" for line in lines)
    out = subprocess.run([sys.argv[1], "webhook", action, "--jsonl"], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]
assert ask("sign", questions) == wanted, "sign"
assert [a["result"] for a in ask("verify", checks)] == ["reject", "accept"] * 20, "verify"
PY
else
    echo "skipped webhook: agrees with another program: python3 is not installed"
fi
