#!/usr/bin/env python3
"""The running daemon, and somebody at its doors who is not its friend.

    outsider_city.py YUJING FOLDER SEED          prints one result line for each promise

Doors are the HTTP API, the receipt page and the HJ 212 port.  What must hold: the daemon goes on answering, its memory stays
bounded, nothing gets into the journal that no right put there, the log keeps one line for one event, and no secret is told.
"""
import http.client, json, os, random, re, socket, subprocess, sys, threading, time

from e2e_city import ENTERPRISES, RULE, City, Receiver, packet, teller, wait_for
from ports import free_port

SEED = int(sys.argv[3])
chance = random.Random(SEED)
MIB = 1 << 20
PASSWORD = "canary-hj212-7c1f"
HJ212_PORT = free_port()
RECEIVER = Receiver()
CITY = City(sys.argv[1], sys.argv[2], RECEIVER, conf=f'hj212: {{listen: "127.0.0.1:{HJ212_PORT}", monitors: monitors.yaml}}\n')
with open(CITY.at("city.yaml"), encoding="utf-8") as file:
    CITY.write("city.yaml", file.read().replace('http: {', 'http: {public_url: "https://warn.example.cn", '))
CITY.write("monitors.yaml", f'monitors:\n  - {{mn: EX-S1, password: "{PASSWORD}", subject: s1}}\n')
os.chmod(CITY.at("monitors.yaml"), 0o600)
expect = teller("outsider", SEED)
said = []  # every answer that an outsider got


def facts():
    """All but what the daemon itself says.  Not by str.splitlines: outsiders know other ends of lines than ours."""
    done = subprocess.run([CITY.yujing, "run", "-c", "city.yaml", "--show", "facts"], cwd=CITY.folder, capture_output=True)
    return [fact for fact in map(json.loads, done.stdout.decode().strip().split("\n")) if fact["source"] != "yujing"]


def memory_of(child):
    with open(f"/proc/{child.pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) * 1024


def talk(raw, port=None, patience=4.0, address="127.0.0.1"):
    """Says the bytes in pieces as large as the other side takes, and hears what comes until it hangs up or falls silent."""
    heard = b""
    try:
        with socket.create_connection(("127.0.0.1", port or CITY.port), timeout=patience, source_address=(address, 0)) as line:
            try:
                line.sendall(raw)
            except OSError:
                pass  # it has hung up already; what it said is still there
            while len(heard) < MIB:
                piece = line.recv(65536)
                if not piece:
                    break
                heard += piece
                if heard.startswith(b"HTTP/1.1 ") and b"\r\n\r\n" in heard:
                    line.settimeout(0.05)
    except OSError:
        pass
    if PASSWORD.encode() not in raw:  # a logger that knew it hears it again: HJ 212 wants it in each answer
        said.append(heard)
    return heard


def status_of(heard):
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", heard)
    return int(found.group(1)) if found else 0


def posting(path, body, kind="application/json", token=None, more=""):
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\n{bearer}Content-Type: {kind}\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def post(*request):
    return talk(posting(*request))


def upload(password, mn="EX-S1", more=b""):
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    return packet(f"QN={now}001;ST=22;CN=2061;PW={password};MN={mn};Flag=5;CP=&&DataTime={now[:10]}0000;".encode() + more +
                  b"a34004-Avg=61,a34004-Flag=N&&")


# ---- bombs (B6)

def bombs():
    """Name, and what is sent with a valid token: the worst that a source of facts can do."""
    def facts(body, kind, more=""):
        return posting("/api/v1/facts", body, kind, CITY.feeder, more)

    event, batch, lines = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"
    head = b"POST /api/v1/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + CITY.feeder.encode() + b"\r\n"
    deep = b'{"specversion":"1.0","type":"reading","source":"e2e","id":"d","subject":"s1","data":' + b"[" * MIB + b"]" * MIB + b"}"
    many = b"[" + b"{}," * 10 ** 6 + b"{}]"
    yield "deep JSON", facts(deep, event)
    yield "deep objects", facts(b'{"a":' * 300000, event)
    yield "a million members", facts(b"{" + b",".join(b'"k%d":1' % i for i in range(10 ** 6)) + b"}", event)
    yield "a million events", facts(many, batch)
    yield "a million events in one array", facts(many, "application/json")
    yield "a million lines", facts(b'{"a":1}\n' * 10 ** 6, lines)
    yield "a million rows", facts(b"station,time,pm25\n" + b"s1,x,5\n" * 10 ** 6, "text/csv")
    yield "as many as may be on one line", facts(b"[" + b"{}," * 90000 + b"{}]", "application/json")
    yield "one long line of CSV", facts(b"a," * (2 * MIB), "text/csv")
    yield "quotes without end", facts(b'station,time\n"' + b"x" * (3 * MIB), "text/csv")
    yield "numbers without end", facts(b'{"x":' + b"9" * MIB + b"e999999999}", event)
    yield "a gigabyte announced", head + b"Content-Length: 1073741824\r\n\r\n" + b"x" * MIB
    yield "chunks without end", (head + b"Transfer-Encoding: chunked\r\nContent-Type: text/csv\r\n\r\n" +
                                 (b"100000\r\n" + b"y" * MIB + b"\r\n") * 40)
    yield "a compressed body", facts(b"\x1f\x8b\x08" + b"\0" * 9999, event, "Content-Encoding: gzip\r\n")
    yield "headers without end", b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * MIB
    yield "one long header", b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + b"b" * (8 * MIB) + b"\r\n\r\n"
    yield "a long target", b"GET /" + b"a/" * MIB + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "a log-in too large", posting("/api/v1/login", b'{"name":"' + b"w" * (4 * MIB) + b'"}')


def hj212_bombs():
    return {
        "a length that lies": b"##9999" + b"x" * (4 * MIB),
        "no length": b"##" + b"-" * (4 * MIB),
        "noise": bytes(chance.randrange(256) for _ in range(65536)) * 64,
        "nothing but beginnings": b"##" * (2 * MIB),
        "a million fields": b"".join(packet(b"QN=1;ST=22;CN=2061;PW=" + PASSWORD.encode() + b";MN=EX-S1;Flag=5;CP=&&" + b"a=1;" * 240 + b"&&")
                                     for _ in range(1000)),
    }


def throw_bombs(child):
    CITY.call("GET", "/healthz")
    before, worst, longest, taken = memory_of(child), 0, (0, ""), []
    known = len(facts())
    for name, raw in bombs():
        began = time.monotonic()
        answer = status_of(talk(raw))
        longest = max(longest, (time.monotonic() - began, name))
        worst = max(worst, memory_of(child) - before)
        # 0: it hung up while we were still speaking, and its answer was lost by our own reset
        if answer not in (0, 400, 408, 411, 413, 414, 415, 422, 429, 431):
            taken.append(f"{name}: {answer}")
    expect("bombs over HTTP are refused", not taken, taken)
    expect("and soon: nobody else waits for them", longest[0] < 3, longest)
    expect("and leave nothing behind in the journal", len(facts()) == known, f"{len(facts())} facts, not {known}")
    for name, raw in hj212_bombs().items():
        talk(raw, HJ212_PORT, 0.5)
        worst = max(worst, memory_of(child) - before)
    expect("bombs cost at most 16 MiB beside the body allowed", worst <= (16 + BODY_MIB) * MIB, f"{worst / MIB:.1f} MiB more")
    print(f"bombs: {worst / MIB:.1f} MiB at most, the longest {longest}", file=sys.stderr)
    expect("bombs at the HJ 212 port leave nothing either", len(facts()) == known, f"{len(facts())} facts, not {known}")
    expect("it still answers", CITY.call("GET", "/readyz")[0] == 200)


BODY_MIB = 16  # http.body_mib as it is by default


# ---- requests nobody should send

TRICKS = ["/r/../api/v1/journal", "/api/v1/../v1/journal", "/api//v1/journal", "/api/v1/journal/", "/api/v1/journal%00", "/api/v1/%6aournal",
          "/API/V1/JOURNAL", "/api/v1/journal;a=b", "/r/%2e%2e/%2e%2e/etc/passwd", "/r/..%2f..%2fcity.db", "/../../../../etc/passwd",
          "//127.0.0.1/api/v1/journal", "http://x/api/v1/journal", "/metrics?token=", "/metrics/", "/api/v1/letters/%0d%0aSet-Cookie:a=b",
          "/r/%0d%0aX:y", "/api/v1/letters/../journal", "\\api\\v1\\journal", "/api/v1/journal#", "*", "/r/" + "A" * 66, "/r/'--", "/r/<script>"]


def play_tricks():
    open_doors = []
    for target in TRICKS:
        heard = talk(f"GET {target} HTTP/1.1\r\nHost: x\r\nX-Original-URL: /api/v1/journal\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n".encode())
        if status_of(heard) < 400 or b"Set-Cookie" in heard or b"\r\nX:y" in heard:
            open_doors.append(f"{target}: {heard[:60]}")
    expect("no trick with a path opens a door", not open_doors, open_doors)
    for method in ("PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "PATCH", "PROPFIND", "get"):
        heard = talk(f"{method} /api/v1/journal HTTP/1.1\r\nHost: x\r\nX-HTTP-Method-Override: GET\r\n\r\n".encode())
        if status_of(heard) < 400:
            open_doors.append(f"{method}: {heard[:60]}")
    expect("nor one with a method", not open_doors, open_doors)


def fuzz(rounds):
    """Well-formed requests with some bytes changed; whoever listens must not fall."""
    seeds = [b"GET /api/v1/letters?max=10&kind=order HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + CITY.feeder.encode() + b"\r\n\r\n",
             b"POST /api/v1/facts HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 30\r\n\r\nstation,time,pm25\ns1,2026-01-01,",
             b"POST /r/AAAA HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\nanswer=acknowledged",
             b"POST /api/v1/sms-reply HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
    broken = []
    for _ in range(rounds):
        raw = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 6)):
            place = chance.randrange(len(raw))
            what = chance.randrange(4)
            if what == 0:
                raw[place] = chance.randrange(256)
            elif what == 1:
                del raw[place:place + chance.randrange(1, 9)]
            elif what == 2:
                raw[place:place] = raw[:chance.randrange(1, 40)]
            else:
                raw[place:place] = chance.choice([b"\r\n", b"\0", b"\n", b" ", b"\xff\xfe", b"%", b"&&", b"\r\n\r\n"])
        heard = talk(bytes(raw), patience=0.05, address=f"127.0.0.{chance.randrange(100, 250)}")
        if status_of(heard) >= 500 and status_of(heard) not in (501, 505):  # those two say what we do not speak
            broken.append((bytes(raw), heard[:80]))
        talk(packet(bytes(raw)[:900]) if chance.random() < 0.5 else upload(PASSWORD)[:chance.randrange(5, 90)] + bytes(raw)[:50], HJ212_PORT, 0.01)
    expect("fuzzed requests find no fault of ours", not broken, broken[:1])
    expect("and it still answers after them", CITY.call("GET", "/readyz")[0] == 200)


# ---- what is written into the log

FORGERY = "x\n2026-01-01T00:00:00+08:00 info approved: a plan was released by wang"
LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00 (debug|info|notice|warning|error) [a-z0-9_.-]+: ")


def forge_lines():
    event = CITY.reading(1)
    for member, value in (("id", FORGERY), ("subject", FORGERY), ("type", FORGERY), ("source", FORGERY), ("id", "a\x1b[31mred\x07"),
                          ("id", "\u202egnp.exe"), ("subject", "s1\u2028next"), ("id", ""), ("id", "i" * 5000)):
        post("/api/v1/facts", json.dumps({**event, member: value}).encode(), "application/cloudevents+json", CITY.feeder)
    post("/api/v1/login", json.dumps({"name": FORGERY, "password": "x", "code": "000000"}).encode())
    talk(b"GET /" + b"%0a2026-01-01T00:00:00+08:00%20info%20approved:%20x" + b" HTTP/1.1\r\nHost: x\r\nUser-Agent: \x1b[2J\r\n\r\n")
    talk(upload("wrong\n" + FORGERY), HJ212_PORT, 0.3)
    talk(upload(PASSWORD, "EX-S1\n" + FORGERY), HJ212_PORT, 0.3)
    CITY.call("POST", "/api/v1/dispatch/pause", DUTY, {"note": FORGERY})
    CITY.call("POST", "/api/v1/dispatch/resume", DUTY, {"note": FORGERY})
    text = CITY.log()
    forged = [line for line in text.split("\n") if "approved" in line and line.startswith("2026-01-01T00")]
    strange = [line for line in text.split("\n") if line and not LINE.match(line)]
    expect("no line of the log is somebody else's", not forged, forged)
    expect("every line of the log is one event", not strange, strange[:2])
    expect("no terminal is given orders by the log", not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text),
           repr(re.findall(".{20}[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069].{20}", text)[:2]))


# ---- one key, two acts

def reuse_keys():
    first = CITY.call("POST", "/api/v1/dispatch/pause", DUTY, {"note": "甲"}, Idempotency_Key="one")
    again = CITY.call("POST", "/api/v1/dispatch/pause", DUTY, {"note": "甲"}, Idempotency_Key="one")
    other = CITY.call("POST", "/api/v1/dispatch/pause", DUTY, {"note": "乙"}, Idempotency_Key="one")
    another = CITY.call("POST", "/api/v1/dispatch/resume", DUTY, {"note": "甲"}, Idempotency_Key="one")
    expect("a key stands for one act", (first[0], again[0], other[0], another[0]) == (200, 200, 409, 409) and first[1] == again[1],
           (first, again, other, another))
    for key in ("a\tb", "x" * 129, "é", " "):
        status, _ = CITY.call("POST", "/api/v1/dispatch/resume", DUTY, {"note": "x"}, Idempotency_Key=key.encode("utf-8").decode("latin-1"))
        if status != 400 and key != " ":
            expect("a strange key is refused", False, (key, status))
    CITY.call("POST", "/api/v1/dispatch/resume", DUTY, {"note": "完毕"})


# ---- policies that are broken, under load (W6)

def break_policy(number):
    """A way of breaking it, in turn and by chance; always broken."""
    with open(CITY.at("policy/policy.yaml"), encoding="utf-8") as file:
        policy = file.read()
    lines = policy.split("\n")
    ways = [
        ("policy/policy.yaml", policy + "recipientz_max: 1\n"),
        ("policy/policy.yaml", policy.replace("approve: one", "approve: perhaps")),
        ("policy/policy.yaml", policy.replace("stations: [s1, s2]", "stations: [s1, s9]")),
        ("policy/policy.yaml", "\n".join(lines[:-2] + ["\trules: [rule.lua]"])),
        ("policy/policy.yaml", "\n".join(lines[:chance.randrange(1, len(lines) - 3)])),
        ("policy/rule.lua", (RULE % number)[:chance.randrange(30, 120)]),
        ("policy/rule.lua", "while true do end"),
        ("policy/rule.lua", "return " + "(" * 5000),
        ("policy/rule.lua", f"error('broken {number}')"),
        ("policy/registry/list.yaml", "- {id: x"),
    ]
    return ways[number % len(ways)]


def reloaded():
    found = re.search(rb"(?m)^yujing_policy_last_reload_success (\d)$", CITY.call("GET", "/metrics", METRICS)[1] or b"")
    return found and found.group(1)


def reload_broken_under_load(child, count):
    over, taken, refused, puzzled = threading.Event(), set(), 0, []
    numbers = iter(range(10 ** 6, 1 << 40))

    def feed():
        while not over.is_set():
            events = [CITY.reading(next(numbers)) for _ in range(5)]
            status, answer = CITY.call("POST", "/api/v1/facts", CITY.feeder, events)
            if status == 202:
                taken.update(event["id"] for event in events)
            elif status not in (0, 503):
                puzzled.append((status, answer))

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    in_force = CITY.call("GET", "/api/v1/policy/generations", CITY.session)[1]["in_force"]
    vague = []
    for number in range(count):
        name, text = break_policy(number)
        with open(CITY.at(name), encoding="utf-8") as file:
            sound = file.read()
        CITY.write(name, text)
        before = len(taken)
        status, answer = CITY.call("POST", "/api/v1/policy/reload", CITY.session, {"note": "修订"})
        CITY.write(name, sound)
        refused += status == 422
        if status != 422 or not re.search(r"(policy\.yaml|rule\.lua|list\.yaml)\W", json.dumps(answer)) or not re.search(r'"line": *\d|:\d+', json.dumps(answer)):
            vague.append((name, text[-40:], status, answer))
        now = CITY.call("GET", "/api/v1/policy/generations", CITY.session)[1]
        if now["in_force"] != in_force:
            vague.append("another is in force")
        if not wait_for(lambda: len(taken) > before, 20):
            vague.append("no fact was taken after it")
    over.set()
    feeder.join(10)
    expect("each broken policy is refused with file and line", refused == count and not vague, vague[:1] or f"{refused} of {count}")
    expect("facts are taken meanwhile", len(taken) > count * 2 and not puzzled, puzzled[:1] or len(taken))
    missing = taken - {fact["id"] for fact in facts()}
    expect("and each is in the journal", not missing, f"{len(missing)} missing")
    expect("a metric says so", reloaded() == b"0", reloaded())
    CITY.write("policy/rule.lua", RULE % 1)
    status, _ = CITY.call("POST", "/api/v1/policy/reload", CITY.session, {"note": "完好"})
    expect("control: a sound one is taken over", status == 200, status)
    expect("and the metric with it", reloaded() == b"1", reloaded())
    print(f"reloads: {refused} refused, {len(taken)} facts meanwhile", file=sys.stderr)


# ---- receipts

def guess_links():
    """The link of one letter, altered and mended together with others'."""
    CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.bulletin(1, 220)])
    plans = wait_for(CITY.proposals, 30)
    if not plans or not CITY.sign(plans[0], CITY.orders_of(plans[0])):
        return expect("a plan is signed", False, plans)
    wait_for(lambda: len(RECEIVER.letters) >= ENTERPRISES, 30)
    text = json.dumps([letter for _, letter in RECEIVER.letters])
    links = sorted(set(re.findall(r"/r/([A-Za-z0-9_=-]{40,})", text)))
    if len(links) < 2:
        return expect("letters bring a link to their receipt page", False, text[:300])
    expect("letters bring a link to their receipt page", status_of(talk(f"GET /r/{links[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())) == 200)
    known, opened, address = len(facts()), [], 20
    tries = [links[0][:i] + ("A" if links[0][i] != "A" else "B") + links[0][i + 1:] for i in range(0, len(links[0]), 3)]
    tries += [links[0][:32] + links[1][32:], links[1][:22] + links[0][22:], links[0][:-4], links[0] + "AAAA", links[0].lower(), links[0] * 9]
    for guess in tries:
        address += 1  # guessing locks an address; this one changes it
        heard = talk(f"POST /r/{guess} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                     f"Content-Length: 19\r\n\r\nanswer=acknowledged".encode(), address=f"127.0.0.{address}")
        if status_of(heard) not in (400, 404, 410, 414):
            opened.append((guess, heard[:60]))
    expect("no link that was altered opens a letter", not opened and len(facts()) == known, opened[:1] or "facts were made")
    for _ in range(3):
        talk(f"POST /r/{links[0]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
             f"Content-Length: 19\r\n\r\nanswer=acknowledged".encode())
    expect("control: the link itself does, and again is once", len(facts()) == known + 1, len(facts()) - known)
    note = "=cmd|'/c calc'!A1<script>alert(1)</script>"
    body = ("answer=refused&reason=" + note).encode()
    talk(f"POST /r/{links[1]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    page = talk(f"GET /r/{links[1]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    sheet = CITY.call("GET", "/api/v1/hand-over?form=html&hours=24", CITY.session)[1]
    expect("what an enterprise writes is shown as text", b"<script>" not in page and b"<script>" not in (sheet if isinstance(sheet, bytes) else b""))


# ---- log-in (S2)

def log_in_wrongly():
    officer = CITY.officers[1][1]

    def attempt(name, password, code, address):
        line = http.client.HTTPConnection("127.0.0.1", CITY.port, timeout=20, source_address=(address, 0))
        began = time.monotonic()
        line.request("POST", "/api/v1/login", json.dumps({"name": name, "password": password, "code": code}), {"Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        line.close()
        said.append(text)
        return answer.status, text, time.monotonic() - began

    right = lambda address: attempt("li", officer["password"], CITY.one_time_code(officer["seed"]), address)
    expect("an officer logs in at a desk", right("127.0.0.1")[0] == 200)
    known, unknown = zip(*((attempt("li", "wrong", "000000", "127.0.0.11"), attempt("nobody", "wrong", "000000", "127.0.0.12"))
                           for _ in range(9)))
    expect("who is unknown is answered like who is wrong", {answer[:2] for answer in known} == {answer[:2] for answer in unknown},
           (known[0][:2], unknown[0][:2]))
    middle = [sorted(answer[2] for answer in answers)[4] for answers in (known, unknown)]
    expect("and takes as long", 0.5 < middle[0] / middle[1] < 2.0, middle)
    attempt("li", "wrong", "000000", "127.0.0.11")
    expect("after ten failures the right password is refused, too", right("127.0.0.11")[0] in (401, 403, 429), right("127.0.0.11"))
    expect("from anywhere, since the name is locked", right("127.0.0.13")[0] in (401, 403, 429))
    home = right("127.0.0.1")
    expect("but from where the officer has logged in before", home[0] == 200, home[:2])
    other = CITY.officers[2][1]
    locked = attempt("zhao", other["password"], CITY.one_time_code(other["seed"]), "127.0.0.11")
    expect("the address is locked for others' names", locked[0] in (401, 403, 429), locked[:2])
    fine = attempt("zhao", other["password"], CITY.one_time_code(other["seed"]), "127.0.0.14")
    expect("control: others get in from elsewhere", fine[0] == 200, fine[:2])


# ---- secrets (S5)

def look_for_secrets(child):
    with open(CITY.at("secrets/webhook")) as file:
        webhook = file.read().strip()
    with open(CITY.at("city.db.receipt-key")) as file:
        receipt_key = file.read().strip()
    secrets = {"webhook secret": webhook[6:], "receipt key": receipt_key, "HJ 212 password": PASSWORD, "token of a source": CITY.feeder,
               "token for metrics": METRICS}
    for name, officer in CITY.officers + [("duty", duty)]:
        secrets[f"password of {name}"], secrets[f"seed of {name}"] = officer["password"], officer["seed"]
    run = lambda *words: subprocess.run([CITY.yujing, *words], cwd=CITY.folder, capture_output=True).stdout
    places = {"the log": CITY.log().encode(), "answers": b"\n".join(said), "run --dump": run("run", "-c", "city.yaml", "--live", "--dump"),
              "orders shown": run("run", "-c", "city.yaml", "--show", "orders"),
              "the audit's export": run("audit", "export", "city.db")}
    for path in ("status", "decisions", "proposals", "letters?max=1000", "hand-over", "session", "policy/generations"):
        places[path] = json.dumps(CITY.call("GET", "/api/v1/" + path, CITY.session)[1], default=repr).encode()
    metrics = CITY.call("GET", "/metrics", METRICS)[1]
    places["metrics"] = metrics if isinstance(metrics, bytes) else b""
    for name in ("cmdline", "environ"):
        with open(f"/proc/{child.pid}/{name}", "rb") as file:
            places["/proc " + name] = file.read()
    for name in ("city.db", "city.db-wal", "accounts.yaml"):
        with open(CITY.at(name), "rb") as file:
            places[name] = file.read()
    allowed = {("accounts.yaml", "seed of " + name) for name in ("wang", "li", "zhao", "duty")}  # codes are computed from it; the file is the owner's
    told = [(secret, place) for secret, value in secrets.items() for place, text in places.items()
            if value.encode() in text and (place, secret) not in allowed]
    expect("no secret is told anywhere", not told, told)
    empty = [place for place, text in places.items() if len(text) < 2 and place not in ("/proc environ",)]
    expect("control: the places were looked at", not empty and b"yujing" in places["metrics"], empty)
    planted = {"x": b"so it is: " + PASSWORD.encode()}
    expect("control: a planted secret is seen", any(PASSWORD.encode() in text for text in planted.values()))


CITY.account("scraper", "sysadmin")
METRICS = CITY.run("account", "token", CITY.at("accounts.yaml"), "scraper", "--days", "900")["token"]
duty = CITY.account("duty", "dispatcher")
child = CITY.start()
try:
    status, answer = CITY.call("POST", "/api/v1/login", None, {"name": "duty", "password": duty["password"], "code": CITY.one_time_code(duty["seed"])})
    DUTY = answer.get("token")
    expect("two officers log in", CITY.log_in() and DUTY, status)
    throw_bombs(child)
    play_tricks()
    fuzz(400)
    forge_lines()
    reuse_keys()
    guess_links()
    reload_broken_under_load(child, 30)
    look_for_secrets(child)
    log_in_wrongly()
    expect("nothing made it end", child.poll() is None, child.poll())
finally:
    child.terminate()
    try:
        status = child.wait(20)
    except subprocess.TimeoutExpired:
        child.kill()
        status = "killed"
expect("it ends in order", status == 0, status)
