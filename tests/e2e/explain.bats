#!/usr/bin/env bats
# `labctl explain` and `labctl matrix`: what they say of a lab that is up is what its packets do.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() { need_root; }
teardown() { down_all scenario1 scenario2 scenario3 hybrid gateway-policies dual-circuit e1; }

# requests LAB: "FROM|METHOD|URL|APP|HEADER" of every HTTP check of the lab file, written in lines or in one line, each
# once; the last two may be empty. A request for much data is left out: its time is not what is asked here.
requests() {
  local all=$BATS_TEST_TMPDIR/requests
  awk '
    function field(name,   v) {
      if (!match($0, "(^|[{ ])" name ": *")) return ""
      v = substr($0, RSTART + RLENGTH)
      sub(/^\[/, "", v)
      if (v ~ /^"/) { sub(/^"/, "", v); sub(/".*/, "", v) } else sub(/, .*/, "", v)
      return v
    }
    function give() {
      if (split(http, word, " ") == 2) print from "|" word[1] "|" word[2] "|" app "|" header
      http = from = app = header = ""
    }
    /- id:|- {id:/ { give() }
    /(^|[{ ])from:/ { from = field("from") }
    /(^|[{ ])app:/ { app = field("app") }
    /(^|[{ ])headers:/ { header = field("headers") }
    /(^|[{ ])http: *"?[A-Z]+ https?:/ { http = field("http") }
    END { give() }' "$shipped/$1/lab.yaml" >"$all"
  [ "$(wc -l <"$all")" -eq "$(grep -cE '\<http: *"?[A-Z]+ https?:' "$shipped/$1/lab.yaml")" ] ||
    { echo "$1: some requests are overlooked"; return 1; }
  grep -v 'size=' "$all" | sort -u >"$BATS_TEST_TMPDIR/$1.requests"
}

# left_out LAB STEP APP HEADER: what no prediction is made of
left_out() {
  # explain takes no header but Host and X-Ca-Stage; an AppCode in another one is apps.bats'
  [[ $4 != Authorization:* ]] || return 0
  # one call a minute is let in: from the second step on, that depends on what was called before, and on the clock
  [[ $3 != app-1 || $1/$2 != gateway-policies/@(block|https|break) ]] || return 0
  # who is not there yet cannot sign
  [[ -n $3 && $(labctl plan "$1" --step "$2" --json | jq --arg a "$3" 'any(.workers[].config.apps[]?; .name == $a)') == false ]]
}

# What the client really gets: "STATUS CODE", and 000 where nobody answers in that time.
real() { # SECONDS LAB FROM METHOD URL HEADER
  local wait=$1
  shift
  labctl exec "$1" "$2" -- curl -s -o "$BATS_TEST_TMPDIR/body" -D "$BATS_TEST_TMPDIR/head" -m "$wait" -X "$3" \
    -H "$5" -w '%{http_code}' "$4" >"$BATS_TEST_TMPDIR/status" || true
  printf '%s %s\n' "$(cat "$BATS_TEST_TMPDIR/status")" \
    "$(sed -n 's/^X-Ca-Error-Code: *\([A-Z0-9]*\).*/\1/Ip' "$BATS_TEST_TMPDIR/head" 2>/dev/null)"
  rm -f "$BATS_TEST_TMPDIR/head"
}

# The same where an app signs; the APIs of labs that have apps are named as their paths.
real_signed() { # LAB FROM METHOD URL APP
  labctl api call "$1" "${4##*/}" --from "$2" -X "$3" --app "$5" --json >"$BATS_TEST_TMPDIR/answer" || true
  jq -r '"\(.status) \([.headers[] | capture("^X-Ca-Error-Code: *(?<code>[A-Z0-9]+)"; "i").code] | first // "")"' \
    "$BATS_TEST_TMPDIR/answer"
}

# What explain says the client gets, in the same words. A function may answer what it likes; ours says 200.
predicted='"\(if .status then .status elif .reachable == "yes" then 200 else "000" end) \(.error_code)"'

# compare LAB STEP REQUESTS: every request of the lab, predicted and real; so many at least.
compare() {
  local from method url app header said got wait n=0
  while IFS='|' read -r from method url app header <&4; do
    ! left_out "$1" "$2" "$app" "$header" || continue
    said=$(labctl explain "$1" "$from" "$url" -X "$method" -H "$header" ${app:+--app "$app"} --json) || true
    jq -e '.live' <<<"$said" >/dev/null || { echo "$1 $2: not live: $said"; return 1; }
    url=$(jq -r .to <<<"$said")
    [[ $header != Host:* ]] || header="Host: $(jq -r .host <<<"$said")"
    said=$(jq -r "$predicted" <<<"$said")
    [[ $said == 000* ]] && wait=0.6 || wait=8
    if [[ -n $app ]]; then
      got=$(real_signed "$1" "$from" "$method" "$url" "$app")
    else
      got=$(real "$wait" "$1" "$from" "$method" "$url" "$header")
    fi
    [[ $said == "$got" ]] || { echo "$1 $2: $from $method $url $app: said $said, got $got"; return 1; }
    n=$((n + 1))
  done 4<"$BATS_TEST_TMPDIR/$1.requests"
  ((n >= $3)) || { echo "$1 $2: only $n requests"; return 1; }
}

steps() { sed -e '/^checks:/,$d' "$shipped/$1/lab.yaml" | sed -n 's/^  - id: //p'; }

every_step() { # LAB REQUESTS [COMMAND...]: at every step, so many requests at least, once the command succeeds
  local step
  requests "$1"
  for step in $(steps "$1"); do
    labctl up "$1" --step "$step"
    [[ $# -lt 3 ]] || within 20 "${@:3}" >/dev/null || { echo "$1 $step: not in time: ${*:3}"; return 1; }
    compare "$1" "$step" "$2"
  done
}

@test "scenario 1: at every step, every request gets what explain says" { every_step scenario1 5; }
@test "scenario 2: at every step, every request gets what explain says" { every_step scenario2 2; }
@test "scenario 3: at every step, every request gets what explain says" { every_step scenario3 5; }
@test "hybrid: at every step, every request gets what explain says" { every_step hybrid 9; }
@test "gateway policies: at every step, every request gets what explain says" { every_step gateway-policies 8; }
@test "two circuits: at every step, every request gets what explain says" {
  every_step dual-circuit 1 labctl explain dual-circuit ecs-1 10.10.1.20 # BGP takes a while to learn the routes
}

to_gateway='. as $m | .cells[] | select($m.from[.from] == ["ecs-3"] and $m.to[.to] == ["apigw-1"]) | .services.ping'

@test "what was broken by hand is what explain finds, and the file's plan is another matter" {
  file=$(variation scenario1 e1 <<<'regions: {}')
  labctl up "$file"
  url='http://${api_groups.group-1.vpc_domain}/hello'
  run labctl explain "$file" ecs-3 "$url"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "e1 as it runs" ]]
  ip -n e1.vpc-3 route del 172.16.1.0/24 table 1000
  run labctl explain "$file" ecs-3 "$url"
  [ "$status" -eq 1 ]
  [[ $output == *"NOT reachable: vpc-3 has no route to 172.16.1.0/24"*"labctl up $file"* ]] || { echo "$output"; false; }
  [[ $(labctl matrix "$file" --json | jq -r "$to_gateway") == no ]]
  run labctl explain "$file" ecs-3 "$url" --plan
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "e1 as planned" ]]
  [[ $(labctl matrix "$file" --plan --json | jq -r "$to_gateway") == yes ]]
}

@test "what somebody put into the running lab decides, too" {
  file=$(variation scenario1 e1 <<<'regions: {}')
  labctl up "$file"
  ip -n e1.vpc-3 route add blackhole 172.16.1.10/32 table 1000
  run labctl explain "$file" ecs-3 apigw-1
  [ "$status" -eq 1 ]
  [[ $output == *"NOT reachable: the route to 172.16.1.10/32 of vpc-3 leads nowhere"*"repair"* ]] || { echo "$output"; false; }
  [[ $(labctl matrix "$file" --json | jq -r "$to_gateway") == no ]]
  run labctl exec e1 ecs-3 -- ping -c1 -W1 172.16.1.10
  [ "$status" -eq 1 ]
  ip -n e1.vpc-3 route replace unreachable 172.16.1.10/32 table 1000
  [[ $(labctl matrix "$file" --json | jq -r "$to_gateway") == unknown ]]
  ip -n e1.vpc-3 route del 172.16.1.10/32 table 1000
  ip -n e1.vpc-3 rule add pref 77 fwmark 3 lookup 77
  run labctl explain "$file" ecs-3 apigw-1
  [ "$status" -eq 1 ]
  [[ $output == *"not known: vpc-3 has a rule that is of no plan: priority 77"* ]] || { echo "$output"; false; }
  ip -n e1.vpc-3 rule del pref 77
  ip -n e1.ecs-3 link set eth0 down
  run labctl explain "$file" ecs-3 apigw-1
  [ "$status" -eq 1 ]
  [[ $output == *"NOT reachable: ecs-3 has no route to "*"; its eth0 is down"*"repair"* ]] || { echo "$output"; false; }
  labctl up "$file"
  run labctl explain "$file" ecs-3 apigw-1
  [ "$status" -eq 0 ]
}

@test "the README shows what is said" {
  labctl up scenario1 --step attach
  run labctl explain scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello'
  [ "$status" -eq 1 ]
  diff <(sed -n '/^scenario1 as it runs, up to/,/^```/{/^```/d;p}' README.md) - <<<"$output"
}

@test "an answer that finds no way back to the gateway" {
  file=$(variation scenario3 e1 <<<'data_centers: {idc-1: {routes: {gateway-egress: null}}}')
  labctl up "$file"
  run labctl explain "$file" ecs-1 'http://${api_groups.group-1.vpc_domain}/orders' --json
  [ "$status" -eq 1 ]
  jq -e '.error_code == "D504CO" and .cause == "no way back: idc-1 has no route to 100.104.254.1" and
    .resource == "data_centers.idc-1"' <<<"$output"
  [ "$(real 8 e1 ecs-1 GET "$(jq -r .to <<<"$output")" '')" = "504 D504CO" ]
}

@test "what no plan brings about, and what a later step does, is said" {
  run labctl explain scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello' --step bandwidth
  [ "$status" -eq 1 ]
  [[ $output == *"group-1 has no address: instance apigw-1 is bound to no VPC"* ]]
  [[ $output == *"step   Step 5: Grant VPC-1 the access"*"labctl up scenario1 --step grant"* ]]
  run labctl explain scenario1 ecs-3 172.16.9.9 --step bandwidth
  [ "$status" -eq 1 ]
  [[ $output == *"no later step of the lab file makes it reachable"* ]]
  run labctl explain scenario2 idc-client ecs-1:22 --plan
  [ "$status" -eq 1 ]
  [[ $output == *"security group sg-1 of vpc-1 drops it on its way in"*"where  lab.yaml:"*", security_groups.sg-1"* ]]
  run labctl explain scenario1 ecs-4 172.16.1.10
  [ "$status" -eq 2 ]
  [[ $output == *"no such node: ecs-4"*"did you mean ecs-3?"* ]]
  run labctl explain scenario1 ecs-3 'http://${api_groups.group-2.vpc_domain}/'
  [ "$status" -eq 2 ]
  [[ $output == *"unknown variable '\${api_groups.group-2.vpc_domain}'; did you mean '\${api_groups.group-1.vpc_domain}'?"* ]]
}

@test "steps are not known where the lab file cannot be used any more" {
  file=$(variation scenario1 e1 <<<'regions: {}')
  labctl up "$file"
  run labctl explain e1 ecs-3 172.16.9.9
  [[ $output == *"no later step of the lab file makes it reachable"* ]] || { echo "$output"; false; }
  echo 'no such thing: 1' >>"$file"
  run labctl explain e1 ecs-3 172.16.9.9
  [ "$status" -eq 1 ]
  [[ $output == *"step   not known: the lab file cannot be used"*"labctl check e1"* && $output != *"no later step"* ]] || { echo "$output"; false; }
  [[ $(labctl explain e1 ecs-3 172.16.9.9 --json | jq -c '[.mended_by, .steps_known]') == "[null,false]" ]]
}

@test "a lab whose file is broken meanwhile is explained as it runs" {
  file=$(variation scenario1 e1 <<<'regions: {}')
  labctl up "$file"
  labctl explain "$file" ecs-3 172.16.1.10 >"$BATS_TEST_TMPDIR/before"
  printf 'vpcs: {\n' >>"$file"
  run --separate-stderr labctl explain "$file" ecs-3 172.16.1.10
  [ "$status" -eq 0 ] && [ -z "$stderr" ]
  [[ $output == *"$file has changed since "* ]] || { echo "$output"; false; }
  [ "$(grep -v 'has changed since' <<<"$output")" = "$(cat "$BATS_TEST_TMPDIR/before")" ]
  # what the file alone would say
  run labctl explain --plan "$file" ecs-3 172.16.1.10
  [ "$status" -eq 2 ]
  run labctl explain "$file" ecs-3 172.16.9.9
  [[ $status -eq 1 && $output == *"step   not known: the lab file cannot be used"* ]] || { echo "$output"; false; }
  # other verbs that ask what is up
  labctl exec "$file" ecs-3 -- true
  labctl down "$file"
  run labctl explain "$file" ecs-3 172.16.1.10
  [ "$status" -eq 2 ]
}

@test "a refusal names the line that is about it, an unsigned request the apps, a misspelt node its neighbour" {
  local file=$LABCTL_SOURCE_DIR/labs/gateway-policies/lab.yaml line
  line=$(grep -n '^ *orders: {group: shop' "$file" | cut -d: -f1)
  run labctl explain gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --plan
  [ "$status" -eq 1 ]
  [[ $output == *"    app app-1 may call it: --app app-1"* && $output == *"  where  lab.yaml:$line, apis.orders"* ]] || { echo "$output"; false; }
  labctl explain gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --plan --app app-1
  run labctl explain scenario1 ecs-3 ecs-9 --plan
  [ "$status" -eq 1 ]
  [[ $output == *"did you mean ecs-3?"* ]]
}

@test "a lossy link is said, where it is and in all" {
  labctl up scenario2
  labctl link scenario2 pc-1 set loss=30%
  run labctl explain scenario2 idc-client apigw-1
  [ "$status" -eq 0 ]
  [[ $output == *"; loses 30 %"* && $output == *", 51 % of round trips lost"* ]] || { echo "$output"; false; }
  run labctl matrix scenario2
  [[ $output == *"everything; 51 % of round trips lost"* ]] || { echo "$output"; false; }
  labctl matrix scenario2 --json >"$BATS_TEST_TMPDIR/matrix"
  lost() { # FROM TO
    jq --arg from "$1" --arg to "$2" '. as $m | .cells[] | select(($m.from[.from] | index($from)) and
      ($m.to[.to] | index($to))) | .loss_ppm' "$BATS_TEST_TMPDIR/matrix"
  }
  [ "$(lost idc-client ecs-1)" = 510000 ]
  [ "$(lost idc-client idc-dns)" = 0 ]
}

@test "the matrix puts together what is alike" {
  run labctl matrix scenario2 --plan
  [ "$status" -eq 0 ]
  diff - <(echo "$output") <<'END'
scenario2 as planned

from \ to              1   2   3   4
ecs-1                  +       .   +
idc-1                  .   .   +   +
idc-client, idc-dns    +   a   +   +

  1  apigw-1, idc-1 10.10.1.1, resolver 100.100.2.136, resolver 100.100.2.138
  2  ecs-1
  3  idc-1 10.0.0.2, vbr-1
  4  idc-client, idc-dns

  +  everything
  .  nothing
  a  only ping
  of a node's own place nothing is said: it is blank, or as those beside it
END
}

@test "the matrix says who they are of whom a label gives the number" {
  run labctl matrix gateway-policies --plan
  [ "$status" -eq 0 ]
  grep -q '^  1  apigw-1, ecs-1, ecs-2 and 2 more$' <<<"$output"
  grep -qx 'apigw-1, ecs-1, ecs-2 and 2 more: resolver 100.100.2.136, resolver 100.100.2.138' <<<"$output"
  labctl generate star 60 >"$BATS_TEST_TMPDIR/lab.yaml"
  run labctl matrix "$BATS_TEST_TMPDIR/lab.yaml" --plan
  [ "$(grep -oE 'ecs-[0-9]+' <<<"$output" | sort -u | wc -l)" -ge 60 ]
  [ "$(awk '{if (length($0) > n) n = length($0)} END {print n}' <<<"$output")" -le 100 ]
}

@test "the matrix says which services do not pass" {
  cat >"$BATS_TEST_TMPDIR/lab.yaml" <<'END'
lab: ports
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1:
    region: cn-hangzhou
    cidr_block: 10.1.0.0/16
    vswitches: {vsw-1: {zone: h, cidr_block: 10.1.1.0/24}}
security_groups:
  sg-0: {vpc: vpc-1}
  sg-1:
    vpc: vpc-1
    rules:
      all: {type: ingress, ip_protocol: all, cidr_ip: 0.0.0.0/0, priority: 9}
      no: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 80/80, cidr_ip: 0.0.0.0/0}
  sg-2:
    vpc: vpc-1
    rules:
      all: {type: ingress, ip_protocol: all, cidr_ip: 0.0.0.0/0, priority: 9}
      no: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 22/22, cidr_ip: 0.0.0.0/0}
  sg-3:
    vpc: vpc-1
    rules: {yes: {type: ingress, ip_protocol: tcp, port_range: 80/80, cidr_ip: 0.0.0.0/0}}
ecs:
  e0: {vswitch: vsw-1, security_groups: [sg-0]}
  e1: {vswitch: vsw-1, security_groups: [sg-1]}
  e2: {vswitch: vsw-1, security_groups: [sg-2]}
  e3: {vswitch: vsw-1, security_groups: [sg-3]}
END
  run labctl matrix "$BATS_TEST_TMPDIR/lab.yaml" --plan
  [ "$status" -eq 0 ]
  diff - <(echo "$output") <<'END'
ports as planned

from \ to         1   2   3   4   5
e0, e1, e2, e3    .   a   b   c   +

  1  e0
  2  e1
  3  e2
  4  e3
  5  resolver 100.100.2.136, resolver 100.100.2.138

  +  everything
  .  nothing
  a  only ping, any other tcp, any udp, not tcp/80
  b  only ping, any other tcp, any udp, not tcp/22
  c  only tcp/80
  of a node's own place nothing is said: it is blank, or as those beside it
END
}

@test "the matrix of a thousand nodes fits on a page" {
  labctl generate star 1000 --name star >"$BATS_TEST_TMPDIR/star.yaml"
  run labctl matrix "$BATS_TEST_TMPDIR/star.yaml" --plan
  [ "$status" -eq 0 ]
  ((${#lines[@]} < 12)) || { echo "${#lines[@]} lines"; false; }
  [[ $output == *" and 997 more"* ]]
  labctl generate regions 1000 --name regions >"$BATS_TEST_TMPDIR/regions.yaml"
  run labctl matrix "$BATS_TEST_TMPDIR/regions.yaml" --plan
  [ "$status" -eq 0 ]
  [ "$(grep -cE '.{101}' <<<"$output")" -eq 0 ]
  [[ $output == *"a  only ping"* ]]
}
