#!/bin/sh
# The same as check_calls.sh for every function that the daemon calls, at many places of its life.
MOST=${MOST:-5} NAMES= exec "$(dirname "$0")/check_calls.sh"
