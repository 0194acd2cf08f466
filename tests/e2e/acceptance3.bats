#!/usr/bin/env bats
# Scenario 3, row by row: an ECS instance calls an API whose backend is a service in the data centre.
# Each lab is the shipped scenario3 plus one change.

load ../lib/e2e

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
  need_root
}

teardown() {
  capture_end
  down_all a3
}

lab() { variation scenario3 a3; }

in_ecs1() { labctl exec a3 ecs-1 -- "$@"; }

url() { echo "http://$(domain a3 group-1)$1"; }

# curl from ecs-1: prints "HTTP-STATUS X-Ca-Error-Code X-Ca-Error-Message", returns curl's status
call() {
  in_ecs1 curl -sS -o /dev/null -m 12 \
    -w '%{http_code} %header{x-ca-error-code} %header{x-ca-error-message}' "$@"
}

# the packets of calls, as the service's host sees them
at_service() { capture a3.idc-service eth0 'tcp port 8080'; }

timeout_text='504 D504CO Backend service connect failed `Timeout connecting to [/10.10.1.20:8080]`'

@test "3.1 step 0 omitted: no DNS" {
  up "$(lab <<'YAML'
api_gateways: {apigw-1: {bind: null}}
api_groups: {group-1: {vpc_domain: false}}
YAML
)"
  run in_ecs1 curl -sS -m 5 "$(url /orders 2>/dev/null || echo http://none.apigateway.cn-hangzhou.vpc.alicloudapi.com/orders)"
  [ "$status" -eq 6 ]
}

@test "3.2 an API on an authorization that does not exist yet is refused" {
  run labctl up "$(lab <<<'apis: {orders: {backend: {vpc_access: later}}}')"
  [ "$status" -eq 2 ]
  [[ $output == *"unknown VPC access authorization 'later'"* ]]
}

@test "3.3 the authorization is deleted after the API was published: 504 X504VE" {
  up "$(lab <<<'vpc_accesses: {idc-service: null}')"
  at_service
  run call "$(url /orders)"
  [[ $output == "504 X504VE "* ]]
  [ -z "$(captured)" ]
}

@test "3.4 no route back to the egress range: the SYN arrives, the answer does not: 504 D504CO" {
  up "$(lab <<<'data_centers: {idc-1: {routes: {gateway-egress: null}}}')"
  at_service
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  run captured
  [[ $output =~ 100\.104\.254\.[0-9]+\.[0-9]+' > 10.10.1.20.8080: Flags [S],' ]]
  [[ $output == *"10.10.1.20.8080 > 100.104.254."*"Flags [S.]"* ]]
}

@test "3.4 the route service omitted: the VBR does not know the way back" {
  up "$(lab <<<'cen: {cen-1: {route_services: null}}')"
  capture a3.vbr-1 pc-1.110 'tcp port 8080'
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  run captured # answers come to the VBR and end there
  [[ $output == *"10.10.1.20.8080 > 100.104.254."*"Flags [S.]"* ]]
}

@test "3.5 the egress range calls and is not called" {
  up "$(lab <<<'{}')"
  run labctl exec a3 idc-service -- curl -sS -m 2 http://100.104.254.1/
  [ "$status" -eq 28 ]
  run labctl exec a3 idc-service -- ping -qc 2 -i 0.2 -W 1 100.104.254.1
  [ "$status" -eq 1 ]
  run call "$(url /orders)"
  [[ $output == "200 "* ]]
}

@test "3.6 the host's firewall drops the egress range: as without a route, and no SYN-ACK" {
  up "$(lab <<'YAML'
data_centers:
  idc-1:
    hosts:
      idc-service:
        firewall:
          no-gateway: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 100.64.0.0/10}
YAML
)"
  at_service
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  run captured
  [[ $output == *"> 10.10.1.20.8080: Flags [S],"* ]]
  [[ $output != *"Flags [S.]"* ]]
}

@test "3.7 VPC-1 has no route to the data centre: 504 D504CO, and no SYN there" {
  up "$(lab <<<'virtual_border_routers: {vbr-1: {route_entries: null}}')"
  at_service
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  [ -z "$(captured)" ]
}

@test "3.8 the service is up, the line is down: 504 D504CO" {
  up "$(lab <<<'physical_connections: {pc-1: {enabled: false}}')"
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
}

@test "3.9 nothing listens on the port: 504 D504CO at once" {
  up "$(lab <<<'vpc_accesses: {idc-service: {port: 8081}}')"
  run in_ecs1 curl -sS -o /dev/null -m 5 -w '%{http_code} %header{x-ca-error-code} %{time_total}' "$(url /orders)"
  read -r code error seconds <<<"$output"
  [ "$code $error" = "504 D504CO" ]
  awk -v s="$seconds" 'BEGIN { exit !(s < 0.5) }' || { echo "took $seconds s"; false; }
}

@test "3.10 the gateway reaches exactly the authorized address and port" {
  # the API's backend is changed in the gateway's own namespace: a call to another port of the same host
  up "$(lab <<<'data_centers: {idc-1: {hosts: {idc-service: {services: {other: {port: 9090}}}}}}')"
  leg=$(ip -o -n a3.apigw-1 link show | awk -F'[ @:]+' '$2 ~ /vpc-1/ { print $2; exit }')
  [ -n "$leg" ]
  run ip netns exec a3.apigw-1 curl -sS -m 3 -o /dev/null -w '%{http_code}' --interface "$leg" http://10.10.1.20:8080/
  [ "$output" = 200 ]
  run ip netns exec a3.apigw-1 curl -sS -m 3 --interface "$leg" http://10.10.1.20:9090/
  [ "$status" -eq 28 ]
  run ip netns exec a3.apigw-1 curl -sS -m 3 --interface "$leg" http://172.16.1.20:8080/
  [ "$status" -eq 28 ]
}

@test "3.11 the client gives up first: its log line says N502RE" {
  up "$(lab <<<'apis: {slow: {backend: {timeout: 8s}}}')"
  run in_ecs1 curl -sS -m 1 "$(url /slow)"
  [ "$status" -eq 28 ]
  within 12 eval 'labctl logs a3 apigw-1 | grep -q N502RE'
}

@test "3.12 an access region that is not the host region is refused" {
  run labctl up "$(lab <<'YAML'
regions: {cn-beijing: {zones: [a]}}
cen: {cen-1: {route_services: {gateway-egress: {access_region: cn-beijing}}}}
YAML
)"
  [ "$status" -eq 2 ]
  [[ $output == *"cannot reach services of"* ]]
}

@test "3.13 a route service without an attached VPC in the host region is refused" {
  run labctl up "$(lab <<<'cen: {cen-1: {attachments: {attach-vpc-1: null}}}')"
  [ "$status" -eq 2 ]
  [[ $output == *"VPC 'vpc-1' is not attached"* ]]
}

@test "3.14 all steps: 200; the data centre sees the egress range, and is told who the client is" {
  up "$(lab <<<'{}')"
  at_service
  run in_ecs1 curl -sS -m 5 -i "$(url /orders)"
  [[ ${lines[0]} == *" 200 "* ]]
  [[ $output == *'"CaClientIp": "172.16.1.20"'* ]]
  [[ $output == *'"X-Forwarded-For": "172.16.1.20'* ]]
  run captured
  [[ $output =~ 100\.104\.254\.[0-9]+\.[0-9]+' > 10.10.1.20.8080: Flags [S],' ]]
  [[ $output != *172.16.1.20* ]]
}

@test "3.15 bodies and methods pass through the gateway to the service and back" {
  up "$(lab <<'YAML'
apis:
  post: {group: group-1, method: POST, path: /orders, stages: [RELEASE], backend: {vpc_access: idc-service}}
  bytes: {group: group-1, path: "/bytes/[n]", stages: [RELEASE], backend: {vpc_access: idc-service}}
YAML
)"
  run in_ecs1 curl -sS -m 5 --data 'one order' "$(url /orders)"
  [[ $output == *'"method": "POST"'* && $output == *'"body_bytes": 9'* ]]
  run in_ecs1 curl -sS -m 10 -o /dev/null -w '%{http_code} %{size_download}' "$(url /bytes/1048576)"
  [ "$output" = "200 1048576" ]
}

vpc_connect='api_gateways:
  apigw-1:
    instance_type: vpc_connect
    zone_vswitch_security_group: {vswitch: vsw-1b, security_group: sg-gateway, ip: 172.16.2.10}
    to_connect_vpc_ip_block: BLOCKS
security_groups: {sg-gateway: {vpc: vpc-1, rules: RULES}}
cen: {cen-1: {route_services: null}}
data_centers: {idc-1: {routes: {gateway-egress: null}}}'

connected() { # BLOCKS RULES
  local text=${vpc_connect/BLOCKS/$1}
  lab <<<"${text/RULES/$2}"
}

@test "3.16 vpc_connect with the data centre's block, without step 2: 200 from an address of VPC-1" {
  up "$(connected '[10.10.0.0/16]' {})"
  at_service
  run call "$(url /orders)"
  [[ $output == "200 "* ]]
  run captured
  [[ $output == *"172.16.2.10."*" > 10.10.1.20.8080: Flags [S],"* ]]
}

@test "3.17 vpc_connect without the data centre's block: 504 D504CO" {
  up "$(connected '[]' {})"
  at_service
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  [ -z "$(captured)" ]
}

@test "3.18 vpc_connect whose security group lets nothing out: 504 D504CO" {
  up "$(connected '[10.10.0.0/16]' '{no: {type: egress, policy: drop, cidr_ip: 0.0.0.0/0}}')"
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
}

@test "3.19 an authorized ECS instance: its security group must let the egress range in" {
  target='vpc_accesses: {shop: {vpc: vpc-1, instance_id: ecs-2, port: 8080}}
security_groups: {sg-2: {vpc: vpc-1, rules: {gateway: RULE}}}
ecs: {ecs-2: {vswitch: vsw-1b, private_ip: 172.16.2.20, security_groups: [sg-2], services: {shop: {port: 8080}}}}
apis: {shop: {group: group-1, path: /shop, stages: [RELEASE], backend: {vpc_access: shop, timeout: 2s}}}'
  up "$(lab <<<"${target/RULE/{type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 172.16.0.0/16\}}")"
  run call "$(url /shop)"
  [ "$output" = '504 D504CO Backend service connect failed `Timeout connecting to [/172.16.2.20:8080]`' ]
  up "$(lab <<<"${target/RULE/{type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 100.104.254.0/26\}}")"
  run call "$(url /shop)"
  [[ $output == "200 "* ]]
}

@test "3.20 two VPCs with equal CIDR blocks behind one gateway, at the same time" {
  up "$(lab <<'YAML'
vpcs:
  red: {region: cn-hangzhou, cidr_block: 10.50.0.0/16, vswitches: {vsw-red: {zone: h, cidr_block: 10.50.1.0/24}}}
  blue: {region: cn-hangzhou, cidr_block: 10.50.0.0/16, vswitches: {vsw-blue: {zone: i, cidr_block: 10.50.1.0/24}}}
security_groups:
  sg-red: {vpc: red, rules: {gateway: {type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 100.104.254.0/26}}}
  sg-blue: {vpc: blue, rules: {gateway: {type: ingress, ip_protocol: tcp, port_range: 8080/8080, cidr_ip: 100.104.254.0/26}}}
ecs:
  red-shop: {vswitch: vsw-red, private_ip: 10.50.1.9, security_groups: [sg-red], services: {shop: {port: 8080}}}
  blue-shop: {vswitch: vsw-blue, private_ip: 10.50.1.9, security_groups: [sg-blue], services: {shop: {port: 8080}}}
vpc_accesses:
  red: {vpc: red, instance_id: red-shop, port: 8080}
  blue: {vpc: blue, instance_id: blue-shop, port: 8080}
apis:
  red: {group: group-1, path: /red, stages: [RELEASE], backend: {vpc_access: red}}
  blue: {group: group-1, path: /blue, stages: [RELEASE], backend: {vpc_access: blue}}
YAML
)"
  r=$(url /red) b=$(url /blue)
  for _ in 1 2 3; do
    run in_ecs1 curl -sS -m 5 -Z "$r" "$b" "$r" "$b"
    [ "$(grep -o '"node": "red-shop"' <<<"$output" | wc -l)" -eq 2 ]
    [ "$(grep -o '"node": "blue-shop"' <<<"$output" | wc -l)" -eq 2 ]
  done
}

@test "3.21 a service that dies is started again, and its log says so" {
  up "$(lab <<<'{}')"
  run call "$(url /orders)"
  [[ $output == "200 "* ]]
  kill -KILL "$(labctl status a3 --json | jq -er '.workers[] | select(.worker | startswith("service-")) | .pid')"
  within 10 eval '[[ $(call "$(url /orders)") == "200 "* ]]'
}

@test "3.22 a service of one's own: a command, its port, its environment, its log" {
  cat >"$BATS_TEST_TMPDIR/serve" <<'SH'
#!/bin/sh
echo "serving $GREETING"
cd "$(mktemp -d)" && echo "$GREETING" >index.html
exec python3 -m http.server --protocol HTTP/1.1 8080
SH
  chmod 755 "$BATS_TEST_TMPDIR/serve"
  file=$(lab <<'YAML'
data_centers:
  idc-1:
    hosts:
      idc-service:
        services:
          orders: {command: [./serve], port: 8080, environment: {GREETING: good morning}}
apis: {orders: {backend: {path: /index.html}}}
YAML
)
  cp "$BATS_TEST_TMPDIR/serve" "$(dirname "$file")/"
  up "$file"
  run in_ecs1 curl -sS -m 5 "$(url /orders)"
  [ "$output" = "good morning" ]
  run labctl logs a3 service-idc-service-orders
  [[ $output == *"serving good morning"* ]]
}

@test "3.23 plain HTTP: no address for the name is 504 D504RE, no answer 504 D504CO" {
  up "$(lab <<'YAML'
apis:
  nobody: {group: group-1, path: /nobody, stages: [RELEASE], backend: {http: "http://nobody.example.com"}}
  private: {group: group-1, path: /private, stages: [RELEASE], backend: {http: "http://10.10.1.20:8080", timeout: 1s}}
  mock: {group: group-1, path: /mock, stages: [RELEASE], backend: {mock: tea, mock_status: 418}}
YAML
)"
  run call "$(url /nobody)"
  [[ $output == "504 D504RE "* ]]
  run call "$(url /private)" # an address of a data centre is none of the Internet's
  [ "$output" = "$timeout_text" ]
  run call "$(url /mock)"
  [[ $output == "418 "* ]]
}

@test "3.23 a serverless instance reaches no VPC without an authorization" {
  file=$(lab <<'YAML'
api_gateways: {apigw-1: {instance_type: serverless, bind: null}}
cen: {cen-1: {route_services: null}}
data_centers: {idc-1: {routes: {gateway-egress: null}}}
security_groups: {sg-2: {vpc: vpc-1, rules: {all: {type: ingress, ip_protocol: all, cidr_ip: 0.0.0.0/0}}}}
ecs: {ecs-2: {vswitch: vsw-1b, private_ip: 172.16.2.20, security_groups: [sg-2], services: {shop: {port: 8080}}}}
vpc_accesses: {shop: {vpc: vpc-1, instance_id: ecs-2, port: 8080}}
apis:
  direct: {group: group-1, path: /direct, stages: [RELEASE], backend: {http: "http://172.16.2.20:8080", timeout: 1s}}
  shop: {group: group-1, path: /shop, stages: [RELEASE], backend: {vpc_access: shop}}
YAML
)
  up "$file"
  run call "$(url /direct)"
  [[ $output == "504 D504CO "* ]]
  run call "$(url /shop)"
  [[ $output == "200 "* ]]
}

@test "3.24 plain HTTP to a host on the Internet, by its name" {
  up "$(lab <<'YAML'
internet: {hosts: {web: {domains: [www.example.com], services: {site: {port: 80}}}}}
apis: {web: {group: group-1, path: /web, stages: [RELEASE], backend: {http: "http://www.example.com", path: /index}}}
YAML
)"
  run in_ecs1 curl -sS -m 5 "$(url /web)"
  [[ $output == *'"node": "web"'* ]]
  [[ $output == *'"Host": "www.example.com"'* ]]
  [[ $output == *'"path": "/index"'* ]]
}

@test "3.25 enterprise edition: a static route of the transit router instead of step 2" {
  enterprise='cen:
  cen-1:
    edition: enterprise
    route_services: null
    attachments:
      attach-vpc-1: {zone_mappings: [vsw-1a, vsw-1b], association: table-1, propagation: [table-1], auto_publish_route_enabled: true}
      attach-vbr-1: {association: table-1, propagation: [table-1], auto_publish_route_enabled: true}
    route_tables:
      table-1: {region: cn-hangzhou, entries: ENTRIES}'
  up "$(lab <<<"${enterprise/ENTRIES/{\}}")"
  run call "$(url /orders)"
  [ "$output" = "$timeout_text" ]
  up "$(lab <<<"${enterprise/ENTRIES/{egress: {destination_cidr_block: 100.104.254.0\/26, attachment: attach-vpc-1\}\}}")"
  run ip -n a3.vbr-1 route show 100.104.254.0/26
  [[ $output == *"proto 202"* ]]
  run call "$(url /orders)"
  [[ $output == "200 "* ]]
}

@test "C.1 a wrong path or method is 404 I404NF" {
  up "$(lab <<<'{}')"
  run call "$(url /nothing)"
  [[ $output == "404 I404NF "* ]]
  run call -X DELETE "$(url /orders)"
  [[ $output == "404 I404NF "* ]]
}
