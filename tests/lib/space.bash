# For the scripts of tests/crash/space.bats, which have a small /run of their own.
# shellcheck shell=bash
# shellcheck disable=SC2154 # labctl and lab_dir come from the test

up=0 refused=0

clean() {
  "$labctl" doctor --residue >"$TMPDIR_OUT" || { cat "$TMPDIR_OUT"; return 1; }
}
TMPDIR_OUT=$(mktemp)
trap 'rm -f "$TMPDIR_OUT"' EXIT

# try WHAT: `up` works, or fails with one message and leaves nothing.
try() {
  local status=0 out
  out=$("$labctl" up "$lab_dir" 2>&1) || status=$?
  if ((status == 0)); then
    up=$((up + 1))
    "$labctl" status space-test >"$TMPDIR_OUT" || { echo "$1"; cat "$TMPDIR_OUT"; return 1; }
    "$labctl" down space-test
  else
    refused=$((refused + 1))
    [[ $status -eq 1 && $out == *"No space left on device"* && $(grep -c '^labctl: ' <<<"$out") -eq 1 ]] ||
      { echo "$1: exit $status: $out"; return 1; }
  fi
  clean || { echo "left after $1"; return 1; }
}
