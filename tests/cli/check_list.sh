#!/bin/sh
# yujing list: the emission-reduction list out to a table and in again.
. "$(dirname "$0")/lib.sh"
base=$root/tests/bundles/base
cp -R "$base" "$work/bundle"
list() { "$YUJING" list "$@" --lang en </dev/null; }

list export "$base" -o "$work/list.csv"
exits "export writes a file" 0 test -s "$work/list.csv"
head -c 3 "$work/list.csv" | od -An -tx1 | grep -q 'ef bb bf' && ok "it begins with a mark" || fail "it begins with a mark" "no BOM"
list export "$base" | cmp -s - "$work/list.csv" && ok "standard output has the same bytes" || fail "standard output has the same bytes" "they differ"

exits "what was exported changes nothing" 0 "$YUJING" list import "$work/list.csv" "$work/bundle"
ln -s target.csv "$work/link.csv"
list export "$base" -o "$work/link.csv"
if [ -L "$work/link.csv" ] && cmp -s "$work/target.csv" "$work/list.csv"; then ok "a link is followed"; else fail "a link is followed" "$(ls -l "$work")"; fi
mkfifo "$work/pipe"
cat "$work/pipe" >"$work/piped.csv" &
list export "$base" -o "$work/pipe"
if [ -p "$work/pipe" ] && wait $! && cmp -s "$work/piped.csv" "$work/list.csv"; then ok "a pipe is written into"; else fail "a pipe is written into" "$(ls -l "$work/pipe")"; rm -f "$work/pipe"; kill $! 2>/dev/null; fi
list export "$base" --encoding gb18030 -o "$work/gb.csv"
exits "nor does it in GB18030" 0 "$YUJING" list import "$work/gb.csv" "$work/bundle"

sed 's/,B,一般,/,A,一般,/' "$work/list.csv" >"$work/new.csv"
exits "changes that are not written exit 1" 1 "$YUJING" list import "$work/new.csv" "$work/bundle"
diff -r "$base" "$work/bundle" >/dev/null && ok "without --yes nothing is touched" || fail "without --yes nothing is touched" "it was"
says "the change is shown with its cell" 'new.csv:2:.* I2 绩效等级: B → A' "$YUJING" list import "$work/new.csv" "$work/bundle" --lang en
exits "--yes writes" 0 "$YUJING" list import "$work/new.csv" "$work/bundle" --yes
diff -r "$base" "$work/bundle" | grep -c '^[<>]' | grep -qx 5 && ok "only the entry that changed is rewritten" ||
    fail "only the entry that changed is rewritten" "$(diff -r "$base" "$work/bundle" | head -n 5 | tr '\n' '|')"
exits "and then nothing differs" 0 "$YUJING" list import "$work/new.csv" "$work/bundle"

says "two lists are compared" 'grade: B → A' "$YUJING" list diff "$base" "$work/bundle"
exits "a difference exits 1" 1 "$YUJING" list diff "$base" "$work/bundle"
exits "no difference exits 0" 0 "$YUJING" list diff "$base" "$base"
says "as JSON" '"column":"grade"' "$YUJING" list diff "$base" "$work/bundle" -o json

sed 's/91210106XXXXXXXXXX/9.12101E+17/' "$work/list.csv" >"$work/bad.csv"
exits "a damaged code is refused" 1 "$YUJING" list import "$work/bad.csv" "$work/bundle" --yes
says "and what stood there is named" 'most likely 91210106XXXXXXXXXX' "$YUJING" list import "$work/bad.csv" "$work/bundle" --lang en

says "shares are evaluated" '"pollutant":"so2"' "$YUJING" list evaluate "$base" -o jsonl
says "as JSON, with its version" '^{"schema_version":1,"shares":\[{"level":' "$YUJING" list evaluate "$base" -o json
says "the table as JSON, with its version" '^{"schema_version":1,"rows":\[{"编号":' "$YUJING" list export "$base" -o json
says "a share reads as in a plan: one place, rounded down" ' [0-9]*\.[0-9]%' "$YUJING" list evaluate "$base" --lang en
sed 's/,stop L2,/,stop L9,/' "$work/list.csv" >"$work/line.csv"
says "a line that is none is named at its row" 'line.csv:2:1: error\[X002\]' "$YUJING" list import "$work/line.csv" "$work/bundle" --lang en
exits "a share that is missed exits 1" 1 "$YUJING" list evaluate "$base"
exits "a folder that is none exits 2" 2 "$YUJING" list export "$work/nowhere"
exits "an action is needed" 2 "$YUJING" list
exits "import takes two operands" 2 "$YUJING" list import "$work/list.csv"

head -n 1 "$work/list.csv" >"$work/empty.csv"
exits "a table that would empty the list is refused" 1 "$YUJING" list import "$work/empty.csv" "$work/bundle" --yes
says "and says what to do" 'hint: --keep-missing keeps them' "$YUJING" list import "$work/empty.csv" "$work/bundle" --yes --lang en
exits "kept expressly" 0 "$YUJING" list import "$work/empty.csv" "$work/bundle" --yes --keep-missing
exits "not both" 2 "$YUJING" list import "$work/empty.csv" "$work/bundle" --keep-missing --remove
sed 's/210106-0002,/Jan-02,/' "$work/list.csv" >"$work/date.csv"
says "an id that became a date" 'I008.*Jan-02' "$YUJING" list import "$work/date.csv" "$work/bundle" --lang en
sed 's/210106-0002,/210106-0020,/' "$work/list.csv" >"$work/renamed.csv"
says "an id that became another" 'I018.*210106-0002.*210106-0020' "$YUJING" list import "$work/renamed.csv" "$work/bundle" --lang en
