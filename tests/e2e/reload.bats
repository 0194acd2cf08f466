#!/usr/bin/env bats
# Gateway, functions, services and DNS take a new configuration without losing a request.

load ../lib/e2e

setup() { need_root; }
teardown() {
  touch "$BATS_TEST_TMPDIR/stop"
  [[ -z ${load_pid-} ]] || wait "$load_pid" || true
  down_all reload
}

# One VPC with an instance, a gateway in it, a function; a data centre's service is asked through the gateway.
lab_file() {
  local dir=$BATS_TEST_TMPDIR/reload
  mkdir -p "$dir"
  cp -r "$shipped/scenario1/functions" "$dir/"
  # an invocation that is under way whenever its runner is replaced
  cat >"$dir/functions/slow.sh" <<'HANDLER'
#!/bin/sh
cat >/dev/null
sleep 0.7
printf '{"isBase64Encoded": false, "statusCode": 200, "body": "slow"}'
HANDLER
  chmod +x "$dir/functions/slow.sh"
  cat >"$dir/lab.yaml" <<'YAML'
lab: reload
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1, rules: {web: {type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 0.0.0.0/0}}}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
  ecs-2: {vswitch: vsw-1, private_ip: 172.16.1.30, security_groups: [sg-1], services: {web: {port: 8080}}}
api_gateways:
  apigw-1: {region: cn-hangzhou, instance_type: normal, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}}
api_groups:
  group-1: {instance: apigw-1, vpc_domain: true}
  group-2: {instance: apigw-1, vpc_domain: TOGGLE}
functions:
  hello: {region: cn-hangzhou, code: functions/hello, timeout: SECONDS}
  slow: {region: cn-hangzhou, code: functions/slow.sh, timeout: SECONDS}
vpc_accesses: {web: {vpc: vpc-1, instance_id: 172.16.1.30, port: 8080}}
apis:
  hello: {group: group-1, method: GET, path: /hello, stages: [RELEASE], backend: {function: hello, arn_role: "acs:ram::1:role/apigateway-invokes-fc"}}
  slow: {group: group-1, method: GET, path: /slow, stages: [RELEASE], backend: {function: slow, arn_role: "acs:ram::1:role/apigateway-invokes-fc"}}
  later: {group: group-1, method: GET, path: /later, stages: [RELEASE], backend: {vpc_access: web, path: /delay/1, timeout: 5s}}
  web: {group: group-1, method: GET, path: /web, stages: [RELEASE], backend: {vpc_access: web, path: /, timeout: SECONDS}}
YAML
  sed -e 's/TOGGLE/true/; s/SECONDS/8s/' "$dir/lab.yaml" >"$dir/a.yaml"
  sed -i -e 's/TOGGLE/false/; s/SECONDS/9s/' "$dir/lab.yaml"
  echo "$dir"
}

only_workers() { # of the supervisor's processes; what was replaced may still answer what it had begun
  [ "$(pgrep -cP "$(supervisor reload)")" -eq "$(labctl status reload --json | jq '.workers | length')" ]
}

@test "a hundred configurations, and no request is lost" {
  dir=$(lab_file)
  up "$dir/lab.yaml"
  name=$(domain reload group-1)
  load_begin reload "$name" /hello,/web,/slow,/later
  for ((i = 0; i < 50; i++)); do
    up "$dir/a.yaml"
    [[ $output == *changed\ in* ]]
    up "$dir/lab.yaml"
    [[ $output == *changed\ in* ]]
  done
  load_end
  # every kind of request was made all the time
  [ "$(grep -cE ': [0-9]{3,} requests, 0 failures' "$BATS_TEST_TMPDIR/load")" -eq 6 ]
  # and none of what was replaced is left
  [ "$(labctl status reload --json | jq '[.workers[] | select(.restarts > 0)] | length')" -eq 0 ]
  within 10 only_workers || { pgrep -alP "$(supervisor reload)"; return 1; }
  labctl status reload
}
