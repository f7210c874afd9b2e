#!/usr/bin/env python3
"""Contacts that point where no letter may go, and the running daemon (E7).

    guard_city.py YUJING FOLDER          prints one result line for each promise

To be run in a network namespace of its own, so that not even a fault lets anything out.  A listener on every local address stands
for all that is inside; nobody may ever call it.  The same daemon with its addresses listed must call it: the control.
"""
import os, re, socket, sys, threading

from e2e_city import City, Receiver, teller, wait_for

RECEIVER, expect = Receiver(), teller("guard")
PORT = RECEIVER.port
called = []
# Places are this machine by another spelling, or inside of a site; `%d` is a port at which somebody listens.
PLACES = ["127.0.0.1:%d", "127.1:%d", "127.0.1:%d", "127.255.255.254:%d", "0.0.0.0:%d", "0:%d", "0x7f000001:%d", "0x7f.0.0.1:%d", "017700000001:%d",
          "2130706433:%d", "localhost:%d", "LOCALHOST.:%d", "intern.localhost:%d", "[::1]:%d", "[0:0:0:0:0:0:0:1]:%d", "[::]:%d",
          "[::ffff:127.0.0.1]:%d", "[::ffff:7f00:1]:%d", "[64:ff9b::7f00:1]:%d", "[2002:7f00:1::]:%d", "[fe80::1]:%d", "[fd00::1]:%d",
          "169.254.169.254:%d", "10.0.0.1:%d", "172.16.0.1:%d", "192.168.1.1:%d", "100.64.0.1:%d", "198.18.0.1:%d", "192.0.0.1:%d", "224.0.0.1:%d",
          "255.255.255.255:%d", "user@127.0.0.1:%d", "user:word@localhost:%d", "a.cn@127.0.0.1:%d", "127.0.0.1%%2f@a.cn:%d", "xn--.localhost:%d",
          "１２７.0.0.1:%d", "127。0。0。1:%d"]
URLS = ["https://" + place % PORT + "/" for place in PLACES] + ["http://" + place % PORT + "/" for place in PLACES[:20]]
OTHERS = ["file:///etc/passwd", "gopher://127.0.0.1:%d/", "ftp://127.0.0.1:%d/", "dict://127.0.0.1:%d/", "unix:///run/x", "//127.0.0.1:%d/", "javascript:x"]
URLS += [url % PORT if "%d" in url else url for url in OTHERS]


def everything(family, address):
    """Whoever calls is noted, whatever he says."""
    line = socket.socket(family, socket.SOCK_STREAM)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    line.bind((address, PORT))
    line.listen(64)

    def answer():
        while True:
            caller, peer = line.accept()
            called.append(peer)
            caller.close()

    threading.Thread(target=answer, daemon=True).start()


def replace(name, old, new):
    with open(city.at(name), encoding="utf-8") as file:
        text = file.read()
    assert old in text
    city.write(name, text.replace(old, new))


def contacts(urls):
    """One enterprise for each address."""
    with open(city.at("policy/registry/list.yaml"), encoding="utf-8") as file:
        entries = [entry for entry in re.split(r"(?m)^(?=- )", file.read()) if entry]
    office = entries[-1]
    made = [re.sub(r"webhook: \"[^\"]*\"", lambda _: 'webhook: "%s"' % url, entries[0].replace("210102-0001", f"210102-{i + 1:04d}").replace("1号", f"{i + 1}号", 1))
            for i, url in enumerate(urls)]
    city.write("policy/registry/list.yaml", "".join(made) + office)


def usable():
    """Addresses that a registry takes at all: the others are refused before there is a letter."""
    kept = []
    for url in URLS:
        contacts([url])
        if os.system(f"'{city.yujing}' check '{city.at('policy')}' >'{city.at('check')}' 2>&1") == 0:
            kept.append(url)
    return kept


def states():
    return [order["state"] for order in city.show("orders")]


def ended(states):
    return states and not {"waiting", "sending"} & set(states)


def play(seconds):
    """From a bulletin to the ends of all its orders: id → state."""
    child = city.start(http_proxy=f"http://127.0.0.1:{PORT}", https_proxy=f"http://127.0.0.1:{PORT}", ALL_PROXY=f"http://127.0.0.1:{PORT}")
    try:
        city.log_in()
        city.call("POST", "/api/v1/facts", city.feeder, [city.bulletin(1, 220)])
        plans = wait_for(city.proposals, seconds)
        signed = plans and city.sign(plans[0], city.orders_of(plans[0]))
        wait_for(lambda: signed and ended(states()), seconds)
        return states()
    finally:
        child.terminate()
        child.wait(20)


city = City(sys.argv[1], sys.argv[2], RECEIVER)
everything(socket.AF_INET, "127.255.255.254")
everything(socket.AF_INET6, "::")
replace("city.yaml", "allow: [127.0.0.0/8]", "attempts_max: 2")
urls = usable()
contacts(urls)
met = play(40)
log = city.log()
print(f"{len(URLS)} addresses, {len(URLS) - len(urls)} refused by the registry; states {sorted(set(met))}", file=sys.stderr)
expect("forty addresses and more are tried", len(URLS) >= 40 and len(urls) >= 10 and len(met) == len(urls), f"{len(urls)} of {len(URLS)}, {len(met)} orders")
expect("nobody inside is called", not called and not RECEIVER.letters, called[:3] or RECEIVER.letters[:1])
expect("none is called delivered", met and not {"delivered", "sent", "waiting", "sending"} & set(met), sorted(set(met)))
expect("it is told, loudly", "letters.lost" in log, log[-300:])
for name in ("city.db", "city.db-wal", "city.db-shm"):
    if os.path.exists(city.at(name)):
        os.remove(city.at(name))
replace("city.yaml", "attempts_max: 2", "attempts_max: 2, allow: [127.0.0.0/8]")
contacts([f"http://127.0.0.1:{PORT}/"] * 3)
met = play(40)
expect("control: whom the site has listed is called", len(RECEIVER.letters) >= 3, f"{met} {city.log()[-300:]}")
