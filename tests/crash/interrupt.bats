#!/usr/bin/env bats
# SIGINT and SIGTERM: one rollback, soon, nothing left, other labs untouched.

load ../lib/e2e.bash
load ../lib/crash.bash

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab int-test; crash_lab int-other; }
setup() { need_root; must "$labctl" down int-test; }
teardown() { down_all int-test int-other; }

@test "a signal anywhere in up undoes it, or comes too late" {
  local call n signal killed total=0 interrupted=0
  for signal in INT TERM; do
    killed=$((128 + $(kill -l $signal)))
    for call in sendto mount setns mkdirat sendmsg renameat; do
      for n in $(points); do
        injected "$call:signal=$signal:when=$n" "$labctl" up "$BATS_FILE_TMPDIR/int-test"
        [[ $(grep -c -- "--- SIG$signal" "$BATS_TEST_TMPDIR/strace") -gt 0 ]] || break
        total=$((total + 1))
        case $status in
          0) must "$labctl" down int-test ;;
          1) interrupted=$((interrupted + 1)); [[ $out == *interrupted* ]] || { echo "$call $n: $out"; return 1; } ;;
          "$killed") # before there was anything to undo
            [[ -z $out ]] || { echo "$call $n: killed by $signal, but: $out"; return 1; } ;;
          *) echo "$signal at $call $n: exit $status: $out"; return 1 ;;
        esac
        nothing_left int-test || { echo "after $signal at $call $n"; return 1; }
      done
      must "$labctl" down int-test
    done
  done
  echo "# $total signals, $interrupted heard in time" >&3
  ((interrupted > 10))
  works_again int-test
}

# Both signals at once, as of an impatient user: the second must not disturb the undoing.
@test "two signals in a row, and another lab stays as it is" {
  must "$labctl" up "$BATS_FILE_TMPDIR/int-other"
  only=(-e inject=setns:signal=TERM:when=6)
  injected "sendto,setns:signal=INT:when=5" "$labctl" up "$BATS_FILE_TMPDIR/int-test"
  only=()
  [[ $status -eq 1 && $out == *interrupted* ]]
  nothing_left int-test
  must "$labctl" status int-other
}
