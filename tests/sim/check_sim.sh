#!/bin/sh
# The simulated city, short: some weeks of several seeds, what once was wrong, and the negative controls.
#
# SEED is the first of the seeds; it changes from week to week.
. "$(dirname "$0")/lib.sh"
first=${SEED:-$(($(date +%-V) * 100))}
run "every promise, live (seeds from $first)" --seed "$first" --seeds 5 --days 28
run "every promise, drill" --seed "$first" --seeds 1 --days 14 --mode drill --few
run "every promise, shadow" --seed "$first" --seeds 1 --days 14 --mode shadow --few
regressions
controls
