#!/usr/bin/env python3
"""Goals about what people do, with the count that the goal asks (tests/GOALS.md D3, W1, W6): races of two signatures, policies
that are broken, drills by the hundred thousand.

Arguments: numbers_lib.py.  SEED chooses other scripts and other mutations.
"""
import http.server, json, os, random, re, subprocess, threading, time

from collections import Counter
from e2e_city import City, RULE, Receiver
from numbers_lib import YUJING, SCALE, end, expect, play, program, room, tell

SEED = int(os.environ.get("SEED", "7"))


# ---- W1: two sign at once

def races():
    count = 1000 // SCALE
    receiver = Receiver()
    city = City(YUJING, room("races"), receiver)
    child = city.start()
    try:
        people, sessions = city.officers[:2], []
        for name, account in people:
            status, answer = city.call("POST", "/api/v1/login", None, {"name": name, "password": account["password"],
                                                                       "code": city.one_time_code(account["seed"])})
            sessions.append(answer["token"])
        city.session, won, wrong = sessions[0], [0, 0], []
        names = [name for name, _ in people]
        # So often as is asked; of the few races of a short run, until either has come first once.
        for number in range(20 * count):
            if number >= count and min(won) > 0:
                break
            answers = race(city, sessions, number)
            winner = winner_of(names, answers) if answers else None
            if winner is None:
                wrong.append((number, answers))
                break
            won[winner] += 1
        tell(f"races: {sum(won)}, won by {won}")
        expect(f"of two who sign at once one releases and the other is told who, {count} times", sum(won) >= count and not wrong, wrong[:1])
        expect("either of them came first", min(won) > 0, won)
        twice, untold = [(200, {}), (200, {})], [(200, {}), (409, {"detail": "nothing waits"})]
        expect("control: two releases would be seen, and one that is not told who", winner_of(names, twice) is None is winner_of(names, untold))
        orders = [json.dumps(order) for order in city.show("orders")]
        expect("no order exists twice", len(orders) == len(set(orders)) and len(orders) >= count, len(orders))
    finally:
        end(child)


def winner_of(names, answers):
    """Who released it, when the other was told so, by name and time; None: not as it must be."""
    for who in (0, 1):
        (status, _), (refused, answer) = answers[who], answers[1 - who]
        if status == 200 and refused == 409 and re.search(names[who] + r" at \d{4}-\d\d-\d\dT", json.dumps(answer, ensure_ascii=False)):
            return who
    return None


def race(city, sessions, number):
    """The next plan, signed by both at one moment: their answers."""
    city.call("POST", "/api/v1/facts", city.feeder, [city.bulletin(number + 1, 220 if number % 2 == 0 else 60)])
    finish = time.monotonic() + 10
    while time.monotonic() < finish:
        status, answer = city.call("GET", "/api/v1/proposals", sessions[0])
        if status == 200 and answer["proposals"]:
            break
    else:
        return None
    plan, gate, answers = answer["proposals"][0], threading.Barrier(2), [None, None]

    def sign(who):
        gate.wait()
        answers[who] = city.call("POST", f"/api/v1/proposals/{plan['hash']}/approve", sessions[who],
                                 {"note": "会商同意", "count": plan["counts"]["orders"]})
    both = [threading.Thread(target=sign, args=(who,)) for who in (0, 1)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    return answers


# ---- W6: mutated policies under load

FILES = ("policy.yaml", "series.yaml", "measures.yaml", "inventory.yaml", "registry/list.yaml", "rule.lua")


def mutate(chance, text):
    """One thing is not as it was: a line lost, doubled, moved or cut, a word changed, a byte changed or put in."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    way = chance.randrange(6)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(at, lines[at])
    elif way == 2:
        lines.insert(chance.randrange(len(lines)), lines.pop(at))
    elif way == 3:
        lines[at] = lines[at][:chance.randrange(len(lines[at]) + 1)]
    elif way == 4:
        lines[at] = re.sub(r"\w+", lambda word: word[0][::-1], lines[at], count=1)
    else:
        place = chance.randrange(len(text))
        return text[:place] + chance.choice("{}[]:,\"'\t#&*-0\x01") + text[place + chance.randrange(2):]
    return "\n".join(lines)


def reloads():
    count, chance = 200 // SCALE, random.Random(SEED)
    city = City(YUJING, room("reloads"), Receiver())
    child = city.start()
    try:
        city.log_in()
        over, taken, refused, wrong, sound = threading.Event(), set(), 0, [], 0
        numbers = iter(range(1, 1 << 40))

        def feed():
            while not over.is_set():
                events = [city.reading(next(numbers)) for _ in range(5)]
                status, answer = city.call("POST", "/api/v1/facts", city.feeder, events)
                if status == 202:
                    taken.update(event["id"] for event in events)
                elif status not in (0, 503):
                    wrong.append(("a fact", status, answer))
        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        in_force = city.call("GET", "/api/v1/policy/generations", city.session)[1]["in_force"]
        while refused < count and not wrong and sound < 20 * count:
            name = "policy/" + chance.choice(FILES)
            with open(city.at(name), encoding="utf-8", newline="") as file:
                before = file.read()
            city.write(name, mutate(chance, before))
            if subprocess.run([YUJING, "check", city.at("policy")], capture_output=True).returncode == 0:
                sound += 1   # no mutation: a comment, a name
            else:
                known = len(taken)
                status, answer = city.call("POST", "/api/v1/policy/reload", city.session, {"note": "修订"})
                findings = [f for f in answer.get("findings", []) if f["severity"] == "error"] if status == 422 else []
                now = city.call("GET", "/api/v1/policy/generations", city.session)[1]["in_force"]
                if not findings or not all(f["file"] and f["line"] > 0 for f in findings) or now != in_force:
                    wrong.append((name, status, answer, now == in_force))
                refused += status == 422
                finish = time.monotonic() + 5
                while len(taken) == known and time.monotonic() < finish:
                    time.sleep(0.005)
            with open(city.at(name), "w", encoding="utf-8", newline="") as file:
                file.write(before)
        over.set()
        feeder.join(10)
        tell(f"reloads: {refused} refused, {sound} mutations were sound, {len(taken)} facts meanwhile")
        expect(f"each of {count} mutated policies is refused with file and line, and the old one stays", refused == count and not wrong, wrong[:1])
        missing = taken - {fact["id"] for fact in city.show("facts")}
        expect("every fact that was answered meanwhile is in the journal", len(taken) > 2 * count and not missing, (len(taken), len(missing)))
        city.write("policy/rule.lua", RULE % 9)
        expect("control: a sound one is taken over", city.call("POST", "/api/v1/policy/reload", city.session, {"note": "完好"})[0] == 200)
    finally:
        end(child)


# ---- D3: drills

class Listener:
    """Who is called, and how often."""

    def __init__(self):
        heard = self.heard = Counter()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                heard[self.path] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def drill(folder, listener, count, **environment):
    done = subprocess.run([program("e2e_drills"), folder + "/conf.yaml", str(SEED), str(count), listener.url + "/live", listener.url + "/drill"],
                          capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode != 0 or "broken=0 " not in done.stdout:
        tell(f"drills: {done.returncode} {done.stdout} {done.stderr[:1500]}")
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", done.stdout)}


def drills():
    count, folder, listener = 100000 // SCALE, room("drills"), Listener()
    with open(folder + "/secret", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    with open(folder + "/conf.yaml", "w") as file:
        file.write("gateways:\n  hook: {kind: webhook, concurrency: 64, per_host: 64, timeout: 5s, secret_files: [secret], allow: [127.0.0.0/8]}\n")
    seen = drill(folder, listener, count)
    tell(f"drills: {seen}, heard {dict(listener.heard)}")
    expect(f"{count} drill scripts are played, and lead to something", seen.get("scripts") == count and seen["broken"] == 0 and
           seen["levels"] > count / 10 and seen["letters"] > count, seen)
    expect("each of their texts begins with the banner", seen.get("unmarked") == 0, seen)
    expect("the living dispatch refuses each of their letters, and nobody hears of them", seen.get("live_delivered") == 0 and
           seen["live_refused"] == seen["letters"] == seen["back"] and not listener.heard["/live"], (seen, listener.heard))
    expect("the drill's own side does hear", seen.get("drill_delivered", 0) > 0 and listener.heard["/drill"] == seen["drill_delivered"], listener.heard)
    life = drill(folder, listener, 50, LIFE="1")
    expect("control: the same scripts in life are heard", life.get("live_delivered", 0) > 10 and listener.heard["/live"] == life["live_delivered"],
           (life, listener.heard))


play({"races": races, "reloads": reloads, "drills": drills})
