#!/bin/sh
# The running daemon on a tmpfs that is really full (A5); what is promised stands in full_city.py.
FAULTS_BUILT=1
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "full disk under the daemon" "python3 is not installed"; exit 0; }
mkdir disk
if ! mount -t tmpfs -o size=40m tmpfs disk 2>/dev/null; then
    skip "full disk under the daemon" "a tmpfs may not be mounted here"
    exit 0
fi
mounted=$room/disk
export PYTHONDONTWRITEBYTECODE=1
timeout 240 python3 "$root/tests/faults/full_city.py" "$yujing" "$room"
status=$?
[ $status -eq 0 ] || not_ok "full disk under the daemon: run" "exit $status: $(tail -n 1 log)"
