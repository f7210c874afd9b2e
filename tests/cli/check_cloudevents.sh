#!/bin/sh
# yujing cloudevents --jsonl: requests that are CloudEvents 1.0, and requests that are not.
. "$(dirname "$0")/lib.sh"

# Each line: accept or reject, the content type (- for none), headers, body; parted by |.
while IFS='|' read -r wanted type headers body; do
    [ -n "$wanted" ] || continue
    [ "$type" = - ] && type=null || type="\"$type\""
    body=$(printf '%s' "$body" | sed 's/\\/\\\\/g; s/"/\\"/g')
    printf '{"body":"%s","content_type":%s,"headers":{%s}}\n' "$body" "$type" "$headers" >>"$work/requests"
    echo "$wanted" >>"$work/wanted"
done <<'CASES'
accept|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1"}
accept|application/cloudevents+json; charset=utf-8||{"specversion":"1.0","type":"reading","source":"cnemc","id":"1","time":"2015-11-08T14:00:00+08:00","data":{"values":{"pm25":168}}}
accept|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","subject":null,"extension1":true,"n":5,"data_base64":"eyAieHl6IjogMTIzIH0="}
accept|application/cloudevents-batch+json||[]
accept|application/cloudevents-batch+json||[{"specversion":"1.0","type":"a","source":"/b","id":"1"},{"specversion":"1.0","type":"a","source":"/b","id":"2"}]
accept|application/json|"ce-specversion":"1.0","Ce-Type":"a","CE-SOURCE":"/b","ce-id":"1"|{"x":1}
accept|-|"ce-specversion":"1.0","ce-type":"a","ce-source":"/b","ce-id":"%E9%A2%84"|
accept|-|"content-type":"text/xml","ce-specversion":"1.0","ce-type":"a","ce-source":"/b","ce-id":"1"|<much wow="xml"/>
reject|application/cloudevents+json||{"specversion":"0.3","type":"a","source":"/b","id":"1"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"","source":"/b","id":"1"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b c","id":"1"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","data":1,"data_base64":"AA=="}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","time":"2015-02-30T00:00:00Z"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","time":"2015-11-08 14:00:00"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","MyExtension":"x"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","my_extension":"x"}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","extension":{"a":1}}
reject|application/cloudevents+json||{"specversion":"1.0","type":"a","source":"/b","id":"1","id":"2"}
reject|application/cloudevents+json||[{"specversion":"1.0","type":"a","source":"/b","id":"1"}]
reject|application/cloudevents-batch+json||{"specversion":"1.0","type":"a","source":"/b","id":"1"}
reject|application/cloudevents-batch+json||[{"specversion":"1.0","type":"a","source":"/b","id":"1"},{"id":"2"}]
reject|application/cloudevents+avro||x
reject|application/json||{"specversion":"1.0","type":"a","source":"/b","id":"1"}
reject|application/json|"ce-specversion":"1.0","ce-type":"a","ce-source":"/b","ce-id":"1"|{"x":
reject|application/json|"ce-specversion":"1.0","ce-type":"a","ce-source":"/b"|{}
reject|application/json|"ce-specversion":"1.0","ce-type":"a","ce-source":"/b","ce-id":"1","ce-subject":"%C0%A0"|{}
CASES

"$YUJING" cloudevents --jsonl --lang en <"$work/requests" >"$work/answers"
sed 's/^{"result":"\([a-z]*\)".*/\1/' "$work/answers" >"$work/results"
if cmp -s "$work/wanted" "$work/results" && [ "$(wc -l <"$work/results")" -gt 20 ]; then
    ok "cloudevents: accept and reject"
else
    fail "cloudevents: accept and reject" "$(diff "$work/wanted" "$work/results" | head -n 1); line $(cmp "$work/wanted" "$work/results" | sed 's/.*line //')"
fi
same "cloudevents: everything that is wrong is told" cloudevents/answers.en.txt <"$work/answers"

printf '{\n[]\n{"body":1}\n{"body":"","headers":{"ce-id":1}}\n' | "$YUJING" cloudevents --jsonl --lang en |
    same "cloudevents: lines that cannot be read" cloudevents/bad-lines.en.txt
exits "cloudevents: without --jsonl exits 2" 2 "$YUJING" cloudevents

# The official examples, as the specification publishes them.
examples=$root/../shared/data/cloudevents/official_examples.json
if [ ! -r "$examples" ]; then
    echo "skipped cloudevents: official examples: $examples is not here"
elif ! command -v python3 >/dev/null; then
    echo "skipped cloudevents: official examples: python3 is not installed"
else
    python3 - "$examples" >"$work/official" <<'PY'
import json, sys
for example in json.load(open(sys.argv[1]))["official_examples"]:
    kind = "application/cloudevents-batch+json" if example["kind"] == "batch" else "application/cloudevents+json"
    print(json.dumps({"body": json.dumps(example["json"]), "content_type": kind}))
    if example["http_binary"]:
        head, body = example["http_binary"].split("\n\n", 1)
        print(json.dumps({"body": body, "headers": dict(line.split(": ", 1) for line in head.split("\n"))}))
PY
    good=$("$YUJING" cloudevents --jsonl <"$work/official" | grep -c '"accept"')
    if [ "$good" -eq 14 ]; then ok "cloudevents: official examples"; else fail "cloudevents: official examples" "$good of 14 accepted"; fi
fi
