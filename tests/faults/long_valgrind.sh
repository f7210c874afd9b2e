#!/bin/sh
# A short life of the daemon under valgrind: no bad access, nothing leaked (valgrind_city.py).
FAULTS_BUILT=1
. "$(dirname "$0")/lib.sh"
for tool in valgrind python3; do
    command -v $tool >/dev/null || { skip "valgrind" "$tool is not installed"; exit 0; }
done
export PYTHONDONTWRITEBYTECODE=1
timeout 900 python3 "$root/tests/faults/valgrind_city.py" "$yujing" "$room"
status=$?
[ $status -eq 0 ] || not_ok "valgrind: run" "exit $status: $(tail -n 1 log)"
