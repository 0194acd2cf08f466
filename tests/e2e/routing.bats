#!/usr/bin/env bats
# Routes that come and go while a lab runs: health checks, tracked routes, BIRD; rows 2.2 and 2.12. The
# lab is the shipped dual-circuit.

load ../lib/e2e

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
  need_root
}

teardown() {
  down_all dc
}

lab() { variation dual-circuit dc; }

dynamic() { labctl status dc --json | jq -r '.dynamic_routes[] | "\(.namespace) \(.dynamic_route) \(.origin) \(.device)"'; }

is_dynamic() { dynamic | grep -qxF "$1"; }

# The state of one circuit and what is said of it.
circuit() { labctl status dc --json | jq -r --arg v "$1" '.circuits[] | select(.circuit == $v) | "\(.state): \(.note)"'; }

established() { [[ $(circuit vbr-1) == "ok: BGP Established, BFD up" && $(circuit vbr-2) == "ok: BGP Established, BFD up" ]]; }

@test "2.12 every step of dual-circuit holds: recovery within 16 s by health checks, 3 s by BFD" {
  file=$(lab <<<'{}')
  for step in single health-checks bgp; do
    up "$file" --step "$step"
    labctl test dc >"$BATS_TEST_TMPDIR/tap" || { cat "$BATS_TEST_TMPDIR/tap"; false; }
    [ "$(labctl status dc --json | jq .ok)" = true ]
  done
}

@test "2.12 the same, measured by ping: the route of the dead circuit goes, and comes back" {
  up "$(lab <<<'{}')" --step health-checks
  is_dynamic "vpc-1 10.10.0.0/16 cen cen-1"
  is_dynamic "cen-1.cn-hangzhou 10.10.0.0/16 cen vbr-1"
  labctl exec dc ecs-1 -- ping -D -O -i 0.2 -c 110 10.10.1.20 >"$BATS_TEST_TMPDIR/ping" 3>&- &
  pinger=$!
  within 5 grep -q 'bytes from' "$BATS_TEST_TMPDIR/ping"
  ip -n dc.pc-1 link set vlan110 down
  within 18 is_dynamic "cen-1.cn-hangzhou 10.10.0.0/16 cen vbr-2"
  within 5 is_dynamic "idc-1 172.16.0.0/16 tracked pc-2.120"
  wait "$pinger" || true
  gap=$(awk -F'[][]' '/bytes from/ { if (last && $2 - last > gap) gap = $2 - last; last = $2 } END { print gap }' "$BATS_TEST_TMPDIR/ping")
  awk -v g="$gap" 'BEGIN { exit !(g > 5 && g <= 16.3) }' || { echo "no answer for $gap s"; false; }
  [ "$(circuit vbr-1)" = "cut: pc-1 is cut" ]
  up "$BATS_TEST_TMPDIR/dc/lab.yaml" --step health-checks # joins it
  within 8 is_dynamic "cen-1.cn-hangzhou 10.10.0.0/16 cen vbr-1"
  within 8 is_dynamic "idc-1 172.16.0.0/16 tracked pc-1.110"
}

@test "who wrote a route can be told, and up leaves dynamic routes alone" {
  file=$(lab <<<'{}')
  up "$file"
  within 20 established
  within 5 is_dynamic "vbr-1 10.10.1.0/24 bgp pc-1.110"
  within 5 is_dynamic "vpc-1 10.10.1.0/24 cen cen-1"
  within 5 is_dynamic "idc-1 172.16.1.0/24 bgp pc-1.110"
  dynamic >"$BATS_TEST_TMPDIR/before"
  ip -o -n dc.vpc-1 monitor route >"$BATS_TEST_TMPDIR/changes" 3>&- &
  monitor=$!
  run labctl up "$file"
  [ "$status" -eq 0 ]
  [[ $output == *"nothing to do"* ]]
  dynamic | diff "$BATS_TEST_TMPDIR/before" -
  kill "$monitor"
  [ ! -s "$BATS_TEST_TMPDIR/changes" ]
}

@test "a learned route that is deleted by hand comes back; one that nobody learned is named, and goes" {
  up "$(lab <<<'{}')" --step health-checks
  ip -n dc.vpc-1 route del 10.10.0.0/16 table 1000
  within 5 is_dynamic "vpc-1 10.10.0.0/16 cen cen-1"
  ip -n dc.vpc-1 route add 10.99.0.0/16 dev cen-1 table 1000 proto static
  run labctl status dc
  [ "$status" -eq 1 ]
  [[ $output == *"extra"*"route vpc-1 1000 10.99.0.0/16"* ]]
  labctl up "$BATS_TEST_TMPDIR/dc/lab.yaml" --step health-checks >/dev/null 2>&1
  [ -z "$(ip -n dc.vpc-1 route show table 1000 10.99.0.0/16)" ]
  is_dynamic "vpc-1 10.10.0.0/16 cen cen-1"
}

@test "BIRD is killed: it is started again, and its routes return" {
  up "$(lab <<<'{}')"
  within 20 established
  kill -KILL "$(worker dc bird-vbr-1)"
  within 20 eval '[[ $(labctl status dc --json | jq ".workers[] | select(.worker == \"bird-vbr-1\") | .restarts") -ge 1 ]]'
  within 20 established
  within 5 is_dynamic "cen-1.cn-hangzhou 10.10.1.0/24 cen vbr-1"
}

@test "without BFD a session is told by BGP alone; a router that is gone is named, not stumbled over" {
  up "$(lab <<'YAML'
virtual_border_routers: {vbr-1: {enable_bfd: false}}
data_centers: {idc-1: {circuits: {first: {enable_bfd: false}}}}
YAML
)"
  within 20 eval '[[ $(circuit vbr-1) == "ok: BGP Established" ]]'
  within 20 eval '[[ $(circuit vbr-2) == "ok: BGP Established, BFD up" ]]'
  ip netns del dc.vbr-1
  run labctl status dc
  [ "$status" -eq 1 ]
  [[ $output == *"missing namespace vbr-1"* ]]
  up "$BATS_TEST_TMPDIR/dc/lab.yaml"
  within 20 eval '[[ $(circuit vbr-1) == "ok: BGP Established" ]]'
}

@test "two static VBRs with one destination: the preferred one is used, without any health check" {
  preferred() {
    # the shipped lab up to its second step, without checks of health, and a preference
    sed -e '/^  - id: bgp$/,$d' -e '/vbr_health_checks:/,/vbr-2: {vbr: vbr-2}/d' \
      -e 's/, track: true//' -e 's/^lab: .*/lab: dc/' "$shipped/dual-circuit/lab.yaml"
    printf '  - id: prefer\n    apply: {cen: {cen-1: {route_maps: {m: {cen_region: cn-hangzhou, transmit_direction: RegionIn, priority: 1, source_instance_ids: [%s], preference: 5}}}}}\n' "$1"
  }
  mkdir -p "$BATS_TEST_TMPDIR/dc"
  for vbr in vbr-1 vbr-2; do
    preferred $vbr >"$BATS_TEST_TMPDIR/dc/lab.yaml"
    up "$BATS_TEST_TMPDIR/dc/lab.yaml"
    within 5 is_dynamic "cen-1.cn-hangzhou 10.10.0.0/16 cen $vbr"
  done
}

@test "a wrong autonomous system number, or key: no session, and status says so" {
  up "$(lab <<<'virtual_border_routers: {vbr-1: {peer_asn: 65011}, vbr-2: {auth_key: secret}}')"
  within 20 eval '[[ $(circuit vbr-1) == *"Bad peer AS"* ]]'
  [[ $(circuit vbr-2) == "no session: "* ]]
  run labctl exec dc ecs-1 -- ping -qc 2 -i 0.2 -W 1 10.10.1.20
  [ "$status" -eq 1 ]
}

@test "equal keys on both ends: the session is there, with TCP MD5 on the wire" {
  up "$(lab <<'YAML'
virtual_border_routers: {vbr-1: {auth_key: secret}}
data_centers: {idc-1: {circuits: {first: {auth_key: secret}}}}
YAML
)"
  within 20 established
  capture dc.pc-1 vlan110 'tcp port 179'
  within 60 grep -q 'md5' "$BATS_TEST_TMPDIR/capture"
  capture_end
}

@test "without BIRD, a lab that needs it is refused with the package's name; others need nothing" {
  file=$(lab <<<'{}')
  printf '#!/bin/sh\nmount --bind /dev/null "$(command -v bird)" && exec "$@"\n' >"$BATS_TEST_TMPDIR/without"
  run env PATH="$PATH:/usr/sbin" unshare -m sh "$BATS_TEST_TMPDIR/without" "$labctl" up "$file"
  [ "$status" -eq 4 ]
  [[ $output == *"needs the program bird"*"bird2"* ]]
  [ ! -e /run/labctl/dc ]
  run env PATH="$PATH:/usr/sbin" unshare -m sh "$BATS_TEST_TMPDIR/without" "$labctl" up "$file" --step health-checks
  [ "$status" -eq 0 ]
}

@test "down leaves no route, no process and no directory" {
  up "$(lab <<<'{}')"
  within 20 established
  pids=$(labctl status dc --json | jq '.workers[].pid')
  run labctl down dc
  [ "$status" -eq 0 ]
  for pid in $pids; do [ ! -e "/proc/$pid" ]; done
  [ ! -e /run/labctl/dc ]
  pins=(/run/netns/dc.*)
  [ ! -e "${pins[0]}" ]
}
