#!/usr/bin/env python3
"""Breaking the glass on the running daemon: one person, a reason, and everybody on duty is called within ten seconds (W3).

    glass_city.py YUJING FOLDER          prints one result line for each promise
"""
import sys, time

from fault_city import FaultCity, teller, wait_for
from e2e_city import ENTERPRISES, Receiver

WITHIN_S = 10
RECEIVER, expect = Receiver(), teller("breaking the glass")
CITY = FaultCity(sys.argv[1], sys.argv[2], RECEIVER, routes="[order, release, page]", roles=("duty", "deputy", "supervisor"))


def break_glass(**body):
    return CITY.call("POST", "/api/v1/break_glass", CITY.session, {"plan": plan, "count": ENTERPRISES, **body})


def pages_since(when):
    with RECEIVER.lock:
        return [at for at, letter in RECEIVER.letters if letter["kind"] == "page" and at >= when]


CITY.child = CITY.start(LANG="C")
try:
    CITY.log_in(0)
    plan = CITY.propose(220)
    wait_for(lambda: CITY.receive("page"), 10)  # the proposal's own
    status, _ = break_glass()
    expect("without a reason nothing happens", status == 400 and not CITY.receive("order"), status)
    began = time.monotonic()
    status, answer = break_glass(note="大气扩散条件骤变，等不及会签")
    came = wait_for(lambda: len(pages_since(began)) >= 3, WITHIN_S + 5)
    seconds = max(pages_since(began), default=began + 99) - began
    print(f"page after {seconds:.2f} s", file=sys.stderr)
    expect("one person is enough", status == 200, f"{status} {answer}")
    expect(f"all three on duty are called within {WITHIN_S} s", came and seconds < WITHIN_S, f"{len(pages_since(began))} after {seconds:.1f} s")
    orders = wait_for(lambda: len(CITY.receive("order")) >= ENTERPRISES, 15)
    expect("the orders leave", orders, len(CITY.receive("order")))
    acts = [fact["data"] for fact in CITY.show("facts") if fact["type"] == "decision" and fact["data"].get("act") == "break_glass"]
    expect("the journal has it for ever, with name and reason", len(acts) == 1 and acts[0].get("by") == "wang" and acts[0].get("note"), acts)
    CITY.child.terminate()
    expect("it ends in order", CITY.child.wait(20) == 0)
finally:
    if CITY.child.poll() is None:
        CITY.child.kill()
