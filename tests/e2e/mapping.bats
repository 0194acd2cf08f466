#!/usr/bin/env bats
# What becomes of a request on its way through the gateway: stages, parameters, and what the backend sees of them.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all mapping; }

lab_file() {
  local dir=$BATS_TEST_TMPDIR/mapping
  mkdir -p "$dir"
  cat >"$dir/lab.yaml" <<YAML
lab: mapping
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1, rules: {web: {type: ingress, ip_protocol: tcp, port_range: 8080/8081, cidr_ip: 0.0.0.0/0}}}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
  ecs-2: {vswitch: vsw-1, private_ip: 172.16.1.30, security_groups: [sg-1], services: {web: {port: 8080}, next: {port: 8081}}}
api_gateways:
  apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}, limits: {head: 2KiB, body: 1KiB}}
vpc_accesses: {web: {vpc: vpc-1, instance_id: ecs-2, port: 8080}, next: {vpc: vpc-1, instance_id: ecs-2, port: 8081}}
api_groups:
  shop:
    instance: apigw-1
    vpc_domain: true
    stages: {RELEASE: {variables: {v: v1}}, TEST: {variables: {v: v2}}, UAT: {}}
apps: {app-1: {}}
app_attachments: {may-test: {app: app-1, api: secret, stage_name: TEST}}
apis:
  items:
    group: shop
    method: ANY
    path: "/items/[id]"
    stages: [RELEASE, TEST, UAT]
    mode: ${1:-MAPPING}
    request_parameters:
      id: {in: PATH, type: INT, min_value: 1, in_service: QUERY, name_service: item}
      lang: {in: HEAD, in_service: PATH, default_value: en, enum_value: [en, de]}
      q: {in: QUERY, required: REQUIRED, in_service: HEAD, name_service: X-Query, regular_expression: '[a-z](?: ?[a-z]\d?)*'}
    constant_parameters: {X-Backend-Key: {in: HEAD, value: k-1}}
    system_parameters: {CaClientIp: {in: QUERY, name_service: ip}, CaStage: {in: HEAD, name_service: X-Stage}}
    backend: {vpc_access: web, path: "/#v#/[lang]"}
    per_stage: {UAT: {backend: {vpc_access: next, path: "/uat/[lang]"}}}
  form:
    group: shop
    method: POST
    path: /form
    stages: [RELEASE]
    mode: MAPPING
    body_format: FORM
    request_parameters: {name: {in: BODY, name_service: who, required: REQUIRED, max_length: 5}}
    backend: {vpc_access: web, path: /}
  secret: {group: shop, path: /secret, stages: [RELEASE, TEST], auth_type: APP, backend: {mock: "{}", mock_status: 202, mock_headers: {Content-Type: application/json}}}
YAML
  echo "$dir/lab.yaml"
}

# call PATH [CURL-OPTION...]: "STATUS CODE" and the body
call() {
  local path=$1
  shift
  labctl exec mapping ecs-1 -- curl -si "http://$name$path" "$@" | tr -d '\r' | awk '
    /^HTTP/ { s = $2 } tolower($1) == "x-ca-error-code:" { c = $2 }
    body { print } !body && /^$/ { body = 1; print s " " c }'
}
seen() { tail -n +2 <<<"$output" | jq -r "$1"; } # what the echo got

@test "a stage has its backend and its variables; an app may call in its stage only" {
  up "$(lab_file)"
  name=$(domain mapping shop)
  for stage in RELEASE TEST UAT; do
    run call '/items/7?q=x' -H "X-Ca-Stage: $stage"
    [ "${lines[0]}" = "200 " ] || { echo "$output"; false; }
    [ "$(seen '.path')" = "/$(case $stage in RELEASE) echo v1 ;; TEST) echo v2 ;; *) echo uat ;; esac)/en" ] || { echo "$output"; false; }
    [ "$(seen '.headers["X-Stage"]')" = $stage ]
  done
  run call '/items/7?q=x' -H 'X-Ca-Stage: PRE'
  [ "${lines[0]}" = "404 I404NF" ]
  run call '/items/7?q=x' -H 'X-Ca-Stage: NONE'
  [ "${lines[0]}" = "400 I400SG" ]
  run labctl api call mapping secret --stage TEST
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  run labctl api call mapping secret
  [[ $status -eq 1 && $output == *I403AA* ]] || { echo "$output"; false; }
}

@test "parameters are checked, renamed and moved; what is not named is dropped, or goes on" {
  up "$(lab_file)"
  name=$(domain mapping shop)
  run call '/items/7?q=a%20b&more=1' -H 'lang: de' -H 'X-Backend-Key: forged' -H 'X-More: 1'
  [ "${lines[0]}" = "200 " ] || { echo "$output"; false; }
  [ "$(seen '.path')" = /v1/de ]
  [ "$(seen '.query')" = 'item=7&ip=172.16.1.20' ] || { echo "$output"; false; }
  [ "$(seen '.headers["X-Query"]')" = 'a b' ]
  [ "$(seen '.headers["X-Backend-Key"]')" = k-1 ]
  [ "$(seen '.headers["X-More"]')" = null ]
  for wrong in '/items/0?q=x:400 I400IP' '/items/x?q=x:400 I400IP' '/items/7:400 I400MP' '/items/7?q=x9-:400 I400IP' '/items/7?q=%zz:400 I400RU'; do
    run call "${wrong%:*}"
    [ "${lines[0]}" = "${wrong##*:}" ] || { echo "$wrong: $output"; false; }
    code=$(labctl explain mapping ecs-1 "http://$name${wrong%:*}" --json | jq -r '"\(.status) \(.error_code)"' || true)
    [ "$code" = "${wrong##*:}" ] || { echo "$wrong: $code"; false; }
  done
  run call '/items/7?q=x' -H 'lang: fr'
  [ "${lines[0]}" = "400 I400IP" ]
  run labctl explain mapping ecs-1 "http://$name/items/7?q=x"
  [ "$status" -eq 0 ] || { echo "$output"; false; }

  run call /form -d 'name=me+%26&other=1'
  [ "${lines[0]}" = "200 " ] || { echo "$output"; false; }
  [ "$(seen '.body_bytes')" = 12 ] || { echo "$output"; false; }
  run call /form -d 'name=longer'
  [ "${lines[0]}" = "400 I400IP" ]
  run call /form -H 'Content-Type: text/plain' -d 'name=me'
  [ "${lines[0]}" = "400 I400CT" ]

  # the same with what is not named: at once, and with the same backends
  up "$(lab_file MAPPING_PASSTHROUGH)"
  run call '/items/7?q=x&more=1' -H 'X-More: 1' -H 'X-Backend-Key: forged'
  [ "$(seen '.query')" = 'item=7&ip=172.16.1.20&more=1' ] || { echo "$output"; false; }
  [ "$(seen '.headers["X-More"]')" = 1 ]
  [ "$(seen '.headers["X-Backend-Key"]')" = k-1 ]
}

@test "sizes are limited as the lab says; a fixed answer has its status and headers" {
  up "$(lab_file)"
  name=$(domain mapping shop)
  run call "/items/7?q=x&$(printf '%2100s' '' | tr ' ' a)"
  [ "${lines[0]}" = "413 I413UL" ]
  run call /form -d "name=$(printf '%1100s' '' | tr ' ' a)"
  [ "${lines[0]}" = "413 I413RL" ]
  run labctl api call mapping secret --stage TEST --json
  jq -e '.status == 202 and any(.headers[]; ascii_downcase == "content-type: application/json")' <<<"$output" || { echo "$output"; false; }
}

@test "metrics are there for the nodes of the VPC, and every line of them is well formed" {
  up "$(lab_file)"
  name=$(domain mapping shop)
  call '/items/7?q=x' >/dev/null
  call '/items/0?q=x' >/dev/null
  run labctl exec mapping ecs-1 -- curl -sf http://172.16.1.10:9145/metrics
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  output=$(tr -d '\r' <<<"$output")
  grep -qxF 'labctl_gateway_requests_total{group="shop",api="items",stage="RELEASE",code="200",error=""} 1' <<<"$output" || { echo "$output"; false; }
  grep -qxF 'labctl_gateway_requests_total{group="shop",api="items",stage="RELEASE",code="400",error="I400IP"} 1' <<<"$output"
  grep -qxE 'labctl_gateway_upstream_connects_total\{backend="172.16.1.30:8080",device="[^"]*"\} 1' <<<"$output"
  seen=$(labctl explain mapping ecs-1 http://172.16.1.10:9145/metrics --json | jq .status)
  [ "$seen" = 200 ]
  run grep -vxE '# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.]+' <<<"$output"
  [ "$status" -eq 1 ] || { echo "$output"; false; }
}
