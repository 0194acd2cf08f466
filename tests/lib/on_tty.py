#!/usr/bin/env python3
"""Runs a command on a terminal of 24 x 80; prints what it shows, and whether it left the terminal's
settings as they were. --wait TEXT: what to wait for (default "ready") before --type TEXT is typed or
the terminal gets --resize ROWSxCOLUMNS. The exit status is the command's."""
import argparse
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

DEADLINE = 20


def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def act(master, args):
    if args.type:
        os.write(master, args.type.encode())
    if args.resize:
        resize(master, *map(int, args.resize.split("x")))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wait", default="ready")
    parser.add_argument("--type")
    parser.add_argument("--resize")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()

    master, slave = pty.openpty()
    resize(master, 24, 80)
    before = termios.tcgetattr(slave)
    print("tty of the caller:", os.ttyname(slave), flush=True)
    pid = os.fork()
    if pid == 0:
        os.close(master)
        os.login_tty(slave) if hasattr(os, "login_tty") else login(slave)
        os.execvp(args.command[0], args.command)
    shown, acted, end = b"", False, time.monotonic() + DEADLINE
    status = None
    while time.monotonic() < end:
        if select.select([master], [], [], 0.05)[0]:
            data = os.read(master, 65536)
            shown += data
            sys.stdout.buffer.write(data)
        if not acted and args.wait.encode() in shown:
            act(master, args)
            acted = True
        elif status is None:
            done, value = os.waitpid(pid, os.WNOHANG)
            status = value if done else None
        elif not select.select([master], [], [], 0)[0]:
            break
    if status is None:
        os.kill(pid, 9)
        sys.exit("on_tty: still running after %d s" % DEADLINE)
    print("\nsettings restored:", "yes" if termios.tcgetattr(slave) == before else "no")
    sys.exit(os.waitstatus_to_exitcode(status))


def login(slave):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in range(3):
        os.dup2(slave, fd)


if __name__ == "__main__":
    main()
