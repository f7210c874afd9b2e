#!/usr/bin/env python3
"""A daemon whose clock is set and that is stopped for a while: nobody is reminded or reported twice for it (F1, F2).

    clock_city.py YUJING FOLDER LIBFAKETIME        prints one result line for each promise

The wall clock is libfaketime's, set by a file; the clock that nobody sets goes on.  Orders must be acknowledged within four
seconds; nobody does; so each is reminded of twice and reported once.
"""
import signal, sys, time
from collections import Counter

from e2e_city import ENTERPRISES, City, Receiver, teller, wait_for

ACKNOWLEDGE_S, EVERY_S, TIMES = 4, 3, 2
HOUR = 3600
LEAST_S = {"reminder": ACKNOWLEDGE_S, "escalation": ACKNOWLEDGE_S + EVERY_S}
POLICY = f"""acknowledge: {{yellow: {ACKNOWLEDGE_S}s}}
escalation:
  - {{after: 0s, to: recipient, kind: reminder}}
  - {{after: {EVERY_S}s, to: recipient, kind: reminder}}
  - {{after: {EVERY_S}s, to: district}}
"""
RECEIVER = Receiver()
CITY = City(sys.argv[1], sys.argv[2], RECEIVER, policy=POLICY, routes="[order, release, reminder, escalation, page]",
            conf=f'duty: [{{name: 值班员, webhook: "http://127.0.0.1:{RECEIVER.port}/page", role: duty}}]\n')
expect = teller("clock")


def jumps():
    return CITY.log().count(" clock.jump: ")


def letters(kind, since=0.0):
    with RECEIVER.lock:
        return [letter for when, letter in RECEIVER.letters if letter["kind"] == kind and when >= since]


def chased(since):
    """Reminders and reports since then, by the order they are about."""
    return tuple(Counter(letter["about"] for letter in letters(kind, since)) for kind in ("reminder", "escalation"))


numbers = iter(range(1, 1 << 30))


def decide(index, officer):
    """A bulletin, and the signature under what it leads to.  When that was put there; None: the letters did not all come."""
    since = time.monotonic()

    def came():
        with RECEIVER.lock:
            return [when for when, letter in RECEIVER.letters if when >= since and letter["kind"] in ("order", "release")]

    CITY.log_in(officer)
    CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.bulletin(next(numbers), index)])

    at = []

    def signed():
        for plan in CITY.proposals():
            orders = CITY.orders_of(plan) or ()
            at.append(time.monotonic())
            CITY.sign(plan, orders)
        return len(came()) >= ENTERPRISES

    return at[0] if wait_for(signed, 30) else None


def judge(reminders, reports):
    """At most what the policy says, for each order."""
    return max(reminders.values(), default=0) <= TIMES and max(reports.values(), default=0) <= 1


def all_chased(since):
    reminders, reports = chased(since)
    return len(reminders) == ENTERPRISES and min(reminders.values()) == TIMES and len(reports) == ENTERPRISES


def forward(began):
    """F1: two hours forward while the deadline runs.  The span that was promised stays."""
    told = jumps()
    CITY.set_clock(2 * HOUR)
    expect("a jump forward is told", wait_for(lambda: jumps() == told + 1, 30), f"{jumps() - told} times")
    expect("after a jump everybody is chased to the end", wait_for(lambda: all_chased(began), 60), str([len(c) for c in chased(began)]))
    with RECEIVER.lock:  # of each kind, by when it may come
        early = [(letter["kind"], round(when - began, 2)) for when, letter in RECEIVER.letters
                 if letter["kind"] in LEAST_S and when < began + LEAST_S[letter["kind"]] - 0.7]
    expect("a jump forward brings no deadline forward", not early, f"{len(early)} letters too early, {early[:1]} s")
    time.sleep(EVERY_S)
    expect("after a jump nobody is chased twice", judge(*chased(began)), str([c.most_common(1) for c in chased(began)]))
    expect("a jump is told once", jumps() == told + 1, f"{jumps() - told} times")


def back():
    """Two hours back when all is done: nothing of it is done again."""
    told, since = jumps(), time.monotonic()
    CITY.set_clock(0)
    expect("a jump back is told", wait_for(lambda: jumps() == told + 1, 30), f"{jumps() - told} times")
    time.sleep(EVERY_S)
    expect("a jump back repeats nothing", not any(chased(since)), str([len(c) for c in chased(since)]))


def stopped(child, began):
    """F2: stopped until everything is overdue.  What is overdue leaves once for each rung."""
    child.send_signal(signal.SIGSTOP)
    time.sleep(1)  # what had left before
    since = time.monotonic()
    time.sleep(ACKNOWLEDGE_S + TIMES * EVERY_S)
    silent = not any(chased(since))
    child.send_signal(signal.SIGCONT)
    expect("it was stopped", silent)
    expect("after a stop everybody is chased", wait_for(lambda: len(chased(began)[1]) == ENTERPRISES, 30), str([len(c) for c in chased(began)]))
    time.sleep(EVERY_S)
    reminders, reports = chased(began)
    expect("after a stop each rung fires once", set(reminders.values()) == {TIMES} and set(reports.values()) == {1},
           f"{reminders.most_common(1)} {reports.most_common(1)}")
    expect("a stop is no jump of the clock", jumps() == stopped.told, f"{jumps() - stopped.told} more")


def year(child):
    """A year forward: told, survived, and nothing of the past is done again."""
    told, since = jumps(), time.monotonic()
    CITY.set_clock(365 * 24 * HOUR)
    expect("a jump of a year is told", wait_for(lambda: jumps() == told + 1, 30), f"{jumps() - told} times")
    time.sleep(EVERY_S)
    expect("a jump of a year repeats nothing", not any(chased(since)), str([len(c) for c in chased(since)]))
    expect("after a jump of a year it goes on", child.poll() is None and CITY.call("GET", "/healthz")[0] == 200)


CITY.set_clock(0)
child = CITY.start(LD_PRELOAD=sys.argv[3], FAKETIME_TIMESTAMP_FILE=CITY.at("time"), FAKETIME_NO_CACHE="1",
                   FAKETIME_DONT_FAKE_MONOTONIC="1")
try:
    began = decide(220, 0)
    expect("orders are out", began, CITY.log()[-300:])
    if began:
        forward(began)
        back()
        decide(60, 1)
        stopped.told = jumps()
        began = decide(220, 2)
        expect("orders are out again", began, CITY.log()[-300:])
        stopped(child, began or time.monotonic())
        year(child)
    expect("negative control: a second report would be seen", not judge(Counter(), Counter({"order": 2})))
    expect("negative control: a third reminder would be seen", not judge(Counter({"order": TIMES + 1}), Counter()))
finally:
    child.kill()
    child.wait()
