"""A short life of the daemon: facts by HTTP, HJ 212, standard input, a folder and MQTT, an approval, orders out, answers, SIGTERM.

Whatever can fail on the way is tried again for a while, as those outside would; what was promised is kept for the judge.
"""
import itertools, json, os, signal, subprocess, time

from fault_city import FaultCity, Logger, stamp, wait_for
from e2e_city import ENTERPRISES, Receiver

ENDS_WELL = {0}
ENDS_LOUD = {64, 65, 66, 69, 70, 71, 73, 74, 75, 77, 78}  # sysexits: with words


class Life(FaultCity):
    def __init__(self, yujing, folder, broker=None):
        conf = "stdin: {read: true, ack: true}\nwatch: {folder: in}\n"
        if broker:
            conf += f'mqtt: {{broker: "tcp://127.0.0.1:{broker}", topics: [city/#], spool: mqtt}}\n'
        super().__init__(yujing, folder, Receiver(), conf=conf, routes="[order, release, page]")
        self.child = None
        self.officers += [(name, self.account(name, "dispatcher")) for name in ("zhou", "wu")]
        self.forget()

    def forget(self):
        """A new life; the accounts stay."""
        for name in os.listdir(self.folder):
            if name.startswith("city.db") or name in ("log", "acks"):
                os.unlink(self.at(name))
        os.makedirs(self.at("in"), exist_ok=True)
        self.taken, self.uploads, self.lines, self.signed = set(), 0, 0, set()
        self.session = self.dispatcher = None
        self.dispatchers = itertools.cycle(range(3, 6))
        with self.receiver.lock:
            self.receiver.bodies.clear(), self.receiver.taken.clear(), self.receiver.letters.clear()

    # ---- the process

    def begin(self, *prefix, patience=20, **environment):
        """Starts it; whether it got ready."""
        with open(self.at("log"), "ab") as log, open(self.at("acks"), "ab") as acks:
            self.child = subprocess.Popen([*prefix, self.yujing, "run", "-c", "city.yaml", "--live"], cwd=self.folder,
                                          stdin=subprocess.PIPE, stdout=acks, stderr=log, env={**os.environ, "LANG": "C", **environment})
        return wait_for(lambda: self.child.poll() is not None or self.ready(), patience) and self.child.poll() is None

    def lives(self):
        return self.child.poll() is None

    def end(self, patience=20):
        """SIGTERM; its exit code, None: it had to be killed."""
        if self.lives():
            self.child.send_signal(signal.SIGTERM)
        code = wait_for(lambda: self.child.poll() is not None, patience) and self.child.returncode
        if self.lives():
            self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        return None if code is False else code

    # ---- what happens in it; each says whether it went through

    def insist(self, step, patience):
        return bool(wait_for(lambda: not self.lives() or step(), patience)) and self.lives()

    def say_by_http(self):
        reading = self.reading(next(self.numbers))
        if self.say(reading) != 202:
            return False
        self.taken.add(reading["id"])
        return True

    def say_by_hj212(self):
        """One line and its answer; whoever gets none calls again."""
        try:
            done = Logger(self.hj212_port)
            with done.line:
                went = done.answered(done.upload(30 + self.uploads), 1)
        except OSError:
            return False
        self.uploads += went
        return went

    def say_on_stdin(self):
        line = {"specversion": "1.0", "type": "incident", "source": "stdin", "id": f"l{self.lines + 1}", "subject": "210102",
                "time": stamp(time.time() - 60), "data": {"kind": "none", "text": "x"}}
        try:
            self.child.stdin.write(json.dumps(line).encode() + b"\n")
            self.child.stdin.flush()
        except OSError:
            return False
        self.lines += 1
        return True

    def acked_lines(self):
        """How many lines of standard input are promised."""
        with open(self.at("acks"), encoding="utf-8") as acks:
            said = [line for line in acks.read().splitlines() if line.startswith('{"accepted"')]
        return json.loads(said[-1])["accepted"] if said else 0

    def drop_file(self):
        """A file into the watched folder; it moves to done/ when its facts are on the disk."""
        name = f"f{next(self.numbers)}.jsonl"
        reading = self.reading(next(self.numbers))
        self.write("in/." + name, json.dumps(reading) + "\n")
        os.rename(self.at("in/." + name), self.at("in/" + name))
        done = wait_for(lambda: os.path.exists(self.at("in/done", name)), 1)
        if done:
            self.taken.add(reading["id"])
        return done

    def publish(self, broker):
        reading = self.reading(next(self.numbers))
        sent = subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker), "-t", "city/x", "-q", "1", "-m", json.dumps(reading)])
        self.published = reading["id"]
        return sent.returncode == 0

    def release(self, index, kind):
        """A bulletin, its plan signed, and its letters arrived; of one the first attempt may have failed."""
        if self.say(self.bulletin(next(self.numbers), index)) != 202:
            return False
        for plan in wait_for(self.proposals, 2) or []:
            orders = self.orders_of(plan)
            if orders and self.sign(plan, orders):
                self.signed |= orders
        return bool(wait_for(lambda: len({letter["order"] for letter in self.receive(kind)}) >= ENTERPRISES - 1, 3))

    def acknowledge(self):
        """The receipt of one order, by the dispatcher."""
        self.dispatcher = self.dispatcher or self.session_of(next(self.dispatchers))
        orders = self.receive("order")
        return bool(self.dispatcher and orders and self.answer(self.dispatcher, orders[0]["order"]) == 200)

    def look(self):
        return self.call("GET", "/api/v1/status", self.session)[0] == 200

    # ---- the judgement

    def complaints(self, orders, facts):
        """What was promised and is not so, by the store's own rows."""
        ids = [fact["id"] for fact in facts]
        lines = sum(fact["source"] == "stdin" for fact in facts)
        uploads = sum("EX-S1" in fact["source"] for fact in facts)
        yield from (f"lost {name}" for name in self.taken - set(ids))
        yield from (f"twice {name}" for name in ids if ids.count(name) > 1)
        if lines < self.acked_lines():
            yield f"{self.acked_lines()} lines promised, {lines} there"
        if uploads < self.uploads:
            yield f"{self.uploads} uploads answered, {uploads} there"
        yield from (f"no order {name}" for name in self.signed - orders)
        yield from (f"{name} never arrived" for name in self.signed - set(self.receiver.bodies))
        yield from (f"{len(hashes)} bodies of {name}" for name, hashes in self.receiver.bodies.items() if len(hashes) > 1)
