#!/bin/bash
# No letter of the running daemon goes to an address inside that the site has not listed, however it is written (E7).
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
command -v python3 >/dev/null || { echo "skipped guard: python3 is not installed"; exit 0; }
unshare -n true 2>/dev/null || { echo "skipped guard: no right to make a network namespace"; exit 0; }
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout "${PATIENCE:-200}" unshare -n sh -c 'ip link set lo up 2>/dev/null; exec "$@"' sh \
    python3 tests/e2e/guard_city.py "$yujing" "$room"
status=$?
[ $status -eq 0 ] || echo "not ok guard run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
