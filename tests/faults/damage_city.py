#!/usr/bin/env python3
"""A page of the store is overwritten under the running daemon: the next read of it is refused, and that is the end (A9).

    damage_city.py YUJING FOLDER SEED          prints one result line for each promise

The page is met once by somebody who looks and once inside a turn.
"""
import os, random, re, shutil, sqlite3, subprocess, sys

from fault_city import FaultCity, teller, wait_for
from e2e_city import ENTERPRISES, Receiver

SEED = int(sys.argv[3])
PAGE = 4096
chance = random.Random(SEED)
expect = teller("damaged page", SEED)
RECEIVER = Receiver()
CITY = FaultCity(sys.argv[1], sys.argv[2], RECEIVER)
auditor = (CITY.account("auditor", "auditor"), CITY.run("account", "token", CITY.at("accounts.yaml"), "auditor", "--days", "9"))[1]["token"]
history = [CITY.reading(next(CITY.numbers)) for _ in range(1500)]


def stop():
    CITY.child.terminate()
    return CITY.child.wait(20)


def live():
    """An order is out and a history behind it; then a new start, so that little of the store is in memory."""
    CITY.child = CITY.start(LANG="C")
    for i in range(0, len(history), 100):
        assert CITY.say(*history[i:i + 100]) == 202
    plan = CITY.propose(220)
    CITY.sign(plan, CITY.orders_of(plan))
    assert wait_for(lambda: len(CITY.receive("order")) == ENTERPRISES, 15)
    assert stop() == 0
    for kept in [name for name in os.listdir(CITY.folder) if name.startswith("city.db")]:
        shutil.copy(CITY.at(kept), CITY.at("sound-" + kept))


def restart():
    for kept in [name for name in os.listdir(CITY.folder) if name.startswith("sound-")]:
        shutil.copy(CITY.at(kept), CITY.at(kept[6:]))
    os.truncate(CITY.at("log"), 0)
    CITY.child = CITY.start(LANG="C")


def pages(name):
    """The leaves of a table or an index: read in a copy, for nobody else opens the file."""
    shutil.copy(CITY.at("city.db"), CITY.at("copy.db"))
    with sqlite3.connect(CITY.at("copy.db")) as copy:
        found = [row[0] for row in copy.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (name,))]
    os.unlink(CITY.at("copy.db"))
    return found


def overwrite(page):
    with open(CITY.at("city.db"), "r+b", buffering=0) as store:
        store.seek((page - 1) * PAGE)
        store.write(bytes(chance.randrange(256) for _ in range(PAGE)))


def look_everywhere():
    """The whole journal, as an auditor reads it: the rows that could be read."""
    after, rows = 0, 0
    while after is not None:
        status, answer = CITY.call("GET", f"/api/v1/journal?after={after}&max=200", auditor)
        if status != 200:
            return rows
        rows, after = rows + len(answer["facts"]), answer.get("next")
    return rows


def repeat_everything():
    """The same facts again: each is looked up in the turn.  Whether all were answered."""
    return all(CITY.say(*history[i:i + 100]) == 202 for i in range(0, len(history), 100))


def played(title, page, drive):
    decided = sum(RECEIVER.taken.values())
    drive()
    status = wait_for(lambda: CITY.child.poll() is not None, 15) and CITY.child.returncode
    named = re.search(rf"store\.failed: page {page} of the store, of table (\w+), is damaged; restore a backup", CITY.log())
    expect(f"{title}: it ends at once, and not well", status == 74, f"exit {status}; {CITY.log()[-300:]}")
    expect(f"{title}: page and table are named, and what to do", named and named.group(1) != "?", CITY.log()[-400:])
    expect(f"{title}: nothing is decided on top of it", sum(RECEIVER.taken.values()) == decided and CITY.say(history[0]) == 0)
    audit = subprocess.run([CITY.yujing, "audit", "verify", CITY.at("city.db")], capture_output=True, text=True)
    expect(f"{title}: the audit names it too", audit.returncode != 0 and f"{page}" in audit.stdout + audit.stderr, audit.stderr[-300:])


live()
size = os.path.getsize(CITY.at("city.db")) // PAGE
restart()
expect("negative control: an undamaged store is read to its end", look_everywhere() > len(history) and repeat_everything() and
       stop() == 0, CITY.log()[-300:])
restart()
middle = min(pages("journal"), key=lambda page: abs(page - size // 2))
overwrite(middle)
played("met by a look", middle, look_everywhere)
restart()
leaves = pages("journal")
overwrite(leaves[len(leaves) // 2])
played("met by a turn", leaves[len(leaves) // 2], repeat_everything)
if CITY.child.poll() is None:
    CITY.child.kill()
