#!/bin/sh
# Plays the drill at full speed and makes its report.
#
#   examples/drill/run.sh [further arguments of yujing drill]
#
# YUJING names another binary, REPORT another place for the report.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
yujing=${YUJING:-$root/build/yujing}
report=${REPORT:-$root/build/drill.html}
if [ ! -x "$yujing" ]; then
    echo "run.sh: $yujing is not built yet: run make first" >&2
    exit 2
fi
mkdir -p "$(dirname -- "$report")"
"$yujing" drill "$root/examples/drill/scenario.yaml" --speed max --report "$report" "$@"
