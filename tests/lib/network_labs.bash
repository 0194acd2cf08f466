# Labs of network.bats and reach.bats: security groups and route tables of all kinds (net, sg), an
# enterprise edition CEN (ent). Each function gives the path of its lab file.
# shellcheck shell=bash

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

enterprise_lab() {
  write_lab ent <<'YAML'
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
}
