"""The box: its folder, its ports, its processes, and the policy that lives in it.

Every address in the box is 127.0.0.1; the registry is a copy in which each enterprise's address leads to its stand-in.
"""
import base64, os, re, shutil, signal, socket, subprocess, time, urllib.error, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
YUJING = os.environ.get("YUJING", os.path.join(ROOT, "build/yujing"))
CITY = os.path.abspath(os.environ.get("CITY", os.path.join(ROOT, "build/city")))
QUICK = bool(os.environ.get("QUICK"))
# Seconds, except RATE: letters a second by webhook.
PACE = ({"ACKNOWLEDGE": 8, "RUNG": 2, "RUNG2": 4, "WITHIN": 12, "RATE": 250} if QUICK else
        {"ACKNOWLEDGE": 20, "RUNG": 8, "RUNG2": 16, "WITHIN": 24, "RATE": 40})
PORTS = {}


class Trouble(Exception):
    pass


def at(*parts):
    return os.path.join(CITY, *parts)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def wait_for(what, condition, seconds=30, every=0.1):
    """What the condition gives, once it gives something; the time is bounded."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise Trouble(f"等待超时（{seconds} 秒）：{what}")


# ---- ports: held together while they are chosen, so that all differ

def choose_ports(*names):
    held = []
    for name in names:
        held.append(socket.socket())
        held[-1].bind(("127.0.0.1", 0))
        PORTS[name] = held[-1].getsockname()[1]
    for one in held:
        one.close()


def answers(name):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", PORTS[name])) == 0


# ---- processes: each is ended by its own id

processes = {}


def start(name, *command, log=None):
    out = open(at(log or f"{name}.log"), "ab")
    processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=CITY)
    out.close()
    return processes[name]


def stop(name, with_signal=signal.SIGTERM):
    process = processes.pop(name, None)
    if not process:
        return None
    if process.poll() is None:
        process.send_signal(with_signal)
    try:
        return process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def stop_all():
    for name in reversed(list(processes)):
        stop(name)


# ---- the daemon

def health(path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORTS['HTTP']}{path}", timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def start_daemon():
    """Returns how many seconds it took until it was ready."""
    begun = time.monotonic()
    process = start("yujing", YUJING, "run", "-c", at("yujing.yaml"), "--live", "--lang", "zh")

    def ready():
        if process.poll() is not None:
            raise Trouble(f"守护进程退出，代码 {process.returncode}，见 {at('yujing.log')}")
        return health("/readyz")
    wait_for("守护进程就绪", ready, 30, 0.02)
    return time.monotonic() - begun


# ---- the folder and the policy

def rewrite(text, mail_only):
    """Addresses of the registry lead into the box; who has mail only loses the other address."""
    text = re.sub(r"https://([0-9a-z-]+)\.example/yujing", rf"http://127.0.0.1:{PORTS['HOOK']}/\1", text)
    for identity in mail_only:
        text = re.sub(rf'webhook: "http://127\.0\.0\.1:\d+/{identity.lower()}", ', "", text)
    return text


def lay_out():
    shutil.rmtree(CITY, ignore_errors=True)
    for folder in ("var/cap", "var/mqtt", "var/backup", "secrets", "policies"):
        os.makedirs(at(folder))
    shutil.copytree(os.path.join(ROOT, "scripts"), at("scripts"))
    for name in ("national", "shenyang"):
        shutil.copytree(os.path.join(ROOT, "policies", name), at("policies", name))
    write(at("secrets/webhook"), "whsec_" + base64.b64encode(os.urandom(32)).decode(), 0o600)
    write(at("mosquitto.conf"), f"listener {PORTS['MQTT']} 127.0.0.1\nallow_anonymous true\npersistence false\n")


def set_up_policy(mail_only):
    folder = at("policies/shenyang/registry")
    for name in os.listdir(folder):
        if name.endswith(".yaml"):
            text = rewrite(read(os.path.join(folder, name)), mail_only)
            if "https://" in text:
                raise Trouble(f"{name} 中仍有外部地址")
            write(os.path.join(folder, name), text)
    # A meter says every second what a real one says every half minute.
    series = at("policies/shenyang/series.yaml")
    text, changed = re.subn(r"((?:production|treatment)_kw: +\{kind: measured, )step: 1m, span: 1m", r"\1step: 1s, span: 1s", read(series))
    if changed != 2:
        raise Trouble("series.yaml 中找不到用电序列")
    write(series, text)


def set_up_daemon():
    text = read(os.path.join(HERE, "daemon.yaml"))
    for name, value in {**PACE, **PORTS, "CITY": CITY}.items():
        text = text.replace(f"@{name}@", str(value))
    write(at("yujing.yaml"), text)
