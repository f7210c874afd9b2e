#!/bin/sh
# yujing aqi --jsonl: what stands before, between and instead of the lines.
. "$(dirname "$0")/lib.sh"

question='{"standard":"HJ633-2012","mode":"hourly","pm25":168}'
answer='{"aqi":218,"level":"重度污染","primary":["PM2.5"]}'
# answers NAME WANTED: the lines of standard input are answered so.
answers() {
    got=$("$YUJING" aqi --jsonl --lang en)
    if [ "$got" = "$2" ]; then ok "$1"; else fail "$1" "$got"; fi
}

printf '%s\n' "$question" | answers "a question" "$answer"
printf '\357\273\277%s\n%s\n' "$question" "$question" | answers "a byte order mark is skipped" "$answer
$answer"
printf '\357\273' | "$YUJING" aqi --jsonl | grep -q '^{"error":' && ok "half a mark is a bad line" || fail "half a mark is a bad line" "not an error"
nul='{"error":"this is not valid JSON: NUL characters are not allowed"}'
printf '%s\000\n\000%s\n%s\n' "$question" "$question" "$question" | answers "NUL bytes make a bad line" "$nul
$nul
$answer"

"$YUJING" aqi --jsonl --lang en </ >"$work/out" 2>"$work/err"
code=$?
if [ $code -eq 2 ] && grep -q 'cannot read standard input' "$work/err"; then ok "a folder for input exits 2"; else fail "a folder for input exits 2" "exit $code: $(cat "$work/err")"; fi
"$YUJING" aqi --jsonl --lang en <&- >"$work/out" 2>"$work/err"
code=$?
if [ $code -eq 2 ] && grep -q 'cannot read standard input' "$work/err"; then ok "closed input exits 2"; else fail "closed input exits 2" "exit $code: $(cat "$work/err")"; fi
