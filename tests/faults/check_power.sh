#!/bin/sh
# Loss of power at any write or sync: nothing that was acknowledged is gone, and nothing is damaged (A2).
. "$(dirname "$0")/lib.sh"
runs=${RUNS:-$((long ? 600 : 60))}

# lose HOW-MANY FEEDER-OPTIONS…
lose() {
    wanted=$1
    shift
    forget
    rm -f losses
    i=0
    while [ $i -lt "$wanted" ]; do
        i=$((i + 1))
        rm -f store.db* acks
        below 700
        POWER_AT=$((number + 2)) POWER_SEED=$((seed * 1000 + i)) POWER_LOG=$room/losses \
            LD_PRELOAD=$programs/shim_power.so "$feeder" store.db --facts 400 "$@" >acks 2>>why
        check acks
    done 2>/dev/null
    dropped=$(awk '{ sum += $4 } END { print sum + 0 }' losses)
    torn=$(awk '{ sum += $6 } END { print sum + 0 }' losses)
    fired=$(wc -l <losses)
    figures="$fired losses, $dropped writes dropped, $torn torn; acknowledged $acked, lost $lost in $losing runs, unsound $unsound"
    echo "$*: $figures" >&2
}

lose "$runs" --carry 9
expect "power: the fault fired in nearly every run" "$fired" -ge $((runs * 9 / 10)) -- "$figures"
expect "power: writes were dropped and torn" "$dropped" -gt 0 -a "$torn" -gt 0 -- "$figures"
expect "power: facts were acknowledged" "$acked" -gt "$runs" -- "$figures"
expect "power: nothing acknowledged is lost" "$lost" -eq 0 -- "$figures"
expect "power: nothing is damaged" "$unsound" -eq 0 -- "$figures"
lose "$((runs / 3))" --carry 5 --batch 40
expect "power: nor in large transactions" "$lost" -eq 0 -a "$unsound" -eq 0 -a "$acked" -gt 0 -- "$figures"
lose 20 --sync normal
# It syncs less often, so not every run comes to the moment of its loss; of those that do, most lose.
expect "power: NORMAL loses, so the test can see" "$losing" -gt 2 -a "$losing" -gt $((fired / 3)) -- "$figures"
lose 30 --sync off --carry 3
expect "power: OFF damages, so the test can see" "$unsound" -gt 2 -- "$figures"
