#!/bin/sh
# The simulated city, long: some two hundred months, and single runs of half a year.
. "$(dirname "$0")/lib.sh"
first=${SEED:-$(($(date +%j) * 1000))}
run "every promise, mixed (seeds from $first)" --seed "$first" --seeds "${SEEDS:-200}" --days 30 --mode mixed
for mode in live drill shadow; do
    run "half a year, $mode" --seed "$first" --days 180 --mode $mode
done
