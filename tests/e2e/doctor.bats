#!/usr/bin/env bats
# `labctl doctor`: tells what this kernel can do, explains what it cannot, changes nothing.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all scenario1 scenario2; }

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

# --- what is left ---

@test "residue: a lab that is up is none; one that lost its supervisor is; JSON says the same" {
  trap 'down_all residue1' EXIT
  dir=$BATS_TEST_TMPDIR/residue1
  cp -r "$shipped/scenario1" "$dir"
  sed -i 's/^lab: .*/lab: residue1/' "$dir/lab.yaml"
  of_lab() { labctl doctor --residue --json | jq -r "[.residue[] | select(.lab == \"residue1\")] | length"; }
  up "$dir"
  [ "$(of_lab)" = 0 ]
  [ "$(labctl doctor --residue --json | jq '.looked_at.up >= 1 and .looked_at.namespaces >= 9')" = true ]
  supervisor=$(supervisor residue1)
  kill -9 "$supervisor"
  dead() { ! kill -0 "$supervisor" 2>/dev/null; }
  within 5 dead
  run labctl doctor --residue
  [ "$status" -eq 1 ]
  [[ $output == *"directory without a lab"*"/run/labctl/residue1"*"labctl down residue1"* ]]
  [ "$(of_lab)" = $(($(labctl plan "$dir" --json | jq '.namespaces | length') + 1)) ] # and the directory
  up "$dir"
  [ "$(of_lab)" = 0 ]
  labctl down residue1
  [ "$(of_lab)" = 0 ]
}

@test "residue: a namespace that a process of the user's keeps alive is named, with the process" {
  trap 'down_all residue2; kill $holder 2>/dev/null || true' EXIT
  dir=$BATS_TEST_TMPDIR/residue2
  cp -r "$shipped/scenario1" "$dir"
  sed -i 's/^lab: .*/lab: residue2/' "$dir/lab.yaml"
  up "$dir"
  ip netns exec residue2.vpc-1 sleep 31350 3>&- &
  holder=$!
  within 5 pgrep -f '^sleep 31350'
  labctl down residue2 --no-wait
  run labctl doctor --residue
  [ "$status" -eq 1 ]
  [[ $output == *"namespace that is still in use"*"residue2.vpc-1, held by process $holder (sleep)"* ]]
}

@test "residue: what has the name of labctl's programs but is no lab of root's is not named, nor taken for one" {
  own=$BATS_TEST_TMPDIR/own
  mkdir -m 700 "$own"
  chmod 755 "$BATS_TEST_TMPDIR"
  # a lab without root: its keeper; packets of a lab: labctl-capture
  XDG_RUNTIME_DIR=$own "$labctl" --rootless up scenario3
  up scenario1
  labctl capture scenario1 ecs-3 -w "$own/seen.pcapng" icmp 2>/dev/null 3>&- &
  capture=$!
  within 5 test -s "$own/seen.pcapng"
  # somebody else's program that is called like a supervisor, undumpable or not
  fake=$(mktemp -d /tmp/labctl-fake.XXXXXX)
  mkdir -p "$fake/libexec/labctl"
  cp /bin/sh "$fake/libexec/labctl/labctl-supervisor"
  echo 'read -r _' >"$fake/scenario2"
  chmod -R a+rX "$fake"
  (cd "$fake" && exec setpriv --reuid 65534 --regid 65534 --clear-groups "$fake/libexec/labctl/labctl-supervisor" \
    scenario2 < <(read -rt 30 _ <> <(:)) >/dev/null 2>&1 3>&-) &
  theirs=$!
  is_there() { [[ $(readlink "/proc/$theirs/exe") == "$fake/libexec/labctl/labctl-supervisor" ]]; }
  within 5 is_there
  named=$(labctl doctor --residue --json | jq -c '[.residue[] | select(.lab != "residue2")]') # another test's
  [ "$named" = "[]" ] || { labctl doctor --residue; return 1; }
  run labctl up scenario2
  [ "$status" -eq 0 ]
  run labctl down scenario2
  [ "$status" -eq 0 ]
  is_there
  kill "$theirs" "$capture"
  XDG_RUNTIME_DIR=$own "$labctl" --rootless down scenario3
  rm -r "$fake"
}

@test "residue: is about labs of root, so --rootless is refused" {
  run env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" "$labctl" --rootless doctor --residue
  [ "$status" -eq 2 ]
  [[ $output == *"looks for labs of root"*"hint: sudo labctl doctor --residue"* ]]
  [[ $output != *"looked at"* ]]
}
