"""Monitors: the data loggers of the box.  Each is a `yujing hj212 send`, which speaks HJ 212 to the daemon over TCP, waits for the
9014 that says the daemon has it on its disk, and sends again what was not answered when the connection broke.
"""
import datetime, json, subprocess, threading

import box

ZONE = datetime.timezone(datetime.timedelta(hours=8))
PASSWORD = "212017"


def logger(mn, system, *more, **options):
    return subprocess.Popen([box.YUJING, "hj212", "send", f"127.0.0.1:{box.PORTS['HJ212']}", "--mn", mn, "--password", PASSWORD,
                             "--st", system, *more], stdin=subprocess.PIPE, text=True, **options)


def upload(command, at, values, **more):
    return json.dumps({"cn": command, "time": at.isoformat(timespec="seconds"), "values": values, **more}) + "\n"


def upload_day(stations, values, until):
    """Every station hands in the last 24 hours at once (补传): hourly means, the oldest first.  How many were acknowledged."""
    both = {key: value for code, mean in values.items() for key, value in ((code + "-Avg", mean), (code + "-Flag", "N"))}
    day = "".join(upload(2061, until - datetime.timedelta(hours=hour), both) for hour in range(24, 0, -1))
    running = [logger(mn, "22", "--window", "8", stdout=subprocess.PIPE) for mn in stations]
    acknowledged = 0
    for one in running:
        acknowledged += one.communicate(day, timeout=60)[0].count('"acknowledged":true')
        if one.returncode != 0:
            raise box.Trouble("空气站的小时数据没有全部得到应答")
    return acknowledged


class Collector(threading.Thread):
    """The power meters of one enterprise behind one line, every second."""

    def __init__(self, who, meters):
        super().__init__(daemon=True)
        self.who, self.meters = who, meters           # MN, point, below how many kW the line counts as stopped
        self.running, self.ended = True, threading.Event()
        self.sent, self.acknowledged = 0, 0

    def speak(self, out):
        now = datetime.datetime.now(ZONE)
        for mn, point, bound in self.meters:
            power = bound + 40 if self.running else max(1, bound // 4)
            out.write(upload(2011, now, {point + "-Rtd": power, point + "-Flag": "N"}, mn=mn))
            self.sent += 1
        out.flush()

    def run(self):
        with open(box.at(f"meters-{self.who}.jsonl"), "w") as out:
            sender = logger(self.meters[0][0], "44", "--window", "16", "--timeout", "3s", "--give-up", "60s", stdout=out)
            box.processes[f"meters-{self.who}"] = sender     # ended with the box, whatever happens
            try:
                while not self.ended.wait(1):
                    self.speak(sender.stdin)
                sender.stdin.close()
                sender.wait(30)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                pass                                         # counted: what is not acknowledged is missing
        self.acknowledged = box.read(box.at(f"meters-{self.who}.jsonl")).count('"acknowledged":true')
