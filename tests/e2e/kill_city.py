#!/usr/bin/env python3
"""A daemon under load that is killed again and again; what it has promised is kept by this side.

    kill_city.py YUJING FOLDER KILLS SEED          prints one result line for each promise

Facts come in over HTTP, a policy proposes, people approve over the API and change the policy, orders leave by webhook to a
receiver here.  Whoever got no answer asks again: facts under their identity, approvals under their Idempotency-Key.
"""
import json, random, socket, sys, threading, time
from collections import Counter

from e2e_city import RULE, City, Receiver, teller, wait_for

KILLS, SEED = int(sys.argv[3]), int(sys.argv[4])
CYCLE_S = (0.05, 1.0)  # from ready to killed
chance = random.Random(SEED)
expect = teller("kill", SEED)
RECEIVER = Receiver()
# A session dies with the daemon, and nobody has more than two one-time codes in half a minute.
CITY = City(sys.argv[1], sys.argv[2], RECEIVER, conf="limits: {batch_facts: 16, snapshot_facts: 300}\n",
            approvers=[f"officer-{number}" for number in range(27)])

over = threading.Event()
taken, naive = set(), set()   # facts answered; facts that were sent and not waited for
plans = {}                    # hash → ids of its orders, once the approval was answered
seen = {}                     # the same, as people saw them before they signed
reloads = set()
numbers = iter(range(1, 1 << 60))
high = [True]                 # what the next bulletin says


class Load(threading.Thread):
    """Somebody who does the same again and again until the end."""

    def __init__(self, step):
        super().__init__(daemon=True)
        self.step = step
        self.start()

    def run(self):
        while not over.is_set():
            if not self.step():
                over.wait(0.02)


def say(events):
    """Says it until it is answered."""
    while True:
        status, _ = CITY.call("POST", "/api/v1/facts", CITY.feeder, events)
        if status == 202:
            taken.update(event["id"] for event in events)
            return True
        if status in (400, 401, 403, 413, 415) or over.is_set():
            return False
        time.sleep(0.02)


def feed():
    return say([CITY.reading(next(numbers)) for _ in range(7)])


def forecast():
    """The next turn of the weather, when all that was signed has arrived: a newer order would supersede one that waits."""
    if over.wait(0.15) or not all(order in RECEIVER.bodies for orders in list(plans.values()) for order in orders):
        return False
    return say([CITY.bulletin(next(numbers), 220 if high[0] else 60)])


def people():
    return any([sign(plan) for plan in CITY.proposals()])


def sign(plan):
    if plan not in seen:
        orders = CITY.orders_of(plan)
        if orders is None:
            return False
        seen[plan] = orders
    if not CITY.sign(plan, seen[plan]):
        return False
    plans[plan] = seen[plan]
    high[0] = not high[0]
    return True


def reload_policy():
    if over.wait(0.4) or not CITY.session:
        return False
    number = next(numbers)
    CITY.write("policy/rule.lua", RULE % number + ("}" if number % 3 == 0 else ""))
    status, _ = CITY.call("POST", "/api/v1/policy/reload", CITY.session, {"note": "修订"}, Idempotency_Key=f"reload-{number}")
    if status in (200, 422):
        reloads.add(status)
    CITY.write("policy/rule.lua", RULE % number)
    return status == 200


def send_and_forget():
    """A fact on the wire in the moment of the kill; who takes it for taken loses it."""
    event = json.dumps(CITY.reading(next(numbers)))
    name = json.loads(event)["id"]
    try:
        with socket.create_connection(("127.0.0.1", CITY.port), timeout=1) as line:
            line.sendall(f"POST /api/v1/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {CITY.feeder}\r\n"
                         f"Content-Type: application/cloudevents+json\r\nContent-Length: {len(event.encode())}\r\n\r\n{event}".encode())
            naive.add(name)
    except OSError:
        pass


# ---- the daemon

def under_way():
    return sum(order["state"] == "sending" for order in CITY.show("orders"))


def loaded():
    return len(taken) > 20 * KILLS and len(plans) >= 2 and 200 in reloads


def kill_again_and_again():
    """As often as asked; on a slow machine until there was a load and something was under way, four times as often at most."""
    doubtful = kills = rounds = 0
    while rounds < KILLS or (rounds < 4 * KILLS and not (doubtful and loaded())):
        rounds += 1
        child = CITY.start()
        time.sleep(chance.uniform(*CYCLE_S))
        send_and_forget()
        child.kill()
        kills += child.wait() == -9
        doubtful += under_way()
    return kills, rounds, doubtful


def settle():
    """Nothing new any more: what was promised comes to its end."""
    child = CITY.start()
    wait_for(lambda: not any(order["state"] in ("waiting", "sending") for order in CITY.show("orders")), 90)
    child.terminate()
    return child.wait(20)


# ---- the judgement

def judge(record):
    """Complaints, by promise; no complaint is an empty list."""
    facts, orders, bodies, took = record["facts"], record["orders"], record["bodies"], record["taken"]
    promised = set().union(*record["plans"].values()) if record["plans"] else set()
    repeats = sum(count - 1 for count in took.values())
    return {
        "every acknowledged fact is in the journal, once": [f"lost {name}" for name in record["acknowledged"] - set(facts)] +
                                                          [f"twice {name}" for name, count in facts.items() if count > 1],
        "every approved order exists": [f"missing {name}" for name in promised - set(orders)],
        "every order was approved": [f"nobody saw {name}" for name in set(orders) - record["seen"]],
        "every order was delivered": [f"{name} is {state}" for name, state in orders.items() if name not in bodies],
        "nothing else was delivered": [f"unknown {name}" for name in set(bodies) - set(orders)],
        "one body under one id": [f"{len(hashes)} bodies of {name}" for name, hashes in bodies.items() if len(hashes) > 1],
        "no more repeats than were under way": [f"{repeats} repeats of {record['doubtful']}"] if repeats > record["doubtful"] else [],
    }


def tell(record):
    for promise, complaints in judge(record).items():
        if complaints:
            print(f"not ok kill {promise}: {complaints[0]} ({len(complaints)} in all, seed={SEED})")
        else:
            print(f"ok kill {promise}")


def doctored(record):
    """The same record with one promise broken in each: the judge must see it."""
    name = next(iter(record["bodies"]))
    yield "a lost fact", {**record, "acknowledged": record["acknowledged"] | {"never"}}
    yield "a lost order", {**record, "orders": {key: state for key, state in record["orders"].items() if key != name}}
    yield "an undelivered order", {**record, "bodies": {key: value for key, value in record["bodies"].items() if key != name}}
    yield "another body", {**record, "bodies": {**record["bodies"], name: record["bodies"][name] | {"0"}}}
    yield "a repeat too many", {**record, "taken": record["taken"] + Counter({name: record["doubtful"] + 1})}


loads = [Load(feed), Load(forecast), Load(people), Load(reload_policy)]
kills, rounds, doubtful = kill_again_and_again()
last = CITY.start()
over.set()
for load in loads:
    load.join(10)
last.kill()
last.wait()
kills, doubtful = kills + 1, doubtful + under_way()
status = settle()
stored = Counter(fact["id"] for fact in CITY.show("facts") if fact["source"] == "e2e")
record = {"facts": stored, "acknowledged": taken, "plans": plans, "seen": set().union(*seen.values()) if seen else set(),
          "orders": {order["order"]: order["state"] for order in CITY.show("orders")}, "bodies": dict(RECEIVER.bodies),
          "taken": RECEIVER.taken, "doubtful": doubtful}
print(f"{kills} kills; {len(taken)} facts acknowledged; {len(plans)} plans approved, {len(record['orders'])} orders, "
      f"{sum(RECEIVER.taken.values())} received; {doubtful} under way at kills", file=sys.stderr)
expect("the kills hit, under load", kills == rounds + 1 and loaded(),
       f"{kills} kills in {rounds + 1} rounds, {len(taken)} facts, {len(plans)} plans, reloads {reloads}")
expect("something was under way at a kill", doubtful > 0, "nothing was")
expect("it ends in order", status == 0, f"exit {status}")
tell(record)
expect("negative control: who does not wait for the answer loses facts", naive - set(stored), "none of them was lost")
if record["bodies"]:
    for name, changed in doctored(record):
        expect(f"negative control: the judge sees {name}", any(judge(changed).values()), "it did not")
