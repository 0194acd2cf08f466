#!/usr/bin/env bats
# `labctl plan`: what `up` would change, in the cloud's terms, and who would reach whom by it.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all p1; }

base() { variation scenario1 p1 <<<'regions: {}'; }

@test "an unchanged lab has nothing to plan, and a detailed exit status of 0" {
  file=$(base)
  labctl up "$file"
  run labctl plan "$file" --detailed-exitcode
  [ "$status" -eq 0 ]
  [ "$output" = "nothing to do: p1 is as the plan says" ]
  run labctl plan "$file" --json --changes
  [ "$status" -eq 0 ]
  jq -e '.labctl_changes == 1 and .up and .resources == [] and .reachability == []' <<<"$output"
}

@test "what a change takes away is said with its reason, before and not after" {
  file=$(base)
  labctl up "$file"
  cp "$file" "$BATS_TEST_TMPDIR/before"
  sed -i '/attach-vpc-3:/d' "$file"
  run labctl plan "$file" -d
  [ "$status" -eq 2 ]
  [[ $output == *"- attachment attach-vpc-3 of CEN cen-1"* ]] || { echo "$output"; false; }
  [[ $output == *"- ecs-3 -> apigw-1: lost: vpc-3 has no route to 172.16.1.0/24"* ]] || { echo "$output"; false; }
  [[ $output == *"0 pairs gained, 1 lost"* ]]
  # nothing was touched
  run labctl exec p1 ecs-3 -- curl -sS -o /dev/null -m 5 -w '%{http_code}' "http://$(domain p1 group-1)/hello"
  [ "$output" = 200 ]
  labctl plan "$file" --json --changes >"$BATS_TEST_TMPDIR/json"
  jq -e '.pairs == {gained: 0, lost: 1, unknown: 0} and .count.remove >= 1 and
    .reachability[0].services == null and .reachability[0].from == ["ecs-3"] and
    .reachability[0].reason == "vpc-3 has no route to 172.16.1.0/24" and
    any(.resources[]; .op == "remove" and .resource == "cen.cen-1.attachments.attach-vpc-3") and
    any(.resources[].objects[]; .op == "remove" and .kind == "namespace")' "$BATS_TEST_TMPDIR/json"
  labctl up "$file"
  run labctl plan "$file" -d
  [ "$status" -eq 0 ]
  cp "$BATS_TEST_TMPDIR/before" "$file"
  run labctl plan "$file"
  [ "$status" -eq 0 ]
  [[ $output == *"+ ecs-3 -> apigw-1: gained"* ]] || { echo "$output"; false; }
}

@test "what was broken by hand is planned to be mended, and who gains by it" {
  file=$(base)
  labctl up "$file"
  ip -n p1.vpc-3 route del 172.16.1.0/24 table 1000
  ip netns exec p1.vpc-3 nft add rule ip labctl-sg forward drop
  run labctl plan "$file" --objects
  [ "$status" -eq 0 ]
  [[ $output == *"~ vSwitch vsw-1a of VPC vpc-1 "*"+1 route"* ]] || { echo "$output"; false; }
  [[ $output == *"    + route vpc-3 1000 172.16.1.0/24 via "* ]]
  # what the foreign rule does to the resolvers was not known
  [[ $output == *"+ ecs-3 -> apigw-1, resolver 100.100.2.136, resolver 100.100.2.138: gained"* ]]
}

@test "what is of no plan is planned to go, and goes" {
  file=$(base)
  labctl up "$file"
  ip -n p1.vpc-3 route add blackhole 172.16.9.0/24 table 1000
  ip netns exec p1.vpc-3 nft add table inet other
  run labctl plan "$file" -d
  [ "$status" -eq 2 ]
  [[ $output == *"- what is of no plan  1 route, 1 filter"*"0 to add, 0 to change, 1 to remove (2 Linux objects)"* ]] || { echo "$output"; false; }
  labctl plan "$file" --json --changes |
    jq -e '.resources | length == 1 and .[0].resource == "extra" and .[0].at == "" and (.[0].objects | length) == 2'
  labctl up "$file"
  [[ -z $(ip -n p1.vpc-3 route show table 1000 172.16.9.0/24) ]]
  [[ $(ip netns exec p1.vpc-3 nft list tables) != *other* ]]
  run labctl plan "$file" -d
  [ "$status" -eq 0 ]
}

@test "the plan document has a detailed exit status, too, and is all that is printed" {
  file=$(base)
  run labctl plan "$file" --json -d
  [ "$status" -eq 2 ]
  [[ $output == "$(labctl plan "$file" --json)" ]]
  jq -e .routes <<<"$output" >/dev/null
  labctl up "$file"
  run labctl plan "$file" --json -d
  [ "$status" -eq 0 ]
  jq -e .routes <<<"$output" >/dev/null
}

@test "with --detailed-exitcode every error is 1, wrong usage included" {
  file=$(base)
  run labctl plan "$file" --detailed-exitcode --no-such-option
  [ "$status" -eq 1 ]
  run labctl plan no-such-lab --detailed-exitcode
  [ "$status" -eq 1 ]
  run labctl plan "$file" --no-such-option
  [ "$status" -eq 2 ]
  run labctl plan "$file" --changes
  [ "$status" -eq 2 ]
  run labctl plan "$file" -d
  [ "$status" -eq 2 ]
  [[ $output == *"15 to add, 0 to change, 0 to remove "* ]]
}
