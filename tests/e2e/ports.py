#!/usr/bin/env python3
"""Prints as many ports of 127.0.0.1 as asked for, where nobody listens.

They lie below those that the system gives to whoever calls out: such a caller would sit on one before its server has begun.
"""
import random, socket, sys

LOWEST = 10000


def free_ports(count):
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        end = int(file.read().split()[0])
    found = set()
    while len(found) < count:
        with socket.socket() as probe:
            port = random.SystemRandom().randrange(LOWEST, end) if end > LOWEST else 0
            try:
                probe.bind(("127.0.0.1", port))
                found.add(probe.getsockname()[1])
            except OSError:
                pass
    return sorted(found)


def free_port():
    return free_ports(1)[0]


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1]) if sys.argv[1:] else 1))
