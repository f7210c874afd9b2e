# What check_sim.sh and long_sim.sh share.  Sourced; $YUJING is the binary, beside which the simulator is built.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=${YUJING:-$PWD/build/yujing}
programs=$(dirname "$yujing")
sim=$programs/sim
ok() { echo "ok sim $1"; }
not_ok() { echo "not ok sim $1: $2"; }

if [ -z "${SIM_BUILT-}" ] && ! make --no-print-directory BUILD="$programs" "$sim" >"$programs/sim.log" 2>&1; then
    tail -n 20 "$programs/sim.log" >&2
    not_ok "build" "see $programs/sim.log"
    exit 1
fi
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT INT TERM

# run NAME OPTION…: a run in which every promise must be kept and every wanted fault must fire.
run() {
    name=$1
    shift
    if "$sim" "$@" >"$room/out" 2>"$room/err"; then
        ok "$name"
    else
        not_ok "$name" "$(tail -n 1 "$room/err")"
        tail -n 5 "$room/err" >&2
    fi
    tail -n 1 "$room/out" >&2
}

# control WORD MODE SEEDS: the breakage must be found.
control() {
    if "$sim" --break "$1" --mode "$2" --seed 1 --seeds "$3" --days 14 --few >"$room/out" 2>"$room/err"; then
        not_ok "control: $1" "it was not found, so the simulator proves nothing"
    elif grep -q "break=$1: day" "$room/err"; then
        ok "control: $1"
        sed 's/^/found: /' "$room/err" >&2
    else
        not_ok "control: $1" "$(tail -n 1 "$room/err")"
    fi
}
controls() {
    for word in $("$sim" --controls | cut -f 1); do
        case $word in
        drill-leak) control $word drill 4 ;;
        shadow-leak) control $word shadow 4 ;;
        *) control "$word" live 12 ;;
        esac
    done
}

# Seeds that once showed a mistake, in seeds.txt: SEED DAYS MODE, and what it was.
regressions() {
    while read -r seed days mode story; do
        case $seed in '' | '#'*) continue ;; esac
        run "seed $seed: $story" --seed "$seed" --days "$days" --mode "$mode" --few
    done <tests/sim/seeds.txt
}
