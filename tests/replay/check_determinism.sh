#!/bin/sh
# The same bundle and facts give the same --digest: by whichever compiler, with and without sanitizers, wherever memory lies, in any
# locale and zone, from CSV or from JSON Lines.  (Saved and loaded at any fact: test_saved.c.)
#
# Four courses: November 2015 under Shenyang's plan; the busy city (city/), in which every rule of that plan has something to do,
# approved at once and approved by people; one winter through the smallest bundle.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
: "${YUJING:=$root/build/yujing}"
csv=$root/../shared/data/air/ShenyangPM20100101_20151231.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
unset LC_ALL LC_MESSAGES LANG TZ

# ---- the courses: each prints what the binary says, for the folder of facts in $facts ----------------------------------------------

november() {
    "$1" replay "$facts/november.$kind" examples/2015-11-shenyang/bulletins.jsonl -p policies/shenyang \
        --with 'pollutants=["pm25"]' --with 'required=["pm25"]' \
        --with 'areas=[{"code":"210100","name":"沈阳市","stations":["taiyuanjie","xiaoheyan"]}]' \
        --with 'stations=[{"id":"taiyuanjie","name":"太原街","district":"210102"},{"id":"xiaoheyan","name":"小河沿","district":"210103"}]' \
        --digest
}
city() {
    "$1" replay "$facts/city.$kind" tests/replay/city/events.jsonl -p policies/shenyang \
        --with 'pollutants=["pm25","o3"]' --with 'required=["pm25"]' --digest
}
approved() {
    "$1" replay "$facts/city.$kind" tests/replay/city/events.jsonl -p policies/shenyang \
        --with 'pollutants=["pm25","o3"]' --with 'required=["pm25"]' --approvals tests/replay/city/approvals.jsonl --digest
}
winter() {
    "$1" replay "$facts/winter.$kind" "$facts/bulletins.jsonl" -p policies/examples/pm25-only --digest
}

# CSV on standard input as CloudEvents; a row without a value is no fact.
as_events() {
    awk -F, '
        { sub(/\r$/, "") }
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
        $(column["value"]) == "" { next }
        {
            time = $(column["time"]); subject = $(column["subject"]); series = $(column["series"])
            flag = column["flag"] ? $(column["flag"]) : ""
            period = column["period"] && $(column["period"]) == "1m" ? "PT1M" : "PT1H"
            printf "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"csv\",\"id\":\"%s/%s/%s\",", subject, series, time
            printf "\"subject\":\"%s\",\"time\":\"%s\",\"data\":{\"values\":{\"%s\":%s},", subject, time, series, $(column["value"])
            printf "\"period\":\"%s\"%s}}\n", period, flag == "" ? "" : ",\"flag\":\"" flag "\""
        }'
}

facts=$work
cp examples/2015-11-shenyang/readings.csv "$work/november.csv"
cp tests/replay/city/readings.csv "$work/city.csv"
courses="november city approved"
if [ ! -r "$csv" ]; then
    echo "skipped determinism winter: no data ($csv)"
elif ! command -v lua5.4 >/dev/null; then
    echo "skipped determinism winter: lua5.4 is not installed"
else
    lua5.4 examples/winters/make_facts.lua "$csv" "$work"
    # November 2014 to February 2015.
    grep -E '^(time|2014-1[12]|2015-0[12])' "$work/readings.csv" >"$work/winter.csv"
    grep -E '"time":"(2014-1[12]|2015-0[12])' "$work/bulletins.jsonl" >"$work/winter.bulletins"
    mv "$work/winter.bulletins" "$work/bulletins.jsonl"
    courses="$courses winter"
fi
for name in november city winter; do
    [ -e "$work/$name.csv" ] && as_events <"$work/$name.csv" >"$work/$name.jsonl"
done

# ---- the digest that all must give, and what it is of ------------------------------------------------------------------------------

kind=csv
for course in $courses; do
    if $course "$YUJING" >"$work/$course.wanted" 2>"$work/$course.err" && grep -q -E -x '[0-9a-f]{64}' "$work/$course.wanted"; then
        echo "ok determinism $course has a digest"
    else
        echo "not ok determinism $course has a digest: $(head -n 1 "$work/$course.err")"
    fi
done
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
if cat "$work"/*.wanted | grep -q "$empty"; then
    echo "not ok determinism something is decided: a digest of nothing"
elif [ "$(cat "$work"/*.wanted | sort -u | wc -l)" -eq "$(echo "$courses" | wc -w)" ]; then
    echo "ok determinism the courses differ from each other"
else
    echo "not ok determinism the courses differ from each other: two digests are equal"
fi

# same NAME BINARY [COURSES]: every course gives its digest.  Variables set before the call are in force for the binary.
same() {
    name=$1 binary=$2 bad=
    for course in ${3:-$courses}; do
        got=$($course "$binary" 2>"$work/err")
        [ "$got" = "$(cat "$work/$course.wanted")" ] || bad="$bad $course: ${got:-$(head -n 1 "$work/err")};"
    done
    if [ -z "$bad" ]; then echo "ok determinism $name"; else echo "not ok determinism $name:$bad"; fi
}

# ---- builds --------------------------------------------------------------------------------------------------------------------------

other_build() {
    if [ ! -x "$2" ]; then
        echo "skipped determinism $1: $2 is not built"
    elif [ "$2" -ot "$YUJING" ]; then
        echo "skipped determinism $1: $2 is older than $YUJING"
    else
        same "$1" "$2"
    fi
}
export ASAN_OPTIONS=detect_leaks=0
other_build "built by clang" "${BUILDS:-$root/build}/clang/yujing"
other_build "built with sanitizers" "${BUILDS:-$root/build}/asan/yujing"

# ---- where memory lies -----------------------------------------------------------------------------------------------------------------

same "once more" "$YUJING"
if setarch -R true 2>/dev/null; then
    printf '#!/bin/sh\nexec setarch -R "%s" "$@"\n' "$YUJING" >"$work/fixed"
    chmod +x "$work/fixed"
    same "without address randomisation" "$work/fixed"
else
    echo "skipped determinism without address randomisation: setarch -R is not allowed here"
fi
# Every block filled with another byte, and the stack elsewhere.
for fill in 0 171; do
    export MALLOC_PERTURB_=$fill FILLER="$(printf "%0$((fill * 64))d" 0)"
    same "memory filled with $fill" "$YUJING"
done
unset MALLOC_PERTURB_ FILLER

# ---- locale, zone, place -----------------------------------------------------------------------------------------------------------------

for locale in C zh_CN.UTF-8 de_DE.UTF-8 tr_TR.UTF-8; do
    export LC_ALL=$locale
    same "in locale $locale" "$YUJING" "november approved"
done
unset LC_ALL
for zone in UTC America/St_Johns Pacific/Chatham; do
    export TZ=$zone
    same "in zone $zone" "$YUJING" "november approved"
done
unset TZ

# ---- form of the facts -------------------------------------------------------------------------------------------------------------------

kind=jsonl
same "from JSON Lines" "$YUJING"
kind=csv
mkdir "$work/crlf"
for name in november city winter; do
    [ -e "$work/$name.csv" ] && { printf '\357\273\277' && sed 's/$/\r/' "$work/$name.csv"; } >"$work/crlf/$name.csv"
done
[ -e "$work/bulletins.jsonl" ] && cp "$work/bulletins.jsonl" "$work/crlf/"
facts=$work/crlf
same "from CSV with CRLF and a byte order mark" "$YUJING"
facts=$work

# ---- and it is a digest of something -------------------------------------------------------------------------------------------------------

# One reading more that matters must not go unnoticed.
mkdir "$work/changed"
sed '/^2015-11-05T0[0-9]:00:00+08:00,xiaoheyan/d' "$work/november.csv" >"$work/changed/november.csv"
facts=$work/changed
if [ "$(november "$YUJING")" = "$(cat "$work/november.wanted")" ]; then
    echo "not ok determinism other facts give another digest: the same"
else
    echo "ok determinism other facts give another digest"
fi

# ---- the busy city is what its maker writes ------------------------------------------------------------------------------------------------

if command -v lua5.4 >/dev/null; then
    mkdir "$work/made"
    if lua5.4 tests/replay/city/make_city.lua "$work/made" &&
        cmp "$work/made/readings.csv" tests/replay/city/readings.csv >&2 &&
        cmp "$work/made/events.jsonl" tests/replay/city/events.jsonl >&2 &&
        cmp "$work/made/approvals.jsonl" tests/replay/city/approvals.jsonl >&2; then
        echo "ok determinism the city is what make_city.lua writes"
    else
        echo "not ok determinism the city is what make_city.lua writes: make it anew"
    fi
else
    echo "skipped determinism the city is what make_city.lua writes: lua5.4 is not installed"
fi
