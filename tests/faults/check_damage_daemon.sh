#!/bin/sh
# A page of the store is overwritten under the running daemon (A9); what is promised stands in damage_city.py.
FAULTS_BUILT=1
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "damaged page" "python3 is not installed"; exit 0; }
export PYTHONDONTWRITEBYTECODE=1
timeout 240 python3 "$root/tests/faults/damage_city.py" "$yujing" "$room" "$seed"
status=$?
[ $status -eq 0 ] || not_ok "damaged page: run" "exit $status: $(tail -n 1 log)"
