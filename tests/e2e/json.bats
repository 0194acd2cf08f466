#!/usr/bin/env bats
# --json: standard output is one JSON document and nothing else, also where a verb fails.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  lab=$BATS_TEST_TMPDIR/json-lab.yaml
  cat >"$lab" <<'YAML'
lab: json-lab
regions:
  cn-hangzhou: {zones: [h]}
vpcs:
  vpc-a:
    region: cn-hangzhou
    cidr_block: 10.1.0.0/16
    vswitches: {vsw-a: {zone: h, cidr_block: 10.1.1.0/24}}
security_groups:
  sg-a: {vpc: vpc-a, rules: {ping: {type: ingress, ip_protocol: icmp, cidr_ip: 10.1.0.0/16}}}
ecs:
  client: {vswitch: vsw-a, security_groups: [sg-a]}
  server: {vswitch: vsw-a, security_groups: [sg-a]}
checks:
  - {id: reached, from: client, ping: "${ecs.server.private_ip}"}
YAML
}
teardown() { down_all json-lab; }

# json STATUS FILTER ARG...: labctl ARG... exits with STATUS, and FILTER holds for its only document.
json() {
  local wanted=$1 filter=$2 status=0
  shift 2
  "$labctl" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || status=$?
  [ "$status" -eq "$wanted" ] && jq -es "length == 1 and (.[0] | $filter)" "$BATS_TEST_TMPDIR/out" >/dev/null &&
    return 0
  echo "labctl $*: exit status $status"
  cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/err"
  return 1
}

# What every verb says of a failure.
failure() { echo "(.ok == false and .error.status == $1 and (.error.message | contains(\"$2\")))"; }

@test "labs and doctor" {
  json 0 '.labs | map(select(.name == "scenario1" and .state and .title and .steps)) | length == 1' labs --json
  fit=$(labctl doctor --json | jq .fit)
  if [ "$fit" = true ]; then status=0; else status=4; fi
  json "$status" '(.kernel | length > 5) and (.host | length > 0)' doctor --json
}

@test "check: an empty list of diagnostics, or where each stands and why" {
  json 0 '.ok and .diagnostics == []' check "$lab" --json
  sed -i -e 's/cidr_block: 10.1.0/cidr_blok: 10.1.0/' -e 's/vsw-a, sec/vsw-b, sec/' "$lab"
  json 2 '(.ok | not) and (.file | endswith("json-lab.yaml")) and (.diagnostics | length > 1)
    and ([.diagnostics[] | (.line > 0 and .col > 0 and .id != "" and .message != ""
         and (.file | endswith("json-lab.yaml")) and (.notes | type == "array"))] | all)
    and ([.diagnostics[] | select(.line == 7) | .severity] == ["error"])' check "$lab" --json
}

@test "check: what was declared before is a note with a place" {
  sed -i 's/^  server:/  client:/' "$lab"
  json 2 '[.diagnostics[].notes[] | (.line == 12 and .col > 0 and .message != "")] | any' check "$lab" --json
}

@test "plan, up, status, test of a lab that works" {
  json 0 '.lab == "json-lab" and (.namespaces | length == 4)' plan "$lab" --json
  json 0 '.lab == "json-lab" and .fresh and .namespaces == 4' up "$lab" --json
  json 0 '.fresh == false and .added == 0 and .changed == 0 and .removed == 0' up "$lab" --json
  json 0 '.labs | map(select(.lab == "json-lab" and .state == "up")) | length == 1' status --json
  json 0 '.ok and .lab == "json-lab" and .drift == [] and (.namespaces | map(.state) | unique == ["ok"])' \
    status json-lab --json
  json 0 '.lab == "json-lab" and (.checks | length == 1)' test json-lab --json
}

@test "status names what differs and exits with 1; test names what fails" {
  labctl up "$lab"
  ip -n json-lab.client addr flush dev eth0
  json 1 '(.ok | not) and (.error | not) and (.drift | map(.drift) | unique == ["missing"])' \
    status json-lab --json
  json 1 '.checks[0].id == "reached"' test json-lab --json
}

@test "test --junit writes the same report as XML, whatever is printed, and fails where it cannot" {
  labctl up "$lab"
  xml=$BATS_TEST_TMPDIR/report.xml
  json 0 '.checks[0].id == "reached"' test json-lab --json --junit "$xml"
  python3 -c 'import sys, xml.etree.ElementTree as t; sys.exit(t.parse(sys.argv[1]).find("testsuite").get("failures") != "0")' "$xml"
  ip -n json-lab.client addr flush dev eth0
  json 1 '.failed == 1' test json-lab --json --junit "$xml"
  grep -q '<failure' "$xml"
  json 1 "$(failure 1 "cannot write $BATS_TEST_TMPDIR/no/report.xml")" test json-lab --json --junit "$BATS_TEST_TMPDIR/no/report.xml"
  json 1 "$(failure 1 'cannot write /dev/full')" test json-lab --json --junit /dev/full
}

@test "what fails says so in JSON, with its exit status" {
  for verb in check plan up status test; do
    json 2 "$(failure 2 'no shipped lab')" "$verb" no-such-lab --json
  done
  json 3 "$(failure 3 'not up') and .error.hint != null" status "$lab" --json
  json 3 "$(failure 3 '')" test "$lab" --json
  json 2 "$(failure 2 '1 error')" plan scenario1 --step no-such-step --json
  sed -i 's/cidr_block: 10.1.0/cidr_blok: 10.1.0/' "$lab"
  json 2 "$(failure 2 error)" plan "$lab" --json
  json 2 "$(failure 2 error)" up "$lab" --json
}

@test "a check that does not exist" {
  labctl up "$lab"
  json 2 "$(failure 2 'no such check') and .error.hint != null" test json-lab reachd --json
}

@test "without root" {
  for verb in "up $shipped/scenario1" "status" "test scenario1" "doctor"; do
    # shellcheck disable=SC2086 # verb and operand
    run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups env LABCTL_ROOTLESS=0 "$labctl" $verb --json
    [ "$status" -eq 4 ]
    jq -es "length == 1 and (.[0] | $(failure 4 'needs root'))" <<<"$output"
  done
}
