#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clients of tests/bench/gateway for what bench-http does not do: TLS, and connections that only wait.

    clients.py load PORT HOST CONNECTIONS SECONDS PATH keep|close
    clients.py idle PORT HOST CONNECTIONS PATH plain|tls

load: calls one after the other, in turns over the connections; `close`: each on a connection of its own, with a whole
handshake. Prints {"requests", "errors", "seconds", "p50", "p99"} (µs), as bench-http does. They are slow: what counts
is the server's CPU time. idle: opens the connections, makes one call on each, prints a line, and holds them until its
input ends. Certificates are not checked.
"""
import json
import resource
import socket
import ssl
import sys
import time

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


def connect(port, host, tls):
    s = socket.create_connection(("127.0.0.1", port), timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return CONTEXT.wrap_socket(s, server_hostname=host) if tls else s


def call(s, request):
    """One whole answer of a known length."""
    s.sendall(request)
    got = b""
    while b"\r\n\r\n" not in got:
        more = s.recv(65536)
        if not more:
            raise OSError("closed")
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(body)
    while left > 0:
        more = s.recv(65536)
        if not more:
            raise OSError("closed")
        left -= len(more)
    if not head.startswith(b"HTTP/1.1 200"):
        raise OSError(head.decode("latin-1"))


def request_of(host, path, close=False):
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: bench", "Accept: */*"]
    return ("\r\n".join(lines + ["Connection: close"] * close) + "\r\n\r\n").encode()


def load(port, host, connections, seconds, path, how):
    close = how == "close"
    request = request_of(host, path, close)
    pool = [] if close else [connect(port, host, True) for _ in range(connections)]
    for s in pool:
        call(s, request)
    took, began = [], time.monotonic()
    while time.monotonic() < began + seconds:
        for i in range(connections):
            before = time.monotonic()
            s = connect(port, host, True) if close else pool[i]
            call(s, request)
            if close:
                s.close()
            took.append(time.monotonic() - before)
    seconds = time.monotonic() - began
    took.sort()
    print(json.dumps({"requests": len(took), "errors": 0, "seconds": seconds, "p50": took[len(took) // 2] * 1e6,
                      "p99": took[len(took) * 99 // 100] * 1e6}))


def idle(port, host, connections, path, how):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = request_of(host, path)
    held = []
    for _ in range(connections):
        held.append(connect(port, host, how == "tls"))
        call(held[-1], request)
    print("held", flush=True)
    sys.stdin.read()


def main():
    what, port, host, connections, *rest = sys.argv[1:]
    if what == "load":
        load(int(port), host, int(connections), float(rest[0]), *rest[1:])
    else:
        idle(int(port), host, int(connections), *rest)


main()
