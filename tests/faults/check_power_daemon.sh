#!/bin/sh
# Loss of power at any write or sync of the running daemon: nothing it has acknowledged is gone, and it starts again (A2, A1).
#
# check_power.sh does the same to the store alone, at ten times as many moments a second.
. "$(dirname "$0")/lib.sh"
runs=${RUNS:-$((long ? 200 : 60))}
total=160

cat >yujing.yaml <<YAML
policies: $root/policies/shenyang
store: store.db
stdin: {read: true, ack: true, at_end: stop}
limits: {batch_facts: 4, snapshot_facts: 25}
YAML
awk -v n=$total 'BEGIN {
    for (i = 1; i <= n; i++)
        printf "{\"specversion\":\"1.0\",\"type\":\"incident\",\"source\":\"check\",\"id\":\"i%d\",\"subject\":\"210106\"," \
               "\"time\":\"2026-01-14T%02d:%02d:00+08:00\",\"data\":{\"kind\":\"none\",\"text\":\"x\"}}\n", i, i / 60, i % 60
}' >facts.jsonl

# The daemon after the loss: starts, ends in order, and the audit finds nothing; `sound`, `lost` and `acked` are summed up.
judge() {
    rm -f store.db-shm
    promised=$(sed -n 's/^{"accepted":\([0-9]*\)}$/\1/p' acks | tail -n 1)
    acked=$((acked + ${promised:-0}))
    if ! timeout 30 "$yujing" run -c yujing.yaml </dev/null >/dev/null 2>>why ||
        ! "$yujing" audit verify store.db >>why 2>&1; then
        unsound=$((unsound + 1))
        return
    fi
    kept=$("$yujing" run -c yujing.yaml --show facts 2>>why | sed -n 's/.*"source":"check","id":"i\([0-9]*\)".*/\1/p' |
        awk -v n="${promised:-0}" '$1 <= n && !seen[$1]++ { kept++ } END { print kept + 0 }')
    [ "$kept" -eq "${promised:-0}" ] || losing=$((losing + 1))
    lost=$((lost + ${promised:-0} - kept))
}
# lose HOW-MANY: POWER_LIES is as the caller has it.
lose() {
    forget
    rm -f losses
    i=0
    while [ $i -lt "$1" ]; do
        i=$((i + 1))
        rm -f store.db* acks
        below "$operations"
        POWER_AT=$((number + 2)) POWER_SEED=$((seed * 1000 + i)) POWER_LOG=$room/losses \
            LD_PRELOAD=$programs/shim_power.so timeout 30 "$yujing" run -c yujing.yaml <facts.jsonl >acks 2>/dev/null
        judge
    done 2>/dev/null
    fired=$(cat losses 2>/dev/null | wc -l)
    dropped=$(awk '{ sum += $4 } END { print sum + 0 }' losses)
    torn=$(awk '{ sum += $6 } END { print sum + 0 }' losses)
    figures="$fired losses, $dropped writes dropped, $torn torn; acknowledged $acked, lost $lost in $losing runs, unsound $unsound"
    echo "power at the daemon: $figures" >&2
}

# As many writes and syncs as an undisturbed run makes, so that the losses fall all over it.
strace -f -o trace -e trace=pwrite64,fdatasync,fsync "$yujing" run -c yujing.yaml <facts.jsonl >acks 2>/dev/null
operations=$(grep -c -E 'pwrite64|sync\(' trace 2>/dev/null)
[ "${operations:-0}" -gt 50 ] || operations=300

lose "$runs"
expect "power at the daemon: the fault fired in nearly every run" "$fired" -ge $((runs * 8 / 10)) -- "$figures"
expect "power at the daemon: writes were dropped and torn" "$dropped" -gt 0 -a "$torn" -gt 0 -- "$figures"
expect "power at the daemon: facts were acknowledged" "$acked" -gt $((runs * 10)) -- "$figures"
expect "power at the daemon: nothing acknowledged is lost" "$lost" -eq 0 -- "$figures"
expect "power at the daemon: it starts again, and the audit finds nothing" "$unsound" -eq 0 -- "$figures"
export POWER_LIES=1
lose 12
expect "power at the daemon: a disk that lies loses, so the test can see" $((losing + unsound)) -gt 4 -- "$figures"
