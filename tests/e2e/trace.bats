#!/usr/bin/env bats
# `labctl trace`: a request's packets from namespace to namespace, and where one is lost.

load ../lib/e2e

setup() {
  need_root
  labctl up scenario1
}
teardown() { down_all scenario1 gateway-policies; }

vpc_domain() {
  labctl plan scenario1 --json |
    jq -er '[.workers[].config.groups[]?.domains[] | select(.kind == "vpc") | .name] | first'
}

@test "a call passes every router of two regions, and the gateway asks its function" {
  url=http://$(vpc_domain)/hello
  run labctl trace scenario1 ecs-3 'http://${api_groups.group-1.vpc_domain}/hello'
  [ "$status" -eq 0 ]
  [[ ${lines[0]} =~ ^GET\ $url\ from\ ecs-3:\ 200\ in\ [0-9.]+\ ms$ ]]
  [[ ${lines[1]} =~ ms\ +ecs-3\ +vpc-3\ +cen-1.cn-beijing\ +cen-1.cn-hangzhou\ +vpc-1\ +apigw-1\ +svc.cn-hangzhou$ ]]
  grep -qE '^ +0\.000  o-+>.*DNS query .* A$' <<<"$output"
  grep -qE '^ +[0-9.]+  o-+\+-+\+-+\+-+\+-+> .*GET /hello HTTP/1.1$' <<<"$output"
  grep -qE 'POST /invoke HTTP/1.1$' <<<"$output"
  grep -qE '^ +[0-9.]+  <-+\+-+\+-+\+-+\+-+o .*HTTP/1.1 200 OK$' <<<"$output"
  [ "$(grep -cF '[ACK]' <<<"$output")" -eq 0 ]
  run labctl trace scenario1 ecs-3 "$url" --all
  grep -qF '[ACK]' <<<"$output"
}

@test "of a call by HTTPS the records are seen, not what they say; the function is asked in the clear" {
  url=https://$(vpc_domain)/hello
  run labctl trace scenario1 ecs-3 "$url" --json
  [ "$status" -eq 0 ]
  jq -e '.result.status == 200 and .dropped == 0' <<<"$output" || { echo "$output"; false; }
  # there and back between client and gateway: handshake, call and answer are records; nothing of HTTP in them
  jq -e '[.packets[] | select(.packet | test("172.16.1.10:443"))] |
    ([.[] | select(.packet | test("> 172.16.1.10:443 TCP .* bytes"))] | length) >= 2 and
    ([.[] | select(.packet | test("^172.16.1.10:443 .* bytes"))] | length) >= 2 and
    ([.[] | select(.packet | test("HTTP|hello"))] | length) == 0' <<<"$output" || { echo "$output"; false; }
  jq -e '[.packets[] | select(.packet | test("POST /invoke"))] | length == 1' <<<"$output" || { echo "$output"; false; }
  # the certificate is of the name, not of the address
  run labctl trace scenario1 ecs-3 https://172.16.1.10/hello
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *"no answer: "*handshake* ]]
}

@test "a packet without a route is lost where the route is missing" {
  ip -n scenario1.vpc-3 route del 172.16.1.0/24 table 1000
  run labctl trace scenario1 ecs-3 http://172.16.1.10/hello --timeout 1
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == *"no answer: "* ]]
  grep -qE 'o-+x .*TCP \[SYN\] \(lost in vpc-3\)$' <<<"$output"
}

@test "as JSON and as a picture" {
  labctl trace scenario1 ecs-3 http://172.16.1.10/nothing -H 'Host: nobody.example' --json >"$BATS_TEST_TMPDIR/json"
  [ "$(grep -cE '"ms": [0-9]+\.[0-9]{4}' "$BATS_TEST_TMPDIR/json")" = 0 ] # microseconds are enough
  jq -e '.result.status == 404 and .dropped == 0 and ([.packets[] | select(.packet | test("GET /nothing"))] | length) == 1' \
    "$BATS_TEST_TMPDIR/json"
  jq -e '[.packets[] | select(.packet | test("GET /nothing")).hops[].namespace] ==
    ["ecs-3", "vpc-3", "cen-1.cn-beijing", "cen-1.cn-hangzhou", "vpc-1", "apigw-1"]' "$BATS_TEST_TMPDIR/json"
  labctl trace scenario1 ecs-3 http://172.16.1.10/hello --format svg >"$BATS_TEST_TMPDIR/svg"
  python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/svg"
}

@test "what an app signs, with a body" {
  down_all scenario1
  labctl up gateway-policies
  run labctl trace gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders'
  [[ ${lines[0]} == "GET http://"*"/orders from ecs-1: 400 in "* ]] || { echo "$output"; false; }
  run labctl trace gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --app app-1 -d a=1
  [[ ${lines[0]} == "POST http://"*"/orders from ecs-1: "*" in "* && $output == *"POST /orders HTTP/1.1"* ]] || { echo "$output"; false; }
  run labctl trace gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --app app-1
  [[ ${lines[0]} == "GET http://"*"/orders from ecs-1: 200 in "* ]] || { echo "$output"; false; }
  run labctl trace gateway-policies ecs-1 http://172.16.1.10/ --app app-3
  [ "$status" -eq 2 ]
  [[ $output == *"no such app: app-3"*"did you mean app-1?"* ]] || { echo "$output"; false; }
  run labctl trace gateway-policies ecs-1 'http://${api_groups.shopp.vpc_domain}/'
  [ "$status" -eq 2 ]
  [[ $output == *'${api_groups.shopp.vpc_domain}'* ]] || { echo "$output"; false; }
  run labctl explain gateway-policies ecs-1 172.16.1.10 --app ap-1
  [ "$status" -eq 2 ]
  [[ $output == *"no such app: ap-1"*"did you mean app-1?"* ]] || { echo "$output"; false; }
  # one that a later step brings
  run labctl explain gateway-policies ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --app app-1 --step open
  [ "$status" -eq 0 ]
}

@test "wrong names and addresses" {
  run labctl trace scenario1 ecs-4 http://172.16.1.10/
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean ecs-3?"* ]]
  run labctl trace scenario1 ecs-3
  [ "$status" -eq 2 ]
  run labctl trace scenario1 ecs-3 http://172.16.1.10/ --timeout 5x
  [ "$status" -eq 2 ]
  [[ $output == *"--timeout: 5x: not a number from 1 to 600"* ]]
  run labctl trace scenario1 ecs-3 http://nobody.example/ --timeout 2
  [ "$status" -eq 1 ]
  grep -q 'DNS answer NXDOMAIN' <<<"$output"
}
