#!/usr/bin/env bats
# Scenario 1, row by row: every state of the lab in which a class should see something, checked with
# curl, dig, ping and ip from inside the nodes. Each lab is the shipped scenario1 plus one change.

load ../lib/e2e

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
  need_root
}

teardown() {
  down_all a1 a1b
}

in_ecs3() { labctl exec a1 ecs-3 -- "$@"; }

# curl from ecs-3: prints "HTTP-STATUS X-Ca-Error-Code", returns curl's status
call() {
  in_ecs3 curl -sS -o /dev/null -m 5 -w '%{http_code} %header{x-ca-error-code}' "$@"
}

@test "1.1 after step 1 the VPC domain does not resolve" {
  up "$(variation scenario1 a1 <<<'{}')" --step create-api
  d=$(domain a1 group-1)
  run in_ecs3 dig +noall +comments "$d"
  [[ $output == *NXDOMAIN* ]]
  run call "http://$d/hello"
  [ "$status" -eq 6 ]
}

@test "1.2 an API that is not published is 404 I404NF" {
  up "$(variation scenario1 a1 <<<'apis: {hello: {stages: null}}')"
  d=$(domain a1 group-1)
  run call "http://$d/hello"
  [ "$output" = "404 I404NF" ]
}

@test "1.3 bound and enabled but no CEN: the name resolves, the call times out" {
  up "$(variation scenario1 a1 <<<'cen: null')"
  d=$(domain a1 group-1)
  run in_ecs3 dig +short "$d"
  [ "$output" = 172.16.1.10 ]
  run call "http://$d/hello"
  [ "$status" -eq 28 ]
}

@test "1.4 only VPC-1 attached: timeout, and VPC-3 has no route" {
  up "$(variation scenario1 a1 <<'YAML'
cen: {cen-1: {attachments: {attach-vpc-3: null}}}
YAML
)"
  run call "http://$(domain a1 group-1)/hello"
  [ "$status" -eq 28 ]
  run ip -n a1.vpc-3 route show table all
  [[ $output != *172.16.* ]]
}

@test "1.5 both attached: each VPC's table holds the other's vSwitches, origin CEN" {
  up "$(variation scenario1 a1 <<<'{}')" --step attach
  run ip -n a1.vpc-3 route show table 1000
  [[ $output == *"172.16.1.0/24"*"proto 202"* ]]
  [[ $output == *"172.16.2.0/24"*"proto 202"* ]]
  run ip -n a1.vpc-1 route show table 1000
  [[ $output == *"192.168.1.0/24"*"proto 202"* ]]
}

enterprise_without_peer='cen:
  cen-1:
    edition: enterprise
    bandwidth_packages: null
    bandwidth_limits: null
    attachments:
      attach-vpc-1: {zone_mappings: [vsw-1a, vsw-1b]}
      attach-vpc-3: {zone_mappings: [vsw-3a, vsw-3b]}
vpcs: {vpc-3: {vswitches: {vsw-3b: {zone: b, cidr_block: 192.168.2.0/24}}}}'

@test "1.6 enterprise edition: no inter-region connection, then no route synchronization: timeout" {
  up "$(variation scenario1 a1 <<<"$enterprise_without_peer")"
  run call "http://$(domain a1 group-1)/hello"
  [ "$status" -eq 28 ]
  peer='
    peer_attachments:
      peer-1: {regions: [cn-hangzhou, cn-beijing], bandwidth: 2Mbit, auto_publish_route_enabled: true}'
  up "$(variation scenario1 a1 <<<"${enterprise_without_peer/$'\n'vpcs:/$peer$'\n'vpcs:}")"
  run call "http://$(domain a1 group-1)/hello"
  [ "$status" -eq 28 ]
  synchronized=${enterprise_without_peer//vsw-1b]/vsw-1b], auto_publish_route_enabled: true}
  synchronized=${synchronized//vsw-3b]/vsw-3b], auto_publish_route_enabled: true}
  up "$(variation scenario1 a1 <<<"${synchronized/$'\n'vpcs:/$peer$'\n'vpcs:}")"
  run call "http://$(domain a1 group-1)/hello"
  [ "$output" = "200 " ]
}

@test "1.7 and 1.8 nothing allocated: ping answers, 32 KB do not arrive in 30 s" {
  up "$(variation scenario1 a1 <<<'cen: {cen-1: {bandwidth_packages: null, bandwidth_limits: null}}')"
  up "$(variation scenario1 a1b <<<'cen: {cen-1: {bandwidth_limits: null}}')"
  for lab in a1 a1b; do
    run labctl exec "$lab" ecs-3 -- ping -c 3 -W 5 172.16.1.10
    [ "$status" -eq 0 ]
    d=$(domain "$lab" group-1)
    { labctl exec "$lab" ecs-3 -- curl -s -o /dev/null -m 30 "http://$d/hello?size=32768" || echo $? >"$BATS_TEST_TMPDIR/$lab.status"; } 3>&- &
  done
  wait
  [ "$(cat "$BATS_TEST_TMPDIR/a1.status")" -eq 28 ]
  [ "$(cat "$BATS_TEST_TMPDIR/a1b.status")" -eq 28 ]
}

@test "1.9 allocations of 2 and 1 out of a plan of 2 are refused, with the sum" {
  file=$(variation scenario1 a1 <<'YAML'
regions: {cn-shanghai: {zones: [a]}}
cen:
  cen-1:
    bandwidth_limits:
      hangzhou-shanghai: {regions: [cn-hangzhou, cn-shanghai], bandwidth_limit: 1Mbit}
YAML
)
  run labctl up "$file"
  [ "$status" -eq 2 ]
  [[ $output == *"3 Mbit/s"*"2 Mbit/s"* ]]
}

@test "1.10 the VPC domain cannot be enabled before the instance is bound" {
  run labctl up "$(variation scenario1 a1 <<<'api_gateways: {apigw-1: {bind: null}}')"
  [ "$status" -eq 2 ]
  [[ $output == *vpc_domain* ]]
  up "$(variation scenario1 a1 <<<'{}')" --step bandwidth
  run in_ecs3 dig +noall +comments "$(domain a1 group-1)"
  [[ $output == *NXDOMAIN* ]]
}

@test "1.11 binding a VPC of another region is refused" {
  run labctl up "$(variation scenario1 a1 <<<'api_gateways: {apigw-1: {bind: {vpc: vpc-3, vswitch: vsw-3a, ip: 192.168.1.20}}}')"
  [ "$status" -eq 2 ]
  [[ $output == *region* ]]
}

@test "1.14 all steps: 200, a request id, no error code, and the function sees ecs-3" {
  up "$(variation scenario1 a1 <<<'{}')"
  d=$(domain a1 group-1)
  run in_ecs3 curl -sS -i -m 5 "http://$d/hello"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == *" 200 "* ]]
  grep -Eiq '^x-ca-request-id: [0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}' <<<"$output"
  [ "$(grep -ic '^x-ca-error-code: *[^[:space:]]' <<<"$output")" -eq 0 ]
  grep -q 192.168.1.10 <<<"$output"
}

@test "1.15 1 MiB takes 4.2 to 6 s, and a ping as long as the regions are apart" {
  up "$(variation scenario1 a1 <<<'{}')"
  d=$(domain a1 group-1)
  run in_ecs3 curl -sS -o /dev/null -m 20 -w '%{time_total} %{size_download}' "http://$d/hello?size=1048576"
  [ "$status" -eq 0 ]
  read -r seconds bytes <<<"$output"
  [ "$bytes" -eq 1048576 ]
  awk -v s="$seconds" 'BEGIN { exit !(s >= 4.2 && s <= 6) }' || { echo "took $seconds s"; false; }
  rtt=$(in_ecs3 ping -qc 5 172.16.1.10 | awk -F/ '/^rtt/ { print $5 }')
  awk -v r="$rtt" 'BEGIN { exit !(r >= 27 && r <= 36) }' || { echo "rtt $rtt ms"; false; }
}

@test "1.20 a VPC-3 with the CIDR of VPC-1 is refused" {
  run labctl up "$(variation scenario1 a1 <<'YAML'
vpcs:
  vpc-3: {cidr_block: 172.16.0.0/16, vswitches: {vsw-3a: {cidr_block: 172.16.1.0/24}}}
ecs: {ecs-3: {private_ip: 172.16.1.20}}
YAML
)"
  [ "$status" -eq 2 ]
  [[ $output == *172.16.0.0/16* ]]
}

@test "1.21 a serverless instance has a 100.x address, which CEN does not carry: timeout" {
  file=$(variation scenario1 a1 <<'YAML'
api_gateways: {apigw-1: {instance_type: serverless, bind: null}}
ecs: {ecs-1: {vswitch: vsw-1a, private_ip: 172.16.1.20, security_groups: [sg-1]}}
security_groups: {sg-1: {vpc: vpc-1}}
YAML
)
  up "$file"
  d=$(domain a1 group-1)
  run in_ecs3 dig +short "$d"
  [[ $output == 100.* ]]
  run call "http://$d/hello"
  [ "$status" -eq 28 ]
  # a VPC of the gateway's own region does reach it
  run labctl exec a1 ecs-1 -- curl -sS -o /dev/null -m 5 -w '%{http_code}' "http://$d/hello"
  [ "$output" = 200 ]
}

@test "C.1 a wrong path or method is 404 I404NF" {
  up "$(variation scenario1 a1 <<<'{}')"
  d=$(domain a1 group-1)
  run call "http://$d/nothing"
  [ "$output" = "404 I404NF" ]
  run call -X DELETE "http://$d/hello"
  [ "$output" = "404 I404NF" ]
  run in_ecs3 curl -sS -m 5 -o /dev/null -w '%header{x-ca-error-message}' "http://$d/v2/x"
  [ "$output" = 'API not found with `GET /v2/x`' ]
}

@test "C.3 an unknown stage is 400 I400SG, a known one without the API 404 I404NF" {
  up "$(variation scenario1 a1 <<<'{}')"
  d=$(domain a1 group-1)
  run call -H 'X-Ca-Stage: FOO' "http://$d/hello"
  [ "$output" = "400 I400SG" ]
  run call -H 'X-Ca-Stage: PRE' "http://$d/hello"
  [ "$output" = "404 I404NF" ]
  run call -H 'X-Ca-Stage: RELEASE' "http://$d/hello"
  [ "$output" = "200 " ]
}

@test "C.7 a body of 33 MB is 413 I413RL" {
  up "$(variation scenario1 a1 <<'YAML'
cen:
  cen-1:
    bandwidth_packages: {cbwp-1: {bandwidth: 1000Mbit}}
    bandwidth_limits: {hangzhou-beijing: {bandwidth_limit: 1000Mbit}}
apis: {hello: {method: POST}}
YAML
)"
  d=$(domain a1 group-1)
  truncate -s 33M "$BATS_TEST_TMPDIR/body"
  run in_ecs3 curl -sS -m 20 -o /dev/null -w '%{http_code} %header{x-ca-error-code}' \
    -H 'Expect:' --data-binary @- "http://$d/hello" <"$BATS_TEST_TMPDIR/body"
  [[ $output == *"413 I413RL"* ]]
}

@test "an unknown domain is 404 I404DO; another VPC of the region cannot call at all" {
  up "$(variation scenario1 a1 <<'YAML'
vpcs:
  vpc-4:
    region: cn-hangzhou
    cidr_block: 10.40.0.0/16
    vswitches: {vsw-4a: {zone: h, cidr_block: 10.40.1.0/24}}
security_groups: {sg-4: {vpc: vpc-4}}
ecs: {ecs-4: {vswitch: vsw-4a, security_groups: [sg-4]}}
YAML
)"
  d=$(domain a1 group-1)
  run call http://172.16.1.10/hello
  [ "$output" = "404 I404DO" ]
  run labctl exec a1 ecs-4 -- curl -sS -o /dev/null -m 3 "http://$d/hello"
  [ "$status" -eq 28 ]
}
