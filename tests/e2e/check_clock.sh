#!/bin/bash
# The real daemon under a wall clock that is set by two hours and by a year, and stopped by a signal (F1, F2); clock_city.py says how.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
command -v python3 >/dev/null || { echo "skipped clock: python3 is not installed"; exit 0; }
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$library" ] || { echo "skipped clock: libfaketime is not installed"; exit 0; }
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout 180 python3 tests/e2e/clock_city.py "$yujing" "$room" "$library"
status=$?
[ $status -eq 0 ] || echo "not ok clock run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
