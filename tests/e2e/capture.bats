#!/usr/bin/env bats
# `labctl capture`: lines for people, pcapng files that tcpdump reads, several nodes in one order of time,
# no privilege while it looks at packets.

load ../lib/e2e

setup() {
  need_root
  labctl up scenario1
}
teardown() {
  [[ -z ${capturer-} ]] || kill "$capturer" 2>/dev/null || true
  down_all scenario1
}

listening() { # ARGUMENT...: a capture in the background, once it listens
  "$labctl" capture scenario1 "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
  capturer=$!
  within 5 grep -q '^capturing at' "$BATS_TEST_TMPDIR/err"
}

ended() {
  wait "$capturer"
  local rc=$?
  capturer=
  return "$rc"
}

call() { labctl exec scenario1 ecs-3 -- curl -s -m 5 -H 'Host: nobody.example' "http://172.16.1.10/$1"; }

@test "a request is seen at each place that it passes, in order" {
  listening ecs-3,vpc-3:cen-1,apigw-1:vpc tcp port 80
  call seen
  within 5 grep -q 'apigw-1:vpc .* > .*:80 TCP .*FIN' "$BATS_TEST_TMPDIR/out"
  kill -INT "$capturer"
  ended
  grep 'GET /seen HTTP/1.1' "$BATS_TEST_TMPDIR/out" | awk '{ print $2 }' >"$BATS_TEST_TMPDIR/places"
  printf '%s\n' ecs-3:eth0 vpc-3:cen-1 apigw-1:vpc | diff - "$BATS_TEST_TMPDIR/places"
  sort -c -k1,1 "$BATS_TEST_TMPDIR/out"
  grep -q ' HTTP/1.1 404 ' "$BATS_TEST_TMPDIR/out"
  [ "$(grep -c DNS "$BATS_TEST_TMPDIR/out")" -eq 0 ]
  grep -qE '^[0-9]+ packets captured, 0 dropped by the kernel$' "$BATS_TEST_TMPDIR/err"
}

@test "a file has the names of the interfaces and is read by tcpdump; --count ends it" {
  listening ecs-3,vpc-1 -w "$BATS_TEST_TMPDIR/file" -c 3 icmp
  labctl exec scenario1 ecs-3 -- ping -c 2 -i 0.2 172.16.1.10
  ended
  run tcpdump -nr "$BATS_TEST_TMPDIR/file"
  [ "$status" -eq 0 ]
  [ "$(grep -c 'ICMP echo' <<<"$output")" -eq 3 ]
  grep -aq 'ecs-3:eth0' "$BATS_TEST_TMPDIR/file"
  grep -aq 'inter-region\|cen cen-1\|cen-1' "$BATS_TEST_TMPDIR/file"
  [ "$(find "$BATS_TEST_TMPDIR/file" -user root -perm 0644 | wc -l)" -eq 1 ]
}

@test "a file to standard output is for a pipe" {
  listening ecs-3 -w - -c 1 icmp
  labctl exec scenario1 ecs-3 -- ping -c 1 172.16.1.10
  ended
  run tcpdump -nr "$BATS_TEST_TMPDIR/out"
  [[ $output == *"ICMP echo request"* ]]
}

@test "what looks at packets has no privilege, and a lab can go down meanwhile" {
  listening vpc-1
  grep -qx $'CapPrm:\t0000000000000000' "/proc/$capturer/status"
  grep -qx $'CapBnd:\t0000000000000000' "/proc/$capturer/status"
  grep -q $'^Uid:\t65534\t65534' "/proc/$capturer/status"
  grep -qx $'Seccomp:\t2' "/proc/$capturer/status"
  labctl down scenario1
  ended
  grep -q 'the lab went down$' "$BATS_TEST_TMPDIR/err"
}

@test "a lab goes down also while both ends of its links are listened at" {
  spaces() { lsns -t net -n -o NS | wc -l; }
  before=$(spaces)
  listening ecs-3,vpc-3
  labctl down scenario1
  ended
  grep -q 'the lab went down$' "$BATS_TEST_TMPDIR/err"
  fewer() { (($(spaces) < before)); }
  within 5 fewer
}

@test "a disk that is full is told once, whatever is still held back" {
  mkdir "$BATS_TEST_TMPDIR/small"
  mount -t tmpfs -o size=4k tmpfs "$BATS_TEST_TMPDIR/small"
  listening ecs-3,vpc-3,vpc-1 -w "$BATS_TEST_TMPDIR/small/file" icmp
  labctl exec scenario1 ecs-3 -- ping -q -f -c 100 -s 1400 172.16.1.10
  status=0
  ended || status=$?
  umount "$BATS_TEST_TMPDIR/small"
  [ "$status" -eq 1 ]
  [ "$(tail -n 1 "$BATS_TEST_TMPDIR/err")" = 'labctl: capture: write the packets: No space left on device' ]
}

@test "wrong names and filters are refused, and no file is left" {
  cd "$BATS_TEST_TMPDIR"
  # a CEN is the transit routers of its regions; who is named twice is listened at once
  listening cen-1,ecs-3,ecs-3 icmp
  grep -q 'cen-1.cn-hangzhou' "$BATS_TEST_TMPDIR/err"
  labctl exec scenario1 ecs-3 -- ping -q -c 1 -W 2 172.16.1.253 >/dev/null
  within 5 grep -q 'ecs-3:eth0 .*echo reply' "$BATS_TEST_TMPDIR/out"
  kill -INT "$capturer"
  ended
  [ "$(grep -c 'ecs-3:eth0 .*echo request' "$BATS_TEST_TMPDIR/out")" = 1 ]
  for place in cen-1.cn-beijing:vpc-3 cen-1.cn-hangzhou:vpc-1; do grep -q "$place " "$BATS_TEST_TMPDIR/out"; done
  run labctl capture scenario1 cen-1:nope
  [ "$status" -eq 2 ]
  [[ $output == *"cen-1: has no interface nope"* ]]
  run labctl capture scenario1 ecs-4 -w file
  [ "$status" -eq 2 ]
  [[ $output == *"has no node ecs-4"*"did you mean ecs-3?"* ]]
  run labctl capture scenario1 vpc-3:nope -w file
  [ "$status" -eq 2 ]
  [[ $output == *"vpc-3: has no interface nope"*"it has: cen-1, ecs-3, svc"* ]]
  run labctl capture scenario1 ecs-3 tcp prot 80
  [ "$status" -eq 2 ]
  [[ $output == *'filter "tcp prot 80": '*"pcap-filter(7)"* ]]
  run labctl capture scenario1
  [ "$status" -eq 2 ]
  run labctl capture scenario1 ecs-3 -c 0
  [ "$status" -eq 2 ]
  [ ! -e file ]
}
