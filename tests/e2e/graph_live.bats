#!/usr/bin/env bats
# `labctl graph --live`: what goes over a running lab's links is said, and so are losses and links that are down.

bats_require_minimum_version 1.5.0
load ../lib/e2e

teardown() {
  [[ -z ${flood_pid-} ]] || kill "$flood_pid" 2>/dev/null || true
  wait
  [[ -z ${home-} ]] || { labctl down --all 2>/dev/null || true; rm -rf "$home"; }
  [[ $EUID -ne 0 ]] || "$labctl" down scenario1 >/dev/null 2>&1 || true
}

# flood KBIT: from ecs-3 in one region to VPC-1 in another, over 2 Mbit/s; as much on the wire, in frames of 1000 bytes
flood() {
  ip netns exec scenario1.ecs-3 python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
began, sent = time.monotonic(), 0
while True:
    while sent * 8 < (time.monotonic() - began) * float(sys.argv[1]):
        s.sendto(bytes(958), ("172.16.1.253", 9))
        sent += 1
    time.sleep(0.004)' "$1" 3>&- &
  flood_pid=$!
}
# regions TONE JQ: the link between the regions has that tone, and the filter holds for it
regions() {
  labctl graph scenario1 --live --json | jq -e --arg tone "$1" \
    ".links[] | select(.kind == \"peer\") | .label[-1] as \$said | .live | .tone == \$tone and ($2)"
}

# drawn FORMAT REGEX: so is the picture of that format, left as live.FORMAT
drawn() {
  labctl graph scenario1 --live --format "$1" -o "$BATS_TEST_TMPDIR/live.$1" && grep -qE "$2" "$BATS_TEST_TMPDIR/live.$1"
}

@test "load, losses and a cut are said, in colour and in words, and as SVG, dot, Mermaid, drawio" {
  need_root
  labctl up scenario1
  run -0 labctl graph scenario1 --live
  [[ $output == *idle* && $output != *lost,* && $output != *$'\033'* ]]
  regions idle '.state == "up" and .limit_there == 2000000 and $said == "idle"'

  flood 1400
  busy() { regions busy '$said | test("^(→|←) 1\\.[0-9]+ of 2 Mbit/s, 0\\.0 % lost$")'; }
  within 15 busy
  within 15 drawn svg 'class="link peer (busy|full)"'
  within 15 drawn svg '<text [^>]*class="(busy|full)">(→|←) [12]\.[0-9]+ of 2 Mbit/s, [0-9.]+ % lost</text>'
  python3 tests/lib/svg_texts.py "$BATS_TEST_TMPDIR/live.svg"
  within 15 drawn dot 'Mbit/s, [0-9.]+ % lost", .*penwidth=3'
  within 15 drawn mermaid '^  linkStyle 3 stroke:#[0-9a-f]+,stroke-width:4px$'
  within 15 drawn drawio 'of 2 Mbit/s, .*strokeWidth=3'
  kill "$flood_pid"
  flood 3000 # more than there is room for
  full() { regions full '$said | test("^← (1\\.9|2\\.0)[0-9]* of 2 Mbit/s, [23][0-9]\\.[0-9] % lost$")'; }
  within 15 full
  kill "$flood_pid"

  # packets that are lost on the way count, wherever: here by the line itself
  labctl link scenario1 cn-hangzhou:cn-beijing set loss=20%
  flood 1000
  lossy() { regions full '.lost_back_percent > 8 and .lost_back_percent < 36'; }
  within 15 lossy
  kill "$flood_pid"

  labctl link scenario1 cn-hangzhou:cn-beijing down
  run -0 env LC_ALL=C.UTF-8 "$labctl" graph scenario1 --live
  [[ $output == *╌╌╌╌*down* ]] || { echo "$output"; false; }
  labctl graph scenario1 --live --format svg | grep -q 'class="link peer broken"'
  labctl link scenario1 cn-hangzhou:cn-beijing up
  labctl link scenario1 attach-vpc-3 down
  labctl graph scenario1 --live --json | jq -e '[.links[] | select(.live.state == "down") | .id] ==
    ["attachment.vpc.vpc-3.tr.cen-1.cn-beijing"]'
}

@test "on a terminal it is drawn again and again, over itself, and follows the lab; Ctrl-C ends it" {
  need_root
  labctl up scenario1
  run -0 env TERM=xterm LC_ALL=C.UTF-8 python3 tests/lib/on_tty.py --wait 'a taller window' --type $'\003' \
    "$labctl" graph scenario1 --live
  [[ $output == *$'\033[H'* && $output == *"settings restored: yes"* && $output == *"a taller window"* ]]
  [ "$(env TERM=xterm python3 tests/lib/on_tty.py "$labctl" graph scenario1 --live --count 2 | grep -c $'\033\\[H')" = 2 ]
  [ "$(labctl graph scenario1 --live --count 2 | grep -c 'the last 1')" = 2 ]
  "$labctl" graph scenario1 --live --count 600 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  flood_pid=$!
  within 15 grep -q bound "$BATS_TEST_TMPDIR/out"
  labctl up scenario1 --step attach
  plain() { tail -n 30 "$BATS_TEST_TMPDIR/out" | grep -q '1 kbit/s'; }
  within 15 plain
  labctl down scenario1
  status=0
  wait "$flood_pid" || status=$?
  flood_pid=
  [ "$status" -eq 3 ]
  [[ $(tail -n 3 "$BATS_TEST_TMPDIR/out") == *"scenario1: is not up"* ]]
}

@test "a lab that is not up is exit 3; options that contradict are exit 2" {
  need_root
  run -3 labctl graph scenario1 --live
  [[ $output == *"scenario1: is not up"* ]]
  run -2 labctl graph scenario1 --live --step attach
  run -2 labctl graph scenario1 --count 2
  run -2 labctl graph scenario1 --live --format svg --count 2
}

@test "of a lab without root" {
  load ../lib/rootless
  rootless_home
  can_be_rootless
  run -3 labctl graph scenario1 --live
  labctl up scenario1
  labctl graph scenario1 --live --format svg -o now.svg
  grep -q 'class="link peer idle"' "$home/now.svg"
  [[ $(labctl graph scenario1 --live) == *idle* ]]
}
