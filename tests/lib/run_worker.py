#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Becomes a worker program with the descriptors of src/base/worker.h.

run_worker.py PROGRAM CONFIG READY-FILE NAME:udp|tcp:[ADDRESS:]PORT... NAME:fd:NUMBER...

The sockets are opened on 127.0.0.1 or on ADDRESS, or were inherited as descriptor NUMBER; READY-FILE
holds one byte as soon as the worker is ready.
"""
import json
import os
import resource
import socket
import sys


def open_socket(kind, where):
    if kind == "fd":
        return socket.socket(fileno=int(where))
    address, _, port = where.rpartition(":")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address or "127.0.0.1", int(port)))
    if kind == "tcp":
        s.listen(128)
    return s


def main():
    program, config_path, ready_path, *specs = sys.argv[1:]
    with open(config_path, encoding="utf-8") as f:
        config = json.load(f)
    config["sockets"] = [{"name": spec.split(":")[0]} for spec in specs]
    sockets = [open_socket(*spec.split(":", 2)[1:]) for spec in specs]
    # as many descriptors as the supervisor allows
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    memfd = os.memfd_create("config")
    os.write(memfd, json.dumps(config).encode())
    ready = os.open(ready_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # First out of the way of 3, 4, 5..., then to their places.
    sources = [os.dup(fd) for fd in [memfd, ready] + [s.fileno() for s in sockets]]
    high = [os.dup2(fd, 100 + i) for i, fd in enumerate(sources)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i, inheritable=True)
    for fd in range(3 + len(high), 200):
        try:
            os.close(fd)
        except OSError:
            pass
    os.execv(program, [program])


main()
