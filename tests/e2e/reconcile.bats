#!/usr/bin/env bats
# `up` on a running lab touches only what differs.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all r1; }

with_ecs1='ecs: {ecs-1: {vswitch: vsw-1a, private_ip: 172.16.1.20, security_groups: [sg-1]}}
security_groups:
  sg-1: {vpc: vpc-1, rules: {ping: {type: ingress, ip_protocol: icmp, cidr_ip: 0.0.0.0/0}}}'

# The lab with ecs-1 from the start: the variation's content becomes part of the base.
lab_with_ecs1() {
  local dir=$BATS_TEST_TMPDIR/r1
  mkdir -p "$dir"
  cp -r "$shipped/scenario1/functions" "$dir/"
  sed -e 's/^lab: scenario1$/lab: r1/' \
    -e 's/^  sg-3: .*/&\n  sg-1: {vpc: vpc-1, rules: {ping: {type: ingress, ip_protocol: icmp, cidr_ip: 0.0.0.0\/0}}}/' \
    -e 's/^  ecs-3: .*/&\n  ecs-1: {vswitch: vsw-1a, private_ip: 172.16.1.20, security_groups: [sg-1]}/' \
    "$shipped/scenario1/lab.yaml" >"$dir/lab.yaml"
  echo "$dir/lab.yaml"
}

@test "from step attach to the end, a running ping loses no packet" {
  file=$(lab_with_ecs1)
  labctl up "$file" --step attach
  labctl exec r1 ecs-3 -- ping -c 1 -W 5 172.16.1.20
  labctl exec r1 ecs-3 -- ping -i 1 -c 6 -W 5 172.16.1.20 >"$BATS_TEST_TMPDIR/ping" 3>&- &
  ping=$!
  within 5 grep -q 'icmp_seq=2' "$BATS_TEST_TMPDIR/ping"
  labctl up "$file" --step bandwidth
  within 5 grep -q 'icmp_seq=3' "$BATS_TEST_TMPDIR/ping"
  labctl up "$file"
  wait $ping
  cat "$BATS_TEST_TMPDIR/ping"
  grep -q ' 0% packet loss' "$BATS_TEST_TMPDIR/ping"
  run labctl status r1
  [ "$status" -eq 0 ]
}

@test "a second up of the same lab changes nothing and says so" {
  labctl up "$(lab_with_ecs1)"
  before=$(ip -n r1.vpc-3 -d -o link; ip -n r1.vpc-3 route show table all)
  run labctl up "$BATS_TEST_TMPDIR/r1/lab.yaml"
  [ "$status" -eq 0 ]
  [ "$before" = "$(ip -n r1.vpc-3 -d -o link; ip -n r1.vpc-3 route show table all)" ]
}

@test "status names every drift, up repairs it" {
  file=$(lab_with_ecs1)
  labctl up "$file"
  ip -n r1.vpc-3 route del 172.16.1.0/24 table 1000
  tc -n r1.cen-1.cn-beijing qdisc del dev cn-hangzhou root
  ip netns exec r1.vpc-3 nft flush ruleset
  ip -n r1.ecs-3 addr del 192.168.1.10/24 dev eth0
  ip -n r1.vpc-1 link del apigw-1
  run labctl status r1
  [ "$status" -eq 1 ]
  [[ $output == *"172.16.1.0/24"* ]]
  [[ $output == *shaper* ]]
  [[ $output == *filter* ]]
  [[ $output == *"192.168.1.10"* ]]
  [[ $output == *apigw-1* ]]
  labctl up "$file"
  run labctl status r1
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  run labctl exec r1 ecs-3 -- curl -sS -o /dev/null -m 5 -w '%{http_code}' "http://$(domain r1 group-1)/hello"
  [ "$output" = 200 ]
}

@test "a namespace deleted by hand is named, and made again" {
  file=$(lab_with_ecs1)
  labctl up "$file"
  ip netns del r1.ecs-3
  run labctl status r1
  [ "$status" -eq 1 ]
  [[ $output == *"namespace"*"ecs-3"* ]]
  labctl up "$file"
  run labctl status r1
  [ "$status" -eq 0 ]
  run labctl exec r1 ecs-3 -- ping -c 1 -W 2 172.16.1.20
  [ "$status" -eq 0 ]
}

@test "a namespace of somebody else is exit 3 and stays" {
  ip netns add r1.vpc-3
  inode=$(stat -Lc %i /run/netns/r1.vpc-3)
  run labctl up "$(lab_with_ecs1)"
  [ "$status" -eq 3 ]
  [[ $output == *r1.vpc-3* ]]
  labctl down r1 || true
  [ "$(stat -Lc %i /run/netns/r1.vpc-3)" = "$inode" ]
  [ -z "$(ls /run/netns | grep '^r1\.' | grep -v '^r1.vpc-3$')" ]
  ip netns del r1.vpc-3
}

@test "an instance's address changes on a running lab, and all that depends on it" {
  file=$(lab_with_ecs1)
  labctl up "$file"
  sed -i 's/private_ip: 192.168.1.10/private_ip: 192.168.1.11/' "$file"
  labctl up "$file"
  run labctl status r1
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  run labctl exec r1 ecs-3 -- curl -sS -m 5 "http://$(domain r1 group-1)/hello"
  [[ $output == *"Hello, 192.168.1.11,"* ]] || { echo "$output"; false; }
}

@test "a lab whose supervisor died is damaged in the list, and mended by up" {
  file=$(lab_with_ecs1)
  labctl up "$file"
  kill -9 "$(supervisor r1)"
  listed_as_damaged() { labctl status | grep -Eq '^r1 +damaged '; }
  within 5 listed_as_damaged
  labctl up "$file"
  run labctl status
  [[ $output =~ r1\ +up\  ]]
}
