# What the end-to-end checks share.  Sourced by bash with the words that its results begin with: `. "$(dirname "$0")/lib.sh" ctl`.
#
# $YUJING is the binary.  A check works in a folder of its own, $room; what it has started in the background ends with it.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
here=$root/tests/e2e
yujing=$(realpath "${YUJING:-build/yujing}")
about=$1

ok() { echo "ok $about $1"; }
not_ok() { echo "not ok $about $1: $2${seed:+ (seed=$seed)}"; }
skip() { echo "skipped $about${2:+ $2}: $1"; } # WHY [NAME]
needs() { # PROGRAM…
    for tool; do command -v "$tool" >/dev/null || { skip "$tool is not installed"; exit 0; }; done
}
verdict() { if [ "$2" -eq 0 ]; then ok "$1"; else not_ok "$1" "${3:-exit $2}"; fi; } # NAME STATUS [WHY]
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2, not $3"; fi; }     # NAME GOT WANTED
exits() { # NAME CODE COMMAND…: its output is in out and err
    local name=$1 code=$2
    shift 2
    "$@" >out 2>err </dev/null
    local got=$?
    if [ $got -eq "$code" ]; then ok "$name"; else not_ok "$name" "exit $got, not $code: $(head -n 1 err)"; fi
}
has() { # NAME FILE PATTERN
    if grep -q -e "$3" "$2"; then ok "$1"; else not_ok "$1" "no “$3” in: $(tail -n 3 "$2" | cut -c1-200 | tr '\n' '|')"; fi
}
until_true() { # SECONDS COMMAND…
    local end=$((SECONDS + $1 + 1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.02
    done
}

room=$(mktemp -d) || exit 1
cleanup() {
    [ "$BASHPID" = "$$" ] || return # a child killed before it becomes its program runs this trap too
    for child in $(jobs -p); do
        kill -9 "$child"
        wait "$child"
    done 2>/dev/null
    rm -rf "$room"
}
trap cleanup EXIT

# ---- a city's material, in the folder where we are

own_policies() {
    mkdir -p policies scripts
    cp -R "$root/policies/national" "$root/policies/shenyang" policies/
    cp -R "$root/scripts/." scripts/
}
# Sixteen days of facts, and nobody is asked.
automatic() {
    own_policies
    sed -i 's/approve: \(one\|two\)/approve: auto/' policies/shenyang/policy.yaml
    find scripts -name '*.lua' -exec sed -i 's/approve = "\(one\|two\)"/approve = "auto"/g' {} +
    make_facts
}
make_facts() { TZ=UTC0 awk -f "$here/make_facts.awk" >facts.jsonl; }
# What a store has decided, as a replay prints it.
decisions() { "$yujing" run -c "$1.yaml" --show decisions | grep -v -E '"kind":"(propose|evidence|act)"'; }
stop() { # the daemon, in order
    kill "$daemon" 2>/dev/null
    wait "$daemon" 2>/dev/null
    daemon=
}

# ---- people

code() { # ACCOUNT [STEPS]: its password, and the time-based code of now or of so many steps later
    python3 - "$1.secret" "${2:-0}" <<'P'
import base64, hashlib, hmac, json, struct, sys, time
kept = json.load(open(sys.argv[1]))
mac = hmac.new(base64.b32decode(kept["seed"]), struct.pack(">Q", int(time.time()) // 30 + int(sys.argv[2])), hashlib.sha1).digest()
at = mac[-1] & 15
print(kept["password"])
print("%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000))
P
}
accounts() { # ROLE:NAME…: their secrets are in NAME.secret
    local person
    for person; do
        "$yujing" account add accounts.yaml "${person#*:}" --role "${person%:*}" -o json >"${person#*:}.secret" || not_ok "account add" "$person"
    done
}
ctl() { # WHO COMMAND…, at $url
    local who=$1
    shift
    "$yujing" ctl --lang en --url "$url" --token-file "$who.token" "$@"
}
