#!/bin/sh
# Flipped bits: the audit finds each; SQLite's own check does not, or the test would show nothing (A8).
. "$(dirname "$0")/lib.sh"
flips=${FLIPS:-$((long ? 2000 : 200))}
"$feeder" store.db --facts 300 --batch 25 >acks
cat >rot.py <<'PYTHON'
import random, sqlite3, subprocess, sys

flips, seed, yujing = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
random.seed(seed)
whole = open("store.db", "rb").read()

def dump(path):
    try:
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        checked = [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
        text = "\n".join(db.iterdump())
        db.close()
        return checked, text
    except (sqlite3.Error, UnicodeDecodeError):
        return False, None

_, sound = dump("store.db")
silent = blind = harmful = 0
for _ in range(flips):
    bit = random.randrange(len(whole) * 8)
    rotten = bytearray(whole)
    rotten[bit // 8] ^= 1 << (bit % 8)
    open("rotten.db", "wb").write(rotten)
    audit = subprocess.run([yujing, "audit", "verify", "rotten.db"], capture_output=True)
    if audit.returncode == 0:
        silent += 1
        print("silent: bit", bit, file=sys.stderr)
    checked, text = dump("rotten.db")
    if text != sound:
        harmful += 1
        if checked:
            blind += 1
print(silent, blind, harmful)
PYTHON
if ! command -v python3 >/dev/null; then
    skip "rot" "python3 is not installed"
    exit 0
fi
"$yujing" audit verify store.db >verdict 2>&1 || not_ok "rot: the store was sound before" "$(tail -n 1 verdict)"
read -r silent blind harmful <<FIGURES
$(python3 rot.py "$flips" "$seed" "$yujing")
FIGURES
figures="$flips bits flipped, $harmful of them harmful; missed by the audit $silent, by integrity_check alone $blind"
echo "$figures" >&2
expect "rot: bits were flipped that matter" "${harmful:-0}" -gt 0 -- "$figures"
expect "rot: SQLite's own check misses some" "${blind:-0}" -gt 0 -- "$figures"
expect "rot: the audit misses none" "${silent:-1}" -eq 0 -- "$figures"
