#!/usr/bin/env bats
# Lines with delay, jitter, loss, doubled and overtaking packets, as a lab has them: by netem where the kernel
# has it, by labctl-wire elsewhere. What only one of both promises is skipped with the other.

load ../lib/e2e

setup() {
  need_root
}

teardown() {
  down_all wl
}

# lab PROPERTIES: a data centre's router and a VBR, 10.0.0.2 and 10.0.0.1, with such a line between them
lab() {
  mkdir -p "$BATS_TEST_TMPDIR/wl"
  cat >"$BATS_TEST_TMPDIR/wl/lab.yaml" <<YAML
lab: wl
regions: {cn-hangzhou: {zones: [h]}}
vpcs: {vpc-1: {region: cn-hangzhou, cidr_block: 10.1.0.0/16, vswitches: {vsw: {zone: h, cidr_block: 10.1.1.0/24}}}}
physical_connections: {pc-1: {region: cn-hangzhou, $1}}
virtual_border_routers:
  vbr-1: {physical_connection: pc-1, vlan_id: 10, local_gateway_ip: 10.0.0.1, peer_gateway_ip: 10.0.0.2}
data_centers:
  idc: {lans: {lan: {cidr_block: 10.2.0.0/24}}, circuits: {c: {physical_connection: pc-1, vlan_id: 10, ip: 10.0.0.2, peer_ip: 10.0.0.1}}}
${2-}
YAML
  echo "$BATS_TEST_TMPDIR/wl/lab.yaml"
}

idc() { ip netns exec wl.idc "$@"; }

by_wire() { ip netns list | grep -q '^wl\.wire\b'; }

only_by_wire() { # WHY: skips the rest with netem; elsewhere it must be labctl-wire
  if has_netem; then skip "$1"; fi
  by_wire || { echo "neither netem nor labctl-wire delays"; return 1; }
}

# pings COUNT INTERVAL: "SEQUENCE MILLISECONDS" of each answer, as they come
pings() {
  idc ping -c "$1" -i "$2" -W 3 10.0.0.1 | sed -n 's/.*icmp_seq=\([0-9]*\) .*time=\([0-9.]*\) ms.*/\1 \2/p'
}

between() { # VALUE LEAST MOST
  awk -v v="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(v >= a && v <= b) }' || { echo "$1 is not $2 to $3"; return 1; }
}

median() { sort -nk2 | awk '{ v[NR] = $2 } END { print v[int((NR + 1) / 2)] }'; }
least() { awk 'NR == 1 || $2 < m { m = $2 } END { print m }'; }

@test "up and status say who delays" {
  up "$(lab 'rtt: 10ms')"
  only_by_wire "this kernel has netem"
  [[ $output == *"delay of 1 line in user space: this kernel has no netem"* ]]
  run labctl status wl
  [ "$status" -eq 0 ]
  [[ $output == *"labctl-wire"*"ready"*"1 line in user space"* ]]
  pid=$(labctl status wl --json | jq '.workers[] | select(.worker == "wire") | .pid')
  # it goes before whatever keeps the host busy, as far as the host lets it
  if chrt -f 1 true; then
    within 2 bash -c 'chrt -p '"$pid"' | grep -q SCHED_FIFO'
    chrt -p "$pid" | grep -q 'priority: 1$'
  fi
  up "$(lab 'rtt: 10ms')" --json
  [ "$(jq -r .delay <<<"$output")" = labctl-wire ]
  run labctl doctor
  [[ $output == *"made by labctl-wire"* ]]
}

@test "a round trip takes as long as the lab file says, and as it says now" {
  up "$(lab 'rtt: 10ms')"
  between "$(pings 20 0.02 | least)" 9.9 12 # an emulated machine adds a millisecond
  idc ping -i 0.01 -c 300 -W 1 10.0.0.1 >"$BATS_TEST_TMPDIR/ping" 3>&- & # runs through all changes
  ping=$!
  within 5 grep -q 'icmp_seq=10 ' "$BATS_TEST_TMPDIR/ping"
  up "$(lab 'rtt: 60ms, jitter: 5ms')"
  [[ $output == *"1 changed"* || $output == *"2 changed"* ]]
  between "$(pings 10 0.02 | least)" 54 66
  up "$(lab 'rtt: 20ms')"
  between "$(pings 10 0.02 | least)" 19.9 23
  wait "$ping"
  grep -q ' 0% packet loss' "$BATS_TEST_TMPDIR/ping"
  [ "$(grep -c duplicates "$BATS_TEST_TMPDIR/ping")" -eq 0 ]
  # order holds, also where the delay is shorter than before
  only_by_wire "netem turns packets round when its delay changes"
  awk -F'[= ]' '/icmp_seq/ { if ($6 < last) exit 1; last = $6 }' "$BATS_TEST_TMPDIR/ping"
}

@test "a TCP connection lives through a change" {
  need_program iperf3
  up "$(lab 'rtt: 10ms, loss: 0.01%')"
  ip netns exec wl.vbr-1 iperf3 -s -1 -B 10.0.0.1 >/dev/null 3>&- &
  server=$!
  within 5 ip netns exec wl.vbr-1 sh -c "ss -Hltn 'sport = 5201' | grep -q ."
  idc iperf3 -c 10.0.0.1 -t 3 -i 0.5 -J >"$BATS_TEST_TMPDIR/iperf" 3>&- &
  client=$!
  within 5 idc sh -c "ss -Htn state established 'dport = 5201' | grep -q ."
  up "$(lab 'rtt: 30ms, jitter: 1ms, loss: 0.02%')"
  up "$(lab 'rtt: 5ms, loss: 0.01%')"
  wait "$client"
  wait "$server"
  # it kept flowing: no half of a second after the first without a byte
  jq -e '[.intervals[2:][].sum.bytes | select(. == 0)] | length == 0' "$BATS_TEST_TMPDIR/iperf"
}

@test "the same packets are lost in every run" {
  for run in 1 2; do
    up "$(lab 'rtt: 2ms, loss: 10%')"
    pings 200 0.005 | cut -d' ' -f1 >"$BATS_TEST_TMPDIR/run$run"
    labctl down wl
  done
  lost=$((200 - $(wc -l <"$BATS_TEST_TMPDIR/run1")))
  between "$lost" 15 65 # 38 of 200, each way one in ten
  up "$(lab 'rtt: 2ms, loss: 10%')"
  only_by_wire "netem has a seed since Linux 6.4"
  diff "$BATS_TEST_TMPDIR/run1" "$BATS_TEST_TMPDIR/run2"
}

@test "jitter spreads, a share is doubled, a share overtakes" {
  up "$(lab 'rtt: 20ms, jitter: 10ms')"
  pings 60 0.02 >"$BATS_TEST_TMPDIR/jitter"
  between "$(median <"$BATS_TEST_TMPDIR/jitter")" 17 26
  # both ways together up to 10 ms sooner or later: the middle of them, as a busy host makes some far later
  between "$(cut -d' ' -f2 "$BATS_TEST_TMPDIR/jitter" | sort -n | awk '{ v[NR] = $1 } END { print v[int(NR * 0.85)] - v[int(NR * 0.15)] }')" 4 15
  up "$(lab 'rtt: 2ms, duplicate: 20%')"
  run idc ping -qc 100 -i 0.005 10.0.0.1
  dup=$(sed -n 's/.*+\([0-9]*\) duplicates.*/\1/p' <<<"$output")
  between "${dup:-0}" 20 80 # 44: a request or an answer that comes twice, or both
  up "$(lab 'rtt: 40ms, reorder: 30%')"
  pings 100 0.002 >"$BATS_TEST_TMPDIR/reorder"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/reorder")" -eq 100 ]
  between "$(awk '$1 < last { n++ } { last = $1 } END { print n + 0 }' "$BATS_TEST_TMPDIR/reorder")" 5 80
}

@test "a worker that dies is back, and what came meanwhile has waited for it" {
  up "$(lab 'rtt: 2ms')"
  only_by_wire "this kernel has netem"
  pid=$(worker wl wire)
  kill -9 "$pid"
  idc ping -c 1 -W 5 10.0.0.1
  run labctl status wl --json
  [ "$(jq '.workers[] | select(.worker == "wire") | .restarts' <<<"$output")" -eq 1 ]
  ip -n wl.wire link del "$(ip -n wl.wire -o link | sed -n 's/.*: \(vbr-1[^@]*\)@.*/\1/p')"
  run labctl status wl
  [ "$status" -eq 1 ]
  up "$BATS_TEST_TMPDIR/wl/lab.yaml"
  within 2 idc ping -c 1 -W 1 10.0.0.1
}
