#!/usr/bin/env python3
"""Goals about crowds, with the figure that the goal asks (tests/GOALS.md B1, B3, E2): idle and slow clients, tarpits.

Arguments: numbers_lib.py.  Latencies are compared within one run, in turns, by the median of three; a control goes to the same judge.
"""
import heapq, http.client, os, random, re, select, socket, subprocess, threading, time

from e2e_city import packet
from large_city import LargeCity
from numbers_lib import YUJING, SCALE, end, expect, median, p99, play, program, room, tell

ROUNDS = 3


class Nobody:
    port = 9


# ---- HJ 212

def frame(number):
    """A moment's value: answered, and not kept, since nobody reads it."""
    now = time.strftime("%Y%m%d%H%M%S")
    text = (f"QN={now}011;ST=31;CN=2011;PW=123456;MN=010000A8900016F0{number:08d};Flag=5;CP=&&DataTime={now};"
            f"a21002-Rtd=60.2,a21002-Flag=N&&").encode()
    return packet(text)


def connect(port, number):
    """From one of many addresses: a thousand each."""
    return socket.create_connection(("127.0.0.1", port), source_address=(f"127.0.7.{1 + number // 1000}", 0))


def dial_loggers(port, first, count):
    lines = []
    for number in range(first, first + count):
        lines.append(connect(port, number - first))
        lines[-1].sendall(frame(number))
    answered = 0
    for line in lines:
        line.settimeout(10)
        answered += b"CN=9014" in line.recv(1000)
    return lines, answered


# ---- B1: idle connections

WORSE = 1.5   # what p99 may be with the crowd, as a multiple of without: what two runs of the same differ by


def unchanged(without, among):
    return median(among) <= WORSE * median(without)


def active_p99(port):
    """Of a hundred loggers that each wait for their answer, in ms."""
    done = subprocess.run([program("bench_load"), str(port), "100", "1", "3"], capture_output=True, text=True)
    found = re.search(r"events=(\d+).*p99_us=(\d+)", done.stdout)
    return int(found[2]) / 1000 if found and int(found[1]) > 1000 else float("inf")


def idle():
    crowd = 10000 // SCALE
    city = LargeCity(YUJING, room("idle"), Nobody, enterprises=crowd + 100)
    child = city.start()
    try:
        without, among, answered = [], [], 0
        for _ in range(ROUNDS):
            without.append(active_p99(city.hj212))
            lines, heard = dial_loggers(city.hj212, 100, crowd)
            among.append(active_p99(city.hj212))
            answered += heard
            open_still = sum(not line.setblocking(False) and still(line) for line in lines)
            for line in lines:
                line.close()
        tell(f"idle: p99 of a hundred active loggers {median(without):.1f} ms alone, {median(among):.1f} ms among {crowd} idle: {without} {among}")
        expect(f"{crowd} loggers connect, are answered, and stay", answered == crowd * ROUNDS and open_still == crowd, (answered, open_still))
        expect("p99 of the active ones is as without them", unchanged(without, among), (without, among))
        expect("control: twice as slow would be seen", not unchanged(without, [2 * WORSE * value for value in without]))
    finally:
        end(child)


def still(line):
    """Nothing more came, and nobody hung up."""
    try:
        return line.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


# ---- B3: slow clients of both kinds

HEAD = b"GET /healthz HTTP/1.1\r\nHost: h\r\nX-Slow: " + b"a" * 100


def drip(lines, texts, until, period):
    """A byte each to everybody, every so often; how many were hung up on, and when."""
    poll, opened, ages, sent, last = select.poll(), {}, [], 0, 0.0
    for line, text in zip(lines, texts):
        line.setblocking(False)
        opened[line.fileno()] = (line, text, time.monotonic())
        poll.register(line, select.POLLIN | select.POLLHUP)
    while opened and time.monotonic() < until:
        if time.monotonic() - last >= period:
            last = time.monotonic()
            for line, text, _ in opened.values():
                try:
                    line.send(text[sent:sent + 1])
                except OSError:
                    pass
            sent += 1
        for fd, _ in poll.poll(200):
            line, _, begun = opened[fd]
            try:
                if line.recv(1000):
                    continue   # an answer that says why; then it hangs up
            except OSError:
                pass
            opened.pop(fd)
            poll.unregister(fd)
            ages.append(time.monotonic() - begun)
            line.close()
    for line, _, _ in opened.values():
        line.close()
    return ages


def ask_normally(city, over, times):
    line = http.client.HTTPConnection("127.0.0.1", city.port, timeout=10)
    while not over.is_set():
        begun = time.monotonic()
        try:
            line.request("GET", "/healthz")
            fine = line.getresponse().read() is not None
        except (OSError, http.client.HTTPException):
            fine = False
            line.close()
        times.append(time.monotonic() - begun if fine else 10.0)
        over.wait(0.01)


def speak_normally(city, number, over, times):
    line = connect(city.hj212, 100000)
    line.settimeout(10)
    while not over.is_set():
        begun = time.monotonic()
        line.sendall(frame(number))
        times.append(time.monotonic() - begun if b"CN=9014" in line.recv(1000) else 10.0)
        over.wait(0.02)
    line.close()


def slow():
    crowd = 2000 // SCALE
    city = LargeCity(YUJING, room("slow"), Nobody, enterprises=crowd + 100)
    with open(city.at("city.yaml"), encoding="utf-8") as file:
        city.write("city.yaml", file.read().replace("frame_within: 10m", "frame_within: 10s"))
    child = city.start()
    try:
        over, asked, spoken, cut = threading.Event(), [], [], {}
        # At most 256 connections of one address may ask by HTTP.
        http_lines = [socket.create_connection(("127.0.0.1", city.port), source_address=(f"127.0.8.{1 + i // 200}", 0)) for i in range(crowd)]
        hj212_lines = [connect(city.hj212, i) for i in range(crowd)]
        until = time.monotonic() + 40
        crowds = [threading.Thread(target=lambda: cut.update(http=drip(http_lines, [HEAD] * crowd, until, 1))),
                  threading.Thread(target=lambda: cut.update(hj212=drip(hj212_lines, [frame(100 + i) for i in range(crowd)], until, 5)))]
        normal = [threading.Thread(target=ask_normally, args=(city, over, asked)),
                  threading.Thread(target=speak_normally, args=(city, 50, over, spoken))]
        for thread in crowds + normal:
            thread.start()
        for thread in crowds:
            thread.join()
        over.set()
        for thread in normal:
            thread.join()
        tell(f"slow: p99 {p99(asked) * 1000:.1f} ms by HTTP ({len(asked)}), {p99(spoken) * 1000:.1f} ms by HJ 212 ({len(spoken)}); "
             f"cut after {[(kind, len(ages), round(min(ages, default=0), 1), round(max(ages, default=0), 1)) for kind, ages in cut.items()]} s")
        for kind, ages in cut.items():
            expect(f"{crowd} that drip by {kind} are cut at their deadline of ten seconds", len(ages) == crowd and 8 < min(ages) and max(ages) < 22,
                   (len(ages), min(ages, default=0), max(ages, default=0)))
        expect("beside both crowds p99 by HTTP is below 100 ms", len(asked) > 300 and p99(asked) < 0.1, (len(asked), p99(asked)))
        expect("and by HJ 212", len(spoken) > 100 and p99(spoken) < 0.1, (len(spoken), p99(spoken)))
        expect("control: who was cut would be counted as slow", p99([0.01] * 90 + [10.0] * 10) >= 0.1)
    finally:
        end(child)


# ---- E2: tarpits

SLOW_ANSWER = b"HTTP/1.1 204 No Content\r\nX-Slow: " + b"a" * 1000


class Endpoints(threading.Thread):
    """2,000 addresses, one process: takes letters; those of `tarpits` are answered at a byte a second."""

    def __init__(self, delay=0):
        super().__init__(daemon=True)
        self.delay, self.later, self.chance = delay, [], random.Random(3)   # seconds, at most, until an answer
        self.came, self.tarpits, self.caught, self.held = {}, set(), set(), {}
        self.listener = socket.socket()
        self.listener.bind(("0.0.0.0", 0))
        self.listener.listen(4096)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        poll, lines, slow_lines, dripped = select.epoll(), {}, self.held, 0.0
        self.listener.setblocking(False)
        poll.register(self.listener, select.EPOLLIN)
        while True:
            while self.later and self.later[0][0] <= time.monotonic():
                self.thank(heapq.heappop(self.later)[2])
            for fd, _ in poll.poll(0.01 if self.delay else 0.2):
                if fd == self.listener.fileno():
                    self.accept(poll, lines)
                elif fd in lines:
                    self.read(poll, lines, slow_lines, fd)
            if time.monotonic() - dripped > 1:
                dripped = time.monotonic()
                for fd, (line, sent) in list(slow_lines.items()):
                    slow_lines[fd] = line, sent + 1
                    try:
                        line.send(SLOW_ANSWER[sent:sent + 1])
                    except OSError:
                        slow_lines.pop(fd)

    def accept(self, poll, lines):
        while True:
            try:
                line, _ = self.listener.accept()
            except BlockingIOError:
                return
            line.setblocking(False)
            lines[line.fileno()] = [line, b""]
            poll.register(line, select.EPOLLIN)

    def read(self, poll, lines, slow_lines, fd):
        line, heard = lines[fd]
        try:
            piece = line.recv(65536)
        except OSError:
            piece = b""
        heard += piece
        head, _, body = heard.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)content-length: *(\d+)", head)
        lines[fd][1] = heard
        if not piece:
            poll.unregister(fd)
            lines.pop(fd)
            slow_lines.pop(fd, None)
            line.close()
        elif size and len(body) >= int(size[1]):
            lines[fd][1] = b""
            self.take(line, fd, int(re.match(rb"POST /hook/(\d+)", head)[1]) if b"/hook/" in head else -1, slow_lines)

    def take(self, line, fd, number, slow_lines):
        if number in self.tarpits:
            self.caught.add(number)
            slow_lines[fd] = line, 0
            return
        self.came.setdefault(number, time.monotonic())
        if self.delay:
            heapq.heappush(self.later, (time.monotonic() + self.chance.random() * self.delay, fd, line))
        else:
            self.thank(line)

    def thank(self, line):
        try:
            line.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        except OSError:
            pass   # nobody waits for it any more


def fan_out(city, endpoints, number, index, others, tarpits):
    """A bulletin, a signature; when each letter of the others came, in seconds from the signature."""
    endpoints.tarpits, endpoints.came, endpoints.caught = tarpits, {}, set()
    city.call("POST", "/api/v1/facts", city.feeder, [city.bulletin(number, index)])
    finish, signed = time.monotonic() + 90, None
    while time.monotonic() < finish and not (signed and others <= endpoints.came.keys() and endpoints.caught >= tarpits):
        signed = signed or city.sign()
        time.sleep(0.05)
    return [endpoints.came[who] - signed[1] for who in others & endpoints.came.keys()] if signed else []


def tarpits():
    """In each round others are slow; whoever ever was is left out.  A round begins when no connection is held any more."""
    crowd, endpoints = 2000 // SCALE, Endpoints()
    city = LargeCity(YUJING, room("tarpits"), endpoints, enterprises=crowd, hook="timeout: 30s")   # all else at its default
    child = city.start()
    try:
        city.log_in()
        drawn = random.Random(5).sample(range(crowd), crowd // 20 * ROUNDS)
        groups = [set(drawn[turn::ROUNDS]) for turn in range(ROUNDS)]
        others, numbers, alone, beside, complete = set(range(crowd)) - set(drawn), iter(range(1, 100)), [], [], True
        for few in groups:
            for tar, figures in ((set(), alone), (few, beside)):
                spans = fan_out(city, endpoints, next(numbers), 60 if tar else 260, others, tar)
                complete = complete and len(spans) == len(others) and endpoints.caught >= tar
                figures.append(p99(spans) if spans else float("inf"))
                while endpoints.held:
                    time.sleep(0.2)
        tell(f"tarpits: p99 of the others {median(alone):.2f} s without, {median(beside):.2f} s with {len(few)} of {crowd}: {alone} {beside}")
        expect("every other letter comes, and every tarpit was met", complete, (len(endpoints.came), len(endpoints.caught)))
        expect("p99 of the others is less than twice that without tarpits", median(beside) < 2 * median(alone), (alone, beside))
        expect("control: others that wait for one tarpit would be seen", not median([span + 30 for span in beside]) < 2 * median(alone))
    finally:
        end(child)


# ---- more letters than connections

def waiting():
    """Letters that wait for a connection while others run out of time: on curl's own list they would use up their time, or crash it."""
    endpoints, count = Endpoints(delay=1), 500 // SCALE
    folder = room("waiting")
    with open(folder + "/secret", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
    with open(folder + "/conf.yaml", "w") as file:
        file.write("gateways:\n  hook: {kind: webhook, concurrency: 64, per_host: 2, connections: 8, timeout: 300ms, "
                   "secret_files: [secret], allow: [127.0.0.0/8]}\n")
    done = subprocess.run([program("e2e_letters"), folder + "/conf.yaml", "hook", str(count), "http://{ip}:%d/hook/{n}" % endpoints.port],
                          capture_output=True, text=True)
    figures = dict(re.findall(r"(\w+)=(\d+)", done.stdout))
    tell(f"waiting: {done.stdout.strip()}")
    expect(f"of {count} letters on eight connections each comes back", done.returncode >= 0 and
           int(figures.get("delivered", 0)) + int(figures.get("retry", 0)) == count, (done.returncode, done.stdout))
    expect("time did run out, and who waited had all of it", int(figures.get("retry", 0)) > count // 3 and
           int(figures.get("delivered", 0)) > count // 10, figures)


play({"idle": idle, "slow": slow, "tarpits": tarpits, "waiting": waiting})
