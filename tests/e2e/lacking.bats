#!/usr/bin/env bats
# A kernel feature, a capability or a program that is missing: exit 4, what it is and how to get it, and
# nothing is left.

load ../lib/e2e

setup() {
  need_root
  dir=$BATS_TEST_TMPDIR/lacking1
  cp -r "$shipped/scenario1" "$dir"
  sed -i 's/^lab: .*/lab: lacking1/' "$dir/lab.yaml"
}
teardown() { down_all lacking1; }

# lacks WORDS COMMAND...: the command ends with 4, one message with these words, and a hint.
lacks() {
  local words=$1
  shift
  run "$@"
  [[ $status -eq 4 && $output == *"$words"* && $output == *"hint: "* ]] || { echo "exit $status: $output"; return 1; }
  [[ $(grep -c '^labctl: ' <<<"$output") -eq 1 ]] || { echo "$output"; return 1; }
  lab_gone lacking1
}
# without SYSCALL ERROR: labctl up on a kernel where that call fails.
without() {
  ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o /dev/null -e "trace=$1" -e "inject=$1:error=$2" \
    "$labctl" up "$dir" 2>&1 </dev/null
}

@test "capabilities that a container withholds are named before anything is made" {
  for cap in net_admin setuid setgid setpcap kill; do
    lacks "cap_$cap" setpriv --bounding-set "-$cap" --inh-caps "-$cap" "$labctl" up "$dir"
  done
  lacks "root" setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$labctl" up "$dir"
}

@test "somebody who is not root, and root of a user namespace only" {
  LABCTL_ROOTLESS=0 lacks "root" setpriv --reuid 65534 --regid 65534 --clear-groups "$labctl" up scenario1
  lacks "Operation not permitted" unshare -Ur "$labctl" up "$dir"
}

@test "a kernel without network namespaces, pidfds, clone3 or a way to make namespaces" {
  for error in ENOSYS EINVAL EPERM; do
    lacks "network namespaces: this kernel or container has not got it" without unshare $error
  done
  lacks "clone3: this kernel or container has not got it" without clone3 ENOSYS
  lacks "pidfd: this kernel or container has not got it" without pidfd_open ENOSYS
}

@test "a kernel that knows no netlink message of ours" {
  lacks "this kernel or container has not got it" without sendto EOPNOTSUPP
}
