#!/usr/bin/env bats
# What `labctl plan` says of who reaches whom, held against packets: every pair of every shipped lab after
# every step, by ping and by TCP. A disagreement fails the test, and so does "not known".

load ../lib/e2e

setup() { need_root; }
teardown() { down_all scenario1 scenario2 scenario3 hybrid dual-circuit faults change; }

reach=$build/tests/test-reach
any_port=50001 # what stands for the ports that nobody names

# predicted FILE [OPTION...]: "NODE ADDRESS SERVICE yes|no", for what can be tried
predicted() {
  labctl plan "$@" --json | "$reach" | awk -v any="$any_port" '
    $1 == "call" { next }
    $4 == "tcp" { $4 = "tcp/" any }
    $4 == "ping" || $4 ~ /^tcp\// { sub(/:$/, "", $5); print $1, $3, $4, $5 }' | sort
}

# observed LAB <lines of predicted: the same lines with what packets say
observed() {
  local lab=$1 all node
  all=$(cat)
  for node in $(cut -d' ' -f1 <<<"$all" | sort -u); do
    awk -v node="$node" '$1 == node { print $2, $3 }' <<<"$all" |
      labctl exec "$lab" "$node" -- python3 "$PWD/tests/lib/reach_probe.py" 1.5 3>&- |
      sed "s/^/$node /" &
  done | sort
  wait
}

agrees() { # LAB FILE [OPTION...]
  local lab=$1
  shift
  predicted "$@" >"$BATS_TEST_TMPDIR/$lab.predicted"
  [ -s "$BATS_TEST_TMPDIR/$lab.predicted" ] || { echo "$lab: nothing is predicted"; return 1; }
  observed "$lab" <"$BATS_TEST_TMPDIR/$lab.predicted" >"$BATS_TEST_TMPDIR/$lab.observed"
  diff "$BATS_TEST_TMPDIR/$lab.predicted" "$BATS_TEST_TMPDIR/$lab.observed" \
    >"$BATS_TEST_TMPDIR/$lab.diff"
}

# every_step LAB: dynamic routes take their time, so it may take several tries to agree
every_step() {
  local lab=$1 step n=0
  for step in $(sed -n 's/^  - id: //p' "$shipped/$lab/lab.yaml"); do
    labctl up "$lab" --step "$step" >/dev/null || { echo "$lab $step: up failed"; return 1; }
    within 25 agrees "$lab" "$lab" --step "$step" || {
      echo "$lab $step: < predicted, > observed"
      cat "$BATS_TEST_TMPDIR/$lab.diff"
      return 1
    }
    n=$((n + $(wc -l <"$BATS_TEST_TMPDIR/$lab.predicted")))
  done
  labctl down "$lab" >/dev/null
  echo "$lab: $n predictions hold"
}

@test "every pair of every shipped lab after every step" {
  local lab pids=()
  for lab in scenario1 scenario2 scenario3 hybrid dual-circuit; do
    every_step "$lab" >"$BATS_TEST_TMPDIR/$lab.log" 2>&1 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  cat "$BATS_TEST_TMPDIR"/*.log
  [ -z "${failed-}" ]
}
