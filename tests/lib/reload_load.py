#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A load that must not notice that its servers are replaced, run inside a node.

reload_load.py HOST PATH[,PATH...] RESOLVER NAME STOPFILE

Keep-alive connections, new connections, both by TLS as well, DNS over UDP and over TCP, until STOPFILE appears. Each request is
made once: nothing is repeated, but a kept connection that the server has said it closes is opened anew.
Prints "KIND: N requests, M failures" and the first failures; exit status 1 if there are any.
"""
import http.client
import os
import socket
import ssl
import struct
import sys
import threading
import time

HOST, PATHS, RESOLVER, NAME, STOP = sys.argv[1:6]
PATHS = PATHS.split(",")
results = {}
lock = threading.Lock()
trust = ssl.create_default_context()


def over():
    return os.path.exists(STOP)


def note(kind, failure):
    with lock:
        entry = results.setdefault(kind, [0, []])
        entry[0] += 1
        if failure:
            entry[1].append(failure)


def get(connection, path, close):
    connection.request("GET", path, headers={"Connection": "close"} if close else {})
    answer = connection.getresponse()
    answer.read()
    return None if answer.status == 200 else f"{path}: status {answer.status}", answer.will_close


def connect(secure):
    return (http.client.HTTPSConnection(HOST, timeout=10, context=trust) if secure
            else http.client.HTTPConnection(HOST, timeout=10))


def http_once(path, secure):
    connection = connect(secure)
    kind = "new connections by TLS" if secure else "new connections"
    try:
        note(kind, get(connection, path, True)[0])
    except (OSError, http.client.HTTPException) as e:
        note(kind, f"{path}: {e!r}")
    connection.close()
    time.sleep(0.005)


def keep_alive(number, secure):
    path = PATHS[number % len(PATHS)]
    kind = "kept connections by TLS" if secure else "kept connections"
    connection = None
    while not over():
        connection = connection or connect(secure)
        closes = True
        try:
            failure, closes = get(connection, path, False)
            note(kind, failure)
        except (OSError, http.client.HTTPException) as e:
            note(kind, f"{path}: {e!r}")
        if closes:
            connection.close()
            connection = None
        time.sleep(0.005)


def query(number):
    name = b"".join(bytes([len(p)]) + p.encode() for p in NAME.split(".")) + b"\0"
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)


def check(data, number):
    if data[:2] != struct.pack(">H", number):
        return "another query's answer"
    answers = struct.unpack(">H", data[6:8])[0]
    return None if data[3] & 15 == 0 and answers else f"rcode {data[3] & 15}, {answers} answers"


def dns_udp(number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.sendto(query(number), (RESOLVER, 53))
        return check(s.recv(4096), number)


def dns_tcp(number):
    with socket.create_connection((RESOLVER, 53), timeout=3) as s:
        s.sendall(struct.pack(">H", len(query(number))) + query(number))
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            more = s.recv(4096)
            if not more:
                return f"cut after {len(data)} bytes"
            data += more
        return check(data[2:], number)


def repeat(kind, ask):
    number = 0
    while not over():
        number = (number + 1) % 65536
        try:
            note(kind, ask(number))
        except OSError as e:
            note(kind, repr(e))
        time.sleep(0.005)


def new_connections(path, secure):
    while not over():
        http_once(path, secure)


threads = [threading.Thread(target=keep_alive, args=(n, False)) for n in range(2 * len(PATHS))]
threads += [threading.Thread(target=new_connections, args=(p, False)) for p in PATHS]
threads += [threading.Thread(target=keep_alive, args=(n, True)) for n in range(2)]
threads += [threading.Thread(target=new_connections, args=(PATHS[0], True))]
threads += [threading.Thread(target=repeat, args=a)
            for a in (("DNS over UDP", dns_udp), ("DNS over TCP", dns_tcp))]
for t in threads:
    t.start()
for t in threads:
    t.join()
failed = False
for kind, (count, failures) in sorted(results.items()):
    print(f"{kind}: {count} requests, {len(failures)} failures")
    for text in failures[:5]:
        print("  " + text)
    failed = failed or bool(failures) or not count
sys.exit(failed)
