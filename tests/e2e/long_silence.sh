#!/bin/bash
# Each source of one running daemon is stopped in turn, and a page leaves by another way (W7); what is promised stands in silence_city.py.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
for tool in python3 prometheus prometheus-alertmanager mosquitto_pub; do
    command -v $tool >/dev/null || { echo "skipped silence: $tool is not installed"; exit 0; }
done
PATH=$PATH:/usr/sbin
command -v mosquitto >/dev/null || { echo "skipped silence: mosquitto is not installed"; exit 0; }
library=$(find /usr/lib -name 'libfaketime.so.1' 2>/dev/null | head -n 1)
[ -n "$library" ] || { echo "skipped silence: libfaketime is not installed"; exit 0; }
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout 600 python3 tests/e2e/silence_city.py "$yujing" "$room" "$library"
status=$?
[ $status -eq 0 ] || echo "not ok silence run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
