"""What numbers_crowds.py and numbers_acts.py share: their arguments, their words, their arithmetic.

    YUJING PROGRAMS FOLDER SCALE PART…     prints one result line for each promise

PROGRAMS is the folder of the helpers in C.  SCALE divides the crowds and the counts: 1 is what the goal asks.
"""
import os, subprocess, sys, time

from e2e_city import teller

YUJING, PROGRAMS, FOLDER, SCALE = *sys.argv[1:4], int(sys.argv[4])
expect = teller("numbers")


def tell(text):
    print(text, file=sys.stderr, flush=True)


def program(name):
    return os.path.join(PROGRAMS, name)


def median(values):
    return sorted(values)[len(values) // 2]


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


def room(name):
    path = os.path.join(FOLDER, name)
    os.mkdir(path)
    return path


def end(child):
    child.terminate()
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def play(parts):
    """Those that were asked for, in the order asked."""
    for part in sys.argv[5:]:
        begun = time.monotonic()
        parts[part]()
        tell(f"{part}: {time.monotonic() - begun:.0f} s")
