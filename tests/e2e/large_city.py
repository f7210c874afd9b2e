"""A city of many enterprises around the real daemon, for long_soak.sh and long_numbers.sh: the bundle of tests/bench for so many
enterprises, each at an address of its own in 127.0.0.0/8, with a warning that may be chased and a watch that reads the outlets.
"""
import os, subprocess, time

from e2e_city import City
from ports import free_port

BUNDLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../bench/bundle.sh")
POLICY = """authority: 示例市重污染天气应急指挥部
city: "210100"
zone: Asia/Shanghai
valid_from: 2013-01-01
areas: [{{code: "210100", name: 示例市, stations: [{names}]}}]
stations:
{stations}
pollutants: [pm25]
levels: [{{name: orange, title: 橙色, response: Ⅱ级, share: 20, approve: one}}]
recipients_max: 20000
{more}rules: [heavy.lua, high.lua]
"""
SERIES = """series:
  pm25:    {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 5000, codes: [a34004], valid: N}
  aqi_24h: {kind: aqi, step: 1h, span: 24h}
  aqi_day: {kind: aqi, step: 24h, span: 24h}
  nox_zs:  {kind: measured, step: 10m, span: 10m, unit: mg/m³, low: 0, high: 10000, codes: [a21002-ZsAvg], valid: N, stopped: F}
"""
HEAVY = """-- version %d
return warning "heavy" {
  title = "重污染天气预警", area = "210100",
  levels = { { "orange", issue_when = any { { timeline = "aqi_day", above = 200, lasting = "48h" },
                                            { observed = "aqi_24h", above = 300 } } } },
  lift_when = { forecast = "aqi_day", at_most = 100, lasting = "24h" },
}
"""
HIGH = """return watch "high" {
  title = "排口超标", per = outlets { kind = "bench" }, on_unknown = "hold",
  when  = { observed = "nox_zs", above = 300, lasting = "1h" },
  steps = { { to = "enterprise", text = "请核查治污设施" } },
  clear_when = { observed = "nox_zs", at_most = 300 },
}
"""
OFFICE = """- id: duty-1
  kind: office
  name: 示例区值守
  district: "210102"
  role: district
  contacts: [{{name: 值班, webhook: "http://127.0.0.1:{port}/duty"}}]
"""
CONF = """policies: policy
store: city.db
clock: wall
approvals: by_fact
http: {{listen: "127.0.0.1:{http}", public_url: "http://127.0.0.1:{http}"}}
hj212: {{listen: "127.0.0.1:{hj212}", frame_within: 10m}}
accounts: accounts.yaml
gateways:
  hook: {{kind: webhook, {hook}, secret_files: [secrets/webhook], allow: [127.0.0.0/8]}}
routes:
  - {{letters: [order, release, task, reminder, escalation, page], by: [hook]}}
duty: [{{name: 值班员, webhook: "http://127.0.0.1:{hooks}/page", role: duty}}]
{more}"""


class LargeCity(City):
    patience = 60

    def __init__(self, yujing, folder, receiver, enterprises, stations=1, policy="", conf="",
                 hook="concurrency: 128, per_host: 2, connections: 256, timeout: 10m"):
        self.enterprises, self.stations, self.hook = enterprises, stations, hook
        super().__init__(yujing, folder, receiver, policy, conf)

    def make(self, policy, conf, routes):
        port = self.receiver.port
        subprocess.run([BUNDLE, self.at("policy"), str(self.enterprises), "distinct", str(port)], check=True)
        os.remove(self.at("policy/seen.lua"))
        self.free_numbers()
        names = [f"s{number:02d}" for number in range(self.stations)]
        stations = "\n".join(f'  - {{id: {name}, name: {name}号站, district: "210102", mn: "010000A8900016F0{number:08d}"}}'
                             for number, name in enumerate(names))
        self.write("policy/policy.yaml", POLICY.format(names=", ".join(names), stations=stations, more=policy))
        for name, text in (("series.yaml", SERIES), ("heavy.lua", HEAVY % 0), ("high.lua", HIGH),
                           ("registry/offices.yaml", OFFICE.format(port=port))):
            self.write("policy/" + name, text)
        self.write("secrets/webhook", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        os.chmod(self.at("secrets/webhook"), 0o600)
        os.mkdir(self.at("backup"))
        self.hj212 = free_port()
        self.write("city.yaml", CONF.format(http=self.port, hj212=self.hj212, hooks=port, hook=self.hook, more=conf))

    def free_numbers(self):
        """The loggers of the air stations are the first; enterprises of that number have none."""
        path = self.at("policy/registry/enterprises.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number in range(self.stations):
            text = text.replace(f', mn: "010000A8900016F0{number:08d}"', "")
        self.write("policy/registry/enterprises.yaml", text)

    def sign(self):
        """Approves the one plan that waits: how many orders it has, and when it was signed; None: none waits."""
        status, answer = self.call("GET", "/api/v1/proposals", self.session)
        if status != 200 or not answer["proposals"]:
            return None
        plan = answer["proposals"][0]
        count, at = plan["counts"]["orders"], time.monotonic()
        status, answer = self.call("POST", f"/api/v1/proposals/{plan['hash']}/approve", self.session, {"note": "会商同意", "count": count})
        return (count, at) if status == 200 else None
