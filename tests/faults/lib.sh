# What the fault tests share.  Sourced by check_*.sh; $YUJING is the binary, beside which the programs are built.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
yujing=${YUJING:-$root/build/yujing}
programs=$(dirname "$yujing")
seed=${SEED:-$(date +%-V)}
long=${LONG:+1}
feeder=$programs/fault_feeder
export LC_ALL=C

ok() { echo "ok faults $1"; }
not_ok() { echo "not ok faults $1: $2 (seed=$seed)"; }
skip() { echo "skipped faults $1: $2"; }
# expect NAME CONDITION… -- FIGURES: a test(1) condition.
expect() {
    name=$1
    shift
    condition=
    while [ "$1" != -- ]; do condition="$condition $1" && shift; done
    shift
    # shellcheck disable=SC2086 # the condition is words
    if test $condition; then ok "$name"; else not_ok "$name" "$*"; fi
}

if [ -z "${FAULTS_BUILT-}" ] && ! make --no-print-directory BUILD="$programs" fault-programs >"$programs/fault-programs.log" 2>&1; then
    tail -n 20 "$programs/fault-programs.log" >&2
    not_ok "build" "see $programs/fault-programs.log"
    exit 1
fi
room=$(mktemp -d) || exit 1
mounted=
child=
leave() {
    [ -z "$child" ] || kill -9 "$child" 2>/dev/null
    [ -z "$mounted" ] || umount "$mounted" 2>/dev/null || umount -l "$mounted" 2>/dev/null
    rm -rf "$room"
}
trap leave EXIT INT TERM
cd "$room" || exit 1

# A number below $1, the same for the same seed and turn.
state=$((seed * 7919 + 12345))
below() {
    state=$(((state * 1103515245 + 12345) % 2147483648))
    number=$((state / 65536 % $1))
}
# check ACKS: holds store.db to them as after a new start of the machine; adds to facts, acked, lost, unsound.
facts=0 acked=0 lost=0 unsound=0 losing=0
check() {
    rm -f store.db-shm
    "$feeder" store.db --check "$1" >"$room/verdict" 2>>"$room/why"
    read -r _ f _ a _ l _ s <"$room/verdict" || { f=0 a=0 l=0 s=0; }
    facts=$((facts + f)) acked=$((acked + a)) lost=$((lost + l))
    [ "$l" -eq 0 ] || losing=$((losing + 1))
    [ "$s" -eq 1 ] || unsound=$((unsound + 1))
}
forget() { facts=0 acked=0 lost=0 unsound=0 losing=0; }
