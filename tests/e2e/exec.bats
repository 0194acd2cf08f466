#!/usr/bin/env bats
# `labctl exec` and `labctl shell`: a command in a node is as on a host of its own, and cannot reach
# back to the caller's terminal, descriptors or privileges.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup_file() {
  load ../lib/e2e
  [[ $EUID -ne 0 ]] || labctl up scenario1
}
teardown_file() {
  load ../lib/e2e
  [[ $EUID -ne 0 ]] || down_all scenario1
}
setup() { need_root; }

in_node() { labctl exec scenario1 ecs-3 -- "$@"; }

# on_tty COMMAND: runs it with a terminal of 24 x 80 as its standard input and output.
on_tty() {
  python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py" "$@"
}

@test "the exit status is the command's, or says what kept it from running" {
  run in_node sh -c 'exit 42'
  [ "$status" -eq 42 ]
  run in_node sh -c 'kill -9 $$'
  [ "$status" -eq 137 ]
  run -127 in_node no-such-command
  run in_node /etc/passwd
  [ "$status" -eq 126 ]
  run labctl exec scenario1 ecs-33 -- true
  [ "$status" -eq 125 ]
  [[ $output == *"did you mean ecs-3?"* ]]
  run labctl exec scenario1 ecs-3
  [ "$status" -eq 125 ]
  run labctl exec no-such-lab ecs-3 -- true
  [ "$status" -eq 125 ]
}

@test "options after the node are the command's" {
  run labctl exec scenario1 ecs-3 sh -c 'echo $0 $1' a --help
  [ "$output" = "a --help" ]
}

@test "the node has its own host name, resolver and network" {
  [ "$(in_node hostname)" = ecs-3 ]
  [ "$(in_node cat /etc/hostname)" = ecs-3 ]
  in_node cat /etc/resolv.conf | grep -qx 'nameserver 100.100.2.136'
  in_node grep -q 'ecs-3' /etc/hosts
  in_node grep -qx 'hosts: files dns' /etc/nsswitch.conf
  [ "$(in_node getent hosts ecs-3 | awk '{print $1}')" = 192.168.1.10 ]
  in_node ip -4 -o addr show eth0 | grep -q '192\.168\.1\.10/24'
  [ "$(in_node ls /sys/class/net | sort | tr '\n' ' ')" = "eth0 lo " ]
}

@test "the host's own files and host name stay as they were" {
  before=$(hostname; cat /etc/resolv.conf /etc/hosts; grep -vc ' - nsfs ' /proc/self/mountinfo)
  in_node sh -c 'hostname other; echo broken >/etc/resolv.conf' || true
  [ "$(hostname; cat /etc/resolv.conf /etc/hosts; grep -vc ' - nsfs ' /proc/self/mountinfo)" = "$before" ]
}

@test "the command sees the lab's processes and no others" {
  run in_node cat /proc/1/cmdline
  [[ $output == *labctl-supervisor*scenario1* ]]
  sleep 1234 &
  sleeper=$!
  run in_node pgrep -f '^sleep 1234'
  kill "$sleeper"
  [ "$status" -eq 1 ]
}

@test "no descriptor above 2 reaches the command" {
  exec 7</etc/passwd
  run in_node ls /proc/self/fd
  exec 7<&-
  [ "$(echo $output)" = "0 1 2 3" ] # 3: the folder that ls reads
}

@test "the capabilities are the documented ones, and mounting is refused" {
  [ "$(in_node sh -c 'grep ^CapEff /proc/self/status')" = $'CapEff:\t00000000a00435fb' ]
  [ "$(in_node sh -c 'grep ^CapInh /proc/self/status')" = $'CapInh:\t0000000000000000' ]
  [ "$(in_node sh -c 'grep ^CapBnd /proc/self/status')" = $'CapBnd:\t00000000a00435fb' ]
  run in_node mount -t tmpfs none /mnt
  [ "$status" -ne 0 ]
  run in_node nsenter --net=/proc/1/ns/net true
  [ "$status" -ne 0 ]
  in_node ip link set eth0 mtu 1500 # its own network it may configure
}

@test "the environment is a safe one" {
  run env EVIL=1 LD_PRELOAD= TERM='x y' "$labctl" exec scenario1 ecs-3 -- env
  [[ $output != *EVIL* && $output != *LD_PRELOAD* && $output != *TERM=* ]]
  [[ $output == *"HOME=/root"* && $output == *"PATH=/usr/local/sbin:"* ]]
}

@test "standard input, output and error are the caller's" {
  [ "$(echo through | in_node cat)" = through ]
  [ "$(in_node sh -c 'echo out; echo err >&2' 2>/dev/null)" = out ]
  [ "$(in_node sh -c 'echo out; echo err >&2' 2>&1 >/dev/null)" = err ]
  [ "$(head -c 300000 /dev/zero | in_node wc -c)" -eq 300000 ]
}

@test "signals are forwarded, and killing labctl ends the command" {
  for signal in INT TERM HUP QUIT USR1 USR2; do
    mark=$BATS_TEST_TMPDIR/$signal
    # a shell ignores SIGINT in what it starts in the background, and a trap cannot undo that
    env --default-signal "$labctl" exec scenario1 ecs-3 -- sh -c "trap 'exit 33' $signal; touch $mark; while :; do sleep 0.05; done" &
    pid=$!
    within 5 test -e "$mark"
    kill "-$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 33 ]
  done
  "$labctl" exec scenario1 ecs-3 -- sleep 98765 &
  pid=$!
  within 5 pgrep -f '^sleep 98765'
  kill -9 "$pid"
  gone() { ! pgrep -f '^sleep 98765'; }
  within 5 gone
}

@test "on a terminal, the command gets one of its own, of the same size" {
  run on_tty "$labctl" exec scenario1 ecs-3 -- sh -c 'stty size; tty; echo caller $CALLER'
  [ "$status" -eq 0 ]
  [[ $output == *"24 80"* && $output == */dev/pts/* ]]
  caller=$(sed -n 's/^tty of the caller: //p' <<<"$output" | tr -d '\r')
  inner=$(sed -n 's/^\(\/dev\/pts\/[0-9]*\).*/\1/p' <<<"$output" | tr -d '\r')
  [ -n "$caller" ]
  [ "$caller" != "$inner" ]
}

@test "a terminal that is resized is resized for the command" {
  run on_tty --resize 50x132 "$labctl" exec scenario1 ecs-3 -- \
    sh -c 'trap "stty size; exit 5" WINCH; echo ready; while :; do sleep 0.05; done'
  [[ $output == *"50 132"* ]]
  [ "$status" -eq 5 ]
}

@test "Ctrl-C goes to the command, and the caller's terminal is restored" {
  run on_tty --type $'\003' "$labctl" exec scenario1 ecs-3 -- \
    sh -c 'trap "echo interrupted; exit 6" INT; echo ready; while :; do sleep 0.05; done'
  [[ $output == *interrupted* ]]
  [[ $output == *"settings restored: yes"* ]]
  [ "$status" -eq 6 ]
}

@test "with only standard input on a terminal, it cannot be written into" {
  run on_tty sh -c "'$labctl' exec scenario1 ecs-3 -- python3 -c '
import fcntl, termios
try:
    fcntl.ioctl(0, termios.TIOCSTI, b\"x\")
    print(\"pushed\")
except OSError as e:
    print(\"refused\")
' | cat"
  [[ $output == *refused* ]]
}

@test "shell runs commands in the node and says where it is" {
  # not with the start files of whoever runs this, which may wait for anything
  printf '#!/bin/sh\nexec /bin/bash --norc "$@"\n' >"$BATS_TEST_TMPDIR/bash"
  chmod +x "$BATS_TEST_TMPDIR/bash"
  run bash -c "echo hostname | SHELL=$BATS_TEST_TMPDIR/bash '$labctl' shell scenario1 ecs-3"
  [ "$status" -eq 0 ]
  [ "$output" = ecs-3 ]
  run env SHELL="$BATS_TEST_TMPDIR/bash" python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py" --wait ']' --type $'exit 9\n' \
    "$labctl" shell scenario1 ecs-3
  [[ $output == *"[scenario1/ecs-3]"* ]]
  [ "$status" -eq 9 ]
}
