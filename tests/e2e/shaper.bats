#!/usr/bin/env bats
# Shapers of slow links: what stands in the kernel, is read back, repaired and changed in place.

load ../lib/e2e

setup() {
  need_root
  mkdir -p "$BATS_TEST_TMPDIR/fast" "$BATS_TEST_TMPDIR/slow"
  labctl generate regions 2 --vpcs 2 --bandwidth 2 --name slow >"$BATS_TEST_TMPDIR/fast/lab.yaml"
  sed '/bandwidth_packages:/,/bandwidth_limit:/d' "$BATS_TEST_TMPDIR/fast/lab.yaml" >"$BATS_TEST_TMPDIR/slow/lab.yaml"
}
teardown() { down_all slow; }

class() { tc -n slow.cen-1.cn-shanghai class show dev cn-hangzhou; }
qdisc() { tc -n slow.cen-1.cn-shanghai qdisc show dev cn-hangzhou; }

whole() { # status has nothing to say
  run labctl status slow
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

@test "a slow link is an htb with a small burst; what is changed by hand is named and repaired" {
  up "$BATS_TEST_TMPDIR/slow"
  [[ $(class) == *"rate 1Kbit ceil 1Kbit burst 200b cburst 200b"* ]] || { class; return 1; }
  [[ $(qdisc) == *"bfifo 20: parent "*"limit 30000b"* ]] || { qdisc; return 1; }
  whole
  id=$(class | grep -o 'htb [0-9a-f]*:1' | cut -d' ' -f2)
  for change in "class change dev cn-hangzhou parent ${id%1} classid $id htb rate 2kbit burst 200" \
    "class change dev cn-hangzhou parent ${id%1} classid $id htb rate 1kbit burst 900" \
    "qdisc replace dev cn-hangzhou parent $id handle 20: bfifo limit 60000" \
    "qdisc del dev cn-hangzhou parent $id" "qdisc del dev cn-hangzhou root"; do
    read -ra argv <<<"$change"
    tc -n slow.cen-1.cn-shanghai "${argv[@]}"
    run labctl status slow
    [[ $status -eq 1 && $output == *" shaper "*"cen-1.cn-shanghai/cn-hangzhou"* ]] ||
      { echo "$change: $output"; return 1; }
    up "$BATS_TEST_TMPDIR/slow"
    whole
  done
  [[ $(class) == *"rate 1Kbit ceil 1Kbit burst 200b"* ]] || { class; return 1; }
}

@test "a slow link lends for what is larger than its burst; bandwidth comes and goes" {
  up "$BATS_TEST_TMPDIR/slow"
  # 442 bytes each way: the first is lent
  ip netns exec slow.ecs-1-1 ping -c 1 -W 10 -s 400 10.1.0.1
  up "$BATS_TEST_TMPDIR/fast"
  [[ $(qdisc) == *"tbf"*"rate 2Mbit"* && $(qdisc) != *htb* ]] || { qdisc; return 1; }
  whole
  up "$BATS_TEST_TMPDIR/slow"
  [[ $(qdisc) == *htb* && $(qdisc) != *tbf* ]] || { qdisc; return 1; }
  whole
}
