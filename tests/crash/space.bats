#!/usr/bin/env bats
# A full /run, filled to different degrees, without inodes, and one that cannot be written: one message with
# the kernel's words, nothing left; `down` needs no space.

load ../lib/e2e.bash
load ../lib/crash.bash

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab space-test; }
setup() { need_root; }

# in_run OPTIONS: runs the script on stdin in a mount namespace with a /run of its own.
in_run() {
  cat "$BATS_TEST_DIRNAME/../lib/space.bash" - >"$BATS_TEST_TMPDIR/script"
  run env labctl="$labctl" lab_dir="$BATS_FILE_TMPDIR/space-test" unshare -m --propagation private \
    bash -c 'mount -t tmpfs -o "$1" none /run && exec bash -eu "$2"' bash "$1" "$BATS_TEST_TMPDIR/script" 3>&-
  [[ $status -eq 0 ]] || { echo "$output"; return 1; }
}

@test "too little space, from none to enough" {
  in_run mode=755,size=4k <<'SH'
for k in 4 8 16 20 24 28 32 36 40 48 56 64 128 256 384 512; do
  mount -o remount,size=${k}k /run
  try "$k kB"
done
((up)) && ((refused > 4))
SH
}

@test "too few inodes, from none to enough" {
  in_run mode=755,nr_inodes=4 <<'SH'
for n in 5 6 8 10 12 14 17 20 23 26 30 60; do
  mount -o remount,nr_inodes=$n /run
  try "$n inodes"
done
((up)) && ((refused > 4))
SH
}

@test "the disk fills up while a lab is up: a change is undone, down works" {
  in_run mode=755,size=1m <<'SH'
"$labctl" up "$lab_dir"
head -c 2M /dev/zero >/run/fill || true
status=0
out=$("$labctl" up "$lab_dir" --step attach 2>&1) || status=$?
[[ $status -eq 1 && $out == *"No space left"* ]]
"$labctl" status space-test
"$labctl" down space-test
clean
SH
}

@test "a /run that cannot be written" {
  in_run mode=755,ro <<'SH'
status=0
out=$("$labctl" up "$lab_dir" 2>&1) || status=$?
[[ $status -eq 1 && $out == *"Read-only file system"* ]]
clean
SH
}
