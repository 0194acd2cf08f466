#!/usr/bin/env bats
# What others may have done to a lab's directory, its names and its lock.

load ../lib/e2e.bash
load ../lib/crash.bash

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab state-test; crash_lab state-two; }
setup() { need_root; must "$labctl" down state-test; }
teardown() {
  [[ -L /run/labctl/state-test ]] && rm -f /run/labctl/state-test
  [[ -d /run/labctl/state-test && $(stat -c %u /run/labctl/state-test) -ne 0 ]] && chown -R 0:0 /run/labctl/state-test
  ip netns delete state-test.vpc-1 2>/dev/null || true
  down_all state-test state-two
}

dir=/run/labctl/state-test
up() { "$labctl" up "$BATS_FILE_TMPDIR/state-test"; }

@test "a damaged journal or plan: down clears all, up makes all anew" {
  local file how
  for file in journal plan.json; do
    for how in truncated cut garbage removed old; do
      must up
      case $how in
        truncated) : >$dir/$file ;;
        cut) truncate -s -20 $dir/$file ;;
        garbage) head -c 300 /dev/urandom >$dir/$file ;;
        removed) rm $dir/$file ;;
        old) sed -i 's/labctl-journal 1/labctl-journal 0/; s/"labctl":1/"labctl":0/' $dir/$file ;;
      esac
      must up || { echo "up after $file was $how"; return 1; }
      must "$labctl" status state-test || { echo "status after $file was $how"; return 1; }
      case $how in
        garbage) echo rubbish >$dir/$file ;;
        *) rm $dir/$file ;;
      esac
      must "$labctl" down state-test && nothing_left state-test || { echo "down after $file was $how"; return 1; }
    done
  done
}

@test "the whole directory is removed under a running lab" {
  must up
  rm -r $dir
  must "$labctl" down "$BATS_FILE_TMPDIR/state-test"
  nothing_left state-test
  must up
  rm -r $dir
  works_again state-test
}

@test "a symbolic link or a foreign owner: exit 4, nothing is written" {
  local target=$BATS_TEST_TMPDIR/target
  mkdir -m 700 "$target"
  mkdir -p -m 700 /run/labctl
  ln -s "$target" $dir
  run up
  [[ $status -eq 4 ]]
  run "$labctl" down state-test
  [[ $status -eq 4 ]]
  [[ -z $(ls -A "$target") ]]
  rm $dir
  mkdir -m 700 $dir
  chown 65534 $dir
  run up
  [[ $status -eq 4 && $output == *"user 65534"* ]]
  [[ -z $(ls -A $dir) ]]
  rmdir $dir
}

@test "a namespace of that name that is not ours: exit 3, untouched, also by down" {
  local before after
  ip netns add state-test.vpc-1
  before=$(stat -Lc %i /run/netns/state-test.vpc-1)
  run up
  [[ $status -eq 3 && $output == *state-test.vpc-1* ]]
  [[ ! -e $dir ]]
  must "$labctl" down state-test
  after=$(stat -Lc %i /run/netns/state-test.vpc-1)
  [[ $before == "$after" ]]
}

@test "two up of one lab: one wins, the other is told who holds the lock" {
  mkdir -p -m 700 /run/labctl
  mkdir -m 700 $dir
  exec 7<>$dir/lock
  flock -n 7
  echo $$ >&7
  run up
  [[ $status -eq 3 && $output == *"process $$"* ]]
  run "$labctl" down state-test
  [[ $status -eq 3 ]]
  exec 7>&-
  must up
}

@test "two labs at once both come up" {
  "$labctl" up "$BATS_FILE_TMPDIR/state-two" >/dev/null 2>&1 &
  must up
  wait $!
  must "$labctl" status state-two
  must "$labctl" status state-test
}

@test "what is removed by hand is named by status and repaired by up" {
  local remove
  for remove in "ip netns delete state-test.vpc-1" "ip -n state-test.vpc-1 link delete cen-1" \
    "ip -n state-test.ecs-3 link set eth0 down" "ip -n state-test.vpc-3 route flush table 1000" \
    "ip -n state-test.vpc-3 rule flush" "ip netns exec state-test.vpc-3 nft flush ruleset" \
    "ip netns exec state-test.cen-1.cn-hangzhou tc qdisc del dev cn-beijing root" \
    "ip -n state-test.ecs-3 address flush dev eth0"; do
    must up
    must $remove
    run "$labctl" status state-test
    [[ $status -eq 1 ]] || { echo "$remove: exit $status: $output"; return 1; }
    must up
    must "$labctl" status state-test || { echo "after $remove"; return 1; }
    must "$labctl" down state-test
    nothing_left state-test
  done
}
