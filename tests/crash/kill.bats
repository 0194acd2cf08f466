#!/usr/bin/env bats
# kill -9 of `up` and of `down` at the N-th call of every system call that acts: `down` then leaves nothing,
# and a new `up` works, whether or not `down` came between.

load ../lib/e2e.bash
load ../lib/crash.bash

lab=kill-test

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab kill-test; }
setup() { need_root; must "$labctl" down $lab; }
teardown() { down_all $lab; }

up_calls=(sendto sendmsg unshare setns mount mkdirat mkdir write renameat unlinkat clone3 bind pwrite64
  flock socket connect memfd_create)
down_calls=(umount2 unlink unlinkat rmdir write renameat pidfd_send_signal wait4 poll unshare setns sendto
  mkdirat flock)

@test "up is killed anywhere; down clears it" {
  local call n total=0
  for call in "${up_calls[@]}"; do
    for n in $(points); do
      injected "$call:signal=KILL:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      must "$labctl" down $lab || { echo "after up was killed at $call $n"; return 1; }
      nothing_left $lab || { echo "after up was killed at $call $n"; return 1; }
    done
    must "$labctl" down $lab # the last one was not killed
  done
  echo "# $total kills" >&3
  ((total > 40))
  works_again $lab
}

@test "up is killed anywhere; a new up goes on" {
  local call n total=0
  for call in "${up_calls[@]}"; do
    for n in $(points); do
      injected "$call:signal=KILL:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      works_again $lab || { echo "after up was killed at $call $n"; return 1; }
    done
    must "$labctl" down $lab
  done
  echo "# $total kills" >&3
  ((total > 40))
}

@test "a change is killed anywhere; up finishes it" {
  local call n total=0
  for call in sendto mount write renameat sendmsg umount2 unlink; do
    for n in $(points); do
      must "$labctl" up "$BATS_FILE_TMPDIR/$lab" --step create-cen
      injected "$call:signal=KILL:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      works_again $lab || { echo "after the change was killed at $call $n"; return 1; }
    done
    must "$labctl" down $lab
  done
  echo "# $total kills" >&3
  ((total > 10))
}

@test "down is killed anywhere; down or up finish it" {
  local call n total=0
  for call in "${down_calls[@]}"; do
    for n in $(points); do
      must "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      injected "$call:signal=KILL:when=$n" "$labctl" down $lab
      $hit || break
      total=$((total + 1))
      if ((total % 2)); then
        must "$labctl" down $lab && nothing_left $lab || { echo "after down was killed at $call $n"; return 1; }
      else
        works_again $lab || { echo "after down was killed at $call $n"; return 1; }
      fi
    done
  done
  echo "# $total kills" >&3
  ((total > 20))
}

@test "the supervisor is killed; up replaces it" {
  must "$labctl" up "$BATS_FILE_TMPDIR/$lab"
  kill -KILL "$(supervisors $lab | head -1)"
  within 3 no_supervisor $lab
  run "$labctl" status $lab
  [[ $status -eq 1 && $output == *supervisor* ]]
  works_again $lab
}
