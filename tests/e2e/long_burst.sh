#!/bin/sh
# The burst of the full hour: 5,000 frames a second for a minute (B7); what is promised stands in burst_city.py.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
programs=$(dirname "$yujing")
command -v python3 >/dev/null || { echo "skipped burst: python3 is not installed"; exit 0; }
if ! make --no-print-directory BUILD="$programs" bench-programs >"$programs/bench-programs.log" 2>&1; then
    echo "not ok burst build: see $programs/bench-programs.log"
    exit 0
fi
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
tests/bench/bundle.sh "$room/bundle" 100 same 1
export PYTHONDONTWRITEBYTECODE=1
timeout 600 python3 tests/e2e/burst_city.py "$yujing" "$programs/bench_load" "$room/bundle" "$room" "${SECONDS_OF_IT:-60}" "${RATE:-5000}"
status=$?
[ $status -eq 0 ] || echo "not ok burst run: exit $status: $(tail -n 1 "$room/log" 2>/dev/null)"
