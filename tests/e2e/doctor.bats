#!/usr/bin/env bats
# `labctl doctor`: tells what this kernel can do, explains what it cannot, changes nothing.

load ../lib/e2e

setup() { need_root; }

@test "the table, and an explanation for each thing that is missing" {
  run labctl doctor
  [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
  [[ $output == *"veth across namespaces"* ]]
  missing=$(labctl doctor --json | jq -r '[.kernel[], .host[]] | map(select(.ok | not)) | .[].name')
  while read -r name; do
    [ -z "$name" ] || [[ $output == *$'\n'"$name"$'\n'"  costs:"* ]]
  done <<<"$missing"
}

@test "the status says whether all that is required is there" {
  fit=$(labctl doctor --json | jq '[.kernel[], .host[]] | map(select(.required and (.ok | not))) | length == 0')
  [ "$(labctl doctor --json | jq .fit)" = "$fit" ]
  [ "$(labctl doctor --json | jq '.kernel[] | select(.name == "network namespaces") | .ok')" = true ]
  run labctl doctor --json
  if [ "$fit" = true ]; then [ "$status" -eq 0 ]; else [ "$status" -eq 4 ]; fi
}

@test "a required feature that is missing gives 4" {
  # no more network namespaces than there are: the first probe fails
  run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$0" doctor' "$labctl"
  [ "$status" -eq 4 ]
}

@test "as root or not at all: 4 and how to get on" {
  run setpriv --reuid 65534 --regid 65534 --clear-groups env LABCTL_ROOTLESS=0 "$labctl" doctor
  [ "$status" -eq 4 ]
  [[ $output == *hint:* ]]
}
