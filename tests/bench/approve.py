"""Signs the one plan that waits, and says when it began to: usage: approve.py PORT NAME PASSWORD SEED

Logs in with the one-time code first, so that what is timed is the signature and what follows from it.  Prints
CLOCK_MONOTONIC in nanoseconds, and the number of orders."""
import base64, hashlib, hmac, http.client, json, struct, sys, time

port, name, password, seed = int(sys.argv[1]), *sys.argv[2:5]


def ask(method, path, body=None, session=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    if session:
        headers["Authorization"] = "Bearer " + session
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text.decode()}")
    return json.loads(text)


def one_time_code():
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at : at + 4])[0] & 0x7FFFFFFF) % 1000000)


login = ask("POST", "/api/v1/login", {"name": name, "password": password, "code": one_time_code()})
session = login["token"]
plan = ask("GET", "/api/v1/proposals", session=session)["proposals"][0]
count = plan["counts"]["orders"]
start = time.monotonic_ns()
ask("POST", f"/api/v1/proposals/{plan['hash']}/approve", {"note": "同意", "count": count}, session)
print(start, count)
