#!/usr/bin/env python3
"""Tries, from inside a node, what standard input lists, all at once: lines "ADDRESS ping" and
"ADDRESS tcp/PORT". Prints each line with "yes" or "no": an answer came within the time, or none. A refused
connection is an answer: the host was reached."""

import errno
import select
import socket
import subprocess
import sys
import time

TIMEOUT = float(sys.argv[1])


def start_ping(address):
    return subprocess.Popen(
        ["ping", "-n", "-q", "-c", "1", "-W", str(TIMEOUT), address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def start_connect(address, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    code = s.connect_ex((address, port))
    return s, code


def main():
    pings, connects, verdicts = {}, {}, {}
    for line in sys.stdin.read().splitlines():
        address, service = line.split()
        if service == "ping":
            pings[line] = start_ping(address)
            continue
        s, code = start_connect(address, int(service.removeprefix("tcp/")))
        if code == errno.EINPROGRESS:
            connects[s] = line
        else:
            verdicts[line] = code in (0, errno.ECONNREFUSED)
    deadline = time.monotonic() + TIMEOUT
    while connects and (left := deadline - time.monotonic()) > 0:
        for s in select.select([], list(connects), [], left)[1]:
            code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            verdicts[connects.pop(s)] = code in (0, errno.ECONNREFUSED)
            s.close()
    for line in connects.values():
        verdicts[line] = False
    for line, ping in pings.items():
        verdicts[line] = ping.wait() == 0
    for line, yes in verdicts.items():
        print(line, "yes" if yes else "no")


main()
