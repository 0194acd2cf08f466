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
  seen: {group: group-1, method: ANY, path: /seen, stages: [RELEASE], backend: {vpc_access: web, path: /}}
  fail: {group: group-1, path: /fail, stages: [RELEASE], backend: {vpc_access: web, path: /status/503}}
  slow: {group: group-1, path: /slow, stages: [RELEASE], backend: {vpc_access: web, path: /delay/2, timeout: 300ms}}
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
  file=$(lab_file 'may-2: {app: app-2, api: echo}')
  sed -i 's/^  echo: {/&app_code_auth_type: HEADER_QUERY, /' "$file"
  up "$file"
  run labctl exec apps ecs-1 -- curl -s "http://$(domain apps group-1)/v1/echo/x?a=1&AppCode=code-2"
  [[ $output == *'"query": "a=1"'* && $output != *code-2* ]] || { echo "$output"; false; }
  run labctl api call apps echo
  [ "$status" -eq 2 ]
  [[ $output == *"say --path PATH"* ]]
  run labctl api call apps nothing
  [ "$status" -eq 2 ]
  [[ $output == *"no such API: nothing"*"the lab has "*hello* ]]
  run labctl sign apps hell
  [ "$status" -eq 2 ]
  [[ $output == *"did you mean hello?"* ]]
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
  [[ $output == *"172.16.1.20"*"A403IP"* ]] || { echo "$output"; false; }
  run labctl explain apps ecs-2 "http://$name/v1/open"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  up "$(lab_file "$both" "$refuse" 'b: {plugin: not-1, api: open, stage_name: TEST}')"
  [ "$(call ecs-1)" = "200 " ]
}

# curl ARG...: "STATUS CODE" of a call of ecs-1 to the group's domain, the last argument being the path
called() {
  labctl exec apps ecs-1 -- curl -si "${@:1:$#-1}" "http://$name/v1${*: -1}" | tr -d '\r' |
    awk '/^HTTP/ { s = $2 } tolower($1) == "x-ca-error-code:" { c = $2 } END { print s " " c }'
}

@test "an app with a limit of its own: only that of the API holds beside it" {
  slow='slow: {trafficControl: {unit: DAY, apiDefault: 6, userDefault: 2, appDefault: 1, specials: [{type: APP, policies: [{key: app-2, value: 4}]}]}}'
  up "$(lab_file 'may-1: {app: app-1, api: echo}, may-2: {app: app-2, api: echo}' "$slow" 'a: {plugin: slow, api: echo}')"
  name=$(domain apps group-1)
  for _ in 1 2 3 4; do [ "$(called -H 'Authorization: APPCODE code-2' /echo/x)" = "200 " ]; done
  [ "$(called -H 'Authorization: APPCODE code-2' /echo/x)" = "429 T429PR" ]
  [ "$(in_node "$(labctl sign apps echo --path /echo/x --app app-1)")" = "200 " ]
  [ "$(in_node "$(labctl sign apps echo --path /echo/x --app app-1)")" = "429 T429PR" ]
  run labctl explain apps ecs-1 "http://$name/v1/echo/x" --app app-2
  [[ $output == *"at most 6 calls in 86400 s, 4 of them of app app-2"* ]] || { echo "$output"; false; }
}

@test "addresses of an app are no rule for others; bare ones, and REFUSE with an app" {
  only='only: {ipControl: {type: ALLOW, items: [{blocks: [172.16.1.30], appId: app-2}]}}'
  not='not: {ipControl: {type: REFUSE, items: [{blocks: [172.16.1.20], appId: app-2}]}}'
  up "$(lab_file 'may-1: {app: app-1, api: echo}, may-2: {app: app-2, api: echo}' "$only, $not" 'a: {plugin: only, api: echo}, b: {plugin: not, api: seen}')"
  name=$(domain apps group-1)
  explain() { labctl explain apps "$1" "http://$name/v1/echo/x" --app "$2" --probe --json | jq -r '"\(.probe.status) \(.error_code // "") \(.probe.agrees)"'; }
  [ "$(explain ecs-1 app-1)" = "200  true" ]
  [ "$(explain ecs-1 app-2)" = "403 A403IP true" ]
  [ "$(explain ecs-2 app-2)" = "200  true" ]
  [ "$(called /seen)" = "403 A403IP" ]
}

# token WHICH
token() { sed -n "s/^#define TOKEN_$1 \"\(.*\)\"/\1/p" "$LABCTL_SOURCE_DIR/tests/unit/gateway/tokens.h"; }

@test "basicAuth, jwtAuth and cors look at who calls, and from which page" {
  up "$(lab_file "$both" 'door: {basicAuth: {users: [{username: alice, password: "123456"}]}}' 'a: {plugin: door, api: open}')"
  name=$(domain apps group-1)
  [ "$(called /open)" = "401 A401BA" ]
  [ "$(called -u alice:123456 /open)" = "200 " ]
  [ "$(called -u alice:12345 /open)" = "401 A401BA" ]
  run labctl explain apps ecs-1 "http://$name/v1/open"
  [ "$status" -eq 1 ]
  [[ $output == *"401 A401BA"* ]] || { echo "$output"; false; }

  jwt="jwt: {jwtAuth: {parameter: Authorization, claimParameters: [{claimName: sub, parameterName: X-User}], jwks: [
    {kty: oct, kid: h, k: bGFiLXNlY3JldA}, {kty: RSA, kid: r, e: AQAB, n: $(token RSA_N)}]}}"
  pages='pages: {cors: {allowOrigins: "*.example.com", maxAge: 60}}'
  up "$(lab_file "$both" "$jwt, $pages" 'a: {plugin: jwt, api: seen}, b: {plugin: pages, api: seen}')"
  [ "$(called /open)" = "200 " ]
  [ "$(called /seen)" = "400 I400JR" ]
  [ "$(called -H "Authorization: Bearer $(token EXPIRED)" /seen)" = "403 A403JE" ]
  [ "$(called -H "Authorization: Bearer $(token HS_AS_RS)" /seen)" = "403 A403JT" ]
  for which in HS_GOOD RS_GOOD; do
    run labctl exec apps ecs-1 -- curl -s -H "Authorization: Bearer $(token $which)" -H 'X-User: eve' "http://$name/v1/seen"
    [[ ${output,,} == *'"x-user"'*alice* && $output != *eve* ]] || { echo "$output"; false; }
  done
  run labctl exec apps ecs-1 -- curl -si -X OPTIONS -H 'Origin: https://www.example.com' \
    -H 'Access-Control-Request-Method: PUT' "http://$name/v1/seen"
  [[ $output == *"Access-Control-Allow-Origin: https://www.example.com"*"Access-Control-Max-Age: 60"* ]] || { echo "$output"; false; }
  [ "$(called -H 'Origin: https://example.org' /seen)" = "403 A403CO" ]
  run labctl explain apps ecs-1 "http://$name/v1/seen"
  [[ $output == *"pages of *.example.com may call"*"I400JR"* ]] || { echo "$output"; false; }
}

@test "a circuit stays open when the lab changes; answers are kept" {
  breaker='breaker: {circuitBreaker: {errorThreshold: 2, errorCondition: "$StatusCode == 503", openTimeoutSeconds: 300}}'
  cache='cache: {caching: {duration: 300, varyByParameters: [p]}}'
  up "$(lab_file "$both" "$breaker, $cache" 'a: {plugin: breaker, api: fail}, b: {plugin: cache, api: seen}')"
  name=$(domain apps group-1)
  for _ in 1 2; do [ "$(called /fail)" = "503 " ]; done
  [ "$(called /fail)" = "503 D503CB" ]
  get() { labctl exec apps ecs-1 -- curl -si "http://$name/v1/seen$1"; }
  [[ $(get "?p=1") != *X-Ca-Caching* ]]
  [[ $(get "?p=1&x=2") == *"X-Ca-Caching: true"* ]]
  [[ $(get "?p=2") != *X-Ca-Caching* ]]
  # another gateway process, the same plug-in: still open; with somebody who answers, it is not counted anew
  up "$(lab_file "may-1: {app: app-2, api: hello}" "$breaker, $cache" 'a: {plugin: breaker, api: fail}')"
  [ "$(called /fail)" = "503 D503CB" ]
  up "$(lab_file "$both" "${breaker/300\}/300, downgradeBackend: {mock: later, mock_status: 202\}\}}" 'a: {plugin: breaker, api: fail}')"
  [ "$(called /fail)" = "202 " ]
  run labctl explain apps ecs-1 "http://$name/v1/fail"
  [[ $output == *"2 failures within 30 s open the circuit for 300 s"* ]] || { echo "$output"; false; }
}

@test "every API has a circuit, which opens after 1,000 timeouts; serverless instances have only that" {
  up "$(lab_file "$both")"
  name=$(domain apps group-1)
  many() { labctl exec apps ecs-1 -- curl -sZ --parallel-max 200 -o /dev/null -w '%{http_code} %header{x-ca-error-code}\n' "http://$name/v1/slow?[1-$1]" | sort | uniq -c; }
  run many 999
  [[ $output == *" 999 504 D504TO" ]] || { echo "$output"; false; }
  [ "$(called /slow)" = "504 D504TO" ]
  [ "$(called /slow)" = "503 D503CB" ]
  [ "$(called /open)" = "200 " ]

  file=$(lab_file "$both" 'breaker: {circuitBreaker: {timeoutThreshold: 1}}' 'a: {plugin: breaker, api: slow}')
  sed -i 's/^  apigw-1: .*/  apigw-1: {region: cn-hangzhou, instance_type: serverless}/' "$file"
  labctl down apps
  run labctl up "$file"
  [[ $output == *"does nothing for API 'slow'"*"after 1000 timeouts"* ]] || { echo "$output"; false; }
  name=$(domain apps group-1)
  for _ in 1 2; do [ "$(called /slow)" = "504 D504TO" ]; done
  run labctl explain apps ecs-1 "http://$name/v1/slow"
  [[ $output == *"plug-in breaker does nothing on a serverless instance"* ]] || { echo "$output"; false; }
}

@test "routes lead to other backends, which know the gateway by its signature" {
  routes='by-version: {routing: {routes: [{name: Old, condition: "$v < 2", backend: {mock: old, mock_status: 299}},
    {name: Seen, condition: "$v >= 3", backend: {vpc_access: web, path: /routed}}]}}'
  sign='sign: {backendSignature: {key: k-1, secret: s-1}}'
  up "$(lab_file "$both" "$routes, $sign" 'a: {plugin: by-version, api: open}, b: {plugin: sign, api: open}')"
  name=$(domain apps group-1)
  [ "$(called /open?v=1)" = "299 " ]
  [ "$(called /open?v=2)" = "200 " ]
  run labctl exec apps ecs-1 -- curl -s "http://$name/v1/open?v=3&a=b"
  [[ $output == *Seen* ]] || { echo "$output"; false; }
  seen=$(jq -r '.headers | to_entries[] | "\(.key | ascii_downcase) \(.value)"' <<<"$output")
  value() { sed -n "s/^$1 //p" <<<"$seen"; }
  [ "$(value x-ca-proxy-signature-headers)" = "X-Ca-Routing-Name,CaClientIp,X-Ca-Proxy-Signature-Secret-Key" ]
  text="GET

caclientip:172.16.1.20
x-ca-proxy-signature-secret-key:k-1
x-ca-routing-name:Seen
/routed?a=b&v=3"
  [ "$(value x-ca-proxy-signature)" = "$(printf %s "$text" | openssl dgst -sha256 -hmac s-1 -binary | base64)" ] || { echo "$seen"; false; }
  run labctl explain apps ecs-1 "http://$name/v1/open?v=3"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  [[ $output == *"route Seen"*"signs the request with key k-1"* ]] || { echo "$output"; false; }
}
