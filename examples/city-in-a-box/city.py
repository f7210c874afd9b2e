"""The play: an episode of heavy pollution from the bulletin to the hand-over sheet, through real sockets.

Read play() from top to bottom.  Everything that is claimed at the end is counted from what the receivers wrote down, from the
daemon's API and from its store; the exit code is 0 only when every check holds.
"""
import collections, datetime, json, os, re, signal, subprocess, sys, threading, time, urllib.error, urllib.request

import box, monitors, people

BEGUN = time.monotonic()
checks, facts = [], {}


def say(text=""):
    print(f"{time.monotonic() - BEGUN:6.1f} 秒  {text}" if text else "", flush=True)


def check(name, good, detail=""):
    checks.append((name, bool(good), detail))


# ---- who is in the box

class Cast:
    """Who plays what, by the order of the registry; the same every time."""

    def __init__(self):
        self.names, self.kinds, self.entries = {}, {}, {}
        folder = os.path.join(box.ROOT, "policies/shenyang/registry")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".yaml"):
                self.read(box.read(os.path.join(folder, name)))
        asked = [i for i, entry in self.entries.items()
                 if self.kinds[i] == "enterprise" and "  class: normal" in entry and re.search(r"red: \[\{do: stop, lines", entry)]
        self.metered = asked[0:6]            # whose meters are read; the first of them does not obey
        self.disobedient = self.metered[0]
        self.silent = asked[10:15]
        self.refusing = asked[20:23]
        self.missing = asked[30:33]          # their webhook answers 404: then mail
        self.flaky = asked[40:45]            # 503 the first time
        self.by_token = asked[50:54]         # answer through the API
        self.mail_only = asked[60:80]

    def read(self, text):
        for entry in re.split(r"\n(?=- id: )", text):
            found = re.match(r'- id: "?([^"\s]+)"?', entry)
            if found:
                kind = re.search(r"\n  kind: (\w+)", entry)
                self.entries[found[1]] = entry
                self.kinds[found[1]] = kind[1] if kind else "enterprise"
                self.names[found[1].lower()] = re.search(r"\n  name: (.*)", entry)[1]

    def temper(self):
        return {who.lower(): mind for mind, group in
                (("silent", self.silent), ("refuse", self.refusing), ("missing", self.missing), ("flaky", self.flaky))
                for who in group}

    def meters(self, who):
        """MN, point and bound of every line that red stops."""
        lines = re.search(r"red: \[\{do: stop, lines: \[([^\]]*)\]", self.entries[who])[1].split(", ")
        for line in lines:
            found = re.search(rf'id: {line}, .*?power: {{mn: "(\w+)", point: (\w+), stopped_below_kw: (\d+)', self.entries[who])
            if found:
                yield found[1], found[2], int(found[3])

    def name(self, who):
        return f"{who} {self.names.get(who.lower(), '')}"


# ---- what the receivers wrote down

def received():
    with open(box.at("received.jsonl"), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def arrived(ids, rows=None):
    """Which of these letters have reached somebody."""
    ids = set(ids)
    return {row["id"] for row in (rows or received()) if row["way"] in ("hook", "broker", "mail") and row.get("id") in ids}


def obey(meters):
    """Who obeys stops its lines when its order has come."""
    waiting = dict(meters)
    while waiting:
        told = {row["to"] for row in received() if row.get("kind") == "order"}
        for who in [who for who in waiting if who.lower() in told]:
            waiting.pop(who).running = False
        time.sleep(0.5)


# ---- the bulletin

def bulletin(number, values):
    now = datetime.datetime.now(monitors.ZONE).replace(microsecond=0)
    return json.dumps({"specversion": "1.0", "id": f"bulletin-{number}", "source": "city-forecast", "type": "forecast",
                       "subject": "210100", "time": now.isoformat(),
                       "data": {"series": "aqi_day", "issued": now.isoformat(), "start": now.date().isoformat(), "step": "P1D",
                                "values": values}})


def by_mqtt(event):
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(box.PORTS["MQTT"]), "-q", "1", "-t", "city/bulletins", "-m", event],
                   check=True)


def by_http(event, token):
    request = urllib.request.Request(f"http://127.0.0.1:{box.PORTS['HTTP']}/api/v1/facts", event.encode(), method="POST",
                                     headers={"Content-Type": "application/cloudevents+json", "Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status


# ---- scenes

def raise_curtain(cast):
    box.choose_ports("HTTP", "HJ212", "MQTT", "SMTP", "HOOK")
    box.lay_out()
    box.set_up_policy(cast.mail_only)
    box.set_up_daemon()
    stations = {f"2101000000000000000{n:05d}": f"s{n}" for n in (1098, 1099, 1100, 1102, 1103, 1104, 1105, 1106, 1108)}
    listed = [f'  - {{mn: "{mn}", password: "{monitors.PASSWORD}", subject: {subject}}}' for mn, subject in stations.items()]
    listed += [f'  - {{mn: "{mn}", password: "{monitors.PASSWORD}"}}' for who in cast.metered for mn, _, _ in cast.meters(who)]
    box.write(box.at("monitors.yaml"), "monitors:\n" + "\n".join(listed) + "\n", 0o600)
    crew = {name: people.Person(name, role) for name, role in
            (("signer-a", "approver"), ("signer-b", "approver"), ("duty", "dispatcher"))}
    people.add("forecast", "source")
    crew["forecast"] = people.token("forecast", "--source", "city-forecast")
    tokens = {}
    for who in cast.by_token:
        people.add(f"e-{who}", "enterprise", "--recipient", who)
        tokens[who.lower()] = people.token(f"e-{who}")
    box.write(box.at("enterprises.json"), json.dumps(
        {"temper": cast.temper(), "tokens": tokens, "secret": box.at("secrets/webhook"), "log": box.at("received.jsonl"),
         "http": box.PORTS["HTTP"], "hook": box.PORTS["HOOK"], "mqtt": box.PORTS["MQTT"], "mail": box.at("mail"),
         "patience": box.PACE["ACKNOWLEDGE"] / 2}), 0o600)
    box.write(box.at("received.jsonl"), "")
    return crew, stations


def start_everybody():
    mosquitto = "/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else "mosquitto"
    box.start("mosquitto", mosquitto, "-c", box.at("mosquitto.conf"))
    box.start("mail", "/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{box.PORTS['SMTP']}",
              "-c", "aiosmtpd.handlers.Mailbox", box.at("mail"), log="mail.log")
    for name in ("MQTT", "SMTP"):
        box.wait_for(name, lambda: box.answers(name))
    box.start("enterprises", "/usr/bin/python3", "-B", os.path.join(box.HERE, "enterprises.py"), box.at("enterprises.json"))
    box.wait_for("HOOK", lambda: box.answers("HOOK"))
    return box.start_daemon()


def find_proposal(person, level):
    """A plan that waits for a signature: the whole of it."""
    def look():
        for one in person.look("proposals")["proposals"]:
            if (one.get("level") or "") == level:
                return one
    return box.wait_for("待签发方案", look, 20, 0.2)


def sign(crew, plan, note):
    """Two people; the same one twice counts once."""
    first = crew["signer-a"].do("approve", plan, "--note", note, "--yes").strip()
    again = crew["signer-a"].run("approve", plan, "--note", "再签一次", "--yes")
    say(f"    signer-a：{first}；再签一次：{(again.stdout or again.stderr).strip().splitlines()[-1]}")
    second = crew["signer-b"].do("approve", plan, "--note", note, "--yes").strip()
    say(f"    signer-b：{second}")
    check("同一人签发两次不算两人", "方案生效" not in first and again.returncode == 1)
    check("第二人签发后方案生效", "方案生效" in second)


def log_in(crew):
    """Sessions live in memory, so after a restart people log in again."""
    for name in ("duty", "signer-a", "signer-b"):
        crew[name].log_in()


def kill_in_the_middle(crew, what, letters):
    """kill -9 when a quarter of the letters have arrived, and start again; all the rest must come, once."""
    ids = {row["letter"] for row in letters}
    box.wait_for("四分之一送达", lambda: len(arrived(ids)) >= len(ids) // 4, 60, 0.02)
    box.stop("yujing", signal.SIGKILL)
    come = len(arrived(ids))
    check(f"{what}发送中途 kill -9", 0 < come < len(ids), f"{come} / {len(ids)}")
    seconds = box.start_daemon()
    say(f"    kill -9：已有 {come} 家收到；重新启动，{seconds:.1f} 秒就绪，继续发送")
    box.wait_for("全部送达", lambda: len(arrived(ids)) == len(ids), 90)
    log_in(crew)


def play():
    cast = Cast()
    crew, stations = raise_curtain(cast)
    seconds = start_everybody()
    say(f"城市就位：消息代理、邮件服务器、{len(cast.entries)} 个单位、守护进程（--live，{seconds:.1f} 秒就绪）")
    log_in(crew)

    now = datetime.datetime.now(monitors.ZONE)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    values = {"a34004": 105, "a34002": 140, "a21026": 20, "a21004": 55, "a21005": 1.2, "a05024": 40}
    hours = monitors.upload_day(stations, values, this_hour)
    check("空气站报文全部应答", hours == 24 * len(stations), str(hours))
    meters = {who: monitors.Collector(who, list(cast.meters(who))) for who in cast.metered}
    for collector in meters.values():
        collector.start()
    threading.Thread(target=obey, args=({who: meters[who] for who in cast.metered[1:]},), daemon=True).start()
    say(f"监测：{len(stations)} 个空气站经 HJ 212 补传 24 小时，{hours} 条报文全部应答；"
        f"{sum(len(one.meters) for one in meters.values())} 块电表开始上报")

    by_mqtt(bulletin(1, [285, 345, 320, 240, 130, 90]))
    proposal = find_proposal(crew["duty"], "red")
    plan = proposal["hash"]
    say("预报（MQTT）：今明后三天重度以上、其中一天严重 → 系统提出红色预警方案，待两人签发")
    for line in crew["duty"].do("show", plan).splitlines():
        if line and not line.startswith(("指令", "2101")):
            say("    " + line)
        if line.startswith("指令"):
            break
    sign(crew, plan, "会商同意，按预案执行")

    facts["orders"] = crew["duty"].letters("kind=order", f"plan={plan}")
    say(f"指令 {len(facts['orders'])} 份，逐家发出：网址 webhook、车队 MQTT、其余邮件")
    kill_in_the_middle(crew, "指令", facts["orders"])
    say(f"全部 {len(facts['orders'])} 家收到")
    check("重启前后指令编号相同", {r["letter"] for r in facts["orders"]} == {r["letter"] for r in crew["duty"].letters("kind=order")})
    check("伪造的解除通知被企业拒收", forge(cast.metered[0]) == 401)
    watch(cast, crew, meters, plan)
    correct(cast, crew, plan)
    lift(cast, crew)
    stop_meters(meters)
    hand_over(crew, cast.names[cast.disobedient.lower()])


def stop_meters(meters):
    for collector in meters.values():
        collector.ended.set()
    for collector in meters.values():
        collector.join(40)
    sent, acknowledged = (sum(getattr(one, what) for one in meters.values()) for what in ("sent", "acknowledged"))
    check("两次 kill -9 前后电表报文全部应答", sent == acknowledged > 0, f"{acknowledged} / {sent}")


def watch(cast, crew, meters, plan):
    """Acknowledgements fill up, the silent are escalated, the meter shows who does not obey."""
    duty = crew["duty"]
    said = lambda kind: [row for row in received() if row["way"] in ("hook", "mail", "broker") and row["kind"] == kind]
    total, last = len(facts["orders"]), None
    end = time.monotonic() + 60
    while time.monotonic() < end:
        answered = sum(1 for row in duty.letters("kind=order", f"plan={plan}") if row.get("receipt") in ("acknowledged", "refused", "done"))
        if answered != last:
            say(f"签收 {answered} / {total}")
            last = answered
        if answered >= total - len(cast.silent):
            break
        time.sleep(1.5)
    check("除沉默者外全部有回执", answered == total - len(cast.silent), f"{answered} / {total}")
    refused = [row for row in duty.letters("kind=order", f"plan={plan}") if row.get("receipt") == "refused"]
    say(f"    其中 {len(refused)} 家回复无法执行并说明原因，未签收 {total - answered} 家")
    check("无法执行的回执", {row["to"] for row in refused} == set(cast.refusing), str(len(refused)))

    silent_orders = {row["letter"] for row in facts["orders"] if row["to"] in cast.silent}
    chased = lambda kind: duty.letters(f"kind={kind}")
    box.wait_for("催告", lambda: {row["about"] for row in chased("reminder")} >= silent_orders, 60, 0.5)
    say(f"催告：{len(chased('reminder'))} 份，只发给到期仍未签收的单位")
    box.wait_for("逐级通报", lambda: sum(row["about"] in silent_orders for row in chased("escalation")) >= 2 * len(cast.silent), 60, 0.5)
    say(f"逐级通报：区县值守、执法队共 {len(chased('escalation'))} 份")
    check("沉默者全部逐级通报", {row["about"] for row in chased("escalation")} >= silent_orders)
    answers = {row["id"]: row["at"] for row in received() if row["way"] == "answer" and row["status"] < 400}
    late = [row for row in chased("reminder") + chased("escalation") if row["about"] in answers
            and datetime.datetime.fromisoformat(row["at"]).timestamp() > answers[row["about"]]]
    check("已签收的不再催告、通报", not late)

    def task():
        return said("task")
    found = box.wait_for("执法核查任务", task, 60, 0.5)
    say(f"电表：{cast.name(cast.disobedient)} 应停未停 → 任务发往 {cast.name(found[0]['to'])}，附负荷数据")
    check("只有应停未停的一家引出任务", all(cast.disobedient in duty_body(duty, row["id"]) for row in found), str(len(found)))
    meters[cast.disobedient].running = False

    def results():
        """The last word on each line that is watched."""
        last = {}
        for row in decisions(duty):
            if row["kind"] == "evidence":
                last[row["subject"]] = row["result"]
        return last if "late" in last.values() and "not_obeyed" not in last.values() else None
    counts = collections.Counter(box.wait_for("执行核查", results, 60, 0.5).values())
    say(f"    执法人员到场，该单位停产；核查结果：按时到位 {counts['obeyed']} 条生产线，逾期到位 {counts['late']} 条")
    check("五家按时到位", counts["obeyed"] == sum(len(list(cast.meters(who))) for who in cast.metered[1:]),
          f"按时 {counts['obeyed']} 条生产线，逾期 {counts['late']} 条")


def decisions(person):
    """Orders and releases have letters; the rest is few."""
    found, after = [], 0
    while after is not None:
        answer = person.look("decisions", f"after={after}", "max=500")
        found += [row["decision"] for row in answer["decisions"]]
        after = answer.get("next")
    return found


def duty_body(duty, letter):
    return json.dumps(duty.look("letter", letter), ensure_ascii=False)


def correct(cast, crew, plan):
    duty = crew["duty"]
    told = duty.do("correct", plan, "--text", "原通知联系电话有误，请改拨 024-0000-7000；减排措施不变。", "--note", "电话号码更正").strip()
    orders = {row["letter"] for row in facts["orders"]}

    def all_there():
        rows = [row for row in duty.letters("kind=correction") if row["to"]]
        return rows if rows and len(arrived(row["letter"] for row in rows)) == len(rows) else None
    sent = box.wait_for("更正送达", all_there, 60, 0.5)
    say(f"更正：{told}；送达 {len(sent)} 家，恰为原接收方；社会公告由 CAP 更新")
    check("更正恰好发给原接收方", {row["about"] for row in sent} == orders and len(sent) == len(orders), f"{len(sent)} / {len(orders)}")


def lift(cast, crew):
    status = by_http(bulletin(2, [120, 95, 80, 75, 70, 60]), crew["forecast"])
    check("第二期预报由 HTTP 接收", status == 202, str(status))
    proposal = find_proposal(crew["duty"], "")
    say("预报（HTTP）：冷空气提前到达 → 系统提出解除方案")
    crew["signer-a"].do("approve", proposal["hash"], "--note", "空气质量改善，同意解除", "--yes")
    done = crew["signer-b"].run("approve", proposal["hash"], "--note", "同意解除", "--yes")
    say(f"    {(done.stdout or done.stderr).strip().splitlines()[-1]}")
    releases = lambda: crew["duty"].letters("kind=release")
    facts["releases"] = box.wait_for("解除通知", releases, 20, 0.3)
    kill_in_the_middle(crew, "解除通知", facts["releases"])
    say(f"解除通知 {len(facts['releases'])} 份全部送达")
    check("解除发给每一家收到指令的单位", {r["to"] for r in facts["releases"]} == {r["to"] for r in facts["orders"]})


def hand_over(crew, disobedient):
    page = crew["duty"].do("hand-over", "hours=12", "form=html")
    box.write(box.at("hand-over.html"), page)
    check("交接单是一页 HTML", page.lstrip().lower().startswith("<!doctype html") and "</html>" in page)
    undelivered = page.partition("五、未能送达的信件")[2].partition("<h2>")[0]  # elsewhere 404 may be part of a hash
    check("交接单写明应停未停的单位，不把改由邮件送达的算作未送达", disobedient in page and undelivered and "404" not in undelivered)
    facts["status"] = crew["duty"].look("status")
    facts["letters"] = crew["duty"].letters()


# ---- what is left when the curtain has fallen

def judge(rows):
    """What the receivers alone can say: one body for each id, and one forgery, ours, refused."""
    delivered = [row for row in rows if row["way"] in ("hook", "broker", "mail")]
    bodies = collections.defaultdict(set)
    for row in delivered:
        bodies[row["way"], row.get("id"), row["to"]].add(row["sha256"])
    facts["repeated"] = len(delivered) - len(bodies)
    check("每个编号只有一种内容", bodies and all(len(each) == 1 for each in bodies.values()),
          f"{len(bodies)} 份，重复到达 {facts['repeated']} 次")
    check("伪造的一份被拒收，其余签名有效", sum(row["way"] == "forged" for row in rows) == 1)
    check("webhook 的编号与正文一致", all(row["same_id"] for row in delivered))
    return delivered


def verify():
    delivered = judge(received())
    known = {row["letter"] for row in facts["letters"]}
    check("没有未记录的信件送出", all(row["id"] in known for row in delivered if row["way"] != "mail"))
    recipients = collections.Counter(row["to"] for row in facts["orders"])
    check("每家只有一份指令", all(count == 1 for count in recipients.values()), str(len(recipients)))
    done = subprocess.run([box.YUJING, "audit", "verify", box.at("var/yujing.db"), "--anchors", box.at("var/anchors.jsonl"), "--lang", "zh"],
                          capture_output=True, text=True)
    facts["audit"] = (done.stdout or done.stderr).strip().splitlines()
    check("日志链校验通过", done.returncode == 0, " ".join(facts["audit"][-1:]))
    feed = box.at("var/cap/feed.atom")
    check("CAP 订阅源存在", os.path.exists(feed) and box.read(feed).count("<entry>") >= 2)


def summary(cast):
    rows = received()
    ways = collections.Counter(row["way"] for row in rows if row["way"] in ("hook", "broker", "mail"))
    kinds = collections.Counter(row["kind"] for row in facts["letters"])
    words = {"order": "指令", "release": "解除通知", "task": "核查任务", "public": "社会公告", "reminder": "催告", "escalation": "逐级通报",
             "page": "值班呼叫", "correction": "更正", "withdrawal": "撤回"}
    print("\n──── 总结 ────")
    print("信件：" + "，".join(f"{words.get(kind, kind)} {count}" for kind, count in kinds.most_common()))
    print(f"到达：webhook {ways['hook']}，MQTT {ways['broker']}，邮件 {ways['mail']}；其中重复到达 {facts['repeated']} 次，编号与内容均相同")
    print("未签收：" + "；".join(cast.name(who) for who in cast.silent))
    print("无法执行：" + "；".join(cast.name(who) for who in cast.refusing))
    print(f"应停未停：{cast.name(cast.disobedient)}")
    print("\n自检：")
    for name, good, detail in checks:
        print(f"  {'✓' if good else '✗'} {name}{'（' + detail + '）' if detail else ''}")
    print(f"\n交接单   file://{box.at('hand-over.html')}")
    print(f"CAP 订阅 file://{box.at('var/cap/feed.atom')}")
    print(f"全部过程 {box.CITY}（yujing.log、received.jsonl、var/yujing.db）")


def forge(who):
    """A letter that somebody else signed: 401."""
    request = urllib.request.Request(f"http://127.0.0.1:{box.PORTS['HOOK']}/{who.lower()}", b'{"order":"0","kind":"release"}', method="POST",
                                     headers={"webhook-id": "0", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"})
    try:
        urllib.request.urlopen(request, timeout=10)
    except urllib.error.HTTPError as refused:
        return refused.code
    return 200


def main():
    if sys.argv[1:2] == ["--judge"]:                     # what was received, looked at again
        judge([json.loads(line) for line in box.read(sys.argv[2]).splitlines()])
        return 0 if all(good for _, good, _ in checks) else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cast = Cast()
    try:
        play()
        code = box.stop("yujing")
        check("守护进程正常退出", code == 0, f"退出码 {code}")
        verify()
        summary(cast)
    except box.Trouble as trouble:
        say(f"✗ {trouble}")
        return 1
    finally:
        box.stop_all()
    return 0 if all(good for _, good, _ in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
