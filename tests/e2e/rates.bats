#!/usr/bin/env bats
# What an instance and a group take in a second, and which VPCs may call a group.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all rates idc; }

lab_file() { # OF-THE-INSTANCE [OF-THE-GROUP]: two VPCs and an Internet host around an instance
  mkdir -p "$BATS_TEST_TMPDIR/rates"
  cat >"$BATS_TEST_TMPDIR/rates/lab.yaml" <<YAML
lab: rates
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
  vpc-2: {region: cn-hangzhou, cidr_block: 10.1.0.0/16, vswitches: {vsw-2: {zone: h, cidr_block: 10.1.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1}, sg-2: {vpc: vpc-2}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
  ecs-2: {vswitch: vsw-2, private_ip: 10.1.1.20, security_groups: [sg-2]}
internet: {hosts: {client: {}}}
api_gateways:
  apigw-1: {region: cn-hangzhou, $1}
api_groups:
  group-1: {instance: apigw-1, vpc_domain: true, ${2-}}
  group-2: {instance: apigw-1, vpc_domain: true}
apis:
  a: {group: group-1, path: /a, stages: [RELEASE], backend: {mock: a}}
  b: {group: group-2, path: /b, stages: [RELEASE], backend: {mock: b}}
YAML
  echo "$BATS_TEST_TMPDIR/rates/lab.yaml"
}

# called LAB FROM URL: "STATUS CODE"
called() {
  labctl exec "$1" "$2" -- curl -sS -m 5 -o /dev/null -w '%{http_code} %header{x-ca-error-code}' "$3"
}

# probed LAB FROM URL: "STATUS CODE AGREES", of what was sent
probed() {
  labctl explain "$1" "$2" "$3" --probe --json | jq -r '"\(.probe.status) \(.error_code // "") \(.probe.agrees)"'
}

# calls URLS: 20 at a time, on connections of their own; "STATUS CODE" of the answers, each once
calls() {
  labctl exec rates ecs-1 -- curl -sS -Z --parallel-immediate --parallel-max 20 -m 60 -o /dev/null \
    -w '%{http_code} %header{x-ca-error-code}\n' "$1" 2>/dev/null | sort -u
}

# let_in GROUP...: the most calls of a second that were answered, by the access log
let_in() {
  labctl logs rates apigw-1 -n all | grep '^{' | jq -s '[.[] | select(.statusCode == 200 and (.apiGroupName | IN($ARGS.positional[]))) |
    .requestHandleTime[:19]] | group_by(.) | map(length) | max' --args "$@"
}

@test "an instance takes so many calls in a second, in all its processes, and a group its own" {
  up "$(lab_file 'bind: {vpc: vpc-1}, workers: 2, rps_limit: 6' 'traffic_limit: 3')"
  one=http://$(domain rates group-1) two=http://$(domain rates group-2)
  [ "$(calls "$one/a?[1-100]")" = "$(printf '200 \n429 T429GR\n429 T429IN')" ]
  [ "$(let_in group-1)" = 3 ]
  whole_second() { calls "$two/b?[1-100]" >/dev/null && [ "$(let_in group-2)" = 6 ]; }
  within 5 whole_second # it may have begun with calls of the other group
  # what was named as a limit is no wrong prediction, whichever of them it is
  calls "$one/a?[1-20]" >/dev/null
  [[ $(probed rates ecs-1 "$one/a") =~ ^(200|429)\ \ true$ ]]
  run labctl explain rates ecs-1 "$one/a"
  [[ $output == *"instance apigw-1: at most 6 calls in 1 s"*"group group-1: at most 3 calls in 1 s"* ]] || { echo "$output"; false; }

  # another configuration: no limit of the instance that anybody reaches, and none of the group
  up "$(lab_file 'bind: {vpc: vpc-1}, spec: api.s2.large.x6')"
  [ "$(calls "$one/a?[1-100]")" = "200 " ]
}

@test "who calls from a VPC that is not on the whitelist is refused; over the Internet it is no matter" {
  up "$(lab_file 'instance_type: serverless' 'vpc_whitelist: [vpc-1]')"
  one=http://$(domain rates group-1)/a two=http://$(domain rates group-2)/b
  public=http://$(labctl plan "$BATS_TEST_TMPDIR/rates/lab.yaml" --json | jq -r '.summary.api_groups[0].public_domain')/a
  [ "$(called rates ecs-1 "$one")" = "200 " ]
  [ "$(called rates ecs-2 "$one")" = "403 A403VN" ]
  [ "$(called rates ecs-2 "${one%/a}/nowhere")" = "403 A403VN" ]
  [ "$(called rates ecs-2 "$two")" = "200 " ]
  [ "$(called rates client "$public")" = "200 " ]
  [ "$(probed rates ecs-1 "$one")" = "200  true" ]
  [ "$(probed rates ecs-2 "$one" || true)" = "403 A403VN true" ]
  [ "$(probed rates client "$public")" = "200  true" ]
  run labctl explain rates ecs-2 "$one"
  [ "$status" -eq 1 ]
  [[ $output == *"VPC whitelist of group group-1 refuses 10.1.1.20"*"where  lab.yaml:"*", api_groups.group-1"* ]] || { echo "$output"; false; }

  up "$(lab_file 'instance_type: serverless' 'vpc_whitelist: [vpc-1, vpc-2]')"
  [ "$(called rates ecs-2 "$one")" = "200 " ]
  run labctl check "$(lab_file 'instance_type: serverless' 'vpc_whitelist: [vpc-3]')"
  [ "$status" -eq 2 ]
  [[ $output == *"VPC 'vpc-3'"* ]] || { echo "$output"; false; }
}

@test "a data centre is in no VPC" {
  up "$(variation scenario2 idc <<<'api_groups: {group-1: {vpc_whitelist: [vpc-1]}}')"
  url=http://$(domain idc group-1)/hello
  [ "$(called idc ecs-1 "$url")" = "200 " ]
  [ "$(called idc idc-client "$url")" = "403 A403VN" ]
  [ "$(probed idc idc-client "$url" || true)" = "403 A403VN true" ]
}
