#!/bin/bash
# The services: how exposed they are, and whether the daemon lives within what they allow it.
. "$(dirname "$0")/lib.sh" units
units=$root/examples/operations/systemd

# ---- exposure (S6): at most 2.0 of 10
if command -v systemd-analyze >/dev/null; then
    for unit in yujing yujing-drill; do
        systemd-analyze security --offline=yes --threshold=20 "$units/$unit.service" >"$room/$unit.out" 2>&1
        verdict "$unit.service is exposed 2.0 at most" $? "$(tail -n 1 "$room/$unit.out")"
        sed '/^Documentation=/d; s|/usr/bin/yujing|/bin/true|' "$units/$unit.service" >"$room/$unit.service"
        systemd-analyze verify "$room/$unit.service" >"$room/verify" 2>&1
        grep -v -E 'Failed to prepare filename|Failed to load' "$room/verify" | grep -q "$unit.service"
        [ $? -ne 0 ]
        verdict "$unit.service is well formed" $? "$(head -n 1 "$room/verify")"
    done
    grep -v -E '^(Protect|Private|Restrict|SystemCall|Capab|NoNew|Memory|Lock|Remove|Proc)' "$units/yujing.service" >"$room/bare.service"
    systemd-analyze security --offline=yes --threshold=20 "$room/bare.service" >/dev/null 2>&1
    [ $? -ne 0 ]
    verdict "negative control: the bare unit is not" $?
else
    skip "systemd-analyze is not installed" exposure
fi
grep -q '^RestartPreventExitStatus=.*78' "$units/yujing.service" && grep -q '^RestartPreventExitStatus=.*74' "$units/yujing.service"
verdict "a wrong configuration or a failed disk is not restarted in a loop" $?
grep -q '^PrivateNetwork=yes' "$units/yujing-drill.service" && ! grep -q '^LoadCredential' "$units/yujing-drill.service"
verdict "the drill has no network and no credentials" $?
same=$(grep -h -E '^(User|StateDirectory|RuntimeDirectory|ConfigurationDirectory)=' "$units"/*.service | sort | uniq -d)
[ -z "$same" ]
verdict "the drill shares no user and no folder with the living side" $? "$same"

# ---- what systemd hears (Type=notify, WatchdogSec=): from an idle daemon, and not from one that is stopped
cat >"$room/hear.py" <<'HEAR'
import os, socket, sys, time
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
heard.settimeout(0.2)
end = time.monotonic() + 120
with open(sys.argv[2], "w", buffering=1) as out:
    while time.monotonic() < end:
        try:
            said = heard.recv(4096).decode().replace("\n", " ")
            out.write(said + "\n")
            if said.startswith("STOPPING"):
                break
        except socket.timeout:
            pass
HEAR
printf 'policies: %s\nstore: n.db\nwatch: {folder: in}\n' "$PWD/policies/shenyang" >"$room/n.yaml"
mkdir -p "$room/in"
python3 "$room/hear.py" "$room/socket" "$room/heard" &
hearer=$!
until_true 30 test -S "$room/socket"
NOTIFY_SOCKET=$room/socket WATCHDOG_USEC=900000 "$yujing" run -c "$room/n.yaml" </dev/null >/dev/null 2>"$room/n.log" &
daemon=$!
said() { grep -c "^$1" "$room/heard" 2>/dev/null; }
said_so() { [ "$(said "$1")" -ge "$2" ]; }
until_true 30 said_so WATCHDOG=1 4
[ "$(said READY=1)" -eq 1 ] && [ "$(said WATCHDOG=1)" -ge 4 ]
verdict "an idle daemon is ready and feeds the watchdog" $? "$(tr '\n' ' ' <"$room/heard")"
[ "$(said STATUS=)" -ge 1 ]
verdict "it says how many episodes there are" $? "$(tr '\n' ' ' <"$room/heard")"
kill -HUP $daemon
until_true 30 said_so READY=1 2
[ "$(said RELOADING=1)" -eq 1 ] && [ "$(said READY=1)" -eq 2 ]
verdict "a reload is said, and its end" $? "$(tr '\n' ' ' <"$room/heard")"
kill -STOP $daemon
before=$(said WATCHDOG=1)
sleep 1
after=$(said WATCHDOG=1)
[ "$after" -le $((before + 1)) ]
verdict "negative control: one that stands still does not" $? "$before, then $after"
kill -CONT $daemon
kill -TERM $daemon
wait $daemon
verdict "told to stop, it ends in order" $? "$(tail -n 1 "$room/n.log")"
wait $hearer
[ "$(said STOPPING=1)" -eq 1 ]
verdict "and says so" $?

# ---- within the unit's seccomp list (S7): the list as systemd reads it, loaded by libseccomp, then the daemon
python=/usr/bin/python3
if ! command -v systemd-analyze >/dev/null || ! $python -c 'import seccomp' 2>/dev/null; then
    skip "systemd-analyze or python3-seccomp is not installed" seccomp
    exit 0
fi
names() { systemd-analyze syscall-filter "$1" 2>/dev/null | sed -n 's/^ *\([a-z@][a-z0-9_@-]*\)$/\1/p'; }
expand() { # a set, with the sets within it
    local name
    for name in $(names "$1"); do
        case $name in
        "$1") ;;
        @*) expand "$name" ;;
        *) echo "$name" ;;
        esac
    done
}
allowed=$(sed -n 's/^SystemCallFilter=\([^~].*\)/\1/p' "$units/yujing.service")
denied=$(sed -n 's/^SystemCallFilter=~\(.*\)/\1/p' "$units/yujing.service")
for set in $allowed; do expand "$set"; done | sort -u >"$room/allowed"
for set in $denied; do expand "$set"; done | sort -u >"$room/denied"
comm -23 "$room/allowed" "$room/denied" >"$room/list"
echo execve >>"$room/list" # systemd's own, before the filter
[ "$(wc -l <"$room/list")" -gt 150 ]
verdict "the list of system calls is read" $? "$(wc -l <"$room/list") names"
cat >"$room/box.py" <<'BOX'
# Loads the list and becomes the command.  With MemoryDenyWriteExecute= as systemd does it.
import os, sys, errno, seccomp
box = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
for name in open(sys.argv[1]).read().split():
    if name in ("mmap", "mprotect", "pkey_mprotect"):
        continue
    try:
        box.add_rule(seccomp.ALLOW, name)
    except (RuntimeError, ValueError, OSError):
        pass  # of another architecture
box.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 0))
box.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 2))
box.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, 6, 4))
box.add_rule(seccomp.ALLOW, "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, 4, 0))
box.load()
os.execv(sys.argv[2], sys.argv[2:])
BOX
boxed() { $python "$room/box.py" "$room/list" "$@"; }
boxed /usr/bin/env true 2>"$room/err"
verdict "the box lets a program run" $? "$(head -n 1 "$room/err")"
boxed /usr/sbin/chroot / true 2>/dev/null
[ $? -ne 0 ]
verdict "negative control: the box refuses what is not on the list" $?

cd "$room" || exit 1
automatic
cat >y.yaml <<'CONF'
policies: policies/shenyang
store: y.db
clock: facts
rehearsal: true
stdin: {read: true, ack: true, at_end: stop}
spool: {folder: spool}
backup: {folder: backup}
anchors: anchors.jsonl
http: {listen: 127.0.0.1:0}
CONF
boxed "$yujing" run -c y.yaml --live <facts.jsonl >acks 2>log
status=$?
verdict "the daemon runs within it to its end" $status "exit $status: $(tail -n 1 log)"
"$yujing" replay facts.jsonl -p policies/shenyang -o jsonl >expected.jsonl 2>>err.log
"$yujing" run -c y.yaml --show decisions 2>>err.log | grep -v -E '"kind":"(propose|evidence|act)"' >decisions.jsonl
[ -s expected.jsonl ] && cmp -s decisions.jsonl expected.jsonl
verdict "and decides what it decides without" $?
[ "$(ls spool | wc -l)" -gt 100 ]
verdict "and sends what it sends without" $? "$(ls spool | wc -l) files"
exit 0
