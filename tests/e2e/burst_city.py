#!/usr/bin/env python3
"""A minute of more frames than a city's loggers send at the full hour, and others who want in beside them (B7).

    burst_city.py YUJING BENCH_LOAD BUNDLE FOLDER SECONDS RATE          prints one result line for each promise

The loggers of the bench wait for each answer and end at the first that is not 9014; so what is not answered was not dropped, it
is still on the wire.  Beside them facts are posted over HTTP: each is taken, or refused in so many words.
"""
import json, shutil, sqlite3, subprocess, sys, threading, time
from collections import Counter

from e2e_city import City, stamp, teller
from ports import free_port

LOAD, BUNDLE = sys.argv[2], sys.argv[3]
SECONDS, RATE = int(sys.argv[5]), int(sys.argv[6])
CONNECTIONS, WINDOW, POSTERS = 100, 40, 8
expect = teller("burst")


class Burst(City):
    """The accounts and the tongue of the small city, over the bundle of the bench, with an inbox that fills up."""

    def make(self, policy, conf, routes):
        shutil.copytree(BUNDLE, self.at("policy"))
        self.hj212_port = free_port()
        self.write("city.yaml", f"""policies: policy
store: city.db
spool: {{folder: out}}
http: {{listen: "127.0.0.1:{self.port}"}}
hj212: {{listen: "127.0.0.1:{self.hj212_port}"}}
accounts: accounts.yaml
limits: {{batch_facts: 1024, inbox_facts: 1024}}
""")


def post(number, over, answers, taken, refused):
    """Reports again and again; who is refused reports something new."""
    count = 0
    while not over.is_set():
        count += 1
        name = f"p{number}-{count}"
        event = {"specversion": "1.0", "type": "reading", "source": "e2e", "id": name, "subject": "one",
                 "time": stamp((int(time.time()) // 3600 - 1 - count % 200) * 3600), "data": {"values": {"pm25": 50}, "period": "PT1H"}}
        status, _ = city.call("POST", "/api/v1/facts", city.feeder, event)
        answers[status] += 1
        (taken if status == 202 else refused).add(name)
        over.wait(0.002)


city = Burst(sys.argv[1], sys.argv[4], None)
city.child = city.start(LANG="C")
over, answers, taken, refused = threading.Event(), Counter(), set(), set()
posters = [threading.Thread(target=post, args=(i, over, answers, taken, refused), daemon=True) for i in range(POSTERS)]
for poster in posters:
    poster.start()
load = subprocess.run([LOAD, str(city.hj212_port), str(CONNECTIONS), str(WINDOW), str(SECONDS)], capture_output=True, text=True)
over.set()
for poster in posters:
    poster.join(10)
words = dict(word.split("=") for word in load.stdout.split())
answered, seconds = int(words.get("events", 0)), float(words.get("eval_s", 1))
print(f"{load.stdout.strip()}; HTTP {dict(answers)}", file=sys.stderr)
metrics = city.call("GET", "/metrics", city.feeder)
city.child.terminate()
status = city.child.wait(60)
with sqlite3.connect(city.at("city.db")) as store:
    posted, frames = set(), 0
    for body, in store.execute("SELECT body FROM journal WHERE kind = 'reading'"):
        if '"source":"e2e"' in body:
            posted.add(json.loads(body)["id"])
        else:
            frames += 1
expect(f"{RATE} frames a second are answered for {SECONDS} s", load.returncode == 0 and seconds >= SECONDS and answered >= RATE * seconds,
       f"{answered} in {seconds:.0f} s; {load.stderr[-200:]}")
expect("every answer that came was 9014", load.returncode == 0, load.stderr[-200:])
expect("every answered frame is in the journal, once", answered <= frames, f"{answered} answered, {frames} there")
expect("and no more than were under way at the end beside them", frames - answered <= CONNECTIONS * WINDOW, f"{answered} answered, {frames} there")
expect("whoever was too much was told", answers[429] + answers[503] > 0 and answers[202] > 0, dict(answers))
expect("and nobody was left without an answer", set(answers) <= {202, 429, 503}, dict(answers))
expect("what was taken is there, what was refused is not", taken <= posted and not refused & posted,
       f"{len(taken - posted)} lost, {len(refused & posted)} there although refused")
expect("it ends in order", status == 0, status)
