#!/bin/sh
# Every code of finding that the sources use is explained, in both languages; and none is explained that is not used.
. "$(dirname "$0")/lib.sh"

grep -rhoE '"[A-Z][0-9]{3}"' "$root/core" --include='*.c' --include='*.h' --exclude='explain_table.c' |
    tr -d '"' | sort -u >"$work/used"
"$YUJING" check --explain all | cut -d' ' -f1 | sort -u >"$work/explained"
missing=$(comm -23 "$work/used" "$work/explained" | tr '\n' ' ')
unused=$(comm -13 "$work/used" "$work/explained" | tr '\n' ' ')
if [ -z "$missing" ]; then ok "every code is explained"; else fail "every code is explained" "add to core/cli/explain_table.c: $missing"; fi
if [ -z "$unused" ]; then ok "every explanation is of use"; else fail "every explanation is of use" "nothing gives: $unused"; fi
if [ "$("$YUJING" check --explain all | cut -d' ' -f1 | sort -c 2>&1)" = "" ]; then ok "codes are sorted"; else fail "codes are sorted" "explain_table.c"; fi

"$YUJING" check --explain y002 --lang en | same "explain in English" explain/y002.en.txt
"$YUJING" check --explain Y002 --lang zh | same "explain in Chinese" explain/y002.zh.txt
exits "an unknown code exits 2" 2 "$YUJING" check --explain Z999
says "a slip of a code" "did you mean" "$YUJING" check --explain Y02
