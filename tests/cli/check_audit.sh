#!/bin/sh
# yujing audit and yujing store: what was tampered with is named; copies are proved.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
mkdir var archive
cat >yujing.yaml <<YAML
policies: $root/policies/shenyang
store: var/store.db
stdin: {read: true, ack: true, at_end: stop}
YAML
# feed FROM: forty facts, a minute apart.
feed() {
    i=$1
    while [ $i -lt $(($1 + 40)) ]; do
        printf '{"specversion":"1.0","type":"incident","source":"check","id":"i%d","subject":"210106","time":"2026-01-14T10:%02d:00+08:00","data":{"kind":"none","text":"x"}}\n' \
            $i $((i % 60))
        i=$((i + 1))
    done | "$YUJING" run -c yujing.yaml >out 2>err
}
audit() { "$YUJING" audit "$@" --lang en </dev/null; }
# tamper SQL…: on a copy, damaged.db, as someone with the database's shell would.
tamper() {
    cp var/store.db damaged.db
    python3 - "$@" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect("damaged.db")
for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
    db.execute("DROP TRIGGER " + name)
for sql in sys.argv[1:]:
    db.executescript(sql)
db.commit()
db.close()
PYTHON
}

feed 0
exits "a daemon has made a store" 0 test -s var/store.db
exits "a sound store exits 0" 0 "$YUJING" audit verify var/store.db
says "and is said to be sound" '^sound$' audit verify var/store.db
audit anchors var/store.db >anchors.jsonl
exits "a day and a stop leave anchors" 0 test "$(wc -l <anchors.jsonl)" -ge 1
exits "its own anchors fit" 0 "$YUJING" audit verify var/store.db --anchors anchors.jsonl
says "figures for machines" '"schema_version":1,"first":1,.*"damages":0,"chain":"[0-9a-f]\{64\}"' audit verify var/store.db -o json
facts=$(audit export var/store.db | grep -c '^{"fact":')
exits "every fact is exported" 0 test "$facts" -ge 40
says "with its link" '^{"fact":1,"recorded":[0-9]*,"chain":"[0-9a-f]\{64\}","event":{"specversion"' audit export var/store.db
exits "an export that begins tomorrow is empty" 0 test -z "$(audit export var/store.db --since 2100-01-01)"
exits "and one that ended yesterday" 0 test -z "$(audit export var/store.db --until 2000-01-01)"

# One mutation each: changed, deleted, moved, cut off, cut off and written anew.
if command -v python3 >/dev/null; then
    tamper "UPDATE journal SET body = replace(body, '\"i7\"', '\"i8\"') WHERE body LIKE '%\"i7\"%'"
    exits "a changed row exits 1" 1 "$YUJING" audit verify damaged.db
    says "and is named" 'error\[D110\]: table journal, row [0-9]*: changed' audit verify damaged.db
    says "in Chinese too" '\[D110\]: 表 journal 的第 [0-9]* 行在写入后被改动' "$YUJING" audit verify damaged.db --lang zh
    tamper "DELETE FROM decision WHERE seq = 9; DELETE FROM journal WHERE seq = 9"
    says "a deleted row" 'error\[D111\]: table journal: row 9 is gone' audit verify damaged.db
    tamper "UPDATE journal SET seq = -1 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6; UPDATE journal SET seq = 6 WHERE seq = -1"
    says "a moved row" 'error\[D113\]: table journal: row 5 stands in the place of row 6' audit verify damaged.db
    tamper "DELETE FROM decision WHERE seq > 20; DELETE FROM seal WHERE seq > 20; DELETE FROM journal WHERE seq > 20"
    says "a cut end" 'error\[D114\]: the end of the journal is gone: it ends at row 20' audit verify damaged.db
    cp var/store.db damaged.db
    printf 'x' | dd of=damaged.db bs=1 seek=$((4096 * 3 + 2000)) conv=notrunc 2>/dev/null
    says "a damaged page" 'error\[D116\]: page 4 of the file, of table [a-z_]*, is damaged' audit verify damaged.db
else
    echo "skipped tampering: python3 is not installed"
fi
# Anchors of a journal that was another one: as if the end had been written anew.
sed 's/"chain":"[0-9a-f]\{8\}/"chain":"00000000/' anchors.jsonl >foreign.jsonl
says "an end that was written anew" 'error\[D115\]: the journal was written anew after the anchor' audit verify var/store.db --anchors foreign.jsonl
echo 'no anchor' >>foreign.jsonl
exits "a line that is no anchor" 2 "$YUJING" audit verify var/store.db --anchors foreign.jsonl
says "is named" 'foreign.jsonl:[0-9]*:1: error\[D117\]' audit verify var/store.db --anchors foreign.jsonl

: >empty.jsonl
exits "an anchors file without an anchor" 1 "$YUJING" audit verify var/store.db --anchors empty.jsonl
says "proves nothing" 'empty.jsonl: error\[D119\]: there is not one anchor' audit verify var/store.db --anchors empty.jsonl
printf '\n  \n' >empty.jsonl
exits "nor do blank lines" 1 "$YUJING" audit verify var/store.db --anchors empty.jsonl

exits "a backup" 0 "$YUJING" store backup var/store.db copy.db
exits "overwrites nothing" 1 "$YUJING" store backup var/store.db copy.db
mv var/store.db var/store.old
exits "is restored" 0 "$YUJING" store restore copy.db var/store.db
exits "a start would take it" 0 "$YUJING" store check var/store.db
feed 40
says "and the daemon goes on from it" '^sound$' audit verify var/store.db --anchors anchors.jsonl
exits "damage is not copied" 1 "$YUJING" store backup damaged.db other.db
exits "and leaves no file" 1 test -e other.db
kept=$(sed -n 's/^days_min: //p' "$root/policies/national/records.yaml")
says "nothing is old enough to go" 'nothing is old enough' "$YUJING" store retain var/store.db archive --days "$kept" --lang en
exits "the law wants so many days" 2 "$YUJING" store retain var/store.db archive --days $((kept - 1))
says "and the manual page says how many" "^At least $kept\." "$YUJING" man store --lang en
exits "days are needed" 2 "$YUJING" store retain var/store.db archive
exits "a store that is there already needs no upgrade" 0 "$YUJING" store upgrade var/store.db
exits "no store is made by looking" 2 "$YUJING" audit verify nowhere.db
exits "nor by upkeep" 2 "$YUJING" store upgrade nowhere.db
exits "really" 1 test -e nowhere.db
echo "somebody's diary, and nothing else in it; somebody's diary, and nothing else in it; somebody's diary" >diary
exits "another file is no store" 2 "$YUJING" audit verify diary
