#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One TCP connection that lasts: whether it lives shows in how many bytes have come.

stream.py serve PORT
stream.py read ADDRESS PORT FILE      FILE: bytes so far, always 12 digits; "ended" where it broke

The server sends 200 bytes every 5 ms, on each connection. The reader never connects a second time.
"""
import os
import socket
import sys
import threading
import time


def send(connection):
    try:
        while True:
            connection.sendall(b"x" * 200)
            time.sleep(0.005)
    except OSError:
        connection.close()


def serve(port):
    listener = socket.create_server(("0.0.0.0", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=send, args=(connection,), daemon=True).start()


def read(address, port, path):
    out = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    count = 0
    try:
        with socket.create_connection((address, port), timeout=30) as s:
            while data := s.recv(65536):
                count += len(data)
                os.pwrite(out, b"%012d" % count, 0)
    finally:
        os.pwrite(out, b"ended       ", 0)


if sys.argv[1] == "serve":
    serve(int(sys.argv[2]))
else:
    read(sys.argv[2], int(sys.argv[3]), sys.argv[4])
