#!/usr/bin/env python3
"""The daemon under valgrind: one short life with every source and every act, which must end clean.

    valgrind_city.py YUJING FOLDER          prints one result line for each promise
"""
import os, shutil, subprocess, sys

from fault_city import free_port, teller
from life import Life

VALGRIND = ("valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", "--error-exitcode=99",
            "--log-file=valgrind.%p")
PATIENCE = 60
expect = teller("valgrind")


def start_broker(folder):
    """mosquitto and its port; None where there is none."""
    path = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    if not path or not shutil.which("mosquitto_pub"):
        return None, None
    port = free_port()
    with open(os.path.join(folder, "broker.conf"), "w", encoding="utf-8") as file:
        file.write(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return subprocess.Popen([path, "-c", os.path.join(folder, "broker.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), port


def reports(folder):
    """What valgrind found, in whichever process."""
    text = ""
    for name in sorted(os.listdir(folder)):
        if name.startswith("valgrind."):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text += file.read()
    return text


def lived(life, broker):
    """Name of each step, and whether it went through."""
    yield "facts by HTTP", life.insist(life.say_by_http, PATIENCE)
    yield "HJ 212", life.insist(life.say_by_hj212, PATIENCE)
    yield "standard input", life.say_on_stdin() and life.insist(lambda: life.acked_lines() == life.lines, PATIENCE)
    yield "the watched folder", life.insist(life.drop_file, PATIENCE)
    if broker:
        yield "MQTT", life.publish(broker) and life.insist(lambda: life.published in [fact["id"] for fact in life.show("facts")], PATIENCE)
    yield "an approval, and orders out", life.insist(lambda: life.release(220, "order"), PATIENCE)
    yield "an answer", life.insist(life.acknowledge, PATIENCE)
    yield "a release", life.insist(lambda: life.release(60, "release"), PATIENCE)
    yield "a look", life.insist(life.look, PATIENCE)
    yield "a refusal", life.call("POST", "/api/v1/facts", "nobody", [])[0] == 401


def control(life):
    """valgrind finds what is wrong with a program that is: else it says nothing about ours."""
    life.write("bad.c", "#include <stdlib.h>\nint main(void) { char *p = malloc(4); return p[4] + (malloc(9) == 0); }\n")
    built = subprocess.run(["cc", "-O0", "-o", life.at("bad"), life.at("bad.c")], capture_output=True)
    if built.returncode == 0:
        done = subprocess.run([*VALGRIND[:-1], life.at("bad")], cwd=life.folder, capture_output=True)
        expect("negative control: a bad read and a leak are found", done.returncode == 99, done.returncode)


broker, port = start_broker(sys.argv[2])
life = Life(sys.argv[1], sys.argv[2], port)
try:
    control(life)
    expect("it gets ready", life.begin(*VALGRIND, patience=120), life.log()[-300:])
    for name, went in lived(life, port):
        expect(f"it takes its part: {name}", went, life.log()[-300:])
    code = life.end(120)
    expect("it ends clean", code == 0, f"exit {code}: {reports(life.folder)[:1500]}")
    expect("nothing is reported", not reports(life.folder), reports(life.folder)[:1500])
finally:
    if life.child and life.lives():
        life.child.kill()
    if broker:
        broker.terminate()
        broker.wait(10)
