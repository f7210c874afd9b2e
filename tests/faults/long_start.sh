#!/bin/sh
# A start over a million rows and fifteen thousand open orders (A13); what is promised stands in start_city.py.
FAULTS_BUILT=1
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "start" "python3 is not installed"; exit 0; }
if ! (cd "$root" && make --no-print-directory BUILD="$programs" bench-programs) >"$programs/bench-programs.log" 2>&1; then
    not_ok "start: build" "see $programs/bench-programs.log"
    exit 0
fi
orders=${ORDERS:-15000}
"$root/tests/bench/bundle.sh" "$room/bundle" "$orders" same 1
export PYTHONDONTWRITEBYTECODE=1
timeout 1500 python3 "$root/tests/faults/start_city.py" "$yujing" "$programs/bench_load" "$room/bundle" "$room" "${ROWS:-1000000}" "$orders"
status=$?
[ $status -eq 0 ] || not_ok "start: run" "exit $status: $(tail -n 1 log)"
