"""What the fault tests of the running daemon share: the small city of ../e2e, with a data logger and a dispatcher in it."""
import os, re, socket, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from e2e_city import City, packet, stamp, teller, wait_for  # noqa: E402
from ports import free_port  # noqa: E402

PASSWORD = "123456"


class Logger:
    """A data logger on one connection.  Each upload is an hour of its own, and is named by its QN."""

    def __init__(self, port, mn="EX-S1"):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.mn, self.heard = mn, b""

    def upload(self, hours_ago):
        now = time.time() + 8 * 3600
        hour = time.strftime("%Y%m%d%H0000", time.gmtime(now - hours_ago * 3600))
        name = time.strftime("%Y%m%d%H%M%S", time.gmtime(now)) + "%03d" % (hours_ago % 1000)
        self.line.sendall(packet(f"QN={name};ST=22;CN=2061;PW={PASSWORD};MN={self.mn};Flag=5;CP=&&DataTime={hour};"
                                 "a34004-Avg=61,a34004-Flag=N&&".encode()))
        return name

    def answered(self, name, seconds):
        """Whether 9014 came for it by then."""
        wanted = re.compile(b"QN=%s;[^#]*CN=9014;" % name.encode())

        def came():
            try:
                self.line.settimeout(0.05)
                self.heard += self.line.recv(65536)
            except OSError:
                pass
            return wanted.search(self.heard)

        return bool(wait_for(came, seconds))


class FaultCity(City):
    """`store` is where the store lies, beside its configuration."""

    patience = 5  # a call that is lost in a fault is made again

    def __init__(self, yujing, folder, receiver, store="city.db", conf="", routes="[order, release]", roles=("duty",), **more):
        self.hj212_port = free_port()
        conf += f'hj212: {{listen: "127.0.0.1:{self.hj212_port}", monitors: monitors.yaml}}\n'
        conf += "duty:\n" + "".join(f'  - {{name: 值班员, webhook: "http://127.0.0.1:{receiver.port}/{role}", role: {role}}}\n' for role in roles)
        super().__init__(yujing, folder, receiver, conf=conf, routes=routes, **more)
        self.write("monitors.yaml", f'monitors:\n  - {{mn: EX-S1, password: "{PASSWORD}", subject: s1}}\n')
        os.chmod(self.at("monitors.yaml"), 0o600)
        self.change("policy/series.yaml", "valid: N}", "valid: N, codes: [a34004]}")
        self.change("city.yaml", "store: city.db", f"store: {store}")
        self.officers.append(("chen", self.account("chen", "dispatcher")))
        self.numbers = iter(range(1, 1 << 30))

    def change(self, name, old, new):
        with open(self.at(name), encoding="utf-8") as file:
            text = file.read()
        assert old in text, name
        self.write(name, text.replace(old, new))

    def say(self, *events):
        """The status of its answer; 0: there was none."""
        return self.call("POST", "/api/v1/facts", self.feeder, list(events))[0]

    def propose(self, index):
        """A bulletin of that index, until what it leads to waits for a signature: its plan."""
        self.say(self.bulletin(next(self.numbers), index))
        plans = wait_for(self.proposals, 10)
        return plans[0] if plans else None

    def receive(self, kind):
        """The letters of that kind that have arrived."""
        with self.receiver.lock:
            return [letter for _, letter in self.receiver.letters if letter["kind"] == kind]

    def answer(self, session, letter, kind="acknowledged"):
        return self.call("POST", "/api/v1/receipts", session, {"letter": letter, "receipt": kind})[0]

    def session_of(self, number):
        """A session of that officer; the one at work stays."""
        kept, self.session = self.session, None
        self.log_in(number)
        got, self.session = self.session, kept
        return got

    def ready(self):
        return self.call("GET", "/readyz")[0] == 200


__all__ = ["FaultCity", "Logger", "free_port", "packet", "stamp", "teller", "wait_for"]
