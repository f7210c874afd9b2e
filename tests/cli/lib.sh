# What the checks of the command line share.  Sourced by check_*.sh; $YUJING is the binary.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
golden=$here/golden
: "${YUJING:=$root/build/yujing}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
unset LC_ALL LC_MESSAGES LANG NO_COLOR CLICOLOR_FORCE
cd "$golden" || exit 1

ok() { echo "ok $1"; }
fail() { echo "not ok $1: $2"; }

# same NAME FILE: standard input must be golden/FILE; UPDATE=1 records it instead.
same() {
    cat >"$work/now"
    if [ -n "${UPDATE-}" ]; then
        mkdir -p "$(dirname "$2")"
        cp "$work/now" "$2"
    fi
    if diff -u "$2" "$work/now" >"$work/diff" 2>&1; then
        ok "$1"
    else
        cat "$work/diff" >&2
        fail "$1" "$(grep -m 1 '^[-+][^-+]' "$work/diff" || echo "no $2") ($2; UPDATE=1 records)"
    fi
}

# exits NAME CODE COMMAND…: the exit code; what it says is thrown away.
exits() {
    name=$1 wanted=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ $got -eq "$wanted" ]; then ok "$name"; else fail "$name" "exit $got, not $wanted: $(head -n 1 "$work/err")"; fi
}

# says NAME PATTERN COMMAND…: standard output or error has a line that matches.
says() {
    name=$1 pattern=$2
    shift 2
    "$@" >"$work/out" 2>&1 </dev/null
    if grep -q -e "$pattern" "$work/out"; then ok "$name"; else fail "$name" "no “$pattern” in: $(head -n 3 "$work/out" | tr '\n' '|')"; fi
}

# readings LEVEL…: CSV of both stations, one PM2.5 concentration for each day from 2015-11-01 on.
readings() {
    echo "time,subject,series,value"
    day=0
    for level in "$@"; do
        day=$((day + 1))
        for hour in 00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do
            for station in east west; do
                printf '2015-11-%02dT%s:00:00+08:00,%s,pm25,%s\n' $day $hour $station "$level"
            done
        done
    done
}

# bulletin DAY VALUES: a forecast of aqi_day issued that day at 16:00.
bulletin() {
    printf '{"specversion":"1.0","type":"forecast","source":"station","id":"b%s","subject":"210100","time":"2015-11-%sT16:00:00+08:00","data":{"series":"aqi_day","issued":"2015-11-%sT16:00:00+08:00","start":"2015-11-%s","step":"P1D","values":[%s]}}\n' \
        "$1" "$1" "$1" "$1" "$2"
}

# A week of haze: clean, then three heavy days, then clean again.
make_week() {
    readings 40 60 170 180 190 100 30 20 >"$work/readings.csv"
    {
        bulletin 01 '60,90,110,230'
        bulletin 02 '90,230,240,130'
        bulletin 03 '230,240,250,130'
        bulletin 04 '240,250,130,60'
        bulletin 05 '250,130,50,40'
        bulletin 06 '140,45,30,30'
        bulletin 07 '45,30,30,30'
    } >"$work/bulletins.jsonl"
    facts="$work/readings.csv $work/bulletins.jsonl"
}
