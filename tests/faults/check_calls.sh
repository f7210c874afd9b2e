#!/bin/sh
# Calls of the system that fail, one in each life of the daemon (A12): one of each function here; long_calls.sh does more.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { skip "calls that fail" "python3 is not installed"; exit 0; }
# One of each kind: those that a daemon cannot do without.
few="accept4 bind close connect epoll_wait fcntl64 fdatasync mmap64 open64 pread64 pwrite64 read recv send socket write"
export PYTHONDONTWRITEBYTECODE=1
timeout 1700 python3 "$root/tests/faults/calls_city.py" "$yujing" "$programs/shim_calls.so" "$room" "$seed" "${MOST:-1}" ${NAMES-$few}
status=$?
[ $status -eq 0 ] || not_ok "calls that fail: run" "exit $status: $(tail -n 1 log)"
