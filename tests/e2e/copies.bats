#!/usr/bin/env bats
# `--copies`: one lab file, several labs that have nothing in common, and a table of what holds where.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all scenario1 scenario1-1 scenario1-2 scenario1-3; }

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
