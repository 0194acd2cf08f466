#!/usr/bin/env bats
# tests/vm/run itself: what it says of a machine that fails, and a lab of a user's own in a real one.

load ../lib/e2e

run_vm=$BATS_TEST_DIRNAME/run

setup() {
  type -P qemu-system-x86_64 >/dev/null || cannot_run vm "qemu-system-x86_64 is not installed"
}

# fake TEXT: in QEMU's place, a script that finds the console and the disk for results in $console and $out.
fake() {
  mkdir -p "$BATS_TEST_TMPDIR/bin"
  {
    cat <<'SH'
#!/bin/bash
for word in "$@"; do
  case $word in
    file:*) console=${word#file:} ;;
    *file=*/out.tar) out=${word##*file=} ;;
  esac
done
results() { echo "$1" >"${out%/*}/status" && tar -cf "$out" -C "${out%/*}" status && rm "${out%/*}/status"; }
SH
    echo "$1"
  } >"$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
  chmod +x "$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

one_test() { run "$run_vm" --accel tcg -R '^kernel/build$' "$@"; }

@test "the result of the machine is the result" {
  fake 'results 0'
  one_test
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  fake 'results 1'
  one_test
  [ "$status" -eq 1 ]
}

@test "a panic, an end without results and no end at all are told apart, with the last words" {
  fake 'echo "Kernel panic - not syncing: no init" >"$console"; echo out of order >&2'
  one_test
  [ "$status" -eq 3 ]
  [[ $output == *"the kernel panicked"*"qemu: out of order"*"not syncing: no init"* ]] || { echo "$output"; false; }
  fake 'echo "last words" >"$console"'
  one_test
  [ "$status" -eq 3 ]
  [[ $output == *"ended without a result"*"last words"* ]] || { echo "$output"; false; }
  fake 'echo "still here" >"$console"; exec sleep 60'
  one_test --timeout 1
  [ "$status" -eq 3 ]
  [[ $output == *"did not end within 1 s"*"still here"* ]] || { echo "$output"; false; }
}

@test "KVM that is there and does not work is not used" {
  [ -w /dev/kvm ] || skip "no /dev/kvm here"
  fake 'case $* in *"-accel kvm"*) echo no MSR >&2; exit 134 ;; *) results 0 ;; esac'
  run "$run_vm" -R '^kernel/build$'
  [ "$status" -eq 0 ]
  [[ $output == *"KVM does not work here: no MSR"*"under tcg"* ]] || { echo "$output"; false; }
}

@test "wrong arguments are refused" {
  for arguments in "nonsense" "--lab" "--junit x" "--lab a e2e" "--lab /nowhere" "--accel xen" "--timeout soon" \
    "-R ^no-such-test" "--build /nowhere"; do
    # shellcheck disable=SC2086 # words of a command line
    run "$run_vm" $arguments
    [ "$status" -eq 2 ] || { echo "$arguments: $status"; echo "$output"; false; }
    [[ $output == "tests/vm/run: "* ]]
  done
}

@test "a lab of a user's own: its folder goes in, the report comes out, and one failure is a failure" {
  cp -r "$shipped/scenario1" "$BATS_TEST_TMPDIR/my lab"
  sed -i 's/^lab: scenario1$/lab: mine/' "$BATS_TEST_TMPDIR/my lab/lab.yaml"
  cat >>"$BATS_TEST_TMPDIR/my lab/lab.yaml" <<'YAML'
  - {id: wrong, from: ecs-3, ping: 172.16.1.10, expect: {rtt: 90ms}, within: 1s}
YAML
  run "$run_vm" --lab "$BATS_TEST_TMPDIR/my lab/lab.yaml" --junit "$BATS_TEST_TMPDIR/out.xml"
  [ "$status" -eq 1 ] || { echo "$output"; false; }
  [[ $output == *"12 of 13 checks hold"* ]] || { echo "$output"; false; }
  grep -q 'tests="13" failures="1" errors="0" skipped="0"' "$BATS_TEST_TMPDIR/out.xml" || { cat "$BATS_TEST_TMPDIR/out.xml"; false; }
}
