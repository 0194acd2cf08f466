#!/usr/bin/env bats
# APIs that ask who calls, from where and how often: curl with what `labctl sign` prints, `labctl api call`, checks, explain.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all apps; }

lab_file() { # ATTACHMENTS [PLUGINS PLUGIN-ATTACHMENTS]
  local dir=$BATS_TEST_TMPDIR/apps
  mkdir -p "$dir"
  cat >"$dir/lab.yaml" <<YAML
lab: apps
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1, rules: {web: {type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 0.0.0.0/0}}}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
  ecs-2: {vswitch: vsw-1, private_ip: 172.16.1.30, security_groups: [sg-1], services: {web: {port: 8080}}}
api_gateways:
  apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}}
api_groups:
  group-1: {instance: apigw-1, vpc_domain: true, base_path: /v1}
vpc_accesses: {web: {vpc: vpc-1, instance_id: ecs-2, port: 8080}}
apis:
  hello: {group: group-1, method: ANY, path: /hello, stages: [RELEASE, TEST], auth_type: APP, force_nonce_check: true, backend: {mock: hello}}
  open: {group: group-1, path: /open, stages: [RELEASE], backend: {mock: open}}
  echo: {group: group-1, method: ANY, path: "/echo/[what]", stages: [RELEASE], auth_type: APP, backend: {vpc_access: web, path: /}}
apps:
  app-1: {}
  app-2: {app_key: "203753385", app_secret: lab-app-secret, app_code: code-2}
app_attachments: {$1}
plugins: {${2-}}
plugin_attachments: {${3-}}
checks:
  - {id: signed, from: ecs-1, app: app-1, http: "GET http://\${api_groups.group-1.vpc_domain}/v1/hello?b=2&a=x", expect: {status: 200, body: hello}}
  - {id: a-code, from: ecs-1, http: "GET http://\${api_groups.group-1.vpc_domain}/v1/hello", headers: ["Authorization: APPCODE \${apps.app-1.app_code}"], expect: {status: 200}}
  - {id: another, from: ecs-1, app: app-2, http: "GET http://\${api_groups.group-1.vpc_domain}/v1/hello", expect: {status: 403, error_code: I403AA}}
  - {id: nobody, from: ecs-1, http: "GET http://\${api_groups.group-1.vpc_domain}/v1/hello", expect: {status: 400, error_code: A400MA}}
YAML
  echo "$dir/lab.yaml"
}
both='may-1: {app: app-1, api: hello}, may-2: {app: app-1, api: echo}'

# in_node LINE: a command line, run by a shell in ecs-1; "STATUS CODE"
in_node() {
  labctl exec apps ecs-1 -- sh -c "$1" | tr -d '\r' |
    awk '/^HTTP/ { s = $2 } tolower($1) == "x-ca-error-code:" { c = $2 } END { print s " " c }'
}

explained() { # explain's options: "STATUS CODE"
  labctl explain apps ecs-1 'http://${api_groups.group-1.vpc_domain}/v1/hello' --json "$@" |
    jq -r '"\(.status) \(.error_code)"'
}

probed() { # explain's options: "STATUS CODE AGREES"
  labctl explain apps ecs-1 'http://${api_groups.group-1.vpc_domain}/v1/hello' --json --probe "$@" |
    jq -r '"\(.probe.status) \(.error_code // "") \(.probe.agrees)"'
}

@test "what sign prints is let in once, also after a change; checks sign, explain agrees" {
  file=$(lab_file "$both")
  up "$file"
  run labctl test apps
  [ "$status" -eq 0 ] || { echo "$output"; false; }

  line=$(labctl sign "$file" hello --path '/hello?b=2&a=%41')
  [[ $line == *"#   /v1/hello?a=A&b=2"* ]] || { echo "$line"; false; }
  [ "$(in_node "$line")" = "200 " ]
  [ "$(in_node "$line")" = "403 S403NU" ]
  form=$(labctl sign "$file" hello -d "a=it's&b=1")
  [ "$(in_node "$form")" = "200 " ]
  json=$(labctl sign "$file" hello -H 'Content-Type: application/json' -d '{"a": 1}')
  [ "$(in_node "${json/\"a\": 1/\"a\": 2}")" = "400 I400I5" ]
  [ "$(in_node "$(labctl sign "$file" hello --timestamp 1700000000000)")" = "403 S403TE" ]
  [ "$(in_node "$(labctl sign "$file" hello --app app-2)")" = "403 I403AA" ]
  [ "$(in_node "$(labctl sign "$file" hello --stage TEST)")" = "403 I403AA" ]

  [ "$(explained || true)" = "400 A400MA" ]
  [ "$(explained --app app-1)" = "200 " ]
  [ "$(explained --app app-2 || true)" = "403 I403AA" ]
  # what is predicted is sent, too, with a signature or without
  [ "$(probed || true)" = "400 A400MA true" ]
  [ "$(probed --app app-1)" = "200  true" ]
  [ "$(probed --app app-2 || true)" = "403 I403AA true" ]
  [ "$(probed --app app-1 -X POST)" = "200  true" ]
  run labctl explain apps ecs-1 'http://${api_groups.group-1.vpc_domain}/v1/hello' --probe --app app-3
  [ "$status" -eq 2 ]
  [[ $output == *"no such app: app-3"* ]]

  # another configuration, another process: the nonce is remembered, and the new app is known at once
  up "$(lab_file "may-1: {app: app-2, api: hello}")"
  [ "$(in_node "$line")" = "403 S403NU" ]
  [ "$(in_node "$(labctl sign "$file" hello --app app-2)")" = "200 " ]
  [ "$(in_node "$(labctl sign "$file" hello --app app-1)")" = "403 I403AA" ]
}

@test "api call signs, shows the answer, and credentials stay at the gateway" {
  up "$(lab_file "$both")"
  run labctl api call apps hello
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "HTTP/1.1 200" && $output == *hello* ]]
  run labctl api call apps hello --app app-2
  [ "$status" -eq 1 ]
  [[ $output == *I403AA* ]]
  run labctl api call apps echo --path '/echo/x?b=1&a=2' -d '{"a": 1}' -H 'Content-Type: application/json' --json
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  seen=$(jq -r .body <<<"$output")
  [[ $seen != *[Xx]-[Cc]a-[Kk]ey* && $seen != *[Ss]ignature* ]] || { echo "$seen"; false; }
  run labctl exec apps ecs-1 -- curl -s -H 'Authorization: APPCODE '"$(labctl plan "$BATS_TEST_TMPDIR/apps/lab.yaml" --json |
    jq -er '[.workers[].config.apps[]? | select(.name == "app-1") | .code] | first')" "http://$(domain apps group-1)/v1/echo/x"
  [[ $output == *X-Ca-Request-Id* || $output == *x-ca-request-id* ]] || { echo "$output"; false; }
  [[ $output != *APPCODE* ]]
  run labctl api call apps echo
  [ "$status" -eq 2 ]
  [[ $output == *"say --path PATH"* ]]
  run labctl api call apps nothing
  [ "$status" -eq 2 ]
}

# call NODE: "STATUS CODE" of /v1/open
call() {
  labctl exec apps "$1" -- curl -si "http://$name/v1/open" | tr -d '\r' |
    awk '/^HTTP/ { s = $2 } tolower($1) == "x-ca-error-code:" { c = $2 } END { print s " " c }'
}

@test "plug-ins act as soon as they are bound, and go on counting when they change" {
  up "$(lab_file "$both" 'slow: {trafficControl: {unit: DAY, apiDefault: 3}}' 'a: {plugin: slow, api: open}')"
  name=$(domain apps group-1)
  for _ in 1 2 3; do [ "$(call ecs-1)" = "200 " ]; done
  [ "$(call ecs-2)" = "429 T429PA" ]
  up "$(lab_file "$both" 'slow: {trafficControl: {unit: DAY, apiDefault: 4}}' 'a: {plugin: slow, api: open}')"
  [ "$(call ecs-1)" = "200 " ]
  [ "$(call ecs-1)" = "429 T429PA" ]

  refuse='not-1: {ipControl: {type: REFUSE, items: [{blocks: [172.16.1.20/32]}]}}'
  up "$(lab_file "$both" "$refuse" 'b: {plugin: not-1, api: open}')"
  [ "$(call ecs-1)" = "403 A403IP" ]
  [ "$(call ecs-2)" = "200 " ]
  run labctl explain apps ecs-1 "http://$name/v1/open"
  [ "$status" -eq 1 ]
  [[ $output == *"A403IP"*"172.16.1.20"* ]] || { echo "$output"; false; }
  run labctl explain apps ecs-2 "http://$name/v1/open"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  up "$(lab_file "$both" "$refuse" 'b: {plugin: not-1, api: open, stage_name: TEST}')"
  [ "$(call ecs-1)" = "200 " ]
}
