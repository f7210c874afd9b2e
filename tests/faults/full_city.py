#!/usr/bin/env python3
"""The running daemon on a disk that fills up, is full to the last byte, and has room again (A5).

    full_city.py YUJING FOLDER          FOLDER/disk is a small file system of its own; prints one result line for each promise

Below the low-water mark nothing new is taken, and that is said; what people do about what is out already comes out of the
reserve.  When that is gone too, whoever acts is told that nothing was done.
"""
import os, subprocess, sys, time

from fault_city import FaultCity, Logger, teller, wait_for
from e2e_city import ENTERPRISES, Receiver

MIB = 1 << 20
LOW_MIB, RESERVE_LEFT = 8, 5 * MIB
RECEIVER = Receiver()
CITY = FaultCity(sys.argv[1], sys.argv[2], RECEIVER, store="disk/city.db", conf=f"limits: {{low_water_mib: {LOW_MIB}}}\n",
                 routes="[order, release, page]")
expect = teller("full disk under the daemon")
taken, refused_acts = set(), set()  # facts that were answered 202; acts that were answered 503


def free():
    info = os.statvfs(CITY.at("disk"))
    return info.f_bavail * info.f_frsize


def fill(left):
    """Ballast, until so much is free; to the last byte when that is nothing."""
    with open(CITY.at("disk/ballast"), "ab", buffering=0) as ballast:
        try:
            while free() > left:
                ballast.write(bytes(min(MIB // 4, max(free() - left, 4096))))
        except OSError:
            pass


def say_reading():
    reading = CITY.reading(next(CITY.numbers))
    status = CITY.say(reading)
    if status == 202:
        taken.add(reading["id"])
    return status


def act(word, **body):
    """Pauses or resumes the sending: an act that changes nothing else."""
    key = f"{word}-{next(CITY.numbers)}"
    status, _ = CITY.call("POST", f"/api/v1/dispatch/{word}", dispatcher, {"note": "磁盘演练", **body}, Idempotency_Key=key)
    if status == 503:
        refused_acts.add(key)
    return status


def failures():
    """How often SQLite said that there was no room."""
    status, text = CITY.call("GET", "/metrics", meter)
    return sum(float(line.split()[-1]) for line in text.decode().splitlines()
               if line.startswith('yujing_store_failures_total{trouble="full"')) if status == 200 else -1


def before():
    """An order is out, its release waits for a signature, and everything works."""
    plan = CITY.propose(220)
    CITY.sign(plan, CITY.orders_of(plan))
    came = wait_for(lambda: len(CITY.receive("order")) == ENTERPRISES, 15)
    release = CITY.propose(60)
    expect("with room everything is taken", came and release and say_reading() == 202 and logger.answered(logger.upload(30), 5),
           CITY.log()[-300:])
    return release


def low(release):
    fill(RESERVE_LEFT)
    statuses = wait_for(lambda: say_reading() == 503, 10)
    kept = logger.upload(29)
    expect("below the mark facts are refused, and that is said", statuses and CITY.log().count(" store.low: ") == 1 and not CITY.ready(),
           CITY.log()[-300:])
    expect("HJ 212 has no 9014 then", not logger.answered(kept, 1.5), logger.heard)
    expect("it says so before SQLite does", failures() == 0 and " store.full: " not in CITY.log(), failures())
    expect("the officer on duty is paged", wait_for(lambda: CITY.receive("page"), 10), CITY.log()[-300:])
    orders = CITY.orders_of(release)
    expect("the state is still read", orders is not None and CITY.call("GET", "/api/v1/status", CITY.session)[0] == 200)
    letter = CITY.receive("order")[0]["order"]
    answered = CITY.answer(dispatcher, letter)
    signed = CITY.sign(release, orders or ())
    came = wait_for(lambda: len(CITY.receive("release")) == ENTERPRISES, 15)
    expect("answers and acts on what is out come out of the reserve", answered == 200 and signed and came,
           f"answer {answered}, signed {signed}, {len(CITY.receive('release'))} releases; {CITY.log()[-200:]}")
    expect("and still nothing new is taken", say_reading() == 503 and failures() == 0 and not logger.answered(kept, 0.2))
    return kept


def full():
    """To the last byte; acts go on until the log of the store would have to grow."""
    fill(0)
    words = iter(["pause", "resume"] * 2000)
    last = wait_for(lambda: act(next(words)) == 503, 30)
    expect("the disk is full to the last byte: SQLite says so, and who acts is told", last and failures() > 0 and free() < 65536,
           f"{failures()} failures, {free()} free; {CITY.log()[-300:]}")
    began = time.monotonic()
    looked = [CITY.call("GET", "/api/v1/status", CITY.session)[0] for _ in range(5)]
    expect("it can still be looked at", looked == [200] * 5 and time.monotonic() - began < 6, f"{looked} in {time.monotonic() - began:.1f} s")
    expect("facts are refused", say_reading() == 503)
    expect("it lives", CITY.child.poll() is None, CITY.log()[-300:])


def after(kept):
    os.unlink(CITY.at("disk/ballast"))
    began = time.monotonic()
    again = wait_for(CITY.ready, 20)
    seconds = time.monotonic() - began
    expect("ready within five seconds of room", again and seconds < 5, f"{seconds:.1f} s; {CITY.log()[-200:]}")
    print(f"ready {seconds:.2f} s after there was room", file=sys.stderr)
    expect("what waited is taken, on the connection that waited", logger.answered(kept, 5) and say_reading() == 202)
    resumed = act("resume")  # 409: the last act that was done had resumed it
    expect("and people act again", resumed in (200, 409) and act("pause") == 200, resumed)


def judge():
    CITY.child.terminate()
    status = CITY.child.wait(20)
    journal = CITY.show("facts")
    facts = [fact["id"] for fact in journal]
    uploads = sum("EX-S1" in fact["source"] for fact in journal)
    expect("both uploads are there, once", uploads == 2, uploads)
    lost = taken - set(facts)
    twice = len(facts) - len(set(facts))
    expect("nothing acknowledged is lost, nothing is there twice", not lost and not twice and len(taken) >= 2, f"lost {lost}, twice {twice}")
    expect("what was refused was not done later", refused_acts and not refused_acts & set(facts), refused_acts & set(facts))
    audit = subprocess.run([CITY.yujing, "audit", "verify", CITY.at("disk/city.db")], capture_output=True, text=True)
    expect("it ends in order and the store is sound", status == 0 and audit.returncode == 0, f"exit {status}; {audit.stderr[-300:]}")


meter = (CITY.account("meter", "monitor"), CITY.run("account", "token", CITY.at("accounts.yaml"), "meter", "--days", "9"))[1]["token"]
CITY.child = CITY.start(LANG="C")
try:
    dispatcher = CITY.session_of(3)
    logger = Logger(CITY.hj212_port)
    waiting = low(before())
    full()
    after(waiting)
    judge()
finally:
    if CITY.child.poll() is None:
        CITY.child.kill()
