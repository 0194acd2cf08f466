#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Replaces labctl-dns again and again, as the supervisor does, while clients ask it what it forwards.

dns_load.py PROGRAM FOLDER TIMES

The server that it forwards to is part of this script and takes its time, so that queries are under way
whenever a worker is told to end. Each query is sent once, over UDP or over a TCP connection of its own,
and must be answered with its own id. Prints "N of N answered, 0 not at all".
"""
import asyncio
import json
import os
import socket
import struct
import sys

UPSTREAM = ("127.0.0.70", 53)
WORKER = ("127.0.0.71", 53)
DELAY = 0.3
QUESTION = b"\1g\3fwd\3lab\0" + struct.pack(">HH", 1, 1)
ANSWER = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 172, 16, 1, 10)
RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run_worker.py")


def query(number):
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + QUESTION


def is_answer(data, number):
    return data[:2] == struct.pack(">H", number) and data[3] & 15 == 0 and data.endswith(ANSWER[-4:])


class Upstream(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        head = data[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0)
        asyncio.get_running_loop().call_later(
            DELAY, self.transport.sendto, head + QUESTION + ANSWER, addr)


class UdpClient(asyncio.DatagramProtocol):
    def __init__(self):
        self.waiting = {}

    def datagram_received(self, data, addr):
        number = struct.unpack(">H", data[:2])[0]
        if is_answer(data, number):
            self.waiting.pop(number).set_result(True)


async def ask_tcp(number):
    reader, writer = await asyncio.open_connection(*WORKER)
    writer.write(struct.pack(">H", len(query(number))) + query(number))
    size = struct.unpack(">H", await reader.readexactly(2))[0]
    answer = await reader.readexactly(size)
    writer.close()
    assert is_answer(answer, number)


class Workers:
    """The sockets of a worker, which outlive it, and the processes that have them in turn."""

    def __init__(self, program, folder):
        self.program, self.folder, self.count = program, folder, 0
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for s in self.udp, self.tcp:
            s.bind(WORKER)
        self.tcp.listen(128)
        with open(folder + "/load.json", "w", encoding="utf-8") as f:
            json.dump({"views": [{"name": "idc", "sockets": ["udp", "tcp"], "forward": [
                {"zone": "fwd.lab", "servers": [UPSTREAM[0]]}]}]}, f)

    async def start(self):
        self.count += 1
        ready = f"{self.folder}/load-{self.count}"
        fds = self.udp.fileno(), self.tcp.fileno()
        process = await asyncio.create_subprocess_exec(
            RUN, self.program, self.folder + "/load.json", ready,
            f"udp:fd:{fds[0]}", f"tcp:fd:{fds[1]}", pass_fds=fds)
        while not (os.path.exists(ready) and os.path.getsize(ready)):
            assert process.returncode is None
            await asyncio.sleep(0.01)
        return process


async def load(client, transport, answers):
    """Asks, by turns over UDP and TCP, until it is cancelled."""
    while True:
        number = len(answers)
        if number % 4:
            future = asyncio.get_running_loop().create_future()
            client.waiting[number] = future
            answers.append(future)
            transport.sendto(query(number))
        else:
            answers.append(asyncio.ensure_future(ask_tcp(number)))
        await asyncio.sleep(0.003)


async def main():
    program, folder, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Upstream, local_addr=UPSTREAM)
    workers = Workers(program, folder)
    worker = await workers.start()
    transport, client = await loop.create_datagram_endpoint(UdpClient, remote_addr=WORKER)
    answers = []
    asking = asyncio.ensure_future(load(client, transport, answers))
    try:
        for _ in range(times):
            asked = len(answers)
            while len(answers) < asked + 100:
                await asyncio.sleep(0.01)
            retired, worker = worker, await workers.start()
            retired.terminate()
            assert await asyncio.wait_for(retired.wait(), 10) == 0
        asking.cancel()
        done, late = await asyncio.wait(answers, timeout=5)
        good = sum(not f.exception() for f in done)
        print(f"{good} of {len(answers)} answered, {len(late)} not at all")
    finally:
        worker.terminate()
        await worker.wait()


asyncio.run(main())
