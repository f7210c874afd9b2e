#!/bin/sh
# kill -9 again and again on one store: everything acknowledged is there, once (A1 at the store).
. "$(dirname "$0")/lib.sh"
cycles=${KILLS:-$((long ? 200 : 30))}
killed=0 i=0
: >acks
while [ $i -lt "$cycles" ]; do
    i=$((i + 1))
    "$feeder" store.db --facts 100000000 --batch $((i % 4 * 10 + 1)) >>acks 2>>why &
    child=$!
    below 80
    sleep "0.0$((number / 10 + 1))$((number % 10))"
    kill -9 "$child" 2>/dev/null && killed=$((killed + 1))
    wait "$child" 2>/dev/null
    child=
done 2>/dev/null
check acks
figures="$killed kills; acknowledged $acked, stored $facts, lost $lost"
echo "$figures" >&2
expect "kill: the fault fired" "$killed" -ge $((cycles * 9 / 10)) -a "$acked" -gt 100 -- "$figures"
expect "kill: nothing acknowledged is lost" "$lost" -eq 0 -- "$figures"
expect "kill: the chain and every table are sound" "$unsound" -eq 0 -- "$figures: $(tail -n 2 why)"
