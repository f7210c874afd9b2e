#!/usr/bin/env python3
"""A start over a large store: a million rows of the journal, fifteen thousand orders that nobody has answered (A13).

    start_city.py YUJING BENCH_LOAD BUNDLE FOLDER ROWS ORDERS          prints one result line for each promise

The daemon is killed and started again, three times, and the fastest counts, for others may be at work on the machine; ready is
what systemd hears.  Each order is to be answered by a deadline, and the
reminder must come then: neither at the start nor later.  The store is looked into as a copy, for nobody else opens it.
"""
import json, os, shutil, socket, sqlite3, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from fault_city import free_port, teller, wait_for  # noqa: E402
from e2e_city import City, stamp  # noqa: E402

LOAD, BUNDLE = sys.argv[2], sys.argv[3]
ROWS, ORDERS = int(sys.argv[5]), int(sys.argv[6])
ANSWER_S, READY_S, LATE_S = 150, 2.0, 5.0
expect = teller("start")


class Large(City):
    """The accounts and the tongue of the small city, over the bundle of the bench."""

    def make(self, policy, conf, routes):
        shutil.copytree(BUNDLE, self.at("policy"))
        with open(self.at("policy/policy.yaml"), "a", encoding="utf-8") as file:
            file.write(f"acknowledge: {{orange: {ANSWER_S}s}}\nescalation: [{{after: 0s, to: recipient, kind: reminder}}]\n")
        self.hj212_port = free_port()
        self.write("city.yaml", f"""policies: policy
store: city.db
http: {{listen: "127.0.0.1:{self.port}"}}
hj212: {{listen: "127.0.0.1:{self.hj212_port}"}}
accounts: accounts.yaml
gateways: {{files: {{kind: spool, folder: out, concurrency: 256, per_host: 256}}}}
routes: [{{letters: [order, release, reminder], by: [files]}}]
limits: {{batch_facts: 4096}}
""")

    def begin(self):
        """Starts it; seconds until systemd would hear READY=1."""
        path = self.at("notify")
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard, open(self.at("log"), "ab") as log:
            heard.bind(path)
            heard.settimeout(120)
            began = time.monotonic()
            self.child = subprocess.Popen([self.yujing, "run", "-c", "city.yaml", "--live"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log, env={**os.environ, "LANG": "C", "NOTIFY_SOCKET": path})
            while b"READY=1" not in heard.recv(4096):
                pass
            return time.monotonic() - began

    def counted(self):
        """Rows that it has taken since its start."""
        time.sleep(0.3)
        status, text = self.call("GET", "/metrics", self.meter)
        return next(float(line.split()[1]) for line in text.decode().splitlines() if line.startswith("yujing_turn_facts_total ")) if status == 200 else 0

    def worked(self):
        """Seconds of the processor so far."""
        with open(f"/proc/{self.child.pid}/stat", encoding="utf-8") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def rows(self, *queries):
        """Of a copy."""
        for end in ("", "-wal"):
            if os.path.exists(self.at("city.db" + end)):
                shutil.copy(self.at("city.db" + end), self.at("copy.db" + end))
        with sqlite3.connect(self.at("copy.db")) as copy:
            return [copy.execute(query).fetchall() for query in queries]

    def letters(self, kind):
        """Files of that kind, with the instant each was written."""
        found = []
        with os.scandir(self.at("out")) as files:
            for file in files:
                if file.name.endswith(".json") and file.name not in self.known:
                    with open(file.path, encoding="utf-8") as text:
                        self.known[file.name] = (json.load(text)["kind"], file.stat().st_mtime)
        found = [when for name, (which, when) in self.known.items() if which == kind]
        return sorted(found)


def fill(city):
    """Frames of the bench until there are so many rows; a second run of it would say the same again."""
    began = time.monotonic()
    load = subprocess.Popen([LOAD, str(city.hj212_port), "1", "1000", "600"], stdout=subprocess.DEVNULL)
    full = wait_for(lambda: city.counted() >= ROWS or load.poll() is not None, 590)
    load.terminate()
    load.wait()
    print(f"{city.counted():.0f} rows in {time.monotonic() - began:.0f} s, {full}", file=sys.stderr)


def release(city):
    """One directive, one plan, one signature: an order to everybody."""
    now = time.time()
    city.call("POST", "/api/v1/facts", city.feeder, {"specversion": "1.0", "type": "directive", "source": "bench", "id": "d", "subject": "210100",
                                                    "time": stamp(now), "data": {"level": "orange", "from": stamp(now + 3600),
                                                                                 "to": stamp(now + 48 * 3600), "number": "示例〔2026〕1号"}})
    plans = wait_for(city.proposals, 60)
    status, answer = city.call("POST", f"/api/v1/proposals/{plans[0]}/approve", city.session, {"note": "会商同意", "count": ORDERS})
    return status == 200


city = Large(sys.argv[1], sys.argv[4], None)
city.known = {}
city.account("meter", "monitor")
city.meter = city.run("account", "token", city.at("accounts.yaml"), "meter", "--days", "9")["token"]
empty = city.begin()
fill(city)
signed = release(city)
wait_for(lambda: len(city.letters("order")) >= ORDERS, 90)
time.sleep(1)
city.child.kill()
city.child.wait()
(rows,), (open_orders,), before = ((facts[0] if len(facts) == 1 else facts) for facts in city.rows(
    "SELECT count(*) FROM journal", "SELECT count(*) FROM chase WHERE due IS NOT NULL", "SELECT letter, due FROM chase ORDER BY letter"))
expect("there is a million rows and an order to each", signed and rows >= ROWS and open_orders == ORDERS, f"{rows} rows, {open_orders} orders")
seconds = [city.begin()]
print(f"{rows} rows, {open_orders} orders: ready after {seconds[0]:.2f} s; over an empty store {empty:.2f} s", file=sys.stderr)
for _ in range(2):
    city.child.kill()
    city.child.wait()
    seconds.append(city.begin())
figures = ", ".join(f"{one:.2f}" for one in seconds)
worked = city.worked()
print(f"ready after {figures} s, the last with {worked:.2f} s of the processor", file=sys.stderr)
expect(f"ready within {READY_S:.0f} s after a kill", min(seconds) < READY_S, f"{figures} s; {worked:.2f} s of the processor")
city.child.kill()
city.child.wait()
after = city.rows("SELECT letter, due FROM chase ORDER BY letter")[0]
expect("no deadline moved", after == before, f"{sum(one != other for one, other in zip(before, after))} moved")
city.begin()
due = [row[1] / 1000 for row in before]
came = wait_for(lambda: len(city.letters("reminder")) >= ORDERS, max(due) - time.time() + 90) and city.letters("reminder")
expect("each is reminded of, once", came and len(came) == ORDERS, len(city.letters("reminder")))
if came:
    print(f"first reminder {came[0] - min(due):+.1f} s, last {came[-1] - max(due):+.1f} s from the deadlines", file=sys.stderr)
    expect("not before its deadline, and the first of them at it", 0 <= came[0] - min(due) + 0.01 and came[0] - min(due) < LATE_S,
           f"{came[0] - min(due):+.1f} s")
city.child.terminate()
expect("it ends in order", city.child.wait(60) == 0)
