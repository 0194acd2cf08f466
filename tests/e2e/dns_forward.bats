#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# labctl-dns as a data centre's server: what it forwards to another labctl-dns, to dnsmasq, and for
# unbound. All of them listen on port 53 of loopback addresses in a network namespace of this file.
#
#   .10 idc   .20 cloud   .30 dnsmasq   .40 unbound
#   .97 rejected by a filter   .98 takes queries and is silent   .99 nobody

setup_file() {
  load ../lib/e2e.bash
  need_root
  export PROGRAM="$build/libexec/labctl/labctl-dns" LIB="${LABCTL_SOURCE_DIR:?}/tests/lib"
  export DIR="$BATS_FILE_TMPDIR"
  unshare --net sh -c 'ip link set lo up && echo up >"$0" && exec sleep 3600' "$DIR/net" 3>&- &
  echo $! >"$DIR/net.pid"
  within 5 test -s "$DIR/net"
  in_net nft -f - <<'NFT'
table ip t {
  chain c {
    type filter hook input priority 0;
    ip daddr 127.0.0.97 reject with icmp type host-unreachable
  }
}
NFT
  configure
  start idc 127.0.0.10
  start cloud 127.0.0.20
  spawn silent python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.98", 53))
while True:
    print(s.recv(512), flush=True)'
}

setup() {
  load ../lib/e2e.bash
  need_root
}

teardown_file() {
  for pid in "$DIR"/*.pid; do
    kill "$(<"$pid")" 2>/dev/null || true
  done
}

# spawn NAME COMMAND...: in the background, with its own process id in NAME.pid.
spawn() {
  local name=$1
  shift
  (exec nsenter --net="/proc/$(<"$DIR/net.pid")/ns/net" "$@") >"$DIR/$name.log" 2>&1 3>&- &
  echo $! >"$DIR/$name.pid"
}

in_net() { nsenter --net="/proc/$(<"$DIR/net.pid")/ns/net" "$@"; }

configure() {
  cat >"$DIR/idc.json" <<'JSON'
{"views": [{"name": "idc", "sockets": ["udp", "tcp"],
  "records": [
    {"name": "printer.corp.lab", "type": "A", "data": "10.10.1.9"},
    {"name": "local.alicloudapi.com", "type": "A", "data": "10.10.1.8"},
    {"name": "api.corp.lab", "type": "CNAME", "data": "g-vpc.alicloudapi.com"}],
  "forward": [
    {"zone": "alicloudapi.com", "servers": ["127.0.0.20"]},
    {"zone": "closed.lab", "servers": ["127.0.0.99", "127.0.0.20"]},
    {"zone": "noroute.lab", "servers": ["192.0.2.1", "127.0.0.20"]},
    {"zone": "silent.lab", "servers": ["127.0.0.98", "127.0.0.20"]},
    {"zone": "dead.lab", "servers": ["127.0.0.98", "127.0.0.98"]},
    {"zone": "filtered.lab", "servers": ["127.0.0.97"]},
    {"zone": "none.lab", "servers": ["127.0.0.99", "192.0.2.1"]},
    {"zone": "loop.lab", "servers": ["127.0.0.20"]},
    {"zone": ".", "servers": ["127.0.0.30"]}]}],
 "zones": ["corp.lab", "alicloudapi.com"]}
JSON
  python3 - >"$DIR/cloud.json" <<'PY'
import json
a = lambda name, data: {"name": name, "type": "A", "data": data}
records = [a("g-vpc.alicloudapi.com", "172.16.1.10"), a("local.alicloudapi.com", "6.6.6.6")]
records += [a(f"x.{zone}.lab", "172.16.1.11") for zone in ("closed", "noroute", "silent")]
records += [a("big.alicloudapi.com", f"10.{i // 200}.{i % 200}.1") for i in range(3000)]
records += [{"name": "chain.alicloudapi.com", "type": "CNAME", "data": "g-vpc.alicloudapi.com"}]
print(json.dumps({"views": [{"name": "cloud", "sockets": ["udp", "tcp"], "records": records,
    "forward": [{"zone": "loop.lab", "servers": ["127.0.0.10"]}]}], "zones": ["alicloudapi.com"]}))
PY
}

start() { # NAME ADDRESS
  spawn "$1" "$LIB/run_worker.py" "$PROGRAM" "$DIR/$1.json" "$DIR/$1.ready" \
    "udp:udp:$2:53" "tcp:tcp:$2:53"
  within 10 test -s "$DIR/$1.ready" || { cat "$DIR/$1.log"; return 1; }
}

# What a client sees whose patience is that of the C library in a node: one question, two seconds.
ask() { in_net dig @127.0.0.10 +tries=1 +time=2 "$@"; }

@test "names of the other server, over UDP and TCP, with AA clear" {
  run ask +short g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
  run ask +tcp g-vpc.alicloudapi.com
  [[ $output == *"flags: qr rd ra;"*172.16.1.10* ]]
}

@test "NXDOMAIN and NODATA are the other server's, with its SOA" {
  run ask nothing.alicloudapi.com
  [[ $output == *"status: NXDOMAIN"*"AUTHORITY: 1"* ]]
  run ask g-vpc.alicloudapi.com AAAA
  [[ $output == *"status: NOERROR"*"ANSWER: 0, AUTHORITY: 1"* ]]
}

@test "CNAMEs: of the other server, and of our own to one of its names" {
  run ask +short chain.alicloudapi.com
  [ "$output" = $'g-vpc.alicloudapi.com.\n172.16.1.10' ]
  run ask +short api.corp.lab
  [ "$output" = $'g-vpc.alicloudapi.com.\n172.16.1.10' ]
}

@test "a name of our own is never forwarded" {
  run ask +short local.alicloudapi.com
  [ "$output" = 10.10.1.8 ]
  run ask local.alicloudapi.com AAAA
  [[ $output == *"status: NOERROR"*"ANSWER: 0"* ]]
}

@test "the letter case of the question comes back" {
  run ask +noall +question +answer G-vPc.AliCLOUDapi.com
  [[ $output == *"G-vPc.AliCLOUDapi.com."*"G-vPc.AliCLOUDapi.com."*172.16.1.10* ]]
}

@test "an answer of 48 kB: TC over UDP, all of it over TCP" {
  run ask +ignore big.alicloudapi.com
  [[ $output == *"flags: qr tc rd ra;"*"ANSWER: 0"* ]]
  run ask big.alicloudapi.com # dig goes on over TCP by itself
  [[ $output == *"ANSWER: 3000"* ]]
}

@test "a server that refuses, or to which no route leads: the next is asked" {
  run ask +short x.closed.lab
  [ "$output" = 172.16.1.11 ]
  run ask +short x.noroute.lab
  [ "$output" = 172.16.1.11 ]
}

@test "a server that is silent: the next is asked, within the client's patience" {
  run ask +short x.silent.lab
  [ "$output" = 172.16.1.11 ]
}

@test "nobody answers: SERVFAIL within the client's patience, and a line in the log" {
  run ask x.dead.lab
  [[ $output == *"status: SERVFAIL"* ]]
  run grep -c "idc: query over UDP failed: no answer from any server of dead.lab." "$DIR/idc.log"
  [ "$output" -ge 1 ]
}

@test "no way to the only server: SERVFAIL at once, not after the patience" {
  for zone in none filtered; do
    run ask x.$zone.lab
    [[ $output == *"status: SERVFAIL"* ]]
    [[ $output =~ "Query time: "([0-9]+) ]]
    [ "${BASH_REMATCH[1]}" -lt 1000 ]
  done
}

@test "two servers that forward to each other: SERVFAIL, and both serve on" {
  run ask x.loop.lab
  [[ $output == *"status: SERVFAIL"* ]]
  run ask +short g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
  in_net dig @127.0.0.20 +tries=1 +time=2 x.loop.lab | grep -q "status: SERVFAIL"
  # nothing of it goes round any more: both have their descriptors back
  within 10 few_sockets idc
  within 10 few_sockets cloud
}

few_sockets() { (($(find "/proc/$(<"$DIR/$1.pid")/fd" -lname 'socket:*' | wc -l) <= 2)); }

@test "everything else goes to an internet resolver (dnsmasq)" {
  command -v dnsmasq >/dev/null || skip "dnsmasq is not installed"
  local big
  big=$(printf -- '--txt-record=big.example,%s ' {100..199}"$(printf 'x%.0s' {1..40})")
  # shellcheck disable=SC2086 # many options
  spawn dnsmasq dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --pid-file= \
    --user=root --bind-interfaces --listen-address=127.0.0.30 --local=/example/ \
    --host-record=www.example,93.184.216.34 --cname=web.example,www.example $big
  within 5 dnsmasq_answers
  run ask +short web.example
  [ "$output" = $'www.example.\n93.184.216.34' ]
  run ask www.example AAAA
  [[ $output == *"status: NOERROR"*"ANSWER: 0"* ]]
  run ask nx.example
  [[ $output == *"status: NXDOMAIN"* ]]
  run ask +tcp big.example TXT
  [[ $output == *"ANSWER: 100"* ]]
  run ask +short printer.corp.lab
  [ "$output" = 10.10.1.9 ]
}

dnsmasq_answers() { in_net dig @127.0.0.30 +tries=1 +time=1 +short www.example | grep -q .; }

@test "a caching resolver that mixes letters asks us (unbound)" {
  command -v unbound >/dev/null || skip "unbound is not installed"
  cat >"$DIR/unbound.conf" <<'CONF'
server:
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  interface: 127.0.0.40
  do-not-query-localhost: no
  use-caps-for-id: yes
forward-zone:
  name: "."
  forward-addr: 127.0.0.10
remote-control:
  control-enable: no
CONF
  spawn unbound unbound -d -p -c "$DIR/unbound.conf"
  within 10 unbound_answers
  run in_net dig @127.0.0.40 +tries=1 +time=5 big.alicloudapi.com
  [[ $output == *"ANSWER: 3000"* ]]
  run in_net dig @127.0.0.40 +tries=1 +time=5 nothing.alicloudapi.com
  [[ $output == *"status: NXDOMAIN"* ]]
}

unbound_answers() {
  [ "$(in_net dig @127.0.0.40 +tries=1 +time=2 +short api.corp.lab | tail -n 1)" = 172.16.1.10 ]
}

@test "a worker that is replaced under load loses no query" {
  run in_net "$LIB/dns_load.py" "$PROGRAM" "$DIR" 5
  echo "$output"
  [[ $output =~ ([0-9]+)\ of\ ([0-9]+)\ answered ]]
  [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
  [ "${BASH_REMATCH[2]}" -ge 500 ]
}

@test "SIGTERM: what is under way is still answered, then exit 0" {
  local answer
  ask last.dead.lab >"$DIR/last" 3>&- &
  answer=$!
  within 5 grep -q last "$DIR/silent.log" # so it is under way
  kill "$(<"$DIR/idc.pid")"
  wait "$answer"
  grep -q "status: SERVFAIL" "$DIR/last"
  within 5 gone "$(<"$DIR/idc.pid")"
}

gone() { ! kill -0 "$1" 2>/dev/null; }
