#!/bin/sh
# Runs the fuzzers named, FUZZ_SECONDS each.  Seeds and past finds are in tests/fuzz/corpus/NAME; what a run
# adds stays in build/fuzz, so that only what someone chose to keep is committed.
set -u
failed=0
for name in "$@"; do
    short=${name#fuzz_}
    seeds=tests/fuzz/corpus/$short
    corpus=build/fuzz/corpus/$short
    mkdir -p "$seeds" "$corpus" build/fuzz/found
    echo "fuzz $short, ${FUZZ_SECONDS:-60} s"
    if ! ASAN_OPTIONS=detect_leaks=1 "build/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-60}" \
        -timeout=10 -rss_limit_mb=3000 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="build/fuzz/found/$short-" "$corpus" "$seeds"; then
        echo "found something: see build/fuzz/found/$short-*; keep it in $seeds once it is mended" >&2
        failed=1
    fi
done
exit $failed
