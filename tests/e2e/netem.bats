#!/usr/bin/env bats
# Delay as the kernel emulates it. Needs sch_netem: tests/vm/run has it where the host has not.

load ../lib/e2e

setup() {
  need_root
  has_netem || cannot_run netem "this kernel has no sch_netem"
}
teardown() { down_all scenario1 scenario2 scenario3 hybrid dual-circuit n1; }

steps() { sed -n '/^checks:/q; s/^  - id: //p' "$shipped/$1/lab.yaml"; }
shaper() { tc -n n1.cen-1.cn-beijing qdisc show dev cn-hangzhou; }

# A processor in software takes some half millisecond for each hop: there, a round trip of 2 ms may take up to 8.
late_but_delayed() {
  grep -q 'QEMU TCG' /proc/cpuinfo && jq -e 'all(.checks[] | select(.verdict == "failed");
    .why | capture("^the round trip takes (?<ms>[0-9.]+) ms, not 2.00 ms$").ms | tonumber | . >= 2 and . < 8)' <<<"$output" >/dev/null
}

# A shipped lab comes up as its file says, all checks of the step hold, nothing is left.
holds() { # LAB STEP
  labctl up "$1" --step "$2"
  labctl status "$1" >/dev/null || { labctl status "$1"; return 1; }
  run labctl test "$1" --json
  [ "$status" -eq 0 ] && jq -e '.failed == 0 and .ok == (.checks | length)' <<<"$output" >/dev/null || late_but_delayed ||
    { echo "$1, step $2: $output"; return 1; }
}
is_gone() {
  labctl down "$1"
  [ -z "$(ls /run/netns | grep "^$1\.")" ]
}
measured() { jq -r --arg id "$1" '.checks[] | select(.id == $id) | .measured' <<<"$output"; }

@test "scenario1, every step: all checks hold, and the round trip is that of the regions" {
  for step in $(steps scenario1); do holds scenario1 "$step"; done
  [[ $(measured rtt) =~ "round trip takes "(29|3[0-3])(\.[0-9]+)?" ms" ]] || { measured rtt; false; }
  is_gone scenario1
}

@test "scenario2, every step" {
  for step in $(steps scenario2); do holds scenario2 "$step"; done
  is_gone scenario2
}

@test "scenario3, every step" {
  for step in $(steps scenario3); do holds scenario3 "$step"; done
  is_gone scenario3
}

@test "hybrid and dual-circuit, their last steps" {
  for lab in hybrid dual-circuit; do
    holds $lab "$(steps $lab | tail -n 1)"
    is_gone $lab
  done
}

@test "a delay changes in place: no packet is lost, and the rate below it stays" {
  file=$(variation scenario1 n1 <<<'region_pairs: {hangzhou-beijing: {rtt: 60ms}}')
  up "$file" --step grant
  [[ $(shaper) == *"netem 1: root"*"delay 15ms"*"tbf 10: parent 1:1"* ]] || { shaper; false; }
  labctl exec n1 ecs-3 -- ping -i 0.3 -c 12 -W 5 172.16.1.10 >"$BATS_TEST_TMPDIR/ping" 3>&- &
  ping=$!
  within 10 grep -q icmp_seq=3 "$BATS_TEST_TMPDIR/ping"
  run labctl up "$file"
  [[ $output == *"0 added, 2 changed, 0 removed"* ]] || { echo "$output"; false; }
  wait $ping || { cat "$BATS_TEST_TMPDIR/ping"; false; }
  cat "$BATS_TEST_TMPDIR/ping"
  grep -q ' 0% packet loss' "$BATS_TEST_TMPDIR/ping"
  awk -F'time=' '/time=/ { split($2, t, " "); last = t[1] } END { exit !(last >= 59 && last < 90) }' "$BATS_TEST_TMPDIR/ping"
  [[ $(shaper) == *"netem 1: root"*"delay 30ms"*"tbf 10: parent 1:1"* ]]
}

@test "a delay, a loss and a rate changed by hand are named, and mended" {
  file=$(variation scenario1 n1 <<<'{}')
  up "$file"
  for change in "change dev cn-hangzhou root netem delay 40ms 500us" \
    "change dev cn-hangzhou root netem delay 15ms 500us loss 5%" \
    "del dev cn-hangzhou parent 1:1" "replace dev cn-hangzhou root tbf rate 1mbit burst 5k limit 30k"; do
    # shellcheck disable=SC2086 # words of a command line
    tc -n n1.cen-1.cn-beijing qdisc $change
    run labctl status n1
    [ "$status" -eq 1 ] || { echo "not seen: $change"; shaper; false; }
    [[ $output == *"shaper"*"cen-1.cn-beijing"* ]] || { echo "$output"; false; }
    up "$file"
    run labctl status n1
    [ "$status" -eq 0 ] || { echo "not mended: $change"; echo "$output"; shaper; false; }
  done
}
