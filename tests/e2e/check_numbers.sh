#!/bin/bash
# The cheap form of long_numbers.sh: a fiftieth of the drill scripts (D3) and of the races of two signatures (W1).
SCALE=50 ACTS="drills races" CROWDS="" UNITS="" exec "$(dirname "$0")/long_numbers.sh"
