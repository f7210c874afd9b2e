#!/usr/bin/env python3
"""Every call of the system that the daemon makes fails once, each in a life of its own (A12).

    calls_city.py YUJING SHIM FOLDER SEED MOST [NAME…]

MOST is how many failures of each function there are, spread over the life; NAME are the functions, all when none is named.

A life goes on, or ends with words and a code of sysexits; never by a signal, never in silence, never in a halt.  Then it is
started without faults, and everything that was promised must be there.
"""
import os, random, subprocess, sys, time

from fault_city import teller, wait_for
from life import ENDS_LOUD, ENDS_WELL, Life

SHIM, SEED, MOST = sys.argv[2], int(sys.argv[4]), int(sys.argv[5])
PATIENCE = 16  # SQLite itself tries a lock for ten seconds
chance = random.Random(SEED)
expect = teller("calls that fail", SEED)
life = Life(sys.argv[1], sys.argv[3])
# Where libuv itself gives up it aborts: an end, and nothing is lost, but it has no words.
ABORTS = {"epoll_ctl", "pipe2", "pthread_create"}


def steps():
    yield "facts by HTTP", life.say_by_http
    yield "HJ 212", life.say_by_hj212
    yield "standard input", lambda: life.say_on_stdin() and wait_for(lambda: life.acked_lines() == life.lines, 1)
    yield "the watched folder", life.drop_file
    yield "an approval, and orders out", lambda: life.release(220, "order")
    yield "an answer", life.acknowledge
    yield "a look", life.look


def live(**environment):
    """One life under the shim: its exit code, and the step that it lived through without doing it, if there was one."""
    life.forget()
    if not life.begin(LD_PRELOAD=SHIM, **environment):
        halted = life.lives()
        return life.end(), "getting ready" if halted else None
    for name, step in steps():
        if not life.insist(step, PATIENCE):
            halted = life.lives()
            return life.end(), name if halted else None
    return life.end(), None


def judge():
    """The start after it: what is not as promised."""
    if not life.begin():
        life.end()
        return [f"it does not start again: {life.log()[-200:]}"]
    orders = lambda: life.show("orders")
    wait_for(lambda: not any(order["state"] in ("waiting", "sending") for order in orders()), 12)
    code = life.end()
    audit = subprocess.run([life.yujing, "audit", "verify", life.at("city.db")], capture_output=True, text=True)
    found = list(life.complaints({order["order"] for order in orders()}, life.show("facts")))
    return found + [f"exit {code}"] * (code != 0) + [f"audit: {audit.stderr[-200:]}"] * (audit.returncode != 0)


def read_counts():
    with open(life.at("counts"), encoding="utf-8") as file:
        return {name: int(number) for name, number in (line.split() for line in file)}


def fired():
    if not os.path.exists(life.at("fired")):
        return False
    os.unlink(life.at("fired"))
    return True


def complain(name, number, code, halted):
    """What is wrong with a life that ended so."""
    log = life.log()
    if code is None:
        return f"it did not end; {log[-200:]}"
    if halted:
        return f"it lived, and did no more: {halted}; {log[-200:]}"
    if code == -6 and name in ABORTS:
        return None
    if code not in ENDS_WELL | ENDS_LOUD:
        return f"exit {code}; {log[-200:]}"
    if code in ENDS_LOUD and not any(word in log for word in (" error ", "error[", " alarm ", "yujing: ")):
        return f"exit {code} in silence; {log[-200:]}"
    return None


def points(count):
    """Which of so many calls fail: the first, the last and some between; all when there are few; any when it is to be one."""
    if MOST == 1:
        return [chance.randrange(1, count + 1)]
    return range(1, count + 1) if count <= MOST else sorted({1, count, *(chance.randrange(1, count + 1) for _ in range(MOST - 2))})


began = time.monotonic()
code, halted = live(CALL_COUNTS=life.at("counts"))
counts = read_counts()
print(f"undisturbed: {time.monotonic() - began:.1f} s; {counts}", file=sys.stderr)
expect("negative control: undisturbed it lives and ends well", code == 0 and not halted and not judge(), f"exit {code}, {halted}; {life.log()[-300:]}")
expect("it was seen to open, close, send, receive, map and write",
       not {"accept4", "close", "connect", "mmap64", "open64", "pwrite64", "read", "socket", "write"} - set(counts), sorted(counts))
played = {}
for name, count in sorted(counts.items()):
    if sys.argv[6:] and name not in sys.argv[6:]:
        continue
    hit, wrong, ends = 0, [], {}
    for number in points(count):
        code, halted = live(CALL_NAME=name, CALL_AT=str(number), CALL_LOG=life.at("fired"))
        hits = fired()
        while not hits and number > 1:  # lives are not alike to the last call
            number //= 2
            code, halted = live(CALL_NAME=name, CALL_AT=str(number), CALL_LOG=life.at("fired"))
            hits = fired()
        if not hits:
            continue
        hit += 1
        ends[code] = ends.get(code, 0) + 1
        why = complain(name, number, code, halted)
        wrong += [f"call {number}: {why}"] if why else []
        wrong += [f"call {number}, exit {code}, then: {one}" for one in judge()]
    played[name] = hit
    print(f"{name}: {count} calls, {hit} failed; ends {ends}; {wrong[:1]}", file=sys.stderr)
    expect(f"{name}: goes on or ends with words, and loses nothing", not wrong, wrong[0] if wrong else "")
missed = [name for name, hit in played.items() if hit == 0] + sorted(set(sys.argv[6:]) - set(played))
expect("every function failed at least once", not missed, missed)
print(f"{sum(played.values())} calls of {len(played)} functions failed, in {time.monotonic() - began:.0f} s", file=sys.stderr)
