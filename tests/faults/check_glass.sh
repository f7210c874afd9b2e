#!/bin/sh
# Breaking the glass on the running daemon (W3); what is promised stands in glass_city.py.
FAULTS_BUILT=1
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "breaking the glass" "python3 is not installed"; exit 0; }
export PYTHONDONTWRITEBYTECODE=1
timeout 120 python3 "$root/tests/faults/glass_city.py" "$yujing" "$room"
status=$?
[ $status -eq 0 ] || not_ok "breaking the glass: run" "exit $status: $(tail -n 1 log)"
