#!/usr/bin/env bats
# `labctl logs`: merged by time, with names; follow mode survives the cut of a log and ends with the
# lab.

load ../lib/e2e

setup() {
  need_root
  labctl up scenario1
}
teardown() { down_all scenario1; }

log=/run/labctl/scenario1/log

@test "all logs, one log, an unknown one" {
  run labctl logs scenario1
  [ "$status" -eq 0 ]
  [[ $output == *"dns            | 2"*" ready: "* ]]
  [[ $output == *"supervisor     | 2"* ]]
  run labctl logs scenario1 dns
  [[ $output == 2*" ready: "* ]]
  run labctl logs scenario1 dnss
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean dns?"* ]]
}

@test "--lines limits each log, and lines without a time stay with the one before" {
  printf '%s\n' '2001-01-01T00:00:00.000Z info a' '  more of a' '2001-01-01T00:00:02.000Z info c' >$log/dns.log
  printf '%s\n' '2001-01-01T00:00:01.000Z info b' >$log/apigw-1.log
  echo '{"requestId":"X","requestHandleTime":"2001-01-01T00:00:03.000Z","path":"/"}' >>$log/apigw-1.log
  run labctl logs scenario1 dns apigw-1
  expected='dns     | 2001-01-01T00:00:00.000Z info a
dns     |   more of a
apigw-1 | 2001-01-01T00:00:01.000Z info b
dns     | 2001-01-01T00:00:02.000Z info c
apigw-1 | {"requestId":"X","requestHandleTime":"2001-01-01T00:00:03.000Z","path":"/"}'
  [ "$output" = "$expected" ]
  run labctl logs scenario1 dns -n 1
  [ "$output" = '2001-01-01T00:00:02.000Z info c' ]
  run labctl logs scenario1 dns -n 0
  [ "$output" = '' ]
  run labctl logs scenario1 -n x
  [ "$status" -eq 2 ]
}

@test "--follow shows what is written, across a cut, until the lab goes down" {
  out=$BATS_TEST_TMPDIR/out
  labctl logs scenario1 dns -n 0 --follow >"$out" &
  pid=$!
  repeat() { echo one >>$log/dns.log; grep -qx one "$out"; }
  within 5 repeat
  # as the supervisor does: a copy, then the cut; the last line may not have been read before
  echo two >>$log/dns.log
  cp $log/dns.log $log/dns.log.1
  : >$log/dns.log
  echo three >>$log/dns.log
  within 5 grep -qx three "$out"
  [ "$(grep -cx two "$out")" -eq 1 ]
  labctl down scenario1
  wait "$pid"
}

@test "the supervisor caps a log at 16 MiB and keeps one older part" {
  head -c 17000000 /dev/zero | tr '\0' 'x' >>$log/dns.log
  small() { [ "$(stat -c %s $log/dns.log)" -lt 1000000 ]; }
  within 10 small
  [ "$(stat -c %s $log/dns.log.1)" -ge 17000000 ]
}
