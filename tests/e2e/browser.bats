#!/usr/bin/env bats
# The page of `labctl web` in a browser. Pictures of it are left in the build directory, under web/.

load ../lib/e2e

setup() {
  need_root
  python3 tests/lib/browser.py || cannot_run e2e "needs Chromium (package chromium)"
  pictures=$build/web
  mkdir -p "$pictures"
}
teardown() {
  [[ -z ${web_pid-} ]] || kill "$web_pid" 2>/dev/null || true
  wait
  down_all hybrid regions-1000
}

serve() { # LAB [OPTION...]
  "$labctl" web "$@" >"$BATS_TEST_TMPDIR/url" 3>&- &
  web_pid=$!
  within 30 grep -q '#' "$BATS_TEST_TMPDIR/url"
}

@test "what a student sees and does: light, dark, by keys, on a phone" {
  labctl up hybrid
  serve hybrid --control
  python3 tests/e2e/browser.py student "$(cat "$BATS_TEST_TMPDIR/url")" "$labctl" "$pictures"
}

@test "a thousand nodes stay usable" {
  labctl generate regions 1000 >"$BATS_TEST_TMPDIR/lab.yaml"
  labctl up "$BATS_TEST_TMPDIR/lab.yaml"
  serve regions-1000
  python3 tests/e2e/browser.py crowd "$(cat "$BATS_TEST_TMPDIR/url")" "$labctl" "$pictures"
}
