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

printf 'a: 1\na: 2\n' >loose.yaml
says "YAML of no bundle: its syntax" 'loose.yaml:2:1: error\[Y002\]' "$YUJING" check loose.yaml

for bundle in shenyang examples/pm25-only; do
    exits "policies/$bundle is sound" 0 "$YUJING" check "$root/policies/$bundle"
done
