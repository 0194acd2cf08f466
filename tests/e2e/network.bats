#!/usr/bin/env bats
# Security groups, route tables and transit routers, observed with packets: who reaches whom, and
# what is dropped in silence.

load ../lib/e2e

setup() {
  need_root
}

teardown() {
  down_all net ent sg
}

inside() { labctl exec "$lab" "$@"; }

# The first packet may meet an address that is still being resolved: a ping is two packets.
reaches() { inside "$1" -- ping -q -c 2 -i 0.2 -W 1 "$2" >/dev/null; }

# unreachable NODE ADDRESS: nothing comes back, no ICMP error either
unreachable() {
  run inside "$1" -- ping -c 1 -W 1 "$2"
  [ "$status" -eq 1 ] && [[ $output == *"1 packets transmitted, 0 received, 100% packet loss"* ]]
}

# tcp NODE ADDRESS PORT: "refused" (a host answered) or "timeout" (dropped on the way)
tcp() {
  run inside "$1" -- curl -sS -m 1 "telnet://$2:$3"
  case $status in
    7) echo refused ;;
    28) echo timeout ;;
    *) echo "curl $status: $output" ;;
  esac
}

write_lab() { # NAME <lab file: gives its path
  mkdir -p "$BATS_TEST_TMPDIR/$1"
  cat >"$BATS_TEST_TMPDIR/$1/lab.yaml"
  echo "$BATS_TEST_TMPDIR/$1/lab.yaml"
}

basic_lab() {
  write_lab net <<'YAML'
lab: net
regions: {cn-hangzhou: {zones: [h]}, cn-beijing: {zones: [a]}}
vpcs:
  va:
    region: cn-hangzhou
    cidr_block: 172.16.0.0/16
    vswitches:
      s1: {zone: h, cidr_block: 172.16.1.0/24}
      s2: {zone: h, cidr_block: 172.16.2.0/24, route_table: rt2}
    route_tables:
      main:
        system: true
        entries:
          e1: {destination_cidrblock: 10.99.0.0/16, nexthop_type: Instance, nexthop_id: a1, published: true}
      rt2:
        entries:
          e2: {destination_cidrblock: 10.98.0.0/16, nexthop_type: Instance, nexthop_id: a1}
  vb:
    region: cn-beijing
    cidr_block: 192.168.0.0/16
    vswitches: {s3: {zone: a, cidr_block: 192.168.1.0/24}}
security_groups:
  web:
    vpc: va
    rules:
      ping: {type: ingress, ip_protocol: icmp, cidr_ip: 0.0.0.0/0}
      http: {type: ingress, ip_protocol: tcp, port_range: 80/80, cidr_ip: 0.0.0.0/0}
      not-b2: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 80/80, cidr_ip: 192.168.1.20/32}
      out: {type: egress, policy: drop, ip_protocol: tcp, port_range: 81/90, cidr_ip: 0.0.0.0/0}
  strict:
    vpc: va
    security_group_type: enterprise
    rules:
      ping: {type: ingress, ip_protocol: icmp, cidr_ip: 0.0.0.0/0}
  open: {vpc: vb, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
  closed: {vpc: vb}
ecs:
  a1: {vswitch: s1, private_ip: 172.16.1.1, security_groups: [web]}
  a2: {vswitch: s2, private_ip: 172.16.2.2, security_groups: [web]}
  a3: {vswitch: s1, private_ip: 172.16.1.3, security_groups: [strict]}
  b1: {vswitch: s3, private_ip: 192.168.1.10, security_groups: [open]}
  b2: {vswitch: s3, private_ip: 192.168.1.20, security_groups: [open]}
  b3: {vswitch: s3, private_ip: 192.168.1.30, security_groups: [closed]}
cen:
  c1:
    attachments: {aa: {vpc: va}, ab: {vpc: vb}}
    bandwidth_packages: {p1: {bandwidth: 10Mbit}}
    bandwidth_limits: {l1: {regions: [cn-hangzhou, cn-beijing], bandwidth_limit: 10Mbit}}
YAML
}

@test "security groups: directions, priorities, members, types" {
  lab=net
  labctl up "$(basic_lab)"
  reaches a1 172.16.2.2       # members of one group, across vSwitches
  reaches a1 172.16.1.3       # icmp is let in
  unreachable a3 172.16.1.1   # an enterprise group lets nothing out
  reaches b1 172.16.1.1       # from another region
  unreachable b1 192.168.1.30 # a basic group lets nobody else in
  reaches b3 192.168.1.10     # but all out, and the answers back in
  [ "$(tcp b1 172.16.1.1 80)" = refused ]
  [ "$(tcp b2 172.16.1.1 80)" = timeout ] # drop wins the tie
  [ "$(tcp b1 172.16.1.1 22)" = timeout ]
  [ "$(tcp a2 172.16.1.1 22)" = refused ] # intra-group
  [ "$(tcp a1 192.168.1.10 80)" = refused ]
  [ "$(tcp a1 192.168.1.10 85)" = timeout ] # egress rule
  run inside a3 -- dig +short +time=1 +tries=1 a3.cn-hangzhou.ecs.internal
  [ "$output" = 172.16.1.3 ] # the resolver is always allowed
}

@test "route tables: next hop instance, published entries, silence where nothing matches" {
  lab=net
  labctl up "$(basic_lab)"
  inside a1 -- ip address add 10.99.0.1/32 dev lo
  inside a1 -- ip address add 10.98.0.1/32 dev lo
  reaches b1 10.99.0.1     # published: known in the other VPC
  reaches a2 10.98.0.1     # the custom table of its vSwitch
  unreachable a2 10.99.0.1 # which does not hold the system table's entry
  unreachable b1 10.98.0.1 # custom tables are not published
  unreachable b1 8.8.8.8
  unreachable b1 172.16.9.9
}

@test "enterprise edition: association, propagation, route synchronization, peers" {
  lab=ent
  labctl up "$(write_lab ent <<'YAML'
lab: ent
regions: {r1: {zones: [a]}, r2: {zones: [a]}}
vpcs:
  v1: {region: r1, cidr_block: 10.1.0.0/16, vswitches: {s1: {zone: a, cidr_block: 10.1.1.0/24}}}
  v2: {region: r1, cidr_block: 10.2.0.0/16, vswitches: {s2: {zone: a, cidr_block: 10.2.1.0/24}}}
  v3:
    region: r2
    cidr_block: 10.3.0.0/16
    vswitches: {s3: {zone: a, cidr_block: 10.3.1.0/24}}
    route_tables:
      main:
        system: true
        entries:
          to-v1: {destination_cidrblock: 10.1.0.0/16, nexthop_type: Attachment, nexthop_id: c}
security_groups:
  g1: {vpc: v1, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
  g2: {vpc: v2, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
  g3: {vpc: v3, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
ecs:
  e1: {vswitch: s1, private_ip: 10.1.1.1, security_groups: [g1]}
  e2: {vswitch: s2, private_ip: 10.2.1.1, security_groups: [g2]}
  e3: {vswitch: s3, private_ip: 10.3.1.1, security_groups: [g3]}
cen:
  c:
    edition: enterprise
    route_tables: {t1: {region: r1}}
    attachments:
      a1: {vpc: v1, zone_mappings: [s1], auto_publish_route_enabled: true}
      a2: {vpc: v2, zone_mappings: [s2], association: t1, propagation: [t1], auto_publish_route_enabled: true}
      a3: {vpc: v3, zone_mappings: [s3]}
    peer_attachments:
      x: {regions: [r1, r2], bandwidth: 5Mbit, auto_publish_route_enabled: true}
YAML
)"
  reaches e1 10.3.1.1
  reaches e3 10.1.1.1     # by its own custom route: route synchronization is off
  unreachable e1 10.2.1.1 # v2 is in a table of its own
  unreachable e2 10.1.1.1
  unreachable e3 10.2.1.1
}

filters_lab() {
  write_lab sg <<'YAML'
lab: sg
regions: {r1: {zones: [a]}, r2: {zones: [a]}}
vpcs:
  va:
    region: r1
    cidr_block: 172.16.0.0/16
    vswitches:
      s1: {zone: a, cidr_block: 172.16.1.0/24}
      s2: {zone: a, cidr_block: 172.16.2.0/24, route_table: rt2}
    route_tables:
      main:
        system: true
        entries:
          all: {destination_cidrblock: 10.0.0.0/8, nexthop_type: Instance, nexthop_id: nat}
          services: {destination_cidrblock: 100.118.28.0/24, nexthop_type: Instance, nexthop_id: nat}
          taken: {destination_cidrblock: 192.168.2.0/24, nexthop_type: Instance, nexthop_id: nat}
      rt2:
        entries:
          longer: {destination_cidrblock: 192.168.1.128/25, nexthop_type: Instance, nexthop_id: nat}
  vb:
    region: r2
    cidr_block: 192.168.0.0/16
    vswitches:
      s3: {zone: a, cidr_block: 192.168.1.0/24}
      s4: {zone: a, cidr_block: 192.168.2.0/24}
security_groups:
  open: {vpc: va, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
  clients: {vpc: va, inner_access_policy: Drop}
  server:
    vpc: va
    inner_access_policy: Drop
    rules:
      range: {type: ingress, ip_protocol: tcp, port_range: 80/90, source_security_group: clients}
      first: {type: ingress, ip_protocol: tcp, port_range: 100/100, priority: 1, cidr_ip: 0.0.0.0/0}
      behind: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 100/100, priority: 2, cidr_ip: 0.0.0.0/0}
      late: {type: ingress, ip_protocol: tcp, port_range: 101/101, priority: 50, cidr_ip: 0.0.0.0/0}
      before: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 101/101, priority: 49, cidr_ip: 0.0.0.0/0}
  second:
    vpc: va
    inner_access_policy: Drop
    rules:
      more: {type: ingress, ip_protocol: tcp, port_range: 200/200, cidr_ip: 0.0.0.0/0}
      not-85: {type: ingress, policy: drop, ip_protocol: tcp, port_range: 85/85, cidr_ip: 0.0.0.0/0}
  gb: {vpc: vb, rules: {all: {type: ingress, cidr_ip: 0.0.0.0/0}}}
ecs:
  nat: {vswitch: s1, private_ip: 172.16.1.1, security_groups: [open]}
  c1: {vswitch: s1, private_ip: 172.16.1.11, security_groups: [clients]}
  c2: {vswitch: s1, private_ip: 172.16.1.12, security_groups: [clients]}
  srv: {vswitch: s1, private_ip: 172.16.1.20, security_groups: [server, second]}
  a2: {vswitch: s2, private_ip: 172.16.2.2, security_groups: [open]}
  b1: {vswitch: s3, private_ip: 192.168.1.10, security_groups: [gb]}
  b2: {vswitch: s3, private_ip: 192.168.1.130, security_groups: [gb]}
  b3: {vswitch: s4, private_ip: 192.168.2.3, security_groups: [gb]}
api_gateways:
  gw: {region: r1, bind: {vpc: va, vswitch: s1, ip: 172.16.1.100}}
cen:
  c:
    attachments: {aa: {vpc: va}, ab: {vpc: vb}}
    bandwidth_packages: {p: {bandwidth: 10Mbit}}
    bandwidth_limits: {l: {regions: [r1, r2], bandwidth_limit: 10Mbit}}
YAML
}

@test "security groups: ranges, other groups as source, several groups, one vSwitch" {
  lab=sg
  labctl up "$(filters_lab)"
  [ "$(tcp c1 172.16.1.20 80)" = refused ] # a member of the group that the rule names
  [ "$(tcp c1 172.16.1.20 90)" = refused ]
  [ "$(tcp c1 172.16.1.20 91)" = timeout ]
  [ "$(tcp nat 172.16.1.20 80)" = timeout ]  # not a member
  [ "$(tcp nat 172.16.1.20 100)" = refused ] # the lower number decides, accept or drop
  [ "$(tcp nat 172.16.1.20 101)" = timeout ]
  [ "$(tcp b1 172.16.1.20 200)" = refused ] # rules of the second group count as well
  [ "$(tcp c1 172.16.1.20 85)" = timeout ]  # and of one priority, drop wins across groups
  unreachable c1 172.16.1.12                # one vSwitch, one group that isolates its members
  [ "$(tcp c1 172.16.1.100 81)" = refused ] # the gateway's VIP is under no group
}

@test "route tables: the longest prefix, conflicts by table, parts of 100.64.0.0/10, no redirects" {
  lab=sg
  labctl up "$(filters_lab)"
  inside nat -- ip address add 192.168.1.130/32 dev lo
  inside nat -- ip address add 192.168.2.3/32 dev lo
  inside nat -- ip address add 100.118.28.1/32 dev lo
  hops() { inside "$1" -- ping -c 1 -W 1 "$2" | sed -n 's/.*ttl=\([0-9]*\).*/\1/p'; }
  # an instance of the own VPC is one router away, one of the other region four
  [ "$(hops nat 192.168.1.10)" = 60 ]
  [ "$(hops a2 192.168.1.10)" = 60 ]
  [ "$(hops a2 192.168.1.130)" = 63 ] # longer than the route of the CEN
  [ "$(hops c1 192.168.1.130)" = 60 ] # the system table does not have it
  [ "$(hops c1 192.168.2.3)" = 63 ]   # a custom entry keeps the CEN's out
  [ "$(hops a2 192.168.2.3)" = 60 ]   # of its own table only
  [ "$(hops c1 100.118.28.1)" = 63 ]
  # what comes back to its sender is swallowed, without a redirect
  run inside nat -- ping -c 1 -W 1 10.5.5.5
  [ "$status" -eq 1 ]
  [[ $output != *edirect* ]]
}
