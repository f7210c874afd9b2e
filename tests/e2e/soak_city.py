#!/usr/bin/env python3
"""A day of a large city in compressed time, for long_soak.sh: does anything grow that should not?

    soak_city.py YUJING LOGGERS FOLDER LIBFAKETIME HOURS SPEED       prints one result line for each promise

Time: the daemon runs under libfaketime, so that all its clocks, timers and deadlines go SPEED times as fast; nothing else about
it is changed.  A thousand loggers speak HJ 212 at the pace of that clock, 15,000 enterprises take their orders by webhook, each
at an address of its own, and answer on the receipt page; people look, sign and change the policy.  In the middle an orange
episode is proposed, approved, chased and lifted.

The day, in twenty-fourths of HOURS: see DAY.  The policy is changed while it warms up and around the episode; a backup falls into
the episode, since its audit takes a hundred MiB for a moment and leaves the allocator's grain otherwise than it was.  Memory and
open files are read every second, and judged in the quiet hours before the episode and after it by flat() and closed(); what these
would find is shown by the same samples with a leak planted.
"""
import asyncio, hashlib, json, os, re, signal, socket, subprocess, sys, threading, time
from collections import Counter

from e2e_city import teller
from large_city import HEAVY, LargeCity

YUJING, LOGGERS_PROGRAM, FOLDER, LIBRARY = sys.argv[1:5]
HOURS, SPEED = float(sys.argv[5]), int(sys.argv[6])
LOGGERS, STATIONS, ENTERPRISES = 1000, 20, int(os.environ.get("ENTERPRISES", "15000"))
UNIT = HOURS / 24 * 3600              # one hour of DAY, in the city's seconds
UNDER_WAY_S = 2                       # real seconds that a letter may have been on its way when the answer was written down
SILENT_OF = 50                        # one of so many enterprises never answers
DAY = {"reload": (0.5, 1, 1.5, 2, 9, 13.5, 14), "quiet": (3, 7), "bulletin": 7, "better": 12, "after": (15, 24)}
ACKNOWLEDGE_S, RUNG_S = int(2 * UNIT), int(UNIT / 2)
MIB = 1 << 20
ESCALATION = f"""escalation:
  - {{after: 0s, to: recipient, kind: reminder}}
  - {{after: {RUNG_S}s, to: recipient, kind: reminder}}
  - {{after: {RUNG_S}s, to: district}}
"""
expect = teller("soak")


def tell(text):
    print(f"{CITY.hour():5.2f} h  {text}", file=sys.stderr, flush=True)


# ---- time

class Time:
    """The daemon's clock as we reckon it; set right once by what the daemon says."""

    def begin(self, epoch):
        self.epoch, self.origin = epoch, time.monotonic()

    def now(self):
        return self.epoch + (time.monotonic() - self.origin) * SPEED


TIME = Time()
TIME.begin(time.time())


# ---- the enterprises

class Enterprises(threading.Thread):
    """Takes every letter, and answers the orders: each after a delay of its own, one of SILENT_OF never."""

    def __init__(self):
        super().__init__(daemon=True)
        self.bodies, self.taken, self.kinds = {}, Counter(), Counter()
        self.about = {"reminder": Counter(), "escalation": Counter()}   # by the order
        self.statuses, self.silent, self.strange = Counter(), set(), 0
        self.answered, self.bothered = {}, 0   # order → when its answer was on the disk; letters that came after it all the same
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", 0))   # each enterprise has an address of its own in 127.0.0.0/8
        self.listener.listen(4096)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        self.queue = asyncio.PriorityQueue()
        server = await asyncio.start_server(self.converse, sock=self.listener)
        await asyncio.gather(server.serve_forever(), *(self.answer() for _ in range(64)))

    async def converse(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                body = await reader.readexactly(int(re.search(rb"content-length: *(\d+)", head)[1]))
                self.take(re.search(rb"webhook-id: *(\S+)", head)[1], body)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def take(self, identity, body):
        digest = hashlib.sha256(body).digest()[:8]
        self.strange += self.bodies.setdefault(identity, digest) != digest
        self.taken[identity] += 1
        if self.taken[identity] > 1:
            return
        letter = json.loads(body)
        self.kinds[letter["kind"]] += 1
        if letter["kind"] in self.about:
            self.about[letter["kind"]][letter["about"]] += 1
            self.bothered += time.monotonic() > self.answered.get(letter["about"], float("inf")) + UNDER_WAY_S
        if letter["kind"] == "order":
            if self.kinds["order"] % SILENT_OF == 0:
                self.silent.add(identity.decode())
            else:
                delay = UNIT * (0.1 + int.from_bytes(digest[:2], "big") / 65536)
                self.queue.put_nowait((TIME.now() + delay, letter["ack_url"].split("/", 3)[3], identity.decode()))

    async def answer(self):
        while True:
            due, path, order = await self.queue.get()
            while due > TIME.now():
                await asyncio.sleep(min(0.2, (due - TIME.now()) / SPEED))
            for _ in range(20):
                try:
                    status = await asyncio.wait_for(self.post(path), 30)
                except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                    status = 0
                self.statuses[status] += 1
                if status == 303:
                    self.answered[order] = time.monotonic()
                    break
                await asyncio.sleep(0.1)

    async def post(self, path):
        reader, writer = await asyncio.open_connection("127.0.0.1", CITY.port)
        try:
            writer.write((f"POST /{path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                          "Connection: close\r\nContent-Length: 19\r\n\r\nanswer=acknowledged").encode())
            return int((await reader.readuntil(b"\r\n\r\n")).split()[1])
        finally:
            writer.close()


# ---- the city

class SoakCity(LargeCity):
    """Its clock runs SPEED times as fast, from when the process begins."""

    shift = property(lambda self: TIME.now() - time.time(), lambda self, value: None)

    def hour(self):
        return (TIME.now() - TIME.epoch) / UNIT

    def start(self, **environment):
        """The compressed clock is then read from the daemon: off_s is what we reckoned wrongly."""
        TIME.begin(time.time())
        child = super().start(**environment)
        self.log_in()
        before = time.monotonic()
        status, answer = self.call("GET", "/api/v1/status", self.session)
        when = (before + time.monotonic()) / 2
        said = time.mktime(time.strptime(answer["clock"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone - 8 * 3600
        self.off_s = said - (TIME.epoch + (when - TIME.origin) * SPEED)
        return child


def wait_for(condition, hours):
    """At most so many hours of the day."""
    end = CITY.hour() + hours
    while CITY.hour() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    return None


def wait_until(hour):
    while CITY.hour() < hour and child.poll() is None:
        time.sleep(0.05)


# ---- what is measured

class Sampler(threading.Thread):
    """Every second: the hour, resident KiB, open files, threads."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.samples = pid, []
        self.start()

    def run(self):
        while True:
            try:
                with open(f"/proc/{self.pid}/status") as file:
                    text = file.read()
                number = lambda key: int(re.search(key + r":\s+(\d+)", text)[1])
                self.samples.append((CITY.hour(), number("VmRSS"), len(os.listdir(f"/proc/{self.pid}/fd")), number("Threads")))
            except (OSError, TypeError):
                return
            time.sleep(1)


def between(samples, window):
    return [sample for sample in samples if window[0] <= sample[0] < window[1]]


def median(values):
    return sorted(values)[len(values) // 2] if values else 0


# What RSS may gain in a quiet window, from the median of its first third to that of its last.  SQLite's cache is full, snapshots
# and policies have come and gone; what is left is a day's values of each outlet, and the allocator's grain.
GROWTH_KIB = 4096


def growth(samples, window):
    third = (window[1] - window[0]) / 3
    first, last = between(samples, (window[0], window[0] + third)), between(samples, (window[1] - third, window[1]))
    return median([s[1] for s in last]) - median([s[1] for s in first])


def flat(samples, window):
    return len(between(samples, window)) >= 9 and growth(samples, window) <= GROWTH_KIB


# Files that may be open at the end of the day and were not before the episode: connections that are kept for the next letter.
KEPT_FILES = 256


def closed(samples, quiet, after):
    files = lambda window: median([s[2] for s in between(samples, window)])
    third = (after[1] - after[0]) / 3
    return (files((after[1] - third, after[1])) <= files((after[0], after[0] + third)) + 2 and
            files((after[1] - third, after[1])) <= files(quiet) + KEPT_FILES)


# ---- people

class People(threading.Thread):
    """What goes on all day: looks every ten minutes, a stream opened and left every half hour, the policy changed."""

    def __init__(self):
        super().__init__(daemon=True)
        self.looks, self.streams, self.reloads, self.cut, self.failed = 0, 0, 0, 0, Counter()
        self.over = threading.Event()
        self.start()

    def look(self):
        for path in ("status", "letters?max=100", "proposals", "hand-over?form=html&hours=1", "decisions?max=50"):
            status, _ = CITY.call("GET", "/api/v1/" + path, CITY.session)
            self.looks += status == 200
            if status == 401:
                CITY.log_in(self.looks % 3)
            elif status == 0:
                self.cut += 1   # an answer has a second here: sixty of the city's
            elif status != 200:
                self.failed[path, status] += 1

    def stream(self, old):
        if old:
            if self.streams % 2:
                old.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            old.close()
        line = socket.create_connection(("127.0.0.1", CITY.port))
        line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {CITY.session}\r\n\r\n".encode())
        self.streams += line.recv(100).startswith(b"HTTP/1.1 200")
        return line

    def reload(self, number):
        CITY.write("policy/heavy.lua", HEAVY % number)
        status, answer = CITY.call("POST", "/api/v1/policy/reload", CITY.session, {"note": "修订"})
        self.reloads += status == 200
        if status != 200:
            self.failed["reload", status, str(answer)[:100]] += 1

    def run(self):
        line, half, tenth, reloads = None, 0, 0, list(DAY["reload"])
        while not self.over.wait(0.1):
            hour = CITY.hour()
            if hour * 6 >= tenth:
                tenth += 1
                self.look()
            if hour * 2 >= half:
                half += 1
                line = self.stream(line)
            if reloads and hour >= reloads[0]:
                self.reload(len(DAY["reload"]) - len(reloads) + 1)
                reloads.pop(0)


def sign():
    signed = CITY.sign()
    return signed or (CITY.log_in(2) and None)


def arrived(kind, wanted):
    return lambda: ENTERPRISES_.kinds[kind] >= wanted


# ---- the day

def age():
    """A journal with a past: at 131,072 facts the filter of those that are known takes its sixteen MiB, once, and that is no leak."""
    for first in range(0, 140000, 1000):
        CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.reading(number) for number in range(first, first + 1000)])
    return CITY.call("GET", "/api/v1/status", CITY.session)[1]["journal"]


def episode():
    """From the bulletin to the lift."""
    e, silent = ENTERPRISES_, lambda: len(ENTERPRISES_.silent)
    wait_until(DAY["bulletin"])
    CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.bulletin(1, 260)])
    signed = wait_for(sign, 1)
    expect("an orange episode is proposed and approved", signed, CITY.log()[-300:])
    began = CITY.hour()
    expect(f"orders reach {ENTERPRISES} enterprises", wait_for(arrived("order", ENTERPRISES), 2), dict(e.kinds))
    tell(f"{e.kinds['order']} orders within {(CITY.hour() - began) * UNIT / 60:.1f} minutes of the city")
    chased = lambda: len(e.about["escalation"]) >= silent()
    expect("who is silent is reminded and reported", wait_for(chased, DAY["better"] - began - 0.2), dict(e.kinds))
    reminded, reported = e.about["reminder"], e.about["escalation"]
    expect("each of them twice and once", all(reminded[order] == 2 and reported[order] == 1 for order in e.silent) and
           set(reminded.values()) <= {1, 2} and set(reported.values()) == {1}, (Counter(reminded.values()), Counter(reported.values())))
    expect("nobody who has answered is bothered", not e.bothered and len(e.answered) > ENTERPRISES * 0.9, (e.bothered, len(e.answered)))
    wait_until(DAY["better"])
    CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.bulletin(2, 60)])
    expect("the lift is proposed and approved", wait_for(sign, 1), CITY.log()[-300:])
    expect("and reaches everybody", wait_for(arrived("release", ENTERPRISES), 2.5), dict(e.kinds))


def judge(samples, loggers, people):
    quiet, after, e = DAY["quiet"], DAY["after"], ENTERPRISES_
    figure = lambda word: int(re.search(rf"\b{word}=(\d+)", loggers)[1])
    expect("every frame of the loggers is answered", figure("sent") == figure("answered") and not figure("held") and
           figure("sent") > LOGGERS * 50 * HOURS, loggers)
    expect("nobody is hung up on but when the policy changes", figure("hung_up") <= LOGGERS * people.reloads, loggers)
    expect("loggers hung up and dialled again, half of them in the middle of a frame", figure("redials") > LOGGERS * HOURS / 3 < 3 * figure("cut"), loggers)
    expect("people looked, listened and changed the policy", people.looks > 100 and people.streams > 20 and people.reloads == len(DAY["reload"]) and not people.failed and
           people.cut < people.looks / 20, (people.cut, people.looks, people.streams, people.reloads, people.failed.most_common(2)))
    expect("no letter came with two bodies, none twice", not e.strange and set(e.taken.values()) == {1}, e.taken.most_common(1))
    expect("an outlet above its limit is told", e.kinds["task"] >= 9, dict(e.kinds))
    leak = [(h, rss + int(16 * 60 * LOGGERS * h * UNIT / 3600 / 1024), files + int(h * 12), threads) for h, rss, files, threads in samples]
    tell(f"memory gains {growth(samples, quiet)} KiB within hours {quiet}, {growth(samples, after)} KiB within {after}; "
         f"{GROWTH_KIB} KiB are allowed, 16 bytes for each frame would be {growth(leak, after)} KiB")
    for name, window in (("before the episode", quiet), ("after it", after)):
        expect(f"memory is flat {name}", flat(samples, window), f"{growth(samples, window)} KiB more")
    middle = lambda window: median([s[1] for s in between(samples, window)])
    expect("what the episode took is bounded", middle(after) - middle(quiet) < EPISODE_KIB, f"{middle(after) - middle(quiet)} KiB stay")
    expect("policies that were replaced do not stay", middle(quiet) < POLICIES * samples[0][1], f"{samples[0][1]}, then {middle(quiet)} KiB")
    expect("no file stays open", closed(samples, quiet, after), [(w, median([s[2] for s in between(samples, w)])) for w in (quiet, after)])
    expect("no thread stays", median([s[3] for s in between(samples, after)]) <= median([s[3] for s in between(samples, quiet)]) + 4)
    expect("control: 16 bytes lost with each frame would be seen", not flat(leak, after), f"{growth(leak, after)} KiB")
    expect("control: a file lost every five minutes would be seen", not closed(leak, quiet, after))


def table(samples):
    for hour in range(0, 24):
        here = between(samples, (hour, hour + 1))
        if here:
            tell(f"hour {hour:2d}: RSS {median([s[1] for s in here]) / 1024:6.1f} MiB (most {max(s[1] for s in here) / 1024:6.1f}), "
                 f"files {median([s[2] for s in here])} (most {max(s[2] for s in here)}), threads {median([s[3] for s in here])}")


def close(child):
    CITY.log_in(1)
    waiting = CITY.call("GET", "/api/v1/status", CITY.session)
    child.send_signal(signal.SIGTERM)
    try:
        expect("it ends in order", child.wait(60) == 0, child.returncode)
    except subprocess.TimeoutExpired:
        expect("it ends in order", False, "not within a minute")
    # A twelfth of a second between two looks at the clock, on a busy machine, is five of the city's.
    jumps = [line for line in CITY.log().splitlines() if " clock.jump: " in line and " by 0 min;" not in line]
    expect("no clock jumped", not jumps, jumps[:1])
    done = subprocess.run([YUJING, "audit", "verify", CITY.at("city.db")], capture_output=True, text=True)
    expect("the journal's chain is whole", done.returncode == 0, done.stderr[-200:] + done.stdout[-200:])
    tell(f"status at the end: {json.dumps(waiting[1], ensure_ascii=False)[:600]}")
    tell(f"{done.stdout.strip()}; {os.path.getsize(CITY.at('city.db')) // MIB} MiB")
    troubles = Counter(re.findall(r"^\S+ (?:warning|error|alarm) (\S+):", CITY.log(), re.M))
    tell(f"the log's warnings: {dict(troubles)}")


# What may stay when all is lifted: the last 15,000 orders that are known to the engine, and what a change of policy varies by.
EPISODE_KIB = 64 * 1024
# At most so many times what it had at the start after four changes: the one in force, and room in which the next was read.
POLICIES = 2.5
ENTERPRISES_ = Enterprises()
CITY = SoakCity(YUJING, FOLDER, ENTERPRISES_, enterprises=ENTERPRISES, stations=STATIONS,
                policy=f"acknowledge: {{orange: {ACKNOWLEDGE_S}s}}\n" + ESCALATION,
                hook="concurrency: 32, per_host: 2, connections: 128, timeout: 10m",
                conf="backup: {folder: backup, every: 12h, keep: 2}\nanchors: anchors.jsonl\n")
child = CITY.start(LD_PRELOAD=LIBRARY, FAKETIME=f"+0 x{SPEED}")
loggers = None
try:
    expect("the daemon's clock runs as ours", abs(CITY.off_s) < 3 * SPEED, f"{CITY.off_s:.1f} s off")
    TIME.epoch += CITY.off_s
    sampler = Sampler(child.pid)
    loggers = subprocess.Popen([LOGGERS_PROGRAM, str(CITY.hj212), str(LOGGERS), str(STATIONS), str(int(TIME.epoch * 1000)),
                                str(int(TIME.origin * 1000)), str(SPEED)], stdout=open(CITY.at("loggers"), "w"))
    people = People()
    journal = age()
    expect("the journal has a past", journal > 131072 and CITY.hour() < DAY["quiet"][0], (journal, CITY.hour()))
    episode()
    wait_until(24)
    people.over.set()
    loggers.terminate()
    loggers.wait(30)
    with open(CITY.at("loggers")) as file:
        last = file.read().splitlines()[-1]
    table(sampler.samples)
    tell(f"loggers: {last}")
    tell(f"letters: {dict(ENTERPRISES_.kinds)}; receipts: {dict(ENTERPRISES_.statuses)}; people: {people.looks} looks, "
         f"{people.streams} streams, {people.reloads} policies")
    judge(sampler.samples, last, people)
    close(child)
finally:
    for process in (loggers, child):
        if process and process.poll() is None:
            process.kill()
            process.wait()
