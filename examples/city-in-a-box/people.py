"""People: accounts as `yujing account` makes them, one-time codes, and everything they do by `yujing ctl`."""
import base64, hashlib, hmac, json, struct, subprocess, time

import box


def add(name, role, *more):
    done = subprocess.run([box.YUJING, "account", "add", box.at("accounts.yaml"), name, "--role", role, *more, "-o", "json"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise box.Trouble(f"yujing account add {name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def token(name, *more):
    done = subprocess.run([box.YUJING, "account", "token", box.at("accounts.yaml"), name, "--days", "1", *more, "-o", "json"],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["token"]


def code(seed, step):
    """RFC 6238, as an authenticator on a telephone shows it."""
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    place = mac[-1] & 15
    return "%06d" % (int.from_bytes(mac[place:place + 4], "big") % (1 << 31) % 1000000)


class Person:
    def __init__(self, name, role):
        self.name = name
        account = add(name, role)
        self.password, self.seed = account["password"], account["seed"]
        self.step = 0  # of the last one-time code: each counts once

    def run(self, *words, given=None):
        return subprocess.run([box.YUJING, "ctl", *words, "--url", f"http://127.0.0.1:{box.PORTS['HTTP']}",
                               "--token-file", box.at("secrets", f"token-{self.name}"), "--lang", "zh"],
                              input=given, capture_output=True, text=True, timeout=60)

    def log_in(self):
        # Who must log in again within half a minute waits for the next code; up to one step ahead is taken.
        self.step = max(self.step + 1, int(time.time()) // 30)
        while self.step > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        done = self.run("login", self.name, given=f"{self.password}\n{code(self.seed, self.step)}\n")
        if done.returncode != 0:
            raise box.Trouble(f"{self.name} 登录失败：{done.stderr.strip()}")

    def do(self, *words):
        """What it says, or Trouble."""
        done = self.run(*words)
        if done.returncode != 0:
            raise box.Trouble(f"yujing ctl {' '.join(words)}：{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def look(self, *words):
        return json.loads(self.do(*words, "-o", "json"))

    def letters(self, *filters):
        """All letters that fit, by as many questions as it takes."""
        found, after = [], 0
        while True:
            answer = self.look("letters", *filters, f"after={after}", "max=500")
            found += answer["letters"]
            if answer.get("next") in (None, after) or not answer["letters"]:
                return found
            after = answer["next"]
