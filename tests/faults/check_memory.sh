#!/bin/sh
# Allocation number n fails, for every n: no crash, and no promise that was not kept (A11).
. "$(dirname "$0")/lib.sh"
points=${POINTS:-$((long ? 3000 : 300))}

# fail_each NAME: MEMORY_STICKY is as the caller has it.
fail_each() {
    forget
    rm -f failed
    crashes=0 clean=0 n=0
    while [ $n -lt "$points" ]; do
        n=$((n + 1))
        rm -f store.db*
        MEMORY_AT=$n MEMORY_LOG=$room/failed LD_PRELOAD=$programs/shim_memory.so "$feeder" store.db --facts 3 >acks 2>refusal
        code=$?
        if [ $code -ge 128 ]; then
            crashes=$((crashes + 1))
            echo "allocation $n: exit $code: $(head -n 1 refusal)" >&2
        elif [ $code -ne 0 ]; then
            clean=$((clean + 1))
        fi
        [ $((n % 15)) -ne 0 ] || check acks
    done
    fired=$(wc -l <failed)
    figures="$fired failed, $clean ended with an error, $crashes crashed; acknowledged $acked, lost $lost, unsound $unsound"
    echo "$1: $figures" >&2
    expect "memory $1: the fault fired" "$fired" -ge $((points * 9 / 10)) -- "$figures"
    expect "memory $1: no crash" "$crashes" -eq 0 -- "$figures"
    expect "memory $1: no promise that was not kept" "$lost" -eq 0 -a "$unsound" -eq 0 -- "$figures"
}
unset MEMORY_STICKY
fail_each "once"
MEMORY_STICKY=1
export MEMORY_STICKY
fail_each "from then on"
