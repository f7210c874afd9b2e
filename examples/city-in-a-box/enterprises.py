"""The enterprises: what stands behind every address of the registry, and answers as its temper is.

They take letters by webhook (the signature is verified as Standard Webhooks says), by MQTT (mosquitto_sub) and out of the mail
server's folder, write each down, and answer on the receipt page or through the API.  usage: enterprises.py PLAN.json

What is received goes to received.jsonl, one line each: the way, the letter's id, kind and recipient, and the SHA-256 of its bytes.
"""
import asyncio, base64, email, email.policy, hashlib, hmac, json, os, re, signal, sys, time, urllib.parse

plan = json.load(open(sys.argv[1], encoding="utf-8"))
temper = plan["temper"]      # recipient, in lower case → silent | refuse | missing | flaky | token
tokens = plan["tokens"]      # recipient, in lower case → token of the API
secret = base64.b64decode(open(plan["secret"], encoding="ascii").read().strip().removeprefix("whsec_"))
log = open(plan["log"], "a", encoding="utf-8", buffering=1)
api = ("127.0.0.1", plan["http"])
seen, busy = set(), {}
LATEST = 5 * 60              # a signature older than this is refused


def note(way, letter, **more):
    print(json.dumps({"at": time.time(), "way": way, **letter, **more}, ensure_ascii=False), file=log)


# ---- one request of ours, and one of theirs

async def ask(method, path, body, headers):
    """Status of the answer; 0 when nobody is there."""
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*api), 5)
        head = f"{method} {path} HTTP/1.1\r\nHost: {api[0]}:{api[1]}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        writer.write((head + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode() + body)
        line = await asyncio.wait_for(reader.readline(), 10)
        writer.close()
        return int(line.split()[1])
    except (OSError, asyncio.TimeoutError, IndexError, ValueError):
        return 0


async def answer(letter, who):
    """As the temper is; asked again while the daemon is away."""
    mind = temper.get(who)
    if mind == "silent" or not letter.get("ack_url"):
        return
    await asyncio.sleep(int(hashlib.sha256(letter["id"].encode()).hexdigest()[:4], 16) / 65536 * plan["patience"])
    word = "done" if letter["kind"] == "task" else "refused" if mind == "refuse" and letter["kind"] == "order" else "acknowledged"
    reason = "窑炉保温，骤停有安全风险，申请改为限产" if word == "refused" else None
    for _ in range(40):
        if who in tokens:
            body = {"letter": letter["id"], "receipt": word, **({"reason": reason} if reason else {})}
            status = await ask("POST", "/api/v1/receipts", json.dumps(body).encode(),
                               {"Content-Type": "application/json", "Authorization": "Bearer " + tokens[who]})
        else:
            form = {"answer": word, **({"reason": reason} if reason else {})}
            status = await ask("POST", urllib.parse.urlsplit(letter["ack_url"]).path, urllib.parse.urlencode(form).encode(),
                               {"Content-Type": "application/x-www-form-urlencoded"})
        if status not in (0, 429, 503):
            note("answer", {"id": letter["id"], "kind": letter["kind"], "to": who}, word=word, status=status)
            return
        await asyncio.sleep(0.5)


def take(way, who, body, identity=None):
    """A letter has come; answered once, however often it comes."""
    said = json.loads(body)
    letter = {"id": said.get("order") or said.get("letter"), "kind": said["kind"], "to": who, "about": said.get("about"),
              "ack_url": said.get("ack_url")}
    note(way, letter, sha256=hashlib.sha256(body).hexdigest(), same_id=identity in (None, letter["id"]))
    if letter["id"] not in seen:
        seen.add(letter["id"])
        asyncio.ensure_future(answer(letter, who))


# ---- webhooks

def verified(headers, body):
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > LATEST:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    right = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(right, each[3:]) for each in headers.get("webhook-signature", "").split() if each[:3] == "v1,")


def judge(path, headers, body):
    who = path.strip("/").split("/")[0]
    if not verified(headers, body):
        note("forged", {"to": who})
        return "401 Unauthorized"
    if temper.get(who) == "missing":
        return "404 Not Found"
    if temper.get(who) == "flaky":
        busy[headers["webhook-id"]] = busy.get(headers["webhook-id"], 0) + 1
        if busy[headers["webhook-id"]] == 1:
            take("hook", who, body, headers["webhook-id"])     # taken, but the answer says busy: it comes once more
            return "503 Service Unavailable"
    take("hook", who, body, headers["webhook-id"])
    return "204 No Content"


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            status = judge(head[0].split()[1], headers, body)
            writer.write(f"HTTP/1.1 {status}\r\n{'' if status[:3] == '204' else 'Content-Length: 0' + chr(13) + chr(10)}\r\n".encode())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


# ---- MQTT: fleets

async def listen():
    process = await asyncio.create_subprocess_exec("mosquitto_sub", "-h", "127.0.0.1", "-p", str(plan["mqtt"]), "-q", "1", "-t",
                                                   "yujing/#", "-F", "%t %p", stdout=asyncio.subprocess.PIPE, limit=1 << 20)
    try:
        while line := await process.stdout.readline():
            topic, _, body = line.partition(b" ")
            if body.strip():
                take("broker", topic.decode().split("/")[1].lower(), body)
    finally:
        if process.returncode is None:
            process.terminate()


# ---- mail: who has nothing else, and the duty officers

def take_mail(raw):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    to = re.sub(r".*@", "", str(mail["X-RcptTo"] or mail["To"])).strip(">").removesuffix(".example")
    text = mail.get_body(("plain",)).get_content()
    identity = re.findall(r"编号：([0-9a-f]{32})", text)         # the last: a correction repeats what it corrects
    link = re.search(r"https?://\S+/r/\S+", text)
    kind = "page" if to == "city" else "order" if link else "other"
    letter = {"id": identity[-1] if identity else None, "kind": kind, "to": to, "ack_url": link.group(0) if link else None}
    # What the mail server adds is not ours.
    mine = b"\n".join(line for line in raw.replace(b"\r\n", b"\n").split(b"\n")
                      if not line.startswith((b"X-Peer:", b"X-MailFrom:", b"X-RcptTo:", b"Received:")))
    note("mail", letter, sha256=hashlib.sha256(mine).hexdigest(), subject=str(mail["Subject"]), same_id=True)
    if letter["id"] not in seen and link:
        seen.add(letter["id"])
        asyncio.ensure_future(answer(letter, to))


async def read_mail():
    folder, read = os.path.join(plan["mail"], "new"), set()
    while True:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name not in read:
                read.add(name)
                with open(os.path.join(folder, name), "rb") as file:
                    take_mail(file.read())
        await asyncio.sleep(0.2)


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", plan["hook"], backlog=256)
    everything = asyncio.gather(server.serve_forever(), listen(), read_mail())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, everything.cancel)
    try:
        await everything
    except asyncio.CancelledError:
        pass

asyncio.run(main())
