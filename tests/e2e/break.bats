#!/usr/bin/env bats
# `labctl link`, `fault` and `reset`: what is down is down for real packets, what is lossy loses them, what is
# not named goes on, and the file's state comes back.

load ../lib/e2e

setup() {
  need_root
  stream=$BATS_TEST_DIRNAME/../lib/stream.py
  jobs=()
}
teardown() {
  for pid in "${jobs[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  down_all scenario1 scenario2 dual-circuit
}

# ping_of LAB NODE ADDRESS COUNT: how many answers come, and the mean round trip in whole ms.
ping_of() {
  labctl exec "$1" "$2" -- ping -n -q -c "$4" -i 0.02 -W 1 "$3" >"$BATS_TEST_TMPDIR/ping" || true
  sed -nE 's/.* ([0-9]+) received.*/\1/p; s/^rtt [^=]*= [0-9.]+\/([0-9]+).*/\1/p' "$BATS_TEST_TMPDIR/ping" | xargs
}
answers() { ping_of "$1" "$2" "$3" 1 | grep -q '^1'; }
as_planned() { labctl status "$1" >/dev/null; }

@test "a circuit: down, up, longer, lossy; values that are not named keep" {
  labctl up scenario2
  run labctl link scenario2 --json
  [ "$status" -eq 0 ]
  jq -e '.links[] | select(.link == "pc-1") | .kind == "circuit" and .state == "up" and .changed == []' <<<"$output"
  within 30 answers scenario2 idc-client 172.16.1.20
  labctl link scenario2 pc-1 down
  [ "$(ping_of scenario2 idc-client 172.16.1.20 20)" = 0 ]
  # both ends keep their carrier, and it is no drift
  [[ $(ip -n scenario2.vbr-1 -br link) != *LOWERLAYERDOWN* ]]
  as_planned scenario2
  run labctl status scenario2
  grep -qE '^pc-1 +state down +labctl link$' <<<"$output"
  labctl link scenario2 pc-1 up
  within 30 answers scenario2 idc-client 172.16.1.20
  labctl link scenario2 idc-1 set rtt=100ms jitter=0us # the data centre has one circuit
  read -r n ms <<<"$(ping_of scenario2 idc-client 172.16.1.20 20)"
  [ "$n" = 20 ]
  ((ms >= 99 && ms <= 112))
  labctl link scenario2 pc-1 set loss=30%
  read -r n ms <<<"$(ping_of scenario2 idc-client 172.16.1.20 100)"
  ((n > 25 && n < 75)) # 49 % of the answers
  ((ms >= 99 && ms <= 112))
  run labctl link scenario2 pc-1 --json
  [ "$(jq -r '.links[0] | [.rtt, .loss, .changed[]] | join(",")' <<<"$output")" = "100ms,30%,rtt,jitter,loss" ]
  labctl reset scenario2
  [ "$(ping_of scenario2 idc-client 172.16.1.20 20 | cut -d' ' -f1)" = 20 ]
  [[ $(labctl reset scenario2) == "scenario2 is as its file says" ]]
  labctl fault scenario2 --seed 7 --hidden # a VLAN
  run labctl explain scenario2 idc-client 172.16.1.20 --json
  [ "$(jq -r '.cause, .at, .resource' <<<"$output" | xargs)" = \
    "nobody answers VBR vbr-1 on its circuit: it has VLAN 110, the customer router VLAN 111 lab.yaml:86 data_centers.idc-1.circuits.to-cloud" ]
  labctl reset scenario2
  as_planned scenario2
}

@test "an attachment and two regions; a connection elsewhere goes on; explain, matrix and up know" {
  labctl up scenario1
  ip netns exec scenario1.ecs-3 "$stream" serve 9 3>&- &
  jobs+=($!)
  listens() { [[ -n $(ip netns exec scenario1.ecs-3 ss -Hltn "sport = :9") ]]; }
  within 5 listens
  # within VPC-3: none of this concerns it
  ip netns exec scenario1.vpc-3 "$stream" read 192.168.1.10 9 "$BATS_TEST_TMPDIR/came" 3>&- &
  jobs+=($!)
  within 5 test -s "$BATS_TEST_TMPDIR/came"
  inodes=$(stat -Lc %i /run/netns/scenario1.*)
  labctl link scenario1 attach-vpc-3 down
  [ "$(ping_of scenario1 ecs-3 172.16.1.253 5)" = 0 ]
  run labctl explain scenario1 ecs-3 172.16.1.10:80
  [ "$status" -eq 1 ]
  [[ $output == *"NOT reachable: link attach-vpc-3 is down"* ]]
  [[ $output == *"labctl reset scenario1"* ]]
  [[ $(labctl explain scenario1 ecs-3 172.16.1.10:80 --json | jq .mended_by_reset) == true ]]
  reached=$(labctl matrix scenario1 --json | jq -r '. as $m | .cells[] |
    select(($m.from[.from] | index("ecs-3")) and ($m.to[.to] | index("apigw-1"))) | .services["tcp/80"]')
  [ "$reached" = no ]
  [[ $(labctl plan scenario1) == *"gain"* ]]
  labctl link scenario1 attach-vpc-3 up
  answers scenario1 ecs-3 172.16.1.253
  labctl link scenario1 cn-beijing:cn-hangzhou set rtt=80ms rate=1Mbit
  read -r n ms <<<"$(ping_of scenario1 ecs-3 172.16.1.253 10)"
  ((n == 10 && ms >= 79 && ms <= 90))
  labctl link scenario1 cn-beijing:cn-hangzhou set loss=100%
  run labctl explain scenario1 ecs-3 172.16.1.253 --json
  [ "$(jq -r '.cause, .at, .resource' <<<"$output" | xargs)" = \
    "link cn-hangzhou:cn-beijing loses every packet lab.yaml:134 links.cn-hangzhou:cn-beijing" ]
  labctl link scenario1 cn-beijing:cn-hangzhou set loss=0% # what is down is told with the same line
  labctl link scenario1 cn-beijing:cn-hangzhou down
  [ "$(labctl explain scenario1 ecs-3 172.16.1.253 --json | jq -r .at)" = lab.yaml:134 ]
  labctl link scenario1 cn-beijing:cn-hangzhou up
  labctl link scenario1 attach-vpc-1 set rtt=40ms # has no delay by itself: laid anew, or a queue
  read -r n ms <<<"$(ping_of scenario1 ecs-3 172.16.1.253 10)"
  ((n >= 9 && ms >= 118 && ms <= 132))
  as_planned scenario1
  for inode in $inodes; do stat -Lc %i /run/netns/scenario1.* | grep -qx "$inode"; done
  came=$(cat "$BATS_TEST_TMPDIR/came")
  goes_on() { [[ $(cat "$BATS_TEST_TMPDIR/came") > $came ]]; }
  within 5 goes_on
  labctl up scenario1 # the file
  read -r n ms <<<"$(ping_of scenario1 ecs-3 172.16.1.253 10)"
  ((n == 10 && ms >= 29 && ms <= 40))
  [[ $(labctl status scenario1 --json | jq '.changes | length') == 0 ]]
}

@test "two circuits by BGP: the other one takes over" {
  labctl up dual-circuit
  within 30 answers dual-circuit ecs-1 10.10.1.20
  labctl link dual-circuit pc-1 down
  within 15 answers dual-circuit ecs-1 10.10.1.20
  labctl reset dual-circuit
}

@test "a riddle: the same seed, hidden, revealed, mended" {
  labctl up scenario1
  run labctl fault scenario1 --seed 35 --hidden
  [ "$status" -eq 0 ]
  [[ $output != *attach* ]]
  [ "$(ping_of scenario1 ecs-3 172.16.1.253 3)" = 0 ]
  run labctl status scenario1
  [ "$status" -eq 0 ]
  [[ $output == *hidden* && $output != *attach-vpc-3\ * ]]
  # nor does plan tell, whatever else there is to do
  run labctl plan scenario1 --detailed-exitcode
  [ "$status" -eq 2 ]
  [ "$output" = "~ one hidden thing of \`labctl fault\` would be mended, too: labctl plan scenario1 --reveal" ]
  route=$(ip -n scenario1.ecs-3 route show default)
  ip -n scenario1.ecs-3 route del default
  run labctl plan scenario1
  [[ $output == *ecs-3*gained*"one hidden thing"* && $output != *attach-vpc-3* ]] || { echo "$output"; false; }
  [[ $(labctl plan scenario1 --json --changes 2>/dev/null) != *attach-vpc-3* ]]
  [[ $(labctl plan scenario1 --reveal) == *attach-vpc-3* ]]
  # shellcheck disable=SC2086 # the words are arguments
  ip -n scenario1.ecs-3 route add $route
  what=$(labctl fault scenario1 --reveal --json | jq -r '.what, .at, .resource' | xargs)
  [ "$what" = "link attach-vpc-3 is down lab.yaml:95 links.attach-vpc-3" ]
  run labctl fault scenario1 --seed 2
  [ "$status" -eq 3 ]
  # a student who finds it mends it
  labctl link scenario1 attach-vpc-3 up
  answers scenario1 ecs-3 172.16.1.253
  labctl reset scenario1
  run labctl fault scenario1 --reveal
  [ "$status" -eq 3 ]
  for seed in 2 3 4; do
    labctl fault scenario1 --seed $seed --json >"$BATS_TEST_TMPDIR/first"
    labctl reset scenario1
    labctl fault scenario1 --seed $seed --json | cmp - "$BATS_TEST_TMPDIR/first"
    as_planned scenario1
    labctl reset scenario1
  done
  labctl test scenario1 hello
}

@test "what is refused: unknown links, wrong values, a file that was edited, a lab that is not up" {
  run labctl link scenario1
  [ "$status" -eq 3 ]
  file=$(variation scenario1 scenario1 <<<'vpcs: {}')
  labctl up "$file"
  run labctl link scenario1 attach-vpc-2 down
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean attach-vpc-1?"* ]]
  for wrong in rtt=soon rtt=3s loss=200% rate=0bit jitter=5ms; do
    run labctl link scenario1 attach-vpc-1 set "$wrong"
    [ "$status" -eq 2 ] || { echo "$wrong: $output"; false; }
    [[ $output == *"labctl: $wrong"* && $output != *'{"'* ]] || { echo "$wrong: $output"; false; }
  done
  run labctl link scenario1 attach-vpc-1 set rtt=x jitter=x
  [[ $output == *"labctl: rtt=x: "* && $output == *"labctl: jitter=x: "* ]] || { echo "$output"; false; }
  run labctl link scenario1 attach-vpc-1 sideways
  [ "$status" -eq 2 ]
  [[ $(labctl status scenario1 --json | jq '.changes | length') == 0 ]]
  touch "$file"
  [[ $(labctl status scenario1) != *"$file"* ]]
  sed -i '1i # a comment' "$file"
  for verb in "status scenario1" "explain scenario1 ecs-3 172.16.1.253" "link scenario1" "link scenario1 attach-vpc-1"; do
    # shellcheck disable=SC2086 # the words are arguments
    run labctl $verb
    [[ $output == *"$file was edited since "*"numbers of lines"* ]]
  done
  told() { # WORD
    for verb in "status scenario1" "explain scenario1 ecs-3 172.16.1.253" "matrix scenario1"; do
      # shellcheck disable=SC2086 # the words are arguments
      [[ $(labctl $verb --json | jq -r .file) == "$1" ]] || { echo "$verb: not $1"; return 1; }
    done
  }
  told edited
  [[ $(labctl matrix scenario1 --plan --json | jq -r .file) == null ]]
  labctl up "$file"
  told same
  sed -i 's/192.168.1.10/192.168.1.11/' "$file"
  run labctl status scenario1
  [ "$status" -eq 0 ]
  [[ $output == *"$file has changed since "*"labctl up scenario1"* ]]
  run labctl link scenario1 attach-vpc-1 down
  [ "$status" -eq 3 ]
  [[ $output == *"is not what it was brought up from"* ]]
  run labctl link scenario1
  [[ $output == *"$file has changed since "*"as the file has them now, not as they run"* ]]
  [ "$(labctl link scenario1 --json | jq -r .file)" = changed ]
  [[ $(labctl reset scenario1) == "scenario1: nothing to take back; its file $file has changed since "*"labctl up scenario1"* ]]
  [ "$(labctl reset scenario1 --json | jq -c '[.changed, .file]')" = '[false,"changed"]' ]
  mv "$file" "$file.away"
  told gone
}

@test "what earlier steps were about is broken, too: apps and plug-ins of a gateway" {
  labctl up gateway-policies
  for seed in {1..30}; do
    labctl fault gateway-policies --seed "$seed" --json | jq -r '.resource | split(".")[0]'
    labctl reset gateway-policies >/dev/null
  done >"$BATS_TEST_TMPDIR/broken"
  labctl down gateway-policies
  for kind in app_attachments plugin_attachments vpc_accesses security_groups private_zones; do
    grep -qx "$kind" "$BATS_TEST_TMPDIR/broken" || { echo "never $kind"; sort "$BATS_TEST_TMPDIR/broken"; false; }
  done
}

@test "events happen when they are due, in order; an interruption puts the links back" {
  file=$(variation scenario1 scenario1 <<'YAML'
events:
  - {at: 2s, link: cn-hangzhou:cn-beijing, state: up, set: {rtt: 80ms, loss: 0.5%}}
  - {at: 300ms, link: cn-hangzhou:cn-beijing, state: down}
  - {at: 60s, link: attach-vpc-1, state: down}
YAML
  )
  labctl up "$file"
  labctl link scenario1 attach-vpc-1 set rate=9Mbit
  "$labctl" events scenario1 >"$BATS_TEST_TMPDIR/events" 2>&1 3>&- &
  player=$!
  jobs+=("$player")
  events() { [[ $(wc -l <"$BATS_TEST_TMPDIR/events") -ge $1 ]]; }
  state() { labctl link scenario1 --json | jq -r --arg l "$1" '.links[] | select(.link == $l) | [.state, .rtt, (.changed | join(" "))] | join(",")'; }
  within 5 events 1
  [ "$(ping_of scenario1 ecs-3 172.16.1.253 1)" = 0 ]
  within 5 events 2
  [ "$(state cn-hangzhou:cn-beijing)" = "up,80ms,rtt loss" ]
  kill -TERM "$player" # what is started in the background ignores INT
  status=0
  wait "$player" || status=$?
  [ "$status" -eq 1 ]
  [ "$(state cn-hangzhou:cn-beijing)" = "up,30ms," ]
  [ "$(state attach-vpc-1)" = "up,,rate" ]
  awk '/down/ {down = $1} /up rtt=80ms loss=0.5%/ {up = $1}
    END {exit !(down >= 0.3 && down < 2 && up >= 2 && up < 4.5)}' "$BATS_TEST_TMPDIR/events"
  grep -q 'are as they were: interrupted' "$BATS_TEST_TMPDIR/events"
  sed -i '/at: 60s/d' "$file"
  labctl up "$file"
  labctl events scenario1
  [ "$(state cn-hangzhou:cn-beijing)" = "up,80ms,rtt loss" ]
  labctl reset scenario1
  sed -i '/^ *events:/,$d' "$file" && echo '      vpcs: {}' >>"$file"
  labctl up "$file"
  run labctl events scenario1
  [ "$status" -eq 2 ]
  [[ $output == *"has no events"* ]]
}
