#!/bin/sh
# Disks that are full, read-only, or fail (A5 to A7).
. "$(dirname "$0")/lib.sh"

# ---- full, and room again
full() {
    mkdir disk
    if ! mount -t tmpfs -o size=2m tmpfs disk 2>/dev/null; then
        skip "disk: full" "a tmpfs may not be mounted here"
        return
    fi
    mounted=$room/disk
    cd disk || return
    dd if=/dev/zero of=ballast bs=1024 count=900 2>/dev/null
    mkfifo ../go
    "$feeder" store.db --facts 900 --batch 3 --wait >../acks 2>../why <../go &
    child=$!
    exec 9>../go
    turns=0
    while [ $turns -lt 300 ] && ! grep -q '^full' ../acks && kill -0 "$child" 2>/dev/null; do
        turns=$((turns + 1)) && sleep 0.02
    done
    before=$(grep -c '^ack' ../acks)
    fulls=$(grep -c '^full' ../acks)
    # Room again: what was refused is written now, without a new start.
    rm ballast
    echo >&9
    turns=0
    while [ $turns -lt 300 ] && [ "$(grep -c '^ack' ../acks)" -le "$before" ] && kill -0 "$child" 2>/dev/null; do
        turns=$((turns + 1)) && sleep 0.02
    done
    after=$(grep -c '^ack' ../acks)
    kill -9 "$child" 2>/dev/null
    wait "$child" 2>/dev/null
    child=
    exec 9>&-
    mv ../acks ../acks.full
    check ../acks.full 2>/dev/null
    figures="$before commits, full $fulls times, then $after; acknowledged $acked, stored $facts, lost $lost"
    echo "$figures" >&2
    expect "disk: it was full" "$fulls" -ge 1 -a "$before" -gt 3 -- "$figures"
    expect "disk: it goes on when there is room again" "$after" -gt "$before" -- "$figures"
    expect "disk: full loses nothing and leaves no half" "$lost" -eq 0 -a "$unsound" -eq 0 -- "$figures: $(tail -n 2 "$room/why")"
    cd .. || return

    # ---- read-only
    "$feeder" disk/store.db --facts 1 >/dev/null 2>&1
    if mount -o remount,ro disk 2>/dev/null; then
        "$feeder" disk/store.db --facts 1000 >acks 2>refusal
        code=$?
        expect "disk: read-only is refused as such" "$code" -eq 77 -a ! -s acks -- "exit $code: $(head -n 1 refusal)"
    else
        skip "disk: read-only" "the tmpfs cannot be remounted"
    fi
}
full
[ -z "$mounted" ] || umount "$mounted" && mounted=
cd "$room" || exit 1

# ---- failing writes and syncs
# failing NAME LIBFIU-POINT PROBABILITY: many runs; each must stop at once (or say full: libfiu's errors are drawn by lot).
failing() {
    title=$1 point=$2 probability=$3
    forget
    stopped=0 wrong=0 i=0
    wanted=$((long ? 60 : 12))
    while [ $i -lt "$wanted" ]; do
        i=$((i + 1))
        rm -f store.db*
        "$feeder" store.db --facts 20 >acks 2>>why
        fiu-run -x -c "enable_random name=$point,probability=$probability" "$feeder" store.db --facts 400 --carry 7 >>acks 2>refusal
        code=$?
        [ $code -eq 74 ] && stopped=$((stopped + 1))
        case $code in 0 | 73 | 74) ;; *) wrong=$((wrong + 1)) && echo "$title: exit $code: $(head -n 1 refusal)" >&2 ;; esac
        grep -q '^went on' acks && wrong=$((wrong + 1))
        check acks
    done
    figures="$stopped of $wanted stopped; acknowledged $acked, lost $lost, unsound $unsound, wrong ends $wrong: $(head -n 1 refusal)"
    echo "$title: $figures" >&2
    expect "disk: $title: the fault fired" "$stopped" -gt 2 -- "$figures"
    expect "disk: $title: nothing is tried again, nothing promised after" "$wrong" -eq 0 -- "$figures"
    expect "disk: $title: nothing acknowledged is lost" "$lost" -eq 0 -a "$unsound" -eq 0 -- "$figures"
}
if command -v fiu-run >/dev/null; then
    failing "failed fdatasync" posix/io/sync/fdatasync 0.02
    failing "failed write" posix/io/rw/pwrite 0.004
    # A write that comes back short is finished by SQLite: no failure, and nothing lost.
    forget
    rm -f store.db*
    fiu-run -x -c "enable_random name=posix/io/rw/pwrite/reduce,probability=0.2" "$feeder" store.db --facts 200 >acks 2>>why
    check acks
    expect "disk: short writes are finished" "$acked" -eq 200 -a "$lost" -eq 0 -a "$unsound" -eq 0 -- "acknowledged $acked, lost $lost, unsound $unsound"
else
    skip "disk: failing writes and syncs" "fiu-run is not installed"
fi
