"""Many clients that drip a byte at a time, beside one that asks normally.

    slow_clients.py PORT NUMBER DEADLINE_S

Prints one line: cut=N of NUMBER dripping connections that the server closed, first_s and last_s after how long,
and p99_ms of the normal client meanwhile.
"""
import select
import socket
import sys
import time

port, number, deadline = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
HEAD = b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: " + b"a" * 10000


def connect():
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def ask(client):
    begun = time.monotonic()
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 202"), answer
    return time.monotonic() - begun


slow = {}
poll = select.poll()
for _ in range(number):
    client = connect()
    client.setblocking(False)
    slow[client.fileno()] = (client, time.monotonic())
    poll.register(client, select.POLLIN | select.POLLHUP)

normal, times, ages = connect(), [], []
end, sent, last_drip = time.monotonic() + 3 * deadline + 2, 0, 0.0
while slow and time.monotonic() < end:
    if time.monotonic() - last_drip > deadline / 8:
        last_drip = time.monotonic()
        for client, _ in slow.values():
            try:
                client.send(HEAD[sent:sent + 1])
            except OSError:
                pass
        sent += 1
    times.append(ask(normal))
    for fd, _ in poll.poll(5):
        client, begun = slow.pop(fd)
        ages.append(time.monotonic() - begun)
        poll.unregister(fd)
        client.close()
times.sort()
ages.sort()
print("cut=%d first_s=%.2f last_s=%.2f p99_ms=%.1f" % (
    len(ages), ages[0] if ages else 0, ages[-1] if ages else 0, times[len(times) * 99 // 100] * 1000))
