#!/usr/bin/env bats
# Security groups, route tables and transit routers, observed with packets: who reaches whom, and
# what is dropped in silence.

load ../lib/e2e
load ../lib/network_labs

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
  labctl up "$(enterprise_lab)"
  reaches e1 10.3.1.1
  reaches e3 10.1.1.1     # by its own custom route: route synchronization is off
  unreachable e1 10.2.1.1 # v2 is in a table of its own
  unreachable e2 10.1.1.1
  unreachable e3 10.2.1.1
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
