"""A small city around the real daemon, for the checks that play one: its policy, its accounts, a receiver of its letters.

Everything is on 127.0.0.1 and in one folder.
"""
import base64, hashlib, hmac, http.client, http.server, itertools, json, os, struct, subprocess, threading, time
from collections import Counter, defaultdict

from ports import free_port

ENTERPRISES, CONCURRENCY = 30, 16


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S+08:00", time.gmtime(seconds + 8 * 3600))


def wait_for(condition, seconds):
    """What the condition said when it was true; its last answer when it never was."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= end:
            return answer
        time.sleep(0.02)


def teller(prefix, seed=""):
    """A function that prints one result line."""
    note = f" (seed={seed})" if seed != "" else ""

    def expect(name, fine, why=""):
        print(f"ok {prefix} {name}" if fine else f"not ok {prefix} {name}: {str(why)[:400]}{note}", flush=True)
        return bool(fine)

    return expect


def packet(data):
    """As HJ 212 frames it."""
    value = 0xFFFF
    for byte in data:
        value = (value >> 8) ^ byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return b"##%04d%s%04X\r\n" % (len(data), data, value)


# ---- the receiver

class Receiver:
    """What arrived: for each letter the hashes of its bodies, and how often it was taken."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bodies, self.taken = defaultdict(set), Counter()
        self.letters = []  # (when, letter) in the order of arrival
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.take(self.headers["webhook-id"], body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, address):
                """A daemon that was killed resets its connections; that is what this is about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, name, body):
        time.sleep(0.002)
        with self.lock:
            self.bodies[name].add(hashlib.sha256(body).hexdigest())
            self.taken[name] += 1
            self.letters.append((time.monotonic(), json.loads(body)))


# ---- the city

POLICY = """authority: 示例市重污染天气应急指挥部
city: "210100"
zone: Asia/Shanghai
valid_from: 2013-01-01
documents: {plan: {title: 示例预案, number: 示例〔2024〕1号, date: 2024-01-01}}
pollutants: [pm25]
areas: [{code: "210100", name: 示例市, stations: [s1, s2]}]
stations: [{id: s1, name: 一号站, district: "210102"}, {id: s2, name: 二号站, district: "210103"}]
levels: [{name: yellow, title: 黄色, response: Ⅲ级, approve: one}]
%srules: [rule.lua]
"""
SERIES = """series:
  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 5000, valid: N}
  aqi_hour: {kind: aqi, step: 1h, span: 1h}
  aqi_24h: {kind: aqi, step: 1h, span: 24h}
  aqi_day: {kind: aqi, step: 24h, span: 24h}
"""
MEASURES = """measures:
  stop: {kind: stop, text: "{lines}停止生产", proof: 用电监控, reversible: true, scope: all}
"""
INVENTORY = """day:
  industry: {so2: 1, nox: 1, pm: 9, vocs: 1}
  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}
  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}
  other: {so2: 1, nox: 1, pm: 1, vocs: 1}
"""
RULE = """-- version %d
return warning "heavy-pollution" {
  title = "重污染天气预警", basis = doc "plan", area = "210100",
  levels = { { "yellow", issue_when = { forecast = "aqi_day", above = 150 } } },
  lift_when = { forecast = "aqi_day", at_most = 100, lasting = "24h" },
}
"""


def enterprise(number, port):
    emits = "{so2: 0.01, nox: 0.01, pm: 0.1, vocs: 0.01}"
    return (f'- id: "210102-{number:04d}"\n  name: 示例企业{number}号\n  district: "210102"\n  industry: foundry\n'
            f"  emits: [pm]\n  grade: C\n  day: {emits}\n  lines: [{{id: L1, name: 1号线, day: {emits}}}]\n"
            f"  measures: {{yellow: [{{do: stop, lines: [L1]}}]}}\n"
            f'  contacts: [{{name: 值班室, webhook: "http://127.0.0.1:{port}/e{number}"}}]\n')


class City:
    """Its folder, its port, its daemon, its people.  `shift` is what the daemon's wall clock is ahead of ours, in seconds."""

    patience = 20  # seconds for an answer

    def __init__(self, yujing, folder, receiver, policy="", conf="", routes="[order, release]", approvers=("wang", "li", "zhao")):
        self.yujing, self.folder, self.receiver, self.shift, self.session = yujing, folder, receiver, 0, None
        self.port = free_port()
        self.make(policy, conf, routes)
        self.feeder = self.source_token()
        self.officers = [(name, self.account(name, "approver")) for name in approvers]
        self.round = itertools.cycle(range(len(approvers)))
        self.shown = Counter()  # the step of the last one-time code, by seed

    def at(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "w", encoding="utf-8") as file:
            file.write(text)

    def log(self):
        with open(self.at("log"), encoding="utf-8") as file:
            return file.read()

    def make(self, policy, conf, routes):
        port = self.receiver.port
        self.write("policy/policy.yaml", POLICY % policy)
        self.write("policy/series.yaml", SERIES)
        self.write("policy/measures.yaml", MEASURES)
        self.write("policy/inventory.yaml", INVENTORY)
        self.write("policy/registry/list.yaml", "".join(enterprise(i + 1, port) for i in range(ENTERPRISES)) + (
            f'- {{id: duty-1, kind: office, name: 示例区值守, district: "210102", role: district, '
            f'contacts: [{{name: 值班, webhook: "http://127.0.0.1:{port}/duty"}}]}}\n'))
        self.write("policy/rule.lua", RULE % 0)
        self.write("secrets/webhook", "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode() + "\n")
        os.chmod(self.at("secrets/webhook"), 0o600)
        self.write("city.yaml", f"""policies: policy
store: city.db
clock: wall
approvals: by_fact
http: {{listen: "127.0.0.1:{self.port}"}}
accounts: accounts.yaml
gateways:
  hook: {{kind: webhook, concurrency: {CONCURRENCY}, per_host: {CONCURRENCY}, timeout: 5s, secret_files: [secrets/webhook], allow: [127.0.0.0/8]}}
routes:
  - {{letters: {routes}, by: [hook]}}
{conf}""")

    # ---- accounts

    def run(self, *words):
        done = subprocess.run([self.yujing, *words, "-o", "json"], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def account(self, name, role):
        return self.run("account", "add", self.at("accounts.yaml"), name, "--role", role)

    def source_token(self):
        self.account("feeder", "source")
        return self.run("account", "token", self.at("accounts.yaml"), "feeder", "--days", "900")["token"]

    def one_time_code(self, seed):
        """Each counts once: who needs another within half a minute takes the next, which is taken as well."""
        now = int(time.time() + self.shift) // 30
        step = self.shown[seed] = max(now, min(self.shown[seed] + 1, now + 1))
        mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
        place = mac[-1] & 15
        return "%06d" % (int.from_bytes(mac[place:place + 4], "big") % (1 << 31) % 1000000)

    # ---- talking to it

    def call(self, method, path, token=None, body=None, **headers):
        """Status and answer; 0 when there was none."""
        try:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
            if token:
                headers["Authorization"] = "Bearer " + token
            if body is not None:
                headers.setdefault("Content-Type", "application/json")
                body = json.dumps(body)
            line.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            answer = line.getresponse()
            text = answer.read()
            line.close()
            return answer.status, json.loads(text) if text[:1] in b"{[" and text else text
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None

    def log_in(self, number=None):
        """That officer, or the next approver: nobody has more than two one-time codes in half a minute."""
        name, officer = self.officers[next(self.round) if number is None else number]
        status, answer = self.call("POST", "/api/v1/login", None, {"name": name, "password": officer["password"],
                                                                   "code": self.one_time_code(officer["seed"])})
        self.session = answer["token"] if status == 200 and "token" in answer else None
        return bool(self.session)

    def proposals(self):
        status, answer = self.call("GET", "/api/v1/proposals", self.session) if self.session else (401, None)
        if status == 401:
            self.log_in()
        return [proposal["hash"] for proposal in answer["proposals"]] if status == 200 else []

    def orders_of(self, plan):
        """The orders that people see before they sign; None: not now."""
        status, answer = self.call("GET", f"/api/v1/proposals/{plan}?max=1000", self.session)
        return {order["order"] for order in answer["orders"]} if status == 200 else None

    def sign(self, plan, orders):
        """Asking again under the same key is no second signature."""
        status, _ = self.call("POST", f"/api/v1/proposals/{plan}/approve", self.session,
                              {"note": "会商同意", "count": len(orders)}, Idempotency_Key="sign-" + plan[:40])
        return status == 200

    def reading(self, number):
        hour = (int(time.time() + self.shift) // 3600 - 1) * 3600
        return {"specversion": "1.0", "type": "reading", "source": "e2e", "id": f"r{number}", "subject": "s1", "time": stamp(hour),
                "data": {"values": {"pm25": 60 + number % 9}, "period": "PT1H"}}

    def bulletin(self, number, index):
        now = time.time() + self.shift
        today = (int(now) + 8 * 3600) // 86400 * 86400 - 8 * 3600
        return {"specversion": "1.0", "type": "forecast", "source": "e2e", "id": f"b{number}", "subject": "210100",
                "data": {"series": "aqi_day", "issued": stamp(now), "start": stamp(today), "step": "P1D", "values": [index] * 4,
                         "primary": ["pm25"]}}

    # ---- the process

    def start(self, **environment):
        log = open(self.at("log"), "ab")
        child = subprocess.Popen([self.yujing, "run", "-c", "city.yaml", "--live"], cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=log, stderr=log, env={**os.environ, **environment})
        log.close()
        ready = wait_for(lambda: child.poll() is not None or self.call("GET", "/readyz")[0] == 200, 60)
        if ready and child.poll() is None:
            return child
        child.kill()
        raise SystemExit(f"not ok the daemon does not get ready: {self.log()[-300:]}")

    def set_clock(self, seconds):
        """To so far ahead of ours, for a daemon under libfaketime; takes hold with its next look."""
        self.write("time.new", f"{seconds:+d}\n")
        os.rename(self.at("time.new"), self.at("time"))
        self.shift = seconds

    def show(self, what):
        done = subprocess.run([self.yujing, "run", "-c", "city.yaml", "--show", what], cwd=self.folder, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]
