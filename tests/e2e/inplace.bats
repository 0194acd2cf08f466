#!/usr/bin/env bats
# `up` on a running lab: each kind of change, while a TCP connection that it does not concern (or that it
# concerns without ending it) goes on, and everything else keeps its namespace, its interfaces and its process.

load ../lib/e2e

setup() {
  need_root
  dir=$BATS_TEST_TMPDIR
  stream=$BATS_TEST_DIRNAME/../lib/stream.py
  jobs=()
}
teardown() {
  for pid in "${jobs[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  down_all inplace
}

# serve NODE PORT: a server of endless streams, listening.
serve() {
  ip netns exec "inplace.$1" "$stream" serve "$2" 3>&- &
  jobs+=($!)
  within 5 listens "$@"
}
listens() { [[ -n $(ip netns exec "inplace.$1" ss -Hltn "sport = :$2") ]]; }

# connect NODE ADDRESS PORT: a connection whose bytes are counted in $dir/NODE.
connect() {
  ip netns exec "inplace.$1" "$stream" read "$2" "$3" "$dir/$1" 3>&- &
  jobs+=($!)
  within 5 grows "$1"
}
came() { cat "$dir/$1" 2>/dev/null || echo ended; }
grows() {
  local earlier later
  earlier=$(came "$1")
  [[ $earlier != ended* ]] || return 1
  read -rt 0.02 <> <(:) || true
  later=$(came "$1")
  [[ $later != ended* && $later > $earlier ]]
}

# identities: one line for each namespace, interface and worker, with what makes it the same one.
identities() {
  local pin
  for pin in /run/netns/inplace.*; do
    echo "namespace ${pin##*/inplace.} $(stat -Lc %i "$pin")"
    ip -n "${pin##*/}" -j link | jq -r --arg ns "${pin##*/inplace.}" '.[] | "interface \($ns)/\(.ifname) \(.ifindex)"'
  done
  labctl status inplace --json | jq -r '.workers[] | "worker \(.worker) \(.pid)"'
}

# change OTHERS SED...: edits the lab file and brings it up. Of all identities only those that match the
# regular expression OTHERS may be others afterwards; every connection in $streams lives.
change() {
  local may=$1 before=$now node
  shift
  sed -i "$@" "$file"
  up "$file"
  [[ $output == *changed\ in* ]] || { echo "nothing changed by: $*"; echo "$output"; return 1; }
  now=$(identities)
  run diff <(echo "$before") <(echo "$now")
  output=$(grep '^[<>]' <<<"$output" | grep -Ev "^[<>] ($may) " || true)
  [[ -z $output ]] || { echo "$* touched:"; echo "$output"; return 1; }
  for node in $streams; do
    within 5 grows "$node" || { echo "$*: the connection of $node: $(came "$node")"; return 1; }
  done
}
nothing=-
line='worker wire' # carries it where the kernel has no netem, and hands over

@test "routes, rules, rates, delays, filters, workers, nodes and VPCs change beside a TCP connection" {
  file=$(variation scenario1 inplace <<<'{}')
  sed -i -e '/^  - id: variation$/,$d' \
    -e 's/^  sg-3: .*/&\n  sg-1: {vpc: vpc-1, rules: {tcp: {type: ingress, ip_protocol: tcp, port_range: 7000\/7000, cidr_ip: 0.0.0.0\/0}}}/' \
    -e 's/^  ecs-3: .*/&\n  ecs-1: {vswitch: vsw-1a, private_ip: 172.16.1.20, security_groups: [sg-1]}/' "$file"
  up "$file"
  serve ecs-1 7000
  connect ecs-3 172.16.1.20 7000
  streams=ecs-3
  now=$(identities)

  change "$line" 's/2Mbit/5Mbit/'                               # shaper
  change "$line" 's/5Mbit/300Mbit/'                             # and limits of segments, on interfaces
  change "$line" 's/300Mbit/2Mbit/'
  change "$line" 's/rtt: 30ms/rtt: 40ms/'                       # delay
  change $nothing 's/port_range: 7000/port_range: 6999/'         # filter
  change $nothing 's/6999.7000/7001\/7001/'                      # closes the port; what is open stays open
  change $nothing 's/^      vsw-1b: .*/&\n      vsw-1c: {zone: i, cidr_block: 172.16.3.0\/24}/' # routes
  change $nothing '/vsw-1c/d'
  change 'worker (apigw-1|function-hello)' 's/timeout: 10s}/timeout: 9s}/' # gateway and function
  change '(namespace|interface) ecs-9.*|interface vpc-1/ecs-9|worker dns' \
    's/^  ecs-3: .*/&\n  ecs-9: {vswitch: vsw-1b, private_ip: 172.16.2.20, security_groups: [sg-1]}/'
  change '(namespace|interface) ecs-9.*|interface vpc-1/ecs-9|worker dns' '/ecs-9/d'
  change '(namespace|interface) vpc-9.*|interface (cen-1|svc).cn-beijing/vpc-9|worker dns' \
    -e 's/^  vpc-3:$/  vpc-9: {region: cn-beijing, cidr_block: 10.9.0.0\/16, vswitches: {vsw-9: {zone: a, cidr_block: 10.9.1.0\/24}}}\n&/' \
    -e 's/^\( *\)attach-vpc-3: .*/&\n\1attach-vpc-9: {vpc: vpc-9}/'
  change '(namespace|interface) vpc-9.*|interface (cen-1|svc).cn-beijing/vpc-9|worker dns' '/vpc-9/d'
  labctl status inplace
}

@test "circuits, health checks, loss, DNS servers and services change beside a TCP connection" {
  file=$(variation scenario2 inplace <<<'{}')
  sed -i -e '/^  - id: variation$/,$d' \
    -e 's/^      ping-from-idc: .*/&\n      tcp: {type: ingress, ip_protocol: tcp, port_range: 7000\/7000, cidr_ip: 10.10.0.0\/16}/' \
    -e 's/records: .*//' "$file"
  up "$file"
  serve ecs-1 7000
  connect idc-client 172.16.1.20 7000
  streams=idc-client
  now=$(identities)

  change "$line" 's/LX, rtt: 2ms/LX, rtt: 3ms/'
  change "$line" 's/LX, rtt: 3ms/&, loss: 0.1%/'
  change "$line" 's/^\( *\)peering_subnet_mask: .*/&\n\1bandwidth: 50Mbit/'
  change 'worker routing' 's/health_check_target_ip: 10.0.0.2/&, health_check_interval: 3s/'
  change 'worker (dns|idc-dns|dns-idc-dns)' 's/dns: {forward: /dns: {records: {a.idc.lab: 10.10.1.7}, forward: /'
  change 'worker (dns|idc-dns|dns-idc-dns)' 's/10.10.1.7/10.10.1.8/'
  change 'worker (service-.*)' 's/idc-client: {lan: office, ip: 10.10.1.30/&, services: {web: {port: 8080}}/'
  change 'worker (service-.*)' 's/web: {port: 8080}/web: {port: 8081}/'
  change '(namespace|interface) idc-9.*|interface idc-1/.*idc-9|worker dns.*' 's/^\( *\)idc-client: .*/&\n\1idc-9: {lan: office, ip: 10.10.1.39}/'
  change '(namespace|interface) idc-9.*|interface idc-1/.*idc-9|worker dns.*' '/idc-9/d'
  change $nothing 's/^\( *\)vpc-1: {destination_cidr_block: 172.16.0.0.16.*/&\n\1more: {destination_cidr_block: 172.17.0.0\/16, next_hop: 10.0.0.1}/'
  labctl status inplace
}

@test "settings of one circuit's BGP session change while all packets arrive by the other" {
  mkdir -p "$dir/inplace"
  file=$dir/inplace/lab.yaml
  sed -e 's/^lab: .*/lab: inplace/' "$shipped/dual-circuit/lab.yaml" >"$file"
  up "$file"
  established() { [[ $(labctl status inplace --json | jq '[.circuits[] | select(.state == "ok")] | length') -eq 2 ]]; }
  within 15 established
  serve idc-service 7000
  connect ecs-1 10.10.1.20 7000
  streams=ecs-1
  now=$(identities)
  ip netns exec inplace.ecs-1 ping -i 0.02 -w 30 10.10.1.20 >"$dir/ping" 3>&- &
  ping=$!
  jobs+=($ping)
  change $nothing '0,/min_tx_interval: 900ms/s//min_tx_interval: 800ms/'
  within 15 established
  kill -INT $ping
  wait $ping || true
  cat "$dir/ping"
  # all that were sent but the last, whose answer may have been under way when ping ended
  read -r sent received < <(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$dir/ping")
  [ "$received" -ge 10 ]
  [ $((sent - received)) -le 1 ]
  grep -q "icmp_seq=$received " "$dir/ping"
}

@test "a customer router's BGP session lives on when another one goes, comes and changes" {
  file=$(variation dual-circuit inplace <<<'data_centers: {idc-1: {circuits: {second: null}}}')
  established() { [[ $(sessions | grep -c Established) -eq $1 ]]; }
  # The sessions of the customer router, each with the moment since when it is as it is.
  sessions() { birdc -s /run/labctl/inplace/run/bird-idc-1/bird.ctl 'show protocols' | awk '$2 == "BGP" { print $1, $5, $6 }'; }
  up "$file" --step bgp
  within 15 established 2
  pid=$(worker inplace bird-idc-1)
  first=$(sessions | head -n 1)
  read -rt 1.1 <> <(:) || true # the daemon's times are whole seconds
  up "$file"
  [[ $(sessions) == "$first" ]] || { echo "was: $first"; sessions; false; }
  up "$file" --step bgp
  within 15 established 2
  sed -i 's/preference: 20$/preference: 30/' "$file"
  up "$file" --step bgp
  grep -q 'bgp_local_pref = 970' <(ip netns exec inplace.idc-1 cat "/proc/$pid/root/tmp/bird.conf") || { cat "/proc/$pid/root/tmp/bird.conf"; false; }
  established 2
  [[ $(sessions | head -n 1) == "$first" ]] || { echo "was: $first"; sessions; false; }
  [ "$(worker inplace bird-idc-1)" -eq "$pid" ]
}
