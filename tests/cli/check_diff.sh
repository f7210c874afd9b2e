#!/bin/sh
# yujing diff: what a change of policy would have done, per episode and per recipient.
. "$(dirname "$0")/lib.sh"
make_week
cp -R town "$work/changed"
sed -i 's/heavy: 200/heavy: 235/' "$work/changed/policy.yaml"
sed -i 's/yellow: \[{do: stop, lines: \[L1\]}\]/yellow: [{do: stop, lines: [L1, L2]}]/' "$work/changed/registry/210101.yaml"
sed -i '/name: 1#锅炉/a\  measures:\n    red: [{do: limit, lines: [L1], percent: 20, basis: 按供热负荷}]' "$work/changed/registry/210102.yaml"

# shellcheck disable=SC2086
diff_week() { "$YUJING" diff "$@" --facts $facts; }
hashless() { sed 's/[0-9a-f]\{64\}/HASH/g; s/[0-9a-f]\{12\}$/HASH/; s|'"$work"'/||g'; }

diff_week town "$work/changed" --lang en | hashless | same "the text in English" diff/changed.en.txt
diff_week town "$work/changed" --lang zh | hashless | same "the text in Chinese" diff/changed.zh.txt
diff_week town "$work/changed" -o json | hashless | same "as JSON" diff/changed.json
diff_week town town --lang en | hashless | same "nothing is different" diff/same.en.txt
# shellcheck disable=SC2086
exits "no difference exits 0" 0 "$YUJING" diff town town --facts $facts
# shellcheck disable=SC2086
exits "a difference exits 1" 1 "$YUJING" diff town "$work/changed" --facts $facts
exits "facts are needed" 2 "$YUJING" diff town town
exits "a missing bundle exits 2" 2 "$YUJING" diff town no-such-folder --facts "$work/readings.csv"
