#!/usr/bin/env bats
# The labs with data centres, daemons and services under the same faults as scenario1, at fewer points:
# killed or refused anywhere, `down` leaves nothing and `up` works again.

load ../lib/e2e.bash
load ../lib/crash.bash

setup_file() {
  load ../lib/e2e.bash
  load ../lib/crash.bash
  need_root
  crash_lab kill-hybrid hybrid
  crash_lab kill-dual dual-circuit
}
setup() { need_root; }
teardown() { down_all kill-hybrid kill-dual; }

few() { if [[ -n ${LABCTL_FULL-} ]]; then seq 1 2000; else printf '%s\n' 1 7 31 101; fi; }

# rounds LAB FAULT CHECK CALL...: CHECK after each run of `up` that the fault hit.
rounds() {
  local lab=$1 fault=$2 check=$3 call n total=0
  shift 3
  for call in "$@"; do
    for n in $(few); do
      injected "$call:$fault:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/$lab"
      $hit || break
      total=$((total + 1))
      $check "$lab" || { echo "after $fault at $call $n of up $lab"; return 1; }
    done
    must "$labctl" down "$lab"
  done
  echo "# $total faults" >&3
  ((total > 5))
}

gone() { must "$labctl" down "$1" && nothing_left "$1"; }

@test "hybrid: up is killed; down clears it" {
  rounds kill-hybrid signal=KILL gone sendto sendmsg mount write renameat clone3
}

@test "hybrid: up is killed; a new up goes on" {
  rounds kill-hybrid signal=KILL works_again sendto sendmsg setns bind mkdirat
}

@test "hybrid: up is refused; nothing is left" {
  rounds kill-hybrid error=ENOMEM gone sendto sendmsg mount socket bind memfd_create
}

@test "dual-circuit: up is killed; down clears it" {
  rounds kill-dual signal=KILL gone sendto sendmsg mount write renameat
}

@test "dual-circuit: up is refused; a new up works" {
  rounds kill-dual error=ENOMEM works_again sendto sendmsg mount socket
}

@test "dual-circuit: down is killed; down or up finish it" {
  local call n total=0
  for call in umount2 unlinkat pidfd_send_signal write rmdir; do
    for n in $(few); do
      must "$labctl" up "$BATS_FILE_TMPDIR/kill-dual"
      injected "$call:signal=KILL:when=$n" "$labctl" down kill-dual
      $hit || break
      total=$((total + 1))
      if ((total % 2)); then gone kill-dual; else works_again kill-dual; fi
    done
  done
  echo "# $total kills" >&3
  ((total > 5))
}

@test "a change of steps is killed; up finishes it" {
  local call n total=0
  for call in sendto sendmsg mount write; do
    for n in $(few); do
      must "$labctl" up "$BATS_FILE_TMPDIR/kill-dual" --step health-checks
      injected "$call:signal=KILL:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/kill-dual"
      $hit || break
      total=$((total + 1))
      works_again kill-dual || { echo "after the change was killed at $call $n"; return 1; }
    done
    must "$labctl" down kill-dual
  done
  echo "# $total kills" >&3
  ((total > 4))
}
