#!/usr/bin/env bats
# Whatever somebody changes by hand in a running lab is named by `status`, mended by `up`, and no obstacle to
# `down`. What it does to kernel objects in detail: tests/kernel/test_observe.c.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all drift; }

in_state() { labctl status drift --json | jq -e --arg w "$1" --arg s "$2" 'any(.workers[]; .worker == $w and .state == $s)'; }
setting() { ip netns exec drift.vpc-3 sh -c "echo $2 >/proc/sys/net/ipv4/conf/$1"; }

# What is done by hand, and a part of the line by which status names it.
damages() {
  cat <<'TABLE'
ip netns del drift.ecs-3                                          | missing namespace ecs-3
ip -n drift.vpc-3 link del ecs-3                                  | missing link vpc-3/ecs-3 <-> ecs-3/eth0
ip -n drift.vpc-3 link set ecs-3 down                             | changed link vpc-3/ecs-3 <-> ecs-3/eth0 vpc-3/ecs-3: down
ip -n drift.ecs-3 link set eth0 mtu 1400                          | changed link vpc-3/ecs-3 <-> ecs-3/eth0 ecs-3/eth0: mtu 1400
ip -n drift.vpc-3 link set ecs-3 alias other                      | vpc-3/ecs-3: alias
ip -n drift.vpc-3 link set ecs-3 name other                       | extra device vpc-3/other
ip -n drift.vpc-3 link set ecs-3 address 02:00:00:00:00:01        | changed link vpc-3/ecs-3 <-> ecs-3/eth0
ip -n drift.cen-1.cn-beijing link set vpc-3 gso_max_segs 7        | cen-1.cn-beijing/vpc-3: GSO limit
setting ecs-3/forwarding 0                                        | vpc-3/ecs-3: forwarding 0
setting ecs-3/proxy_arp 0                                         | vpc-3/ecs-3: proxy ARP
setting ecs-3/rp_filter 1                                         | vpc-3/ecs-3: rp_filter 1
ip -n drift.vpc-3 link set lo down                                | changed namespace vpc-3 lo: down
ip -n drift.ecs-3 addr del 192.168.1.10/24 dev eth0               | missing address ecs-3/eth0 192.168.1.10/24
ip -n drift.vpc-3 route del 172.16.1.0/24 table 1000              | missing route vpc-3 1000 172.16.1.0/24
ip -n drift.ecs-3 route replace blackhole default proto 200       | changed route ecs-3 main 0.0.0.0/0
ip -n drift.vpc-3 rule del pref 1000                              | missing rule vpc-3 1000
ip -n drift.vpc-3 neigh flush dev cen-1 nud permanent             | missing neighbour vpc-3/cen-1
tc -n drift.cen-1.cn-beijing qdisc del dev cn-hangzhou root       | missing shaper cen-1.cn-beijing/cn-hangzhou
tc -n drift.cen-1.cn-beijing qdisc change dev cn-hangzhou root handle 1: tbf rate 9mbit burst 1600 limit 30000 | changed shaper cen-1.cn-beijing/cn-hangzhou
ip netns exec drift.vpc-3 nft flush ruleset                       | missing filter vpc-3 labctl-sg
ip netns exec drift.vpc-3 nft insert rule ip labctl-sg forward accept | changed filter vpc-3 labctl-sg
ip -n drift.idc-1 link set office type bridge stp_state 1     | changed bridge idc-1/office spanning tree
ip -n drift.idc-1 link set office down                        | changed bridge idc-1/office down
ip -n drift.idc-1 link set idc-client nomaster                    | idc-1/idc-client: bridge
ip -n drift.vpc-3 addr add 10.9.9.9/24 dev ecs-3                  | extra address vpc-3/ecs-3 10.9.9.9/24
ip -n drift.vpc-3 route add 172.16.1.10/32 dev ecs-3 table 1000   | extra route vpc-3 1000 172.16.1.10/32
ip -n drift.vpc-3 rule add pref 77 fwmark 3 lookup 77             | extra rule vpc-3 77
ip -n drift.vpc-3 neigh add 192.168.1.77 lladdr 02:00:00:00:00:01 dev ecs-3 nud permanent | extra neighbour vpc-3/ecs-3 192.168.1.77
tc -n drift.vpc-3 qdisc add dev ecs-3 root tbf rate 1mbit burst 3000 limit 30000 | extra shaper vpc-3/ecs-3
ip netns exec drift.vpc-3 nft add table inet other                | extra filter vpc-3 inet other
ip -n drift.vpc-3 link add other type bridge                      | extra device vpc-3/other
p=$(worker drift apigw-1); kill -STOP $p; within 5 in_state apigw-1 stopped | stopped apigw-1
p=$(supervisor drift); kill -STOP $p; within 5 stopped $p         | stopped supervisor
kill -9 $(supervisor drift)                                       | missing supervisor
TABLE
}

# One data centre beside scenario 1, for a bridge.
lab_file() {
  variation scenario1 drift <<'YAML'
data_centers:
  idc-1:
    lans: {office: {cidr_block: 10.10.1.0/24, gateway_ip: 10.10.1.1}}
    hosts: {idc-client: {lan: office, ip: 10.10.1.30}}
YAML
}

# named TEXT: status says so, and exits with 1.
named() {
  run labctl status drift
  [[ $status -eq 1 ]] && tr -s ' ' <<<"$output" | grep -qF -- "$1"
}

# What explain says where it looks at what it needs is what it says of all of the lab, every table listed.
explained() {
  local question all some
  while read -ra question <&5; do
    mv /run/labctl/drift/filters "$BATS_TEST_TMPDIR"
    all=$(labctl explain drift "${question[@]}" --whole --json) && some=0 || some=$?
    mv "$BATS_TEST_TMPDIR/filters" /run/labctl/drift
    diff <(echo "$all") <(labctl explain drift "${question[@]}" --json) || { echo "${question[*]}"; return 1; }
    [[ $(jq .live <<<"$all") == true && $some -le 1 ]]
  done 5<<'QUESTIONS'
ecs-3 apigw-1
ecs-3 http://${api_groups.group-1.vpc_domain}/hello
ecs-3 10.9.9.9
idc-client ecs-3
idc-client 10.10.1.1
QUESTIONS
}

@test "whatever is changed by hand is named, and mended; and an explanation that looks at little sees it" {
  file=$(lab_file)
  up "$file"
  labctl status drift
  while IFS='|' read -r command text <&4; do
    read -r text <<<"$text"
    eval "$command"
    within 5 named "$text" || { echo "after: $command"; echo "no \"$text\" in:"; echo "$output"; false; }
    explained || { echo "after: $command"; false; }
    up "$file"
    run labctl status drift
    [[ $status -eq 0 ]] || { echo "after: $command, and up"; echo "$output"; false; }
  done 4< <(damages)
}

# started: how many processes an explanation starts. Tables are listed by one.
started() {
  strace -f -qq -e trace=clone,clone3,fork,vfork -o "$BATS_TEST_TMPDIR/trace" \
    "$labctl" explain drift ecs-3 apigw-1 >"$BATS_TEST_TMPDIR/out" || [[ $? -eq 1 ]]
  wc -l <"$BATS_TEST_TMPDIR/trace"
}
listed() { [[ $(started) -gt 0 ]]; }
unlisted() { [[ $(started) -eq 0 ]]; }

@test "tables that nobody touched are not listed; others are, also where nobody can know" {
  need_program strace
  local record=/run/labctl/drift/filters
  file=$(lab_file)
  up "$file"
  unlisted
  before=$(stat -c %i $record)
  ip netns exec drift.vpc-3 nft add chain ip labctl-sg other
  ip netns exec drift.vpc-3 nft delete chain ip labctl-sg other
  listed # and is as it should
  labctl status drift
  [[ $(stat -c %i $record) -eq $before ]] # who only looks writes nothing
  up "$file"
  [[ $output == *"nothing to do"* ]]
  unlisted
  rm $record
  listed
  up "$file"
  unlisted
  sed -i 's/^\(labctl-filters 1 \)./\1x/' $record # as of another boot
  listed
  up "$file"
  unlisted
  head -c -1 $record >$record.cut
  mv $record.cut $record
  listed
  labctl status drift
}

@test "what is added in a node is its owner's: neither named nor touched" {
  file=$(lab_file)
  up "$file"
  ip -n drift.ecs-3 addr add 10.9.9.9/24 dev eth0
  ip -n drift.ecs-3 route add 10.8.0.0/16 via 192.168.1.253
  ip netns exec drift.ecs-3 nft add table ip mine
  ip -n drift.ecs-3 link add mine type bridge
  labctl status drift
  up "$file"
  [[ $output == *"nothing to do"* ]]
  ip -n drift.ecs-3 addr show dev eth0 | grep -F 10.9.9.9/24
  ip -n drift.ecs-3 link show mine
  ip netns exec drift.ecs-3 nft list table ip mine
}

@test "a worker that is killed is back at once, and nothing else was" {
  up "$(lab_file)"
  before=$(worker drift apigw-1) dns=$(worker drift dns)
  kill -9 "$before"
  back() { in_state apigw-1 ready && [ "$(worker drift apigw-1)" != "$before" ]; }
  within 5 back
  [ "$(worker drift dns)" = "$dns" ]
  labctl status drift
}

@test "no damage is an obstacle to down" {
  up "$(lab_file)"
  p=$(supervisor drift)
  while IFS='|' read -r command _ <&4; do
    [[ $command == *supervisor* || $command == *worker* ]] || eval "$command" || true
  done 4< <(damages) 2>/dev/null
  kill -STOP "$p"
  labctl down drift
  lab_gone drift
}
