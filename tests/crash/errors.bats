#!/usr/bin/env bats
# The N-th call of every system call that acts fails: one clear message, what was made is undone, and the
# exit status is the documented one.

load ../lib/e2e.bash
load ../lib/crash.bash

lab=error-test

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab error-test; }
setup() { need_root; must "$labctl" down $lab; }
teardown() { down_all $lab; }

# Exactly one message, with more in it than its prefix; no crash.
one_message() {
  local n
  n=$(grep -c '^labctl: ' <<<"$out" || true)
  if [[ $n -ne 1 ]]; then echo "$n messages: $out"; return 1; fi
  if [[ $out == *AddressSanitizer* || $out == *"runtime error"* ]]; then echo "$out"; return 1; fi
}

# What must hold after `up` on nothing with a fault.
check_up() {
  case $status in
    0) must "$labctl" status $lab && must "$labctl" down $lab && nothing_left $lab ;;
    1 | 4) one_message && nothing_left $lab ;;
    5) one_message && [[ $out == *"hint: labctl down $lab"* ]] && must "$labctl" down $lab && nothing_left $lab ;;
    *) echo "exit $status: $out"; return 1 ;;
  esac
}

calls=(sendto sendmsg unshare setns mount mkdirat mkdir renameat clone3 bind listen socket connect memfd_create
  pidfd_open flock umount2 recvfrom)

try_up() { # ERROR
  local call n total=0 failed=0
  for call in "${calls[@]}"; do
    for n in $(points); do
      injected "$call:error=$1:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      if ((status)); then failed=$((failed + 1)); fi
      check_up || { echo "after $1 of $call $n in up"; return 1; }
    done
    must "$labctl" down $lab
  done
  echo "# $total faults, $failed of them fatal to the run" >&3
  ((failed > 20))
  works_again $lab
}

@test "up with ENOMEM anywhere" { try_up ENOMEM; }
@test "up with EPERM anywhere" { try_up EPERM; }
@test "up with ENOSPC anywhere" { try_up ENOSPC; }

@test "up on a full state directory" {
  local file n
  for file in journal journal.tmp plan.json target.json.tmp node/ecs-3/hosts.tmp node/ecs-3/resolv.conf.tmp; do
    only=(-P "/run/labctl/$lab/$file")
    for n in $(points); do
      injected "write:error=ENOSPC:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      [[ $status -eq 1 && $out == *"No space left"* ]] || { echo "$file: exit $status: $out"; return 1; }
      check_up
    done
    only=()
    must "$labctl" down $lab
  done
}

@test "up without room for the copy of the plan is up, and asked by its plan" {
  only=(-P "/run/labctl/$lab/plan.packed.tmp")
  injected "write:error=ENOSPC:when=1" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
  only=()
  [[ $hit == true && $status -eq 0 && ! -e /run/labctl/$lab/plan.packed && ! -e /run/labctl/$lab/plan.packed.tmp ]]
  must "$labctl" status $lab
  must "$labctl" up "$BATS_FILE_TMPDIR/$lab"
  [[ -s /run/labctl/$lab/plan.packed ]]
}

@test "up without room for what is known of tables is up, and lists them" {
  only=(-P "/run/labctl/$lab/filters.tmp")
  injected "write:error=ENOSPC:when=1" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
  only=()
  [[ $hit == true && $status -eq 0 && ! -e /run/labctl/$lab/filters && ! -e /run/labctl/$lab/filters.tmp ]]
  must "$labctl" status $lab
}

@test "a change with ENOMEM anywhere is undone" {
  local call n total=0
  must "$labctl" up "$BATS_FILE_TMPDIR/$lab" --step create-cen
  "$labctl" plan "$BATS_FILE_TMPDIR/$lab" >"$BATS_TEST_TMPDIR/before"
  for call in sendto sendmsg mount unshare setns renameat mkdirat; do
    for n in $(points); do
      injected "$call:error=ENOMEM:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      if ((status == 0)); then
        must "$labctl" up "$BATS_FILE_TMPDIR/$lab" --step create-cen
        continue
      fi
      [[ $status -eq 1 || $status -eq 4 ]] && one_message || { echo "$call $n: exit $status: $out"; return 1; }
      must "$labctl" status $lab || { echo "after ENOMEM of $call $n"; return 1; }
      "$labctl" plan "$BATS_FILE_TMPDIR/$lab" | diff "$BATS_TEST_TMPDIR/before" - ||
        { echo "after ENOMEM of $call $n"; return 1; }
    done
    must "$labctl" up "$BATS_FILE_TMPDIR/$lab" --step create-cen
  done
  echo "# $total faults" >&3
  ((total > 10))
}

@test "down with errors anywhere says so and can be repeated" {
  local call n total=0
  for call in umount2 unlink unlinkat rmdir pidfd_send_signal unshare setns sendto poll; do
    for n in $(points); do
      must "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      injected "$call:error=ENOMEM:when=$n" "$labctl" down $lab
      $hit || break
      total=$((total + 1))
      case $status in
        0) ;;
        1 | 4 | 5) one_message || { echo "after $call $n in down"; return 1; } ;;
        *) echo "$call $n: exit $status: $out"; return 1 ;;
      esac
      must "$labctl" down $lab && nothing_left $lab || { echo "after ENOMEM of $call $n in down"; return 1; }
    done
  done
  echo "# $total faults" >&3
  ((total > 10))
}
