#!/bin/bash
# The daemon under load, killed again and again: facts over HTTP, approvals and reloads over the API, orders out by webhook (A1, A3, A4).
#
# KILLS is how often, SEED when.  What is promised and judged stands in kill_city.py; check_daemon.sh compares whole histories.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
command -v python3 >/dev/null || { echo "skipped kill: python3 is not installed"; exit 0; }
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
kills=${KILLS:-${LONG:+200}}
export PYTHONDONTWRITEBYTECODE=1
timeout "${PATIENCE:-900}" python3 tests/e2e/kill_city.py "$yujing" "$room" "${kills:-30}" "${SEED:-$(date +%-V)}"
status=$?
[ $status -eq 0 ] || echo "not ok kill run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
