#!/bin/sh
# One thread alone writes while the daemon runs: whoever opens the store, then the worker, then whoever closes it (A10).
. "$(dirname "$0")/lib.sh"
"$feeder" store.db --facts 50 --carry 5 >acks
expect "writers: one in the feeder" "$(sed -n 's/^writers //p' acks)" -eq 1 -- "$(tail -n 1 acks)"

mkdir var
cat >yujing.yaml <<YAML
policies: $root/policies/shenyang
store: var/daemon.db
stdin: {read: true, ack: true, at_end: stop}
YAML
i=0
while [ $i -lt 400 ]; do
    i=$((i + 1))
    printf '{"specversion":"1.0","type":"incident","source":"check","id":"i%d","subject":"210106","time":"2026-01-14T%02d:%02d:00+08:00","data":{"kind":"none","text":"x"}}\n' \
        $i $((i / 60)) $((i % 60))
done >facts.jsonl
WRITERS_LOG=$room/writers LD_PRELOAD=$programs/shim_writers.so timeout 60 "$yujing" run -c yujing.yaml <facts.jsonl >out 2>err
code=$?
pid=$(awk 'NR == 1 { print $1 }' writers)
changes=$(wc -l <writers)
threads=$(sort -u writers | wc -l)
figures="exit $code, $threads threads, $changes changes"
echo "$figures" >&2
if [ $code -ne 0 ]; then
    not_ok "writers: the daemon ran" "$figures: $(tail -n 1 err)"
else
    expect "writers: both parts of the daemon were seen" "$threads" -eq 2 -- "$figures"
    expect "writers: the worker alone writes while it runs" "$changes" -le 3 -- "$figures"
fi
[ -n "$pid" ] || not_ok "writers: the shim saw writes" "none"

# A second writer is kept out for as long as the first holds the store.
mkfifo hold
"$feeder" second.db --facts 100000000 --batch 50 >/dev/null 2>&1 &
child=$!
i=0
while [ $i -lt 200 ] && [ ! -s second.db ]; do i=$((i + 1)) && sleep 0.02; done
"$feeder" second.db --facts 1 >/dev/null 2>refusal
code=$?
expect "writers: a second process is kept out" "$code" -eq 75 -- "exit $code: $(head -n 1 refusal)"
