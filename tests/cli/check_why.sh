#!/bin/sh
# yujing why and why-not: clause, values, where they came from, rule, law; and how far it was.
. "$(dirname "$0")/lib.sh"
make_week

# shellcheck disable=SC2086
why() { "$YUJING" why "$@" -p town --facts $facts; }
# shellcheck disable=SC2086
why_not() { "$YUJING" why-not "$@" -p town --facts $facts; }
hashless() { sed 's/[0-9a-f]\{64\}/HASH/g'; }

# shellcheck disable=SC2086
episode=$("$YUJING" replay $facts -p town -o jsonl --kinds issue | sed 's/.*"episode":"\([^"]*\)".*/\1/' | head -n 1)
# shellcheck disable=SC2086
order=$("$YUJING" replay $facts -p town -o jsonl --kinds order | sed 's/.*"order":"\([^"]*\)".*/\1/' | head -n 1)

why "$episode" --lang en | hashless | same "an episode in English" why/episode.en.txt
why "$episode" --lang zh | hashless | same "an episode in Chinese" why/episode.zh.txt
why last --lang zh | hashless | same "the last change" why/last.zh.txt
why last -o json | hashless | same "the last change as JSON" why/last.json
why "$(echo "$order" | cut -c1-12)" --lang zh | hashless | same "an order by its first digits" why/order.zh.txt
exits "an unknown id exits 2" 2 why nonsense
says "an id of nothing says where ids are" "yujing replay" why nonsense

why_not red --at '2015-11-02 17:00' --lang en | same "why not red" why/not-red.en.txt
why_not red --at '2015-11-02 17:00' --lang zh | same "why not red, in Chinese" why/not-red.zh.txt
why_not red --at '2015-11-02 17:00' -o json | same "why not red, as JSON" why/not-red.json
why_not red --at '2015-11-01 09:20' --lang zh | same "why not red, before the first bulletin" why/not-red-before.zh.txt
says "the answer is of the moment asked" '^{"schema_version":1,"at":"2015-11-02T17:20:00+08:00"' why_not red --at '2015-11-02 17:20' -o json
echo 'time,subject,series,value' >"$work/none.csv"
says "without a fact there is no moment" '"at":null' "$YUJING" why-not red -p town --facts "$work/none.csv" -o json
exits "an unknown level exits 2" 2 why_not purple
