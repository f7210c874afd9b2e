#!/usr/bin/env python3
"""What makes a daemon useless without a sound: each is done to one that runs, in turn, and somebody is called another way (W7).

    silence_city.py YUJING FOLDER LIBFAKETIME          prints one result line for each promise

Orders leave by one gateway, pages by a second; what the daemon cannot say itself a real Prometheus says by the rules that are
shipped, through a real Alertmanager; and a switch outside is called for as long as all is well.  The rules' spans are shortened,
their conditions are not.
"""
import http.server, json, os, re, shutil, signal, subprocess, sys, threading, time

from e2e_city import City, Receiver, teller, wait_for
from ports import free_port

SHIPPED = os.path.abspath("examples/operations/prometheus")
FAKETIME = sys.argv[3]
SHORTER = (("time() - yujing_heartbeat_time_seconds > 60", "time() - yujing_heartbeat_time_seconds > 5"),
           ("yujing_outbox_oldest_seconds > 900", "yujing_outbox_oldest_seconds > 2"), ("> 3 * 3600", "> 6"))
expect = teller("silence")


class Bell:
    """Who is called by Alertmanager and by the switch: when, by path, and which alerts."""

    def __init__(self):
        self.alerts, self.calls = set(), []
        bell = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.path == "/alerts":
                    bell.alerts |= {alert["labels"]["alertname"] for alert in json.loads(body)["alerts"] if alert["status"] == "firing"}
                else:
                    bell.calls.append(time.monotonic())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Watched(City):
    """The small city, and those around it: a broker, a Prometheus with its Alertmanager, a second receiver for the pages."""

    def __init__(self, yujing, folder):
        self.pager, self.bell, self.broker_port, self.processes = Receiver(), Bell(), free_port(), []
        super().__init__(yujing, folder, Receiver(), conf=f"""mqtt: {{broker: "tcp://127.0.0.1:{self.broker_port}", topics: [city/#], spool: mqtt, keep_alive: 5s}}
dead_man: {{url: "http://127.0.0.1:{self.bell.port}/well", every: 1s, allow: [127.0.0.0/8]}}
duty: [{{name: 值班员, webhook: "http://127.0.0.1:{self.pager.port}/page", role: duty}}]
""")
        with open(self.at("city.yaml"), encoding="utf-8") as file:
            text = file.read()
        pager = "  pager: {kind: webhook, secret_files: [secrets/webhook], allow: [127.0.0.0/8]}\nroutes:\n  - {letters: [page], by: [pager]}\n"
        self.write("city.yaml", text.replace("timeout: 5s", "timeout: 5s, attempts_max: 2").replace("routes:\n", pager))
        self.account("scraper", "monitor")
        self.write("token", self.run("account", "token", self.at("accounts.yaml"), "scraper", "--days", "9")["token"])

    def spawn(self, *words):
        log = open(self.at(os.path.basename(words[0]) + ".log"), "ab")
        child = subprocess.Popen(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.processes.append(child)
        return child

    def start_broker(self):
        self.write("broker.conf", f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\n")
        self.broker = self.spawn(shutil.which("mosquitto"), "-c", self.at("broker.conf"))

    def start_watch(self):
        """Prometheus and Alertmanager, as they are configured by us, every second."""
        watch, manager = free_port(), free_port()
        with open(os.path.join(SHIPPED, "rules.yaml"), encoding="utf-8") as file:
            rules = re.sub(r"for: \d+m", "for: 1s", file.read())
        for old, new in SHORTER:
            assert old in rules, old
            rules = rules.replace(old, new)
        self.write("rules.yaml", rules)
        with open(os.path.join(SHIPPED, "prometheus.yml"), encoding="utf-8") as file:
            conf = file.read().replace("15s", "1s").replace("/etc/prometheus/yujing-token", self.at("token"))
        conf = conf.replace("127.0.0.1:8452", f"127.0.0.1:{self.port}")
        self.write("prometheus.yml", conf + f'alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{manager}"]}}]}}]}}\n')
        self.write("manager.yml", json.dumps({
            "route": {"receiver": "bell", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"},
            "receivers": [{"name": "bell", "webhook_configs": [{"url": f"http://127.0.0.1:{self.bell.port}/alerts"}]}]}))
        self.spawn("prometheus-alertmanager", "--config.file=" + self.at("manager.yml"), "--storage.path=" + self.at("am"),
                   f"--web.listen-address=127.0.0.1:{manager}", "--cluster.listen-address=", "--log.level=error")
        self.spawn("prometheus", "--config.file=" + self.at("prometheus.yml"), "--storage.tsdb.path=" + self.at("tsdb"),
                   f"--web.listen-address=127.0.0.1:{watch}", "--log.level=error")
        return watch

    def pages(self, words):
        with self.pager.lock:
            return [letter for _, letter in self.pager.letters if letter["kind"] == "page" and words in json.dumps(letter, ensure_ascii=False)]

    def rang(self, alert):
        return lambda: alert in self.bell.alerts


def feed(over):
    """Someone reports every second, by HTTP and through the broker."""
    number = 0
    while not over.wait(1):
        number += 1
        city.call("POST", "/api/v1/facts", city.feeder, city.reading(number))
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(city.broker_port), "-t", "city/x", "-q", "1", "-m",
                        json.dumps(city.reading(10 ** 6 + number))], stderr=subprocess.DEVNULL)


def all_is_well():
    called = wait_for(lambda: len(city.bell.calls) >= 3, 20)
    quiet = not wait_for(lambda: city.bell.alerts - {"YujingBackupOld"}, 12)
    expect("when all is well nobody is called but the switch outside", called and quiet, f"{len(city.bell.calls)} calls, {city.bell.alerts}")


def broker_gone():
    city.broker.terminate()
    city.broker.wait()
    expect("the broker gone: called by Alertmanager", wait_for(city.rang("YujingBrokerLost"), 30), city.bell.alerts)
    city.start_broker()
    expect("and it connects again", wait_for(lambda: city.log().count("connected to tcp://") >= 2, 40), city.log()[-200:])


def receivers_gone():
    city.receiver.server.shutdown()
    city.receiver.server.server_close()
    city.log_in(0)
    city.call("POST", "/api/v1/facts", city.feeder, city.bulletin(1, 220))
    plans = wait_for(city.proposals, 10)
    signed = plans and city.sign(plans[0], city.orders_of(plans[0]))
    expect("receivers gone: the outbox grows, called by Alertmanager", signed and wait_for(city.rang("YujingGatewayFailing"), 30), city.bell.alerts)
    expect("receivers gone: who is not reached is named in a page by the other gateway",
           wait_for(lambda: city.pages("reach them by hand"), 60), city.log()[-300:])
    expect("and called by Alertmanager too", wait_for(city.rang("YujingDeadLetters"), 30), city.bell.alerts)


def clock_set():
    city.set_clock(2 * 3600)
    expect("the clock set: paged", wait_for(lambda: city.pages("set forward"), 30), city.log()[-300:])
    expect("the clock set: called by Alertmanager", wait_for(city.rang("YujingClockJumped"), 30), city.bell.alerts)


def feed_silent(over):
    over.set()
    expect("the feeds silent: called by Alertmanager", wait_for(city.rang("YujingFeedSilent"), 40), city.bell.alerts)


def stuck():
    called = len(city.bell.calls)
    expect("until then the switch outside is called", wait_for(lambda: len(city.bell.calls) > called + 1, 20))
    city.child.send_signal(signal.SIGSTOP)
    time.sleep(3)
    calls = len(city.bell.calls)
    gone = wait_for(lambda: {"YujingGone", "YujingStuck"} & city.bell.alerts, 40)
    expect("stopped dead: called by Alertmanager", gone, city.bell.alerts)
    expect("stopped dead: the switch outside is called no more", len(city.bell.calls) == calls, len(city.bell.calls) - calls)
    city.child.send_signal(signal.SIGCONT)
    expect("and again when it goes on", wait_for(lambda: len(city.bell.calls) > calls, 30))


city = Watched(sys.argv[1], sys.argv[2])
try:
    city.start_broker()
    city.set_clock(0)
    city.child = city.start(LANG="C", LD_PRELOAD=FAKETIME, FAKETIME_TIMESTAMP_FILE=city.at("time"), FAKETIME_NO_CACHE="1",
                            FAKETIME_DONT_FAKE_MONOTONIC="1")
    city.processes.append(city.child)
    over = threading.Event()
    threading.Thread(target=feed, args=(over,), daemon=True).start()
    city.start_watch()
    all_is_well()
    broker_gone()
    receivers_gone()
    feed_silent(over)
    stuck()
    clock_set()
    city.child.terminate()
    expect("it ends in order", city.child.wait(20) == 0, city.log()[-300:])
finally:
    for process in reversed(city.processes):
        if process.poll() is None:
            process.kill()
        process.wait()
