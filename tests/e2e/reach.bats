#!/usr/bin/env bats
# What `labctl plan` says of who reaches whom, held against packets: every pair of every shipped lab after
# every step, by ping and by TCP. A disagreement fails the test, and so does "not known".

load ../lib/e2e
load ../lib/network_labs

setup() { need_root; }
teardown() { down_all scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies net sg ent f{0..5}; }

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
      labctl exec "$lab" "$node" -- python3 "$PWD/tests/lib/reach_probe.py" 1 3>&- |
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
  for step in $(sed -e '/^checks:/,$d' "$shipped/$lab/lab.yaml" | sed -n 's/^  - id: //p'); do
    labctl up "$lab" --step "$step" >/dev/null 2>"$BATS_TEST_TMPDIR/$lab.err" || {
      echo "$lab $step: up failed"
      cat "$BATS_TEST_TMPDIR/$lab.err"
      return 1
    }
    within 25 agrees "$lab" "$lab" --step "$step" || {
      echo "$lab $step: < predicted, > observed"
      cat "$BATS_TEST_TMPDIR/$lab.diff"
      return 1
    }
    n=$((n + $(wc -l <"$BATS_TEST_TMPDIR/$lab.predicted")))
  done
  labctl down "$lab" >/dev/null 2>&1
  echo "$lab: $n predictions hold"
}

# all_at_once FUNCTION WORD...: for each word in the background; fails where one of them does
all_at_once() {
  local what=$1 word pids=() failed=
  shift
  for word in "$@"; do
    "$what" "$word" >"$BATS_TEST_TMPDIR/$word.log" 2>&1 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
  done
  for word in "$@"; do
    cat "$BATS_TEST_TMPDIR/$word.log"
  done
  [ -z "$failed" ]
}

made_lab() { # net, sg, ent: of network_labs.bash
  local file
  case $1 in
    net) file=$(basic_lab) ;;
    sg) file=$(filters_lab) ;;
    ent) file=$(enterprise_lab) ;;
  esac
  labctl up "$file" >/dev/null 2>&1 || { echo "$1: up failed"; return 1; }
  within 10 agrees "$1" "$file" || {
    echo "$1: < predicted, > observed"
    cat "$BATS_TEST_TMPDIR/$1.diff"
    return 1
  }
  echo "$1: $(wc -l <"$BATS_TEST_TMPDIR/$1.predicted") predictions hold"
}

# One thing forgotten at a time, which a class would forget, too.
forgotten=(
  'data_centers: {idc-1: {routes: {vpc-1: null}}}'
  'virtual_border_routers: {vbr-1: {route_entries: {idc: null}}}'
  'cen: {cen-1: {attachments: {attach-vpc-3: null}, bandwidth_limits: null}}'
  'physical_connections: {pc-1: {enabled: false}}'
  'security_groups: {sg-3: {rules: null}}'
  'cen: {cen-1: {private_zones: null}}'
)

without() { # f0, f1...: hybrid, without that
  local file
  file=$(variation hybrid "$1" <<<"${forgotten[${1#f}]}")
  labctl up "$file" >/dev/null 2>"$BATS_TEST_TMPDIR/$1.err" || { cat "$BATS_TEST_TMPDIR/$1.err"; return 1; }
  within 15 agrees "$1" "$file" || {
    echo "${forgotten[${1#f}]}: < predicted, > observed"
    cat "$BATS_TEST_TMPDIR/$1.diff"
    return 1
  }
  labctl down "$1" >/dev/null 2>&1
  echo "$1: $(wc -l <"$BATS_TEST_TMPDIR/$1.predicted") predictions hold"
}

one_lab() {
  case $1 in
    net | sg | ent) made_lab "$1" ;;
    f?) without "$1" ;;
    *) every_step "$1" ;;
  esac
}

@test "predictions hold for every pair: shipped labs after every step, labs with all kinds of rules, labs that lack something" {
  all_at_once one_lab scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies net sg ent f{0..5}
}
