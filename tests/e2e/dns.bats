#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# labctl-dns as the clients see it: dig over loopback, UDP and TCP, without a lab.

load ../lib/e2e

setup_file() {
  export PROGRAM="${LABCTL_BUILD_DIR:?}/libexec/labctl/labctl-dns"
  export LIB="${LABCTL_SOURCE_DIR:?}/tests/lib" DIR="$BATS_FILE_TMPDIR" PORT=45353
  cat >"$DIR/config" <<'JSON'
{"views": [
  {"name": "vpc-1", "sockets": ["a-udp", "a-tcp"], "records": [
    {"name": "g-vpc.alicloudapi.com", "type": "A", "data": "172.16.1.10", "ttl": 60},
    {"name": "10.1.16.172.in-addr.arpa", "type": "PTR", "data": "g-vpc.alicloudapi.com", "ttl": 60}]},
  {"name": "vpc-2", "sockets": ["b-udp", "b-tcp"], "records": []}],
 "zones": ["alicloudapi.com"]}
JSON
  {
    "$LIB/run_worker.py" "$PROGRAM" "$DIR/config" "$DIR/ready" \
      a-udp:udp:$PORT a-tcp:tcp:$PORT b-udp:udp:$((PORT + 1)) b-tcp:tcp:$((PORT + 1)) &
    echo $! >"$DIR/pid"
    status=0
    wait $! || status=$?
    echo $status >"$DIR/status"
  } >"$DIR/log" 2>&1 3>&- &
  within 5 test -s "$DIR/ready" || { cat "$DIR/log"; return 1; }
}

teardown_file() {
  if [[ -e $DIR/pid ]]; then kill "$(<"$DIR/pid")" 2>/dev/null || true; fi
}

ask() { dig @127.0.0.1 -p "$PORT" +tries=1 +time=2 "$@"; }

@test "A over UDP and over TCP" {
  run ask +short g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
  run ask +short +tcp g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
}

@test "PTR" {
  run ask +short -x 172.16.1.10
  [ "$output" = g-vpc.alicloudapi.com. ]
}

@test "AAAA of a name with an A record is NODATA with the zone's SOA" {
  run ask g-vpc.alicloudapi.com AAAA
  [[ $output == *"status: NOERROR"* ]]
  [[ $output == *"ANSWER: 0, AUTHORITY: 1"* ]]
  [[ $output =~ alicloudapi.com.*IN.*SOA ]]
}

@test "a name that nobody has is NXDOMAIN with an SOA" {
  run ask nothing.alicloudapi.com
  [[ $output == *"status: NXDOMAIN"* ]]
  [[ $output == *"AUTHORITY: 1"* ]]
}

@test "each VPC has its own view" {
  PORT=$((PORT + 1)) run ask g-vpc.alicloudapi.com
  [[ $output == *"status: NXDOMAIN"* ]]
}

@test "the letter case of the question comes back" {
  run ask +noall +question +answer G-vPc.AliCLOUDapi.com
  [[ $output == *"G-vPc.AliCLOUDapi.com."*"G-vPc.AliCLOUDapi.com."*172.16.1.10* ]]
}

@test "EDNS: OPT is answered, version 1 is BADVERS, no OPT gets none" {
  run ask +edns=0 g-vpc.alicloudapi.com
  [[ $output == *"EDNS: version: 0"*"udp: 1232"* ]]
  run ask +edns=1 +noednsnegotiation g-vpc.alicloudapi.com
  [[ $output == *"status: BADVERS"* ]]
  run ask +noedns g-vpc.alicloudapi.com
  [[ $output != *"EDNS:"* ]]
}

@test "RD is copied, RA is set" {
  run ask g-vpc.alicloudapi.com
  [[ $output == *"flags: qr rd ra;"* ]]
  run ask +norecurse g-vpc.alicloudapi.com
  [[ $output == *"flags: qr ra;"* ]]
}

@test "zone transfer, other classes and other opcodes are refused" {
  run ask axfr alicloudapi.com
  [[ $output == *"Transfer failed"* ]]
  run ask -c CH -t TXT version.bind
  [[ $output == *"status: REFUSED"* ]]
  run ask +opcode=4 alicloudapi.com SOA
  [[ $output == *"status: NOTIMP"* ]]
}

@test "several queries on one TCP connection, also in one segment and byte by byte" {
  run python3 - "$PORT" <<'PY'
import socket, struct, sys
q = struct.pack(">6H", 1, 256, 1, 0, 0, 0) + b"\5g-vpc\13alicloudapi\3com\0" + struct.pack(">HH", 1, 1)
q = struct.pack(">H", len(q)) + q
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(3)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
s.sendall(q * 500)
for b in q:
    s.send(bytes([b]))
s.shutdown(socket.SHUT_WR)
f = s.makefile("rb")
n = 0
while head := f.read(2):
    body = f.read(struct.unpack(">H", head)[0])
    assert bytes([172, 16, 1, 10]) in body
    n += 1
print(n)
PY
  [ "$output" = 501 ]
}

@test "an oversized TCP query closes that connection only" {
  run python3 - "$PORT" <<'PY'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(3)
s.sendall(b"\xff\xff" + b"x" * 100)
try:
    print(len(s.recv(1)))
except ConnectionResetError:
    print(0)
PY
  [ "$output" = 0 ]
  run ask +short +tcp g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
}

@test "refused queries are logged, at a limited rate" {
  python3 - "$PORT" <<'PY'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(500):
    s.sendto(b"garbage", ("127.0.0.1", int(sys.argv[1])))
PY
  run ask +short g-vpc.alicloudapi.com
  [ "$output" = 172.16.1.10 ]
  run grep -c "vpc-1: query over UDP refused: shorter than a DNS header" "$DIR/log"
  [ "$output" -ge 1 ]
  [ "$output" -le 40 ]
}

@test "SIGTERM: exit 0, also with an idle TCP connection" {
  exec 9<>/dev/tcp/127.0.0.1/"$PORT"
  kill "$(<"$DIR/pid")"
  within 3 test -s "$DIR/status"
  exec 9>&-
  [ "$(<"$DIR/status")" = 0 ]
}
