#!/usr/bin/env bats
# Every lesson from its start to its end, with all exercises and their answers; and what is remembered.

load ../lib/e2e

setup() { need_root; }

teardown() {
  down_all scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies
  for lab in scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies; do
    "$labctl" lesson "$lab" reset >/dev/null 2>&1 || true
  done
}

places() { # LAB: all that a lesson has, in order
  labctl lesson "$1" status --json | jq -r '.places[].place'
}

# walk LAB [PLACE...]: goes everywhere; the checks of PLACE are too long for this test.
walk() {
  local lab=$1 place
  shift
  run labctl lesson "$lab" start
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  for place in $(places "$lab"); do
    case $place in
      start) continue ;;
      */*) run labctl lesson "$lab" exercise "${place#*/}" ;;
      *) run labctl lesson "$lab" next ;;
    esac
    [ "$status" -eq 0 ] || { echo "$place: $output"; return 1; }
    [ "$(labctl lesson "$lab" status --json | jq -r .at)" = "$place" ]
    [[ " $* " != *" $place "* ]] || continue
    run labctl lesson "$lab" check
    [ "$status" -eq 0 ] || { echo "$place: $output"; return 1; }
    [[ $place != */* ]] || [[ $output == *"$(answer "$lab" "$place")"* ]]
    [[ $place != https/no-certificate ]] || no_handshake "$lab" https://shop.example.com/pay || return 1
  done
  left=$(labctl lesson "$lab" status --json | jq -r '[.places[] | select(.done | not) | .place] | join(" ")')
  [ "$left" = "$(echo start "$@")" ] || { echo "not done: $left"; return 1; }
}

# no_handshake LAB URL: what no check can say: TLS fails, and nothing else
no_handshake() {
  run labctl exec "$1" ecs-1 -- curl -s -m 5 "$2"
  [ "$status" -eq 35 ] || { echo "$2: curl's exit status is $status"; return 1; }
}

answer() { # LAB PLACE: the first words of an exercise's answer
  python3 - "$shipped/$1/lab.yaml" "${2#*/}" <<'PY'
import re, sys
text = open(sys.argv[1]).read()
part = text[text.index(f"      - id: {sys.argv[2]}\n"):]
print(" ".join(re.search(r"answer: \|\n\s+(.*)\n", part).group(1).split()[:5]))
PY
}

# All at once: mostly they wait. The outages of dual-circuit are routing.bats'.
@test "the lessons of all labs: every step, every exercise, every answer" {
  local -A walks
  local lab failed=
  for lab in scenario1 scenario2 scenario3 hybrid gateway-policies "dual-circuit health-checks bgp"; do
    # shellcheck disable=SC2086 # the words are arguments
    walk $lab >"$BATS_TEST_TMPDIR/${lab%% *}" 2>&1 3>&- &
    walks[${lab%% *}]=$!
  done
  for lab in "${!walks[@]}"; do
    wait "${walks[$lab]}" || { failed+=" $lab"; cat "$BATS_TEST_TMPDIR/$lab"; }
  done
  [ -z "$failed" ] || { echo "failed:$failed"; false; }
}

@test "a lesson says what a step changes, gives hints one after the other, and goes anywhere" {
  run labctl lesson scenario1 goto attach
  [ "$status" -eq 0 ]
  [[ $output == *"Attach VPC-1 and VPC-3."* ]]
  run labctl lesson scenario1 next
  [[ $output == *"What changes"*"hangzhou-beijing"* ]]
  [ "$(labctl status scenario1 --json | jq -r .step)" = bandwidth ]
  run labctl lesson scenario1 goto grant
  [[ $output == *"curl -i"*"http://$(vpc_domain scenario1)/hello"* ]] || { echo "$output"; false; }
  run labctl lesson scenario1 hint
  [[ $output == *"hint 1 of 2"*"Two clicks"* ]]
  run labctl lesson scenario1 hint
  [[ $output == *"hint 2 of 2"* ]]
  run labctl lesson scenario1 back
  [[ $output == *"What going back from grant changes"* ]]
  [ "$(labctl status scenario1 --json | jq -r .step)" = bandwidth ]
  labctl lesson scenario1 back
  run labctl lesson scenario1 back # to an empty CEN, which has no objects
  [[ $output == *"
~ CEN cen-1 "*"
- attachment attach-vpc-1 of CEN cen-1"* ]] || { echo "$output"; false; }
  run labctl lesson scenario1 goto start
  [ "$(labctl status scenario1 --json | jq -r .step)" = . ]
}

@test "an exercise that the cloud refuses changes nothing and shows the refusal; next leaves it" {
  labctl lesson scenario1 goto bandwidth
  run labctl lesson scenario1 exercise too-much
  [ "$status" -eq 0 ]
  [[ $output == *"[bandwidth-exceeded]"* ]]
  [ "$(labctl status scenario1 --json | jq -r .step)" = bandwidth ]
  [ "$(labctl lesson scenario1 status --json | jq -r .at)" = bandwidth/too-much ]
  run labctl lesson scenario1 check
  [ "$status" -eq 0 ]
  [[ $output == *"Raise the"* ]]
  labctl lesson scenario1 next
  [ "$(labctl lesson scenario1 status --json | jq -r .at)" = grant ]
}

@test "progress is kept while the lab is down, follows up --step, and reset clears it" {
  labctl lesson scenario1 goto create-cen
  labctl lesson scenario1 check
  labctl down scenario1
  run labctl lesson scenario1 status --json
  [ "$(jq -r '[.at, .up, (.places[] | select(.place == "create-cen") | .done)] | join(" ")' <<<"$output")" = "create-cen false true" ]
  run labctl lesson scenario1 check
  [ "$status" -eq 3 ]
  [[ $output == *"labctl lesson scenario1 goto create-cen"* ]]
  labctl lesson scenario1 next
  [ "$(labctl status scenario1 --json | jq -r .step)" = attach ]
  labctl up scenario1 --step bandwidth
  [ "$(labctl lesson scenario1 status --json | jq -r .at)" = bandwidth ]
  labctl lesson scenario1 reset
  labctl down scenario1
  run labctl lesson scenario1 check
  [ "$status" -eq 3 ]
  [[ $output == *"has not begun"* ]]
  [ ! -e /run/labctl-lessons ]
}

@test "a check that fails leads to a hint, and is not taken for done" {
  labctl lesson scenario1 goto attach
  ip -n scenario1.vpc-3 route del 172.16.1.0/24 table 1000
  run labctl lesson scenario1 check
  [ "$status" -eq 1 ]
  [[ $output == *"labctl lesson scenario1 hint"* ]]
  [ "$(labctl lesson scenario1 status --json | jq '[.places[] | select(.done)] | length')" -eq 0 ]
}

@test "wrong words: the nearest one, exit status 2" {
  run labctl lesson scenario1 nxt
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean next?"* ]]
  run labctl lesson scenario1 goto atach
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean attach?"* ]]
  run labctl lesson scenario1 exercise nonsense
  [ "$status" -eq 2 ]
  [[ $output == *"no-bandwidth"* ]]
  run labctl lesson scenario1 goto
  [ "$status" -eq 2 ]
  run labctl up scenario1 --step grant/nonsense
  [ "$status" -eq 2 ]
}

@test "a directory of another user or a link in the place of what is kept is not touched" {
  labctl lesson scenario1 goto create-cen
  labctl lesson scenario1 reset
  mkdir -m 777 /run/labctl-lessons
  run labctl lesson scenario1 goto create-cen
  [ "$status" -eq 4 ]
  rmdir /run/labctl-lessons
  ln -s "$BATS_TEST_TMPDIR" /run/labctl-lessons
  run labctl lesson scenario1 goto create-cen
  [ "$status" -ne 0 ]
  [ -z "$(ls "$BATS_TEST_TMPDIR")" ]
  rm /run/labctl-lessons
}

@test "labctl check reads every exercise: one that is not refused, one that cannot come up" {
  sed 's/bandwidth_limit: 3Mbit/bandwidth_limit: 2Mbit/' "$shipped/scenario1/lab.yaml" >"$BATS_TEST_TMPDIR/lab.yaml"
  cp -r "$shipped/scenario1/functions" "$BATS_TEST_TMPDIR/"
  run labctl check "$BATS_TEST_TMPDIR"
  [ "$status" -eq 2 ]
  [[ $output == *"exercise 'too-much'"*"[exercise-not-refused]"* ]]
  sed 's/hello: {stages: null}/hello: {group: nothing}/' "$shipped/scenario1/lab.yaml" >"$BATS_TEST_TMPDIR/lab.yaml"
  run labctl check "$BATS_TEST_TMPDIR"
  [ "$status" -eq 2 ]
  [[ $output == *"[unknown-reference]"* ]]
}
