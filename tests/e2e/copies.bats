#!/usr/bin/env bats
# `--copies`: one lab file, several labs that have nothing in common, and a table of what holds where.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() { need_root; }
teardown() {
  [[ -z ${web_pid-} ]] || kill "$web_pid" 2>/dev/null || true
  wait
  down_all alice scenario1 scenario1-1 scenario1-2 scenario1-3
}

@test "copies are labs of their own; the teacher sees whose check fails" {
  run labctl up scenario1 --copies 3 --json
  [ "$status" -eq 0 ]
  [ "$(jq -r '[.copies[].lab] | join(" ")' <<<"$output")" = "scenario1-1 scenario1-2 scenario1-3" ]
  # one name, one address, three hosts
  [ "$(stat -Lc %i /run/netns/scenario1-{1,2,3}.ecs-3 | sort -u | wc -l)" = 3 ]
  for k in 1 2 3; do
    [ "$(labctl exec scenario1-$k ecs-3 -- ip -4 -br addr show eth0 | awk '{print $3}')" = 192.168.1.10/24 ]
    [ "$(labctl exec scenario1-$k ecs-3 -- hostname)" = ecs-3 ]
  done
  for verb in status web; do
    run labctl $verb scenario1
    [ "$status" -eq 3 ]
    [[ $output == *"its copies are up: scenario1-1, scenario1-2, scenario1-3; \`labctl $verb scenario1-1\`"* ]] || { echo "$output"; false; }
  done
  labctl link scenario1-2 attach-vpc-3 down
  run labctl test scenario1 --copies vpc-3-route hello
  [ "$status" -eq 1 ]
  grep -qE '^CHECK +1 +2 +3$' <<<"$output"
  grep -qE '^vpc-3-route +ok +ok +ok$' <<<"$output"
  grep -qE '^hello +ok +failed +ok$' <<<"$output"
  grep -qx 'scenario1-2: 1 of 2 checks hold: not hello' <<<"$output"
  # as many at once as there are processors
  labctl link scenario1-1 attach-vpc-3 down
  began=$(date +%s%3N)
  run labctl test scenario1 --copies hello --json
  took=$(($(date +%s%3N) - began))
  [ "$(jq -r '[.copies[] | [.lab, .checks[0].verdict] | join(" ")] | join(", ")' <<<"$output")" = \
    "scenario1-1 failed, scenario1-2 failed, scenario1-3 ok" ]
  (($(nproc) == 1 || took < $(jq '[.copies[].checks[].ms] | add' <<<"$output")))
  labctl reset scenario1-1
  labctl up scenario1-2 # by its own name: the file again
  run labctl test scenario1 --copies hello --json
  [ "$status" -eq 0 ]
  jq -e '.ok and ([.copies[] | [.lab, .checks[0].id, .checks[0].verdict] | join(" ")] ==
    ["scenario1-1 hello ok", "scenario1-2 hello ok", "scenario1-3 hello ok"])' <<<"$output"
  labctl lesson scenario1-3 start >"$BATS_TEST_TMPDIR/lesson"
  [ "$(labctl status scenario1-3 --json | jq -r .step)" = . ]
  [ "$(labctl status scenario1-1 --json | jq -r .step)" = null ]
  labctl lesson scenario1-3 next >"$BATS_TEST_TMPDIR/lesson" # its texts name what is the copy's own
  [ "$(vpc_domain scenario1-1)" != "$(vpc_domain scenario1-3)" ]
  grep -q "$(vpc_domain scenario1-3)" "$BATS_TEST_TMPDIR/lesson"
  labctl lesson scenario1-3 reset
  # the lab itself is none of its copies
  labctl up scenario1
  labctl down scenario1 --copies
  [ "$(labctl status --json | jq -r '.labs[].lab')" = scenario1 ]
  run labctl down scenario1 --copies
  [ "$status" -eq 3 ]
}

@test "a lab under another name; a lab that only looks like a copy is left alone" {
  file=$(variation scenario1 scenario1-2 <<<'vpcs: {}')
  labctl up "$file" # its file says so
  labctl up scenario1 --name scenario1-1 --step attach
  [ "$(labctl status scenario1-1 --json | jq -r .step)" = attach ]
  labctl down scenario1 --copies
  [ "$(labctl status --json | jq -r '.labs[].lab')" = scenario1-2 ]
  for wrong in --copies=0 --copies=x --copies=251 --name=Bad/name; do
    run labctl up scenario1 $wrong
    [ "$status" -eq 2 ]
  done
  run labctl up scenario1 --name aaaaaaaaaaaaaaaaaaaaaaaaaaaaa --copies 10
  [ "$status" -eq 2 ]
  [[ $output == *"too long a name"* ]]
}

# Commands that a student copies are about the student's own lab.
@test "texts, and the page, name a lab as it runs" {
  run labctl up scenario1 --name alice --step attach
  [[ $output == *alice* && $output != *scenario1* ]]
  run labctl lesson alice
  [[ $output == *"sudo ip -n alice.vpc-3 route"*"sudo labctl explain alice ecs-3"* ]]
  [[ $output != *scenario1* ]] || { echo "$output"; false; }
  labctl exec alice ecs-3 -- true
  ip -n alice.vpc-3 route show table 1000
  run labctl lesson alice exercise same-cidr
  [[ $output != *scenario1\ * && $output != *scenario1.* ]]
  labctl lesson alice next
  "$labctl" web alice >"$BATS_TEST_TMPDIR/url" 3>&- &
  web_pid=$!
  within 10 grep -q '#' "$BATS_TEST_TMPDIR/url"
  page=$(sed 's/#.*//' "$BATS_TEST_TMPDIR/url")
  key=$(sed 's/.*#//' "$BATS_TEST_TMPDIR/url")
  snapshot() {
    curl -sN -m 1 -H "Authorization: Bearer $key" "${page}api/events" >"$BATS_TEST_TMPDIR/events" || true
    grep -q '^data: {' "$BATS_TEST_TMPDIR/events"
  }
  within 10 snapshot
  sed -n 's/^data: //p' "$BATS_TEST_TMPDIR/events" | head -n 1 >"$BATS_TEST_TMPDIR/snapshot"
  jq -e '.lab == "alice"' "$BATS_TEST_TMPDIR/snapshot"
  run ! grep -q 'scenario1' "$BATS_TEST_TMPDIR/snapshot"
}

@test "down: a name that nobody knows is a slip where it is near one, and else a lab that is not up" {
  run labctl down scenaro1
  [ "$status" -eq 2 ]
  [[ $output == *"scenaro1: no lab of that name is up"*"did you mean scenario1?"* ]]
  for name in scenario1 scenario1-9 hybrid2 somebody; do
    run labctl down "$name"
    [ "$status" -eq 0 ]
    [[ $output == "$name is not up" ]]
  done
}
