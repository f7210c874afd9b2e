#!/usr/bin/env python3
"""A headless Chromium on what the daemon shows to people, when names and notes are attacks (S3).

    browser_city.py YUJING FOLDER CHROMIUM     prints one result line for each promise

Fifteen enterprises are named like pieces of script, and refuse their orders for reasons of the same kind.  The browser opens the
receipt page of each, before its answer and after it, and the hand-over sheet of the shift, which lists them as unanswered (through
a proxy that adds the session, since a browser cannot).  Each page must have the elements and attributes that an ordinary
enterprise's has, and show the words as text.  Every attack, should it run, calls a listener of ours; nobody may call.  Controls:
the same words in a page without our care do call, and change its elements.
"""
import html, html.parser, http.client, http.server, json, re, subprocess, sys, threading, time

from e2e_city import ENTERPRISES, City, Receiver, teller

YUJING, FOLDER, CHROMIUM = sys.argv[1:4]
called, expect = [], teller("browser")


class Page(http.server.BaseHTTPRequestHandler):
    """The listener, the pages of the controls, and the proxy to the daemon."""

    def do_GET(self):
        if self.path.startswith("/called/"):
            called.append(self.path[8:])
            self.answer(204, [], b"")
        elif self.path.startswith("/control/"):
            self.answer(200, [("Content-Type", "text/html; charset=utf-8")], pages.get(self.path[9:], "").encode())
        else:
            line = http.client.HTTPConnection("127.0.0.1", CITY.port, timeout=20)
            line.request("GET", self.path, headers={"Authorization": "Bearer " + CITY.session})
            said = line.getresponse()
            body = said.read()
            headers = [pair for pair in said.getheaders() if pair[0].lower() not in ("content-length", "connection", "transfer-encoding")]
            self.answer(said.status, headers, body)

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers + [("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
HOME = f"http://127.0.0.1:{server.server_address[1]}"
pages = {}


def corpus(page):
    run = lambda number: f"new Image().src=`{HOME}/called/{page}-{number}`"
    forms = ["<script>{}</script>", "\"><img src=x onerror={}>", "'><svg onload={}>", "</title><script>{}</script>",
             "</textarea></style><script>{}</script>", "<iframe srcdoc=\"<script>{}</script>\">", "<details open ontoggle={}>",
             "<!--<script>--><script>{}</script>", "<input autofocus onfocus={}>", "<body onload={}>", "<video><source onerror={}></video>",
             "&lt;script&gt;{}&lt;/script&gt;", "<math><mtext></mtext><script>{}</script></math>", "<a href=\"javascript:{}\">链接</a>",
             "<meta http-equiv=refresh content=\"0;url=javascript:{}\">"]
    return [form.format(run(number)) for number, form in enumerate(forms)]


NAMES, REASONS = corpus("name"), corpus("reason")
ATTACKERS = {"script", "img", "svg", "iframe", "video", "math", "input", "details"}
HOLD_BACK = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
             "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--virtual-time-budget=2000", "--dump-dom"]


def browse(url):
    """The page as it stands after its scripts, if any, have run."""
    done = subprocess.run([CHROMIUM, *HOLD_BACK, f"--user-data-dir={FOLDER}/profile", url], capture_output=True, text=True, timeout=60)
    return done.stdout


class Skeleton(html.parser.HTMLParser):
    """A page without its words: elements in their order, each with the names of its attributes."""

    def __init__(self, dom):
        super().__init__()
        self.bones = []
        self.feed(dom)

    def handle_starttag(self, tag, attributes):
        self.bones.append((tag, tuple(sorted(name for name, _ in attributes))))


def shape(dom):
    return Skeleton(dom).bones


def shows(dom, words):
    return html.escape(words, quote=False) in dom.replace("&quot;", "\"")


def tap(path, reason):
    body = "answer=refused&reason=" + "".join(f"%{byte:02x}" for byte in reason.encode())
    line = http.client.HTTPConnection("127.0.0.1", CITY.port, timeout=20)
    line.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    return line.getresponse().status


def links():
    """Receipt pages by the number of the enterprise."""
    with RECEIVER.lock:
        texts = [json.dumps(letter) for _, letter in RECEIVER.letters if letter["kind"] == "order"]
    return {int(re.search(r"210102-(\d{4})", text)[1]) - 1: re.search(r"/r/[A-Za-z0-9_=-]+", text)[0] for text in texts}


def look():
    CITY.log_in()
    CITY.call("POST", "/api/v1/facts", CITY.feeder, [CITY.bulletin(1, 220)])
    end = time.monotonic() + 20
    while time.monotonic() < end and len(links()) < ENTERPRISES:
        for plan in CITY.proposals():
            CITY.sign(plan, CITY.orders_of(plan) or ())
        time.sleep(0.2)
    found, plain = links(), len(NAMES)
    expect(f"orders reach {ENTERPRISES} enterprises, {len(NAMES)} of them named like attacks", len(found) == ENTERPRISES, len(found))
    sheet = browse(HOME + "/api/v1/hand-over?form=html&hours=24")
    expect("the hand-over sheet shows each name as text", all(shows(sheet, name) for name in NAMES), [name for name in NAMES if not shows(sheet, name)][:1])
    rows = [bones for bones in shape(sheet) if bones[0] not in ("tr", "td", "th", "tbody")]
    expect("and no element comes of it", not {tag for tag, _ in rows} & ATTACKERS and not any(name.startswith("on") for _, names in rows for name in names), rows)
    ordinary = [shape(browse(HOME + found[plain]))]
    tap(found[plain], "停产有安全风险")
    ordinary.append(shape(browse(HOME + found[plain])))
    unseen, bent = [], []
    for number, name in enumerate(NAMES):
        for answered in (False, True):
            if answered:
                tap(found[number], REASONS[number])
            dom = browse(HOME + found[number])
            unseen += [(number, words) for words in [name] + [REASONS[number]] * answered if not shows(dom, words)]
            bent += [(number, answered)] if shape(dom) != ordinary[answered] else []
    expect("the receipt page shows each name and each reason as text", not unseen, unseen[:2])
    expect("and has the elements of an ordinary enterprise's", not bent and len(ordinary[1]) > 5, bent)
    expect("nobody's script has run", not called, called[:5])


def control():
    pages["words"] = "<meta charset=utf-8>" + "".join(f"<p title='{name}'>{name}</p>" for name in NAMES)
    pages["plain"] = "<meta charset=utf-8>" + "<p title='企业'>企业</p>" * len(NAMES)
    bare, plain = browse(HOME + "/control/words"), browse(HOME + "/control/plain")
    expect("control: in a page without care several do run", len(set(called)) >= 4, called)
    expect("control: and its elements are not those of an ordinary one", shape(bare) != shape(plain) and {tag for tag, _ in shape(bare)} & ATTACKERS)


RECEIVER = Receiver()
CITY = City(YUJING, FOLDER, RECEIVER, policy="acknowledge: {yellow: 2h}\nescalation: [{after: 1h, to: recipient, kind: reminder}]\n")
with open(CITY.at("city.yaml"), encoding="utf-8") as file:
    CITY.write("city.yaml", file.read().replace("http: {", f'http: {{public_url: "http://127.0.0.1:{CITY.port}", '))
with open(CITY.at("policy/registry/list.yaml"), encoding="utf-8") as file:
    listed = file.read()
for place, name in enumerate(NAMES):
    listed = listed.replace(f"name: 示例企业{place + 1}号\n", f"name: {json.dumps(name)}\n")
CITY.write("policy/registry/list.yaml", listed)
child = CITY.start()
try:
    look()
    control()
finally:
    child.terminate()
    child.wait(20)
