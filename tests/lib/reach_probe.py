#!/usr/bin/env python3
"""Tries, from inside a node, what standard input lists, all at once: lines "ADDRESS ping", "ADDRESS tcp/PORT", "URL get".
Prints each line with "yes" or "no": an answer came within the time, or none. A refused connection is an answer:
the host was reached. Of a URL: "STATUS:X-CA-ERROR-CODE"; it has
the seconds of the second argument more, 3 where there is none."""

import errno
import os
import select
import socket
import subprocess
import sys
import threading
import time

TIMEOUT = float(sys.argv[1])
LATER = float(sys.argv[2]) if len(sys.argv) > 2 else 3  # for answers of gateways


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


def get(url, verdicts):
    host, _, path = url.removeprefix("http://").partition("/")
    answer = b""
    try:
        with socket.create_connection((host, 80), TIMEOUT + LATER) as s:
            s.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            while b"\r\n\r\n" not in answer and (more := s.recv(65536)):
                answer += more
    except OSError:
        return  # as the line says that is there already
    status, *headers = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    codes = [h.partition(":")[2].strip() for h in headers if h.lower().startswith("x-ca-error-code:")]
    if status:
        verdicts[f"{url} get"] = f"{status.split()[1]}:{''.join(codes)}"


def start_get(url, verdicts):
    verdicts[f"{url} get"] = "no"
    t = threading.Thread(target=get, args=(url, verdicts), daemon=True)
    t.start()
    return t


def main():
    pings, connects, verdicts, gets = {}, {}, {}, []
    for line in sys.stdin.read().splitlines():
        address, service = line.split()
        if service == "ping":
            pings[line] = start_ping(address)
            continue
        if service == "get":
            gets.append(start_get(address, verdicts))
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
    for t in gets:
        t.join(max(0.01, deadline + LATER - time.monotonic()))
    for line, yes in verdicts.items():
        print(line, yes if isinstance(yes, str) else "yes" if yes else "no")
    sys.stdout.flush()
    os._exit(0)  # threads may still wait for a resolver


main()
