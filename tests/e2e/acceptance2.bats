#!/usr/bin/env bats
# Scenario 2, row by row: a client in the data centre calls an API. Each lab is the shipped scenario2
# plus one change; what a class should see in it is looked at with curl, dig, ping and ip.

load ../lib/e2e

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
  need_root
}

teardown() {
  capture_end
  down_all a2
}

lab() { variation scenario2 a2; }

client() { labctl exec a2 idc-client -- "$@"; }

# curl from the client: prints "HTTP-STATUS X-Ca-Error-Code", returns curl's status
call() {
  client curl -sS -o /dev/null -m 4 -w '%{http_code} %header{x-ca-error-code}' "$@"
}

# as call, without asking a DNS server
call_by_address() {
  local d
  d=$(domain a2 group-1)
  call --resolve "$d:80:172.16.1.10" "http://$d/hello"
}

no_answer() { # NODE ADDRESS: ping runs, and says that nobody answers
  run labctl exec a2 "$1" -- ping -qc 3 -i 0.2 -W 1 "$2"
  [ "$status" -eq 1 ]
}

unattached_vbr='cen: {cen-1: {attachments: {attach-vbr-1: null}, vbr_health_checks: null, private_zones: null}}'

@test "2.1 no circuit, no VBR: timeout" {
  up "$(lab <<YAML
physical_connections: null
virtual_border_routers: null
$unattached_vbr
data_centers: {idc-1: {circuits: null, routes: null}}
YAML
)"
  run call_by_address
  [ "$status" -eq 28 ]
}

@test "2.2 a VLAN mismatch: nobody answers, status says why, the health check takes the route away in 16 s" {
  up "$(lab <<<'virtual_border_routers: {vbr-1: {vlan_id: 111}}')"
  run ip -n a2.vpc-1 route show table 1000 10.10.0.0/16
  [[ $output == *"proto 204"* ]] # until the health check is sure
  no_answer idc-1 10.0.0.1
  run labctl status a2
  [[ $output == *"VLAN 111"*"VLAN 110"* ]]
  within 20 no_route a2.vpc-1 1000 10.10.0.0/16
  run call_by_address
  [ "$status" -eq 28 ]
}

@test "2.2 a peer IP mismatch: nobody answers, and status says why" {
  up "$(lab <<'YAML'
cen: {cen-1: {vbr_health_checks: {vbr-1: {health_check_target_ip: 10.0.0.3}}}}
virtual_border_routers: {vbr-1: {peer_gateway_ip: 10.0.0.3, peering_subnet_mask: 255.255.255.248}}
YAML
)"
  run ip netns exec a2.vbr-1 ping -qc 3 -i 0.2 -W 1 10.0.0.3
  [ "$status" -eq 1 ]
  run labctl status a2
  [[ $output == *10.0.0.3*10.0.0.2* ]]
  run call_by_address
  [ "$status" -eq 28 ]
}

@test "2.3 a line that the carrier has not connected: nobody answers, and status says why" {
  up "$(lab <<<'physical_connections: {pc-1: {enabled: false}}')"
  no_answer idc-1 10.0.0.1
  run labctl status a2
  [[ $output == *"not enabled"* ]]
}

@test "2.4 the customer router has no route to VPC-1: timeout, and nothing enters the circuit" {
  up "$(lab <<<'data_centers: {idc-1: {routes: {vpc-1: null}}}')"
  capture a2.vbr-1 pc-1.110 'tcp port 80'
  run call_by_address
  [ "$status" -eq 28 ]
  [ -z "$(captured)" ]
}

@test "2.4 the VBR has no route to the data centre: calls arrive, answers do not" {
  up "$(lab <<<'virtual_border_routers: {vbr-1: {route_entries: null}}')"
  no_route a2.vpc-1 1000 10.10.0.0/16
  capture a2.vbr-1 pc-1.110 'tcp port 80'
  run call_by_address
  [ "$status" -eq 28 ]
  run captured
  [[ $output == *"10.10.1.30."*" > 172.16.1.10.80: Flags [S]"* ]]
  [[ $output != *"172.16.1.10.80 > "* ]]
}

@test "2.5 the VBR is not attached: timeout" {
  up "$(lab <<<"$unattached_vbr")"
  no_route a2.vpc-1 1000 10.10.0.0/16
  run call_by_address
  [ "$status" -eq 28 ]
}

@test "2.5 VPC-1 is not attached: timeout" {
  up "$(lab <<<'cen: {cen-1: {attachments: {attach-vpc-1: null}, private_zones: null}}')"
  no_route a2.vpc-1 1000 10.10.0.0/16
  run call_by_address
  [ "$status" -eq 28 ]
}

@test "2.6 no DNS server in the data centre: the name is unknown, the address works" {
  up "$(lab <<<'data_centers: {idc-1: {hosts: {idc-dns: null}}}')"
  run call "http://$(domain a2 group-1)/hello"
  [ "$status" -eq 6 ]
  run call_by_address
  [ "$output" = "200 " ]
}

@test "2.6 the DNS server does not forward: the name is unknown" {
  up "$(lab <<<'data_centers: {idc-1: {hosts: {idc-dns: {dns: {forward: null, records: {intranet.example: 10.10.1.1}}}}}}')"
  run client dig +noall +comments "$(domain a2 group-1)"
  [[ $output == *NXDOMAIN* ]]
  run client dig +short intranet.example
  [ "$output" = 10.10.1.1 ]
}

@test "2.6 no PrivateZone access, or no route to the resolvers: the DNS server says that it failed" {
  up "$(lab <<<'cen: {cen-1: {private_zones: null}}')"
  run client dig +time=8 +tries=1 +noall +comments "$(domain a2 group-1)"
  [[ $output == *SERVFAIL* ]]
  up "$(lab <<<'data_centers: {idc-1: {routes: {resolver-1: null, resolver-2: null}}}')"
  run client dig +time=8 +tries=1 +noall +comments "$(domain a2 group-1)"
  [[ $output == *SERVFAIL* ]]
}

@test "2.7 PrivateZone access with the host region cn-beijing is refused" {
  run labctl up "$(lab <<'YAML'
regions: {cn-beijing: {zones: [a]}}
cen: {cen-1: {private_zones: {hangzhou: {host_region: cn-beijing}}}}
YAML
)"
  [ "$status" -eq 2 ]
  [[ $output == *"services of 'cn-beijing'"* ]]
}

@test "2.8 a LAN that overlaps a VPC, or the cloud's own network, is refused" {
  for lan in 172.16.8.0/24 100.100.2.0/24; do
    run labctl up "$(lab <<<"data_centers: {idc-1: {lans: {second: {cidr_block: $lan}}}}")"
    [ "$status" -eq 2 ]
    [[ $output == *"$lan"* ]]
  done
}

@test "2.9 step 3 omitted: no DNS; the VPC domain cannot be enabled before the instance is bound" {
  up "$(lab <<<'{}')" --step dns
  run call "http://$(domain a2 group-1)/hello"
  [ "$status" -eq 6 ]
  run labctl up "$(lab <<<'api_gateways: {apigw-1: {bind: null}}')"
  [ "$status" -eq 2 ]
  [[ $output == *vpc_domain* ]]
}

@test "2.10 all steps: 200 without a bandwidth plan, and the function sees the client" {
  up "$(lab <<<'{}')"
  d=$(domain a2 group-1)
  run client curl -sS -i -m 5 "http://$d/hello"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == *" 200 "* ]]
  grep -Eiq '^x-ca-request-id: [0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}' <<<"$output"
  grep -q 10.10.1.30 <<<"$output"
  run labctl status a2
  [ "$status" -eq 0 ]
}

@test "2.11 the routes tell where they come from" {
  up "$(lab <<<'{}')"
  run ip -n a2.vpc-1 route show table 1000
  [[ $output == *"10.10.0.0/16"* ]]
  run ip -n a2.idc-1 route show 172.16.0.0/16
  [[ $output == *"via 10.0.0.1"* ]]
  run labctl test a2 --json
  [ "$status" -eq 0 ]
}

# the older peering of a VBR with one VPC, and VPC-3 on a CEN with that VPC
router_interface='physical_connections: {pc-1: {}}
virtual_border_routers:
  vbr-1: {route_entries: {vpc-1: {destination_cidr_block: 172.16.0.0/16, nexthop_type: RouterInterface, nexthop_id: ri-1}}}
router_interfaces: {ri-1: {vbr: vbr-1, vpc: vpc-1}}
vpcs:
  vpc-1:
    route_tables:
      system: {system: true, entries: {idc: {destination_cidrblock: 10.10.0.0/16, nexthop_type: RouterInterface, nexthop_id: ri-1}}}
  vpc-3:
    region: cn-hangzhou
    cidr_block: 192.168.0.0/16
    vswitches: {vsw-3a: {zone: h, cidr_block: 192.168.1.0/24}}
security_groups: {sg-3: {vpc: vpc-3, rules: {ping: {type: ingress, ip_protocol: icmp, cidr_ip: 0.0.0.0/0}}}}
ecs: {ecs-3: {vswitch: vsw-3a, private_ip: 192.168.1.10, security_groups: [sg-3]}}
cen: {cen-1: {attachments: {attach-vbr-1: null, attach-vpc-3: {vpc: vpc-3}}, vbr_health_checks: null, private_zones: null}}
data_centers: {idc-1: {routes: {vpc-3: {destination_cidr_block: 192.168.0.0/16, next_hop: 10.0.0.1}}}}'

@test "2.13 a router interface: VPC-1 and the data centre reach each other, VPC-3 on CEN does not" {
  up "$(lab <<<"$router_interface")"
  run client ping -qc 2 -W 2 172.16.1.20
  [ "$status" -eq 0 ]
  run call_by_address
  [ "$output" = "200 " ]
  run labctl exec a2 ecs-1 -- ping -qc 2 -W 2 10.10.1.30
  [ "$status" -eq 0 ]
  no_answer ecs-3 10.10.1.30
  no_answer idc-client 192.168.1.10
  no_route a2.vpc-3 1000 10.10.0.0/16
}

@test "2.13 routes to a router interface cannot be published" {
  run labctl up "$(lab <<<"${router_interface/nexthop_id: ri-1\}\}\}
  vpc-3/nexthop_id: ri-1, published: true\}\}\}
  vpc-3}")"
  [ "$status" -eq 2 ]
  [[ $output == *published* ]]
}

@test "2.14 enterprise edition: nothing without route synchronization, 200 with it" {
  enterprise='cen:
  cen-1:
    edition: enterprise
    private_zones: null
    vbr_health_checks: null
    attachments:
      attach-vpc-1: {zone_mappings: [vsw-1a, vsw-1b], auto_publish_route_enabled: SYNC}
      attach-vbr-1: {auto_publish_route_enabled: SYNC}'
  up "$(lab <<<"${enterprise//SYNC/false}")"
  run call_by_address
  [ "$status" -eq 28 ]
  up "$(lab <<<"${enterprise//SYNC/true}")"
  run call_by_address
  [ "$output" = "200 " ]
}

@test "2.14 enterprise edition: the way to the resolvers is a static route of the transit router" {
  up "$(lab <<'YAML'
cen:
  cen-1:
    edition: enterprise
    private_zones: null
    vbr_health_checks: null
    attachments:
      attach-vpc-1: {zone_mappings: [vsw-1a, vsw-1b], association: table-1, propagation: [table-1], auto_publish_route_enabled: true}
      attach-vbr-1: {association: table-1, propagation: [table-1], auto_publish_route_enabled: true}
    route_tables:
      table-1:
        region: cn-hangzhou
        entries:
          resolver-1: {destination_cidr_block: 100.100.2.136/32, attachment: attach-vpc-1}
          resolver-2: {destination_cidr_block: 100.100.2.138/32, attachment: attach-vpc-1}
YAML
)"
  run call "http://$(domain a2 group-1)/hello"
  [ "$output" = "200 " ]
}

@test "2.15 two data centres on one CEN: VBRs do not learn from each other" {
  up "$(lab <<'YAML'
physical_connections: {pc-2: {region: cn-hangzhou}}
virtual_border_routers:
  vbr-2:
    physical_connection: pc-2
    vlan_id: 120
    local_gateway_ip: 10.0.2.1
    peer_gateway_ip: 10.0.2.2
    route_entries: {idc: {destination_cidr_block: 10.20.0.0/16}}
cen: {cen-1: {attachments: {attach-vbr-2: {vbr: vbr-2}}}}
data_centers:
  idc-1: {routes: {idc-2: {destination_cidr_block: 10.20.0.0/16, next_hop: 10.0.0.1}}}
  idc-2:
    lans: {office: {cidr_block: 10.20.1.0/24}}
    circuits: {to-cloud: {physical_connection: pc-2, vlan_id: 120, ip: 10.0.2.2, peer_ip: 10.0.2.1}}
    routes:
      vpc-1: {destination_cidr_block: 172.16.0.0/16, next_hop: 10.0.2.1}
      idc-1: {destination_cidr_block: 10.10.0.0/16, next_hop: 10.0.2.1}
    hosts: {other-client: {lan: office, ip: 10.20.1.30}}
YAML
)"
  no_answer other-client 172.16.1.20 # sg-1 lets only 10.10.0.0/16 ping
  run labctl exec a2 ecs-1 -- ping -qc 2 -W 2 10.20.1.30
  [ "$status" -eq 0 ]
  no_answer idc-client 10.20.1.30
  no_route a2.vbr-1 main 10.20.0.0/16
}

@test "2.16 a line with loss loses, and its port limits what goes through" {
  up "$(lab <<'YAML'
physical_connections: {pc-1: {loss: 20%, port_type: 100Base-T}}
cen: {cen-1: {vbr_health_checks: null}}
YAML
)"
  # 300 pings, each lost with 1 - 0.8 * 0.8 = 36 %: between 20 % and 50 % but once in 10^8 runs
  run labctl exec a2 idc-1 -- ping -qc 300 -i 0.005 -W 1 10.0.0.1
  lost=$(sed -n 's/.* \([0-9.]*\)% packet loss.*/\1/p' <<<"$output")
  awk -v l="$lost" 'BEGIN { exit !(l >= 20 && l <= 50) }' || { echo "lost $lost %"; false; }
  up "$(lab <<<'virtual_border_routers: {vbr-1: {bandwidth: 50Mbit}}')"
  d=$(domain a2 group-1)
  run client curl -sS -m 20 -o /dev/null -w '%{time_total} %{size_download}' "http://$d/hello?size=4000000"
  read -r seconds bytes <<<"$output"
  [ "$bytes" -eq 4000000 ]
  awk -v s="$seconds" 'BEGIN { exit !(s >= 0.55) }' || { echo "took $seconds s at 50 Mbit/s"; false; }
}

@test "2.17 the security group of the instance decides for the data centre, too" {
  up "$(lab <<<'security_groups: {sg-1: {rules: null}}')"
  no_answer idc-client 172.16.1.20
  run call_by_address # the gateway is in no security group
  [ "$output" = "200 " ]
}
