#!/usr/bin/python3
"""A star of N hosts around one router by Mininet's own Host and Link, as the best case of it: no switch, no
controller, no Open vSwitch. Prints "up MS" and, when told to by a line on standard input, removes it."""
import sys
import time

from mininet.link import Link
from mininet.node import Host


def build(n):
    hub = Host("hub")
    hosts = [hub]
    for i in range(n):
        host = Host(f"h{i}")
        link = Link(host, hub, intfName1="eth0", intfName2=f"h{i}")
        gateway = f"10.{i // 250}.{i % 250}.253"
        link.intf2.setIP(gateway, 24)
        link.intf1.setIP(f"10.{i // 250}.{i % 250}.1", 24)
        host.cmd("ip route add default via", gateway)
        hosts.append(host)
    return hosts


def main():
    begin = time.monotonic()
    hosts = build(int(sys.argv[1]))
    print(f"up {(time.monotonic() - begin) * 1000:.2f}", flush=True)
    sys.stdin.readline()
    for host in hosts:
        host.stop(deleteIntfs=True)


main()
