#!/bin/bash
# An outsider at the doors of the running daemon: bombs, tricks, forged log lines, guessed links, broken policies, wrong log-ins (B6, S2, S5, W6).
#
# SEED chooses what is fuzzed.  What must hold stands in outsider_city.py.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
command -v python3 >/dev/null || { echo "skipped outsider: python3 is not installed"; exit 0; }
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout "${PATIENCE:-300}" python3 tests/e2e/outsider_city.py "$yujing" "$room" "${SEED:-$(date +%-V)}"
status=$?
[ $status -eq 0 ] || echo "not ok outsider run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
