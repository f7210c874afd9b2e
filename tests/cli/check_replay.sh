#!/bin/sh
# yujing replay: the stream byte for byte, its digest everywhere the same, and the text that people read.
. "$(dirname "$0")/lib.sh"
make_week

# $facts is a list of files without blanks in their names.
# shellcheck disable=SC2086
replay() { "$YUJING" replay $facts -p town "$@"; }

replay -o jsonl | same "the stream" replay/week.jsonl
replay --lang en | same "the text in English" replay/week.en.txt
replay --lang zh | same "the text in Chinese" replay/week.zh.txt
replay -o jsonl --kinds issue,raise,lower,lift,reopen | same "chosen kinds" replay/transitions.jsonl
replay --lang en --until '2015-11-04 12:00' --kinds issue,raise | same "until a time" replay/until.en.txt
replay -o json --kinds lift | sed 's/"bundle":"[0-9a-f]*"/"bundle":"HASH"/' | same "as JSON" replay/lift.json

wanted=$(replay -o jsonl | sha256sum | cut -d' ' -f1)
# digest NAME COMMAND…: prints the same digest.
digest() {
    name=$1
    shift
    got=$("$@" 2>&1)
    if [ "$got" = "$wanted" ]; then ok "$name"; else fail "$name" "$got, not $wanted"; fi
}
# shellcheck disable=SC2086
digest "the digest is of the stream" "$YUJING" replay $facts -p town --digest
for locale in C zh_CN.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
    # shellcheck disable=SC2086
    digest "digest in locale $locale" env LC_ALL=$locale "$YUJING" replay $facts -p town --digest
done
for zone in UTC Asia/Shanghai America/New_York Pacific/Chatham; do
    # shellcheck disable=SC2086
    digest "digest in zone $zone" env TZ=$zone "$YUJING" replay $facts -p town --digest
done
# shellcheck disable=SC2086
digest "digest in Chinese, in colour" "$YUJING" replay $facts -p town --digest --lang zh --color always
# shellcheck disable=SC2086
digest "digest without address randomisation" setarch -R "$YUJING" replay $facts -p town --digest
digest "digest of one file from standard input" sh -c "cat '$work/readings.csv' | '$YUJING' replay - '$work/bulletins.jsonl' -p town --digest"

# The same readings as CloudEvents.
awk -F, 'NR > 1 { printf "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"csv\",\"id\":\"%s/%s\",\"subject\":\"%s\",\"time\":\"%s\",\"data\":{\"values\":{\"%s\":%s},\"period\":\"PT1H\"}}\n", $2, $1, $2, $1, $3, $4 }' \
    "$work/readings.csv" >"$work/readings.jsonl"
digest "digest from JSON Lines" "$YUJING" replay "$work/readings.jsonl" "$work/bulletins.jsonl" -p town --digest
sed 's/$/\r/' "$work/readings.csv" >"$work/crlf.csv"
digest "digest from CSV with CRLF" "$YUJING" replay "$work/crlf.csv" "$work/bulletins.jsonl" -p town --digest
digest "repeats change nothing" "$YUJING" replay "$work/readings.csv" "$work/readings.csv" "$work/bulletins.jsonl" -p town --digest
cp -R town "$work/moved"
digest "digest of a bundle that was moved" "$YUJING" replay "$work/readings.csv" "$work/bulletins.jsonl" -p "$work/moved" --digest

# Approvals by fact: without one, nothing is issued.
: >"$work/none.jsonl"
# shellcheck disable=SC2086
got=$("$YUJING" replay $facts -p town --approvals "$work/none.jsonl" -o jsonl --kinds issue,raise 2>/dev/null)
if [ -z "$got" ]; then ok "nobody approves, nothing is issued"; else fail "nobody approves, nothing is issued" "$(echo "$got" | head -n 1)"; fi

# Another value for this run.
replay -o jsonl --with 'bulletin_max_age=1h' --kinds issue >"$work/with" 2>&1
if cmp -s "$work/with" "$golden/replay/transitions.jsonl"; then fail "--with changes the policy" "the same stream"; else ok "--with changes the policy"; fi

# Facts that count for nothing, and those that cannot be meant.
sed 's/,east,/,esat,/' "$work/readings.csv" >"$work/strange.csv"
says "strangers are told of" 'strange.csv:2:27: warning\[N040\]: the policy knows no `esat`: not used, 192 in all' "$YUJING" replay "$work/strange.csv" "$work/bulletins.jsonl" -p town --lang en --digest
exits "and the replay goes on" 0 "$YUJING" replay "$work/strange.csv" -p town
{ cat "$work/readings.csv"; echo '2105-11-01T00:00:00+08:00,east,pm25,1'; } >"$work/far.csv"
says "a slip in a year is told of" 'far.csv:386:1: error\[N016\]' "$YUJING" replay "$work/far.csv" -p town --lang en
exits "and exits 2" 2 "$YUJING" replay "$work/far.csv" -p town
says "full-width digits in a time" 'write 2015-11-04' "$YUJING" replay "$work/readings.csv" -p town --until '２０１５-11-04' --lang en
says "a city that is no area" 'error\[P015\]' "$YUJING" replay "$work/readings.csv" -p town --with 'city="210199"' --lang en
exits "and exits 2 as well" 2 "$YUJING" replay "$work/readings.csv" -p town --with 'city="210199"'

# What stands outside the stream comes only when it is named, and never into the digest.
with='--with pollutants=["pm25"] --with required=["pm25"]'
# shellcheck disable=SC2086
outside() { "$YUJING" replay "$work/meter.csv" "$work/meter.jsonl" -p "$root/policies/shenyang" $with "$@" 2>/dev/null; }
cat >"$work/meter.jsonl" <<'END'
{"specversion":"1.0","type":"forecast","source":"t","id":"f","subject":"210100","time":"2026-01-05T16:00:00+08:00","data":{"series":"aqi_day","start":"2026-01-05","step":"P1D","values":[210,220,230,90],"primary":["pm25"]}}
END
{
    echo time,subject,series,value,period
    minute=0
    while [ $minute -lt 160 ]; do
        printf '2026-01-05 %02d:%02d,210106-0006/L1,production_kw,900,1m\n' $((16 + minute / 60)) $((minute % 60))
        minute=$((minute + 1))
    done
} >"$work/meter.csv"
outside -o jsonl --kinds evidence >"$work/evidence"
if grep -q '"subject":"210106-0006/L1".*"result":"not_obeyed"' "$work/evidence"; then
    ok "evidence when it is asked for"
else
    fail "evidence when it is asked for" "$(head -n 1 "$work/evidence")"
fi
if outside -o jsonl | grep -q '"kind":"\(evidence\|act\|propose\)"'; then
    fail "evidence only when it is asked for" "it stands in the stream"
elif ! outside -o jsonl | grep -q '"kind":"task".*"to":"enforcement-210106"'; then
    fail "evidence only when it is asked for" "the inspectors have no task"
elif [ "$(outside --digest --kinds issue,evidence)" != "$(outside --digest --kinds issue)" ]; then
    fail "evidence only when it is asked for" "it changes the digest"
else
    ok "evidence only when it is asked for"
fi
