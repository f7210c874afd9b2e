#!/bin/sh
# The running daemon on a disk whose writes and syncs fail: it stops at once with 74, and has promised nothing after (A6, A7).
. "$(dirname "$0")/lib.sh"
command -v fiu-run >/dev/null || { skip "disk under the daemon" "fiu-run is not installed"; exit 0; }
runs=${RUNS:-$((long ? 60 : 12))}
total=160
cat >yujing.yaml <<YAML
policies: $root/policies/shenyang
store: store.db
stdin: {read: true, ack: true, at_end: stop}
limits: {batch_facts: 2, snapshot_facts: 25}
YAML
awk -v n=$total 'BEGIN {
    for (i = 1; i <= n; i++)
        printf "{\"specversion\":\"1.0\",\"type\":\"incident\",\"source\":\"check\",\"id\":\"i%d\",\"subject\":\"210106\"," \
               "\"time\":\"2026-01-14T%02d:%02d:00+08:00\",\"data\":{\"kind\":\"none\",\"text\":\"x\"}}\n", i, i / 60, i % 60
}' >facts.jsonl

# failing NAME LIBFIU-POINT PROBABILITY
failing() {
    title="under the daemon: $1"
    stopped=0 wrong=0 lost=0 acked=0 unsound=0 quiet=0 slow=0 i=0
    # libfiu draws when by lot, too: of few runs few may be hit.
    while [ $i -lt "$runs" ] || { [ $stopped -le $((runs / 3)) ] && [ $i -lt $((runs * 3)) ]; }; do
        i=$((i + 1))
        rm -f store.db* log
        timeout 30 "$yujing" run -c yujing.yaml </dev/null >/dev/null 2>>why
        timeout 30 fiu-run -x -c "enable_random name=$2,probability=$3" "$yujing" run -c yujing.yaml <facts.jsonl >acks 2>log
        code=$?
        case $code in 73 | 74) stopped=$((stopped + 1)) ;; esac # libfiu draws the error by lot: it may be that of a full disk
        [ $code -eq 124 ] && slow=$((slow + 1))
        case $code in 0 | 73 | 74) ;; *) wrong=$((wrong + 1)) && echo "$title: exit $code: $(tail -n 1 log)" >&2 ;; esac
        [ $code -eq 0 ] || [ -s log ] || quiet=$((quiet + 1))
        promised=$(sed -n 's/^{"accepted":\([0-9]*\)}$/\1/p' acks | tail -n 1)
        acked=$((acked + ${promised:-0}))
        timeout 30 "$yujing" run -c yujing.yaml </dev/null >/dev/null 2>>why && "$yujing" audit verify store.db >>why 2>&1 ||
            unsound=$((unsound + 1))
        kept=$("$yujing" run -c yujing.yaml --show facts 2>>why | sed -n 's/.*"source":"check","id":"i\([0-9]*\)".*/\1/p' |
            awk -v n="${promised:-0}" '$1 <= n && !seen[$1]++ { kept++ } END { print kept + 0 }')
        lost=$((lost + ${promised:-0} - kept))
    done
    figures="$stopped of $i stopped, $slow too late; acknowledged $acked, lost $lost, unsound $unsound, wrong ends $wrong, silent $quiet"
    echo "$title: $figures" >&2
    expect "$title: the fault fired" "$stopped" -gt $((runs / 3)) -- "$figures"
    expect "$title: it stops, with words and the code for it" "$wrong" -eq 0 -a "$slow" -eq 0 -a "$quiet" -eq 0 -- "$figures"
    expect "$title: nothing acknowledged is lost" "$lost" -eq 0 -a "$acked" -gt "$runs" -- "$figures"
    expect "$title: the next start finds it sound" "$unsound" -eq 0 -- "$figures"
}
failing "failed fdatasync" posix/io/sync/fdatasync 0.02
failing "failed write" posix/io/rw/pwrite 0.02
