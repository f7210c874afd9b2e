#!/bin/sh
# Exit codes, hints for slips, languages, colours, and standard streams.
. "$(dirname "$0")/lib.sh"
make_week

exits "no verb is wrong use" 2 "$YUJING"
exits "help is all right" 0 "$YUJING" --help
exits "version is all right" 0 "$YUJING" --version
exits "unknown verb exits 2" 2 "$YUJING" replya
exits "unknown option exits 2" 2 "$YUJING" replay --digst
exits "bad choice exits 2" 2 "$YUJING" replay facts.csv -o xml
exits "missing value exits 2" 2 "$YUJING" replay facts.csv --policies
exits "missing operand exits 2" 2 "$YUJING" replay -p town
exits "missing policies exits 2" 2 "$YUJING" replay facts.csv
exits "operand too many exits 2" 2 "$YUJING" help check test
exits "value for a flag exits 2" 2 "$YUJING" replay --digest=1
exits "wrong use of the daemon exits 64" 64 "$YUJING" run --nonsense
printf 'policies: %s/policies/shenyang\nstore: none.db\n' "$PWD" >"$work/none.yaml"
exits "a store that is not there exits 66" 66 "$YUJING" run -c "$work/none.yaml" --show orders
exits "unreadable facts exit 2" 2 "$YUJING" replay no-such-file.csv -p town
exits "unreadable path to check exits 2" 2 "$YUJING" check no-such-folder

says "slip of a verb" "did you mean .yujing replay" "$YUJING" replya
says "another program's word for a verb" "did you mean .yujing check" "$YUJING" lint
says "slip of an option" "did you mean --digest" "$YUJING" replay --digst
says "slip of a kind" "did you mean raise" "$YUJING" replay none.csv -p town --kinds raize
says "times name their forms" "2015-11-08 16:00" "$YUJING" replay "$work/readings.csv" -p town --until noon
says "JSON options name the quotes" "quotes" "$YUJING" replay none.csv -p town --with 'required=[pm25]'

says "Chinese by --lang" "没有这个命令" "$YUJING" --lang zh replya
says "Chinese by --lang behind the verb" "没有这个选项" "$YUJING" replay --digst --lang=zh
says "Chinese by LANG" "没有这个命令" env LANG=zh_CN.UTF-8 "$YUJING" replya
says "LC_ALL before LANG" "unknown verb" env LC_ALL=C LANG=zh_CN.UTF-8 "$YUJING" replya
says "LC_MESSAGES before LANG" "没有这个命令" env LC_MESSAGES=zh_CN LANG=C "$YUJING" replya
says "--lang before LC_ALL" "unknown verb" env LC_ALL=zh_CN.UTF-8 "$YUJING" --lang en replya

# A drill may take an hour: a report that cannot be written is refused before it begins; and talk comes after the result.
exits "a report that cannot be written exits 4" 4 "$YUJING" drill "$root/examples/drill/scenario.yaml" --speed max --report "$work/none/r.html"
if [ -z "$("$YUJING" drill "$root/examples/drill/scenario.yaml" --speed max --report "$work/none/r.html" 2>"$work/none.err")" ] &&
    [ -s "$work/none.err" ]; then ok "and nothing is played"
else fail "and nothing is played" "$(head -n 1 "$work/none.err")"; fi
"$YUJING" drill "$root/examples/drill/scenario.yaml" --speed max --report "$work/r.html" >"$work/both" 2>&1
if [ "$(tail -n 1 "$work/both")" = "report: $work/r.html" ]; then ok "the report is named on a line of its own, last"
else fail "the report is named on a line of its own, last" "$(grep -n report: "$work/both" | head -n 1)"; fi

escape=$(printf '\033')
# coloured NAME yes|no COMMAND…
coloured() {
    name=$1 wanted=$2
    shift 2
    "$@" >"$work/out" 2>&1
    if grep -q "$escape" "$work/out"; then got=yes; else got=no; fi
    if [ $got = "$wanted" ]; then ok "$name"; else fail "$name" "colour: $got"; fi
}
coloured "no colour in a file" no "$YUJING" help check
coloured "colour when always" yes "$YUJING" help check --color always
coloured "no colour when never" no env CLICOLOR_FORCE=1 "$YUJING" help check --color never
coloured "no colour with NO_COLOR" no env NO_COLOR=1 CLICOLOR_FORCE=1 "$YUJING" help check
coloured "colour with CLICOLOR_FORCE" yes env CLICOLOR_FORCE=1 "$YUJING" help check
coloured "--color before NO_COLOR" yes env NO_COLOR=1 "$YUJING" help check --color=always

said=$( { "$YUJING" check --explain all; echo "exit $?" >&3; } 3>"$work/code" 2>&1 >/dev/full)
case "$(cat "$work/code")$said" in
"exit 4"*"cannot write"*) ok "a full disk exits 4 and says so" ;;
*) fail "a full disk exits 4 and says so" "$(cat "$work/code") $said" ;;
esac
said=$( { "$YUJING" check --explain all 2>&1 1>&3 | cat; } 3>&1 | head -n 1 >/dev/null)
if [ -z "$said" ]; then ok "a reader that goes away is not complained of"; else fail "a reader that goes away is not complained of" "$said"; fi
"$YUJING" replya >"$work/out" 2>/dev/null
if [ -s "$work/out" ]; then fail "complaints go to stderr" "$(head -n 1 "$work/out")"; else ok "complaints go to stderr"; fi
