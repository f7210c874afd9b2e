#!/bin/sh
# yujing check: silence when all is well; every mistake, its place and its hint; exit codes; the share of the law.
. "$(dirname "$0")/lib.sh"

cp -R town "$work/town"
cd "$work" || exit 1

"$YUJING" check town >"$work/out" 2>&1
code=$?
if [ $code -eq 0 ] && [ ! -s "$work/out" ]; then ok "a sound bundle is met with silence"; else fail "a sound bundle is met with silence" "exit $code: $(head -n 1 "$work/out")"; fi
"$YUJING" check town -v --lang zh | sed 's/[0-9a-f]\{12\}/HASH/' | same "verbose says what is sound" "$golden/check/sound.zh.txt"
exits "a file of the bundle stands for it" 0 "$YUJING" check town/registry/210101.yaml
exits "a folder is looked through" 0 "$YUJING" check .

# Mistakes of five kinds in four files, all in one run.
cp -R town broken
sed -i 's/^zone: .*/zone: Asia\/Shangai/; s/settle/setle/; s/share: 20/share: 20%/' broken/policy.yaml
printf 'setle_after: 30m\n' >>broken/policy.yaml
sed -i 's/district: "210101"/distrct: "210101"/; s/safe_minimum: [^}]*/safe_minimum: 尽量保温/' broken/registry/210101.yaml
sed -i 's/kind: limit/kind: limt/' broken/measures.yaml
sed -i 's/lasting = "48h"/lastng = "48h"/' broken/heavy.lua
"$YUJING" check broken --lang en | same "all mistakes in one run" "$golden/check/broken.en.txt"
"$YUJING" check broken --lang zh | same "all mistakes in one run, in Chinese" "$golden/check/broken.zh.txt"
exits "mistakes exit 1" 1 "$YUJING" check broken
"$YUJING" check broken -o json --lang en | same "mistakes as JSON" "$golden/check/broken.json"
"$YUJING" check broken -o jsonl >"$work/lines"
if [ "$(grep -c '^{"file":' "$work/lines")" -eq "$("$YUJING" check broken -o json | grep -o '"code":' | wc -l)" ]; then ok "one object a line"; else fail "one object a line" "$(head -n 1 "$work/lines")"; fi

# A script that gives no rules is one mistake: that others name its rules is none.
cp -R town partial
sed -i 's/^  - heavy.lua/&\n  - rota.lua/' partial/policy.yaml
printf 'return rota "r" { during = level { "heavy", at_least = "yellow" }, measure = "stop", who = enterprises {} }\n' >partial/rota.lua
says "a rule that no script gives" 'rota.lua:1:.*error\[R014\]' "$YUJING" check partial
sed -i 's/"heavy"/"heavy-pollution"/' partial/rota.lua
one_mistake() {
    "$YUJING" check partial >"$work/out" 2>&1
    if grep -q 'error\[' "$work/out" && ! grep -q R014 "$work/out"; then ok "one mistake: $1"; else fail "one mistake: $1" "$(head -n 1 "$work/out")"; fi
}
sed -i 's/at_most = p.medium },$/at_most = p.medium }/' partial/heavy.lua
one_mistake "a comma is missing"
: >partial/heavy.lua
one_mistake "the script is empty"
printf -- '-- \326\320\n' | cat - town/heavy.lua >partial/heavy.lua
one_mistake "the script is GBK"
rm partial/heavy.lua
one_mistake "the script is missing"

# The list misses the share: the foundry gets to run.
cp -R town short
sed -i '/orange: \[{do: stop, lines: \[L1, L2\]}\]/d' short/registry/210101.yaml
"$YUJING" check short --lang en | grep K001 | same "a missed share is told" "$golden/check/short.en.txt"
"$YUJING" check short --lang zh | grep K001 | same "a missed share is told in Chinese" "$golden/check/short.zh.txt"
exits "a missed share exits 1" 1 "$YUJING" check short

# Warnings alone.
cp -R town warned
printf 'x: 1\n' >warned/stray.yaml
exits "warnings alone exit 0" 0 "$YUJING" check warned
exits "warnings alone exit 3 when strict" 3 "$YUJING" check warned --strict

# Scripts, facts, standard input.
exits "a sound script" 0 "$YUJING" check town/heavy.lua
printf 'return warnign "x" {}\n' >slip.lua
says "a slip in a script" 'slip.lua:1.*error\[L005\]' "$YUJING" check slip.lua
printf 'time,subject,series,value\n2015-11-31T00:00,east,pm25,12\n' >bad.csv
says "a day that does not exist" 'bad.csv:2:1: error\[N006\]' "$YUJING" check bad.csv
exits "bad facts exit 1" 1 "$YUJING" check bad.csv
printf 'time,subject,series,value\n2015-11-30T00:00,east,pm25,12\n' | "$YUJING" check - >"$work/out" 2>&1
code=$?
if [ $code -eq 0 ] && [ ! -s "$work/out" ]; then ok "facts from standard input"; else fail "facts from standard input" "exit $code: $(head -n 1 "$work/out")"; fi
mkfifo facts
printf 'time,subject,series,value\n2015-11-31T00:00,east,pm25,12\n' >facts &
says "facts from a pipe" 'facts:2:1: error\[N006\]' "$YUJING" check facts

printf 'a: 1\na: 2\n' >loose.yaml
says "YAML of no bundle: its syntax" 'loose.yaml:2:1: error\[Y002\]' "$YUJING" check loose.yaml

for bundle in shenyang examples/pm25-only; do
    exits "policies/$bundle is sound" 0 "$YUJING" check "$root/policies/$bundle"
done

# Folders: one within a bundle stands for it, any other is read file by file.
exits "a folder of a sound bundle" 0 "$YUJING" check town/registry
says "a folder of a bundle stands for the bundle" 'the whole bundle is checked' "$YUJING" check town/registry --lang en
says "mistakes of the bundle are told" 'broken/registry/210101.yaml:.*error' "$YUJING" check broken/registry --lang en
says "from within as well" 'error\[' sh -c "cd broken/registry && '$YUJING' check . --lang en"
mkdir -p loose/deep
printf 'a: 1\na: 2\n' >loose/deep/list.yml
printf 'b: １\n' >loose/list.yaml
printf 'return warnign "x" {}\n' >loose/rule.lua
cp bad.csv loose/
for told in 'loose/deep/list.yml:2:1: error\[Y002\]' 'loose/list.yaml:1:4: error\[Y009\]' 'loose/rule.lua:1.*L005' 'loose/bad.csv:2:1: error\[N006\]' 'K002.*files: 2'; do
    says "in a loose folder: $told" "$told" "$YUJING" check loose --lang en
done
exits "mistakes in a loose folder exit 1" 1 "$YUJING" check loose

# Facts against a policy.
printf 'time,subject,series,value\n2015-11-30T00:00,esat,pm25,12\n2015-11-30T01:00,esat,pm25,12\n2015-11-30T00:20,east,pm25,12\n' >strange.csv
exits "by itself a table of strangers is sound" 0 "$YUJING" check strange.csv
says "held against a policy it is not" 'strange.csv:2:18: warning\[N040\].*2 in all' "$YUJING" check strange.csv -p town --lang en
says "nor are times beside the steps" 'strange.csv:4:1: warning\[N044\].*1 in all' "$YUJING" check strange.csv -p town --lang en
exits "strict counts them" 3 "$YUJING" check strange.csv -p town --strict
mkdir town/facts && cp strange.csv town/facts/
says "a bundle's own facts are held against it" 'strange.csv:2:18: warning\[N040\]' "$YUJING" check town/facts --lang en

# HJ 633's tables by themselves; Lua that is no rule; the cases of a folder.
sed 's/hours_min/hours_mni/' "$root/policies/national/aqi.yaml" >aqi.yaml
says "a mistyped key of the tables" 'aqi.yaml:[0-9]*:1: error\[S001\].*hours_mni' "$YUJING" check aqi.yaml --lang en
exits "the tables are sound" 0 "$YUJING" check "$root/policies/national/aqi.yaml" --strict
mkdir -p tools/rules
printf 'print(io.read())\n' >tools/convert.lua
exits "a folder's Lua that is no rule is left out" 0 "$YUJING" check tools
exits "by its name it is checked" 1 "$YUJING" check tools/convert.lua
cp tools/convert.lua tools/rules/
exits "so it is in a folder of rules" 1 "$YUJING" check tools
mkdir -p shelf && cp -R town shelf/town && mkdir -p shelf/town/cases && cp "$root/policies/national/aqi.yaml" shelf/
printf 'title: a\nbundle: ..\nstart: 2015-11-01 08:00\nexpect:\n  - {id: quiet, kind: level, is: none}\n' >shelf/town/cases/a.yaml
sed 's/^title: a/title: b/' shelf/town/cases/a.yaml >shelf/town/cases/b.yaml
says "a file that is no scenario is no case" '^2 cases: [^r]*$' "$YUJING" test shelf --lang en
sed -i 's/^zone: .*/zone: Asia\/Shangai/' shelf/town/policy.yaml
"$YUJING" test shelf >"$work/out" 2>&1
if [ "$(grep -c 'P010' "$work/out")" -eq 1 ]; then ok "a bundle's mistake is told once"; else fail "a bundle's mistake is told once" "$(grep -c P010 "$work/out") times"; fi
cp town/policy.yaml shelf/town/
"$YUJING" test shelf/town --coverage=all --lang en >"$work/out" 2>&1
for told in 'aqi_day > [0-9][0-9]* was never asked' '0%  0/[0-9]*  rules'; do
    if grep -q -e "$told" "$work/out"; then ok "coverage: $told"; else fail "coverage: $told" "$(tail -n 5 "$work/out" | tr '\n' '|')"; fi
done
