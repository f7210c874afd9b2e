#!/bin/sh
# Help, manual pages and completion: all made from the verbs' tables.  UPDATE=1 records the help screens.
. "$(dirname "$0")/lib.sh"

verbs=$("$YUJING" help --lang en | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
[ -n "$verbs" ] || fail "help lists verbs" "none found"

"$YUJING" help --lang en | same "help in English" help/yujing.en.txt
"$YUJING" help --lang zh | same "help in Chinese" help/yujing.zh.txt
"$YUJING" hj212 send --help --lang en | same "help hj212 send en" help/hj212-send.en.txt
"$YUJING" hj212 send --help --lang zh | same "help hj212 send zh" help/hj212-send.zh.txt
for verb in $verbs; do
    for lang in en zh; do
        "$YUJING" "$verb" --help --lang $lang | same "help $verb $lang" "help/$verb.$lang.txt"
        lines=$("$YUJING" help "$verb" --lang $lang | wc -l)
        if [ "$lines" -le 24 ]; then ok "help $verb $lang fits a screen"; else fail "help $verb $lang fits a screen" "$lines lines"; fi
    done
done

for source in 'standard input' folder 'HJ 212' HTTP MQTT; do
    says "man run names $source" "$source" "$YUJING" man run --lang en
done
says "man run says that a drill sends" 'sends too, but by the ways out of the drill' "$YUJING" man run --lang en

if command -v mandoc >/dev/null; then
    for verb in "" $verbs hj212-send; do
        for lang in en zh; do
            # shellcheck disable=SC2086 # no verb: the overview
            "$YUJING" man $verb --lang $lang >"$work/page.1"
            complaint=$(mandoc -T lint -W warning "$work/page.1" | head -n 1)
            if [ -z "$complaint" ]; then ok "man ${verb:-yujing} $lang"; else fail "man ${verb:-yujing} $lang" "$complaint"; fi
        done
    done
else
    echo "skipped man: mandoc is not installed"
fi

"$YUJING" completion bash >"$work/completion.bash"
if bash -n "$work/completion.bash"; then ok "completion bash parses"; else fail "completion bash parses" "see stderr"; fi
# offers NAME EXPECTED WORD…: what bash offers after these words.
offers() {
    name=$1 wanted=$2
    shift 2
    got=$(bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _yujing; echo "${COMPREPLY[*]}"' "$work/completion.bash" "$@")
    if [ "$got" = "$wanted" ]; then ok "$name"; else fail "$name" "“$got”, not “$wanted”"; fi
}
offers "completion offers verbs" "why why-not" yujing wh
offers "completion offers options" "--digest" yujing replay --dig
offers "completion offers values" "text json jsonl" yujing replay -o ""
if command -v zsh >/dev/null; then
    "$YUJING" completion zsh >"$work/_yujing"
    if zsh -n "$work/_yujing"; then ok "completion zsh parses"; else fail "completion zsh parses" "see stderr"; fi
else
    echo "skipped completion zsh: zsh is not installed"
fi
