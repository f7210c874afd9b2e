#!/bin/bash
# A headless Chromium on the receipt page and the hand-over sheet, with attacks in names and notes (S3); browser_city.py says how.
set -u
cd "$(dirname "$0")/../.." || exit 1
yujing=$(realpath "${YUJING:-build/yujing}")
command -v python3 >/dev/null || { echo "skipped browser: python3 is not installed"; exit 0; }
chromium=$(command -v chromium) || { echo "skipped browser: chromium is not installed"; exit 0; }
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
export PYTHONDONTWRITEBYTECODE=1
timeout 600 python3 tests/e2e/browser_city.py "$yujing" "$room" "$chromium"
status=$?
[ $status -eq 0 ] || echo "not ok browser run: exit $status"
