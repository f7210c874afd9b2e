#!/bin/bash
# A day of a large city in compressed time: memory stays flat, no file stays open; soak_city.py says how.
#
#   HOURS=24 SPEED=60      a day in twenty-four minutes; HOURS=3 is for trying things: its leak control and its tasks need the whole day
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
build=$(dirname "$yujing")
command -v python3 >/dev/null || { echo "skipped soak: python3 is not installed"; exit 0; }
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$library" ] || { echo "skipped soak: libfaketime is not installed"; exit 0; }
ulimit -n "$(ulimit -Hn)" 2>/dev/null
[ "$(ulimit -n)" -ge 4096 ] || { echo "skipped soak: only $(ulimit -n) files may be open"; exit 0; }
if ! make --no-print-directory BUILD="$build" "$build/e2e_loggers" >/dev/null 2>"$build/e2e_loggers.log"; then
    echo "not ok soak build: see $build/e2e_loggers.log"
    exit 0
fi
room=$(mktemp -d) || exit 1
trap '[ -n "${KEEP:-}" ] || rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout 1780 python3 tests/e2e/soak_city.py "$yujing" "$build/e2e_loggers" "$room" "$library" "${HOURS:-24}" "${SPEED:-60}"
status=$?
[ $status -eq 0 ] || echo "not ok soak run: exit $status"
[ -z "${KEEP:-}" ] || echo "kept: $room" >&2
