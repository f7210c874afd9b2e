#!/bin/sh
# Replays three winters (2013-2015) of Shenyang's PM2.5 through the 2024 rule.
#
#   examples/winters/run.sh [CSV] [further arguments of yujing replay]
#
# CSV: ShenyangPM20100101_20151231.csv (UCI "PM2.5 Data of Five Chinese Cities", CC BY 4.0); looked for beside the
# repository when not given.  YUJING names another binary, FACTS a folder to keep the facts in.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
csv=$root/../shared/data/air/ShenyangPM20100101_20151231.csv
case ${1-} in *.csv) csv=$1; shift ;; esac
yujing=${YUJING:-$root/build/yujing}

if [ ! -r "$csv" ]; then
    echo "run.sh: $csv: no such file; give the path of ShenyangPM20100101_20151231.csv" >&2
    exit 2
fi
if [ ! -x "$yujing" ]; then
    echo "run.sh: $yujing is not built yet: run make first" >&2
    exit 2
fi
if ! command -v lua5.4 >/dev/null; then
    echo "run.sh: lua5.4 is needed to make the facts (apt-get install lua5.4)" >&2
    exit 2
fi

if [ -n "${FACTS-}" ]; then
    facts=$FACTS
    mkdir -p "$facts"
else
    facts=$(mktemp -d)
    trap 'rm -rf "$facts"' EXIT INT TERM
fi
lua5.4 "$root/examples/winters/make_facts.lua" "$csv" "$facts"
"$yujing" replay "$facts/readings.csv" "$facts/bulletins.jsonl" \
    --policies "$root/policies/examples/pm25-only" "$@"
