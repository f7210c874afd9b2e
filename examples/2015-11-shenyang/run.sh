#!/bin/sh
# The haze of November 2015 in Shenyang, under the plan of 2024: first every decision as text, then the report.
#
#   examples/2015-11-shenyang/run.sh [further arguments of yujing replay]
#
# YUJING names another binary, REPORT another place for the report.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
yujing=${YUJING:-$root/build/yujing}
report=${REPORT:-$root/build/2015-11-shenyang.html}
if [ ! -x "$yujing" ]; then
    echo "run.sh: $yujing is not built yet: run make first" >&2
    exit 2
fi

# Only PM2.5 was published then, and of two national stations; the rest of the bundle is as it stands.
"$yujing" replay "$here/readings.csv" "$here/bulletins.jsonl" --policies "$root/policies/shenyang" \
    --with 'pollutants=["pm25"]' --with 'required=["pm25"]' \
    --with 'areas=[{"code":"210100","name":"沈阳市","stations":["taiyuanjie","xiaoheyan"]}]' \
    --with 'stations=[{"id":"taiyuanjie","name":"太原街","district":"210102"},{"id":"xiaoheyan","name":"小河沿","district":"210103"}]' \
    "$@"

cat <<'END'

当年实际发布 / what the city really declared (press reports; under the trial plan of that time):
  2015-11-08 周日 10:30  橙色（二级）启动 / orange
  2015-11-08 周日 15:30  红色（一级）升级 / red

END

mkdir -p "$(dirname -- "$report")"
"$yujing" drill "$here/scenario.yaml" --report "$report" -o json >/dev/null
echo "打印用报告（含过程线、指令、减排比例、评分、理由） / the report to open or print: $report"
