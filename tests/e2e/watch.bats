#!/usr/bin/env bats
# `status --watch` tells what happens as it happens.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  out=$BATS_TEST_TMPDIR/out
}
teardown() {
  [[ -z ${watch_pid-} ]] || kill "$watch_pid" 2>/dev/null || true
  down_all watched
}

start_watch() { # [OPTION...]
  "$labctl" status watched --watch "$@" >"$out" 2>"$out.err" 3>&- &
  watch_pid=$!
  within 5 grep -q 'watching .* namespaces' "$out"
}
end_watch() { # SIGNAL: gives its exit status
  kill "-$1" "$watch_pid"
  status=0
  wait "$watch_pid" || status=$?
  watch_pid=
  [[ ! -s $out.err ]] || { cat "$out.err"; false; }
}
# told TEXT: within a second there is a line that ends with it, behind a time.
told() { within 2 grep -qE "^[0-9]{2}:[0-9]{2}:[0-9]{2} $1\$" "$out" || { cat "$out"; false; }; }

@test "links, routes, rules, shapers, filters, settings and namespaces are told, and their mending" {
  file=$(variation scenario1 watched <<<'{}')
  up "$file"
  start_watch
  ip -n watched.vpc-3 link set ecs-3 down
  told 'link vpc-3/ecs-3 <-> ecs-3/eth0: changed, vpc-3/ecs-3: down'
  told 'route vpc-3 main 192.168.1.10/32: missing'
  ip -n watched.vpc-3 link set ecs-3 up
  told 'link vpc-3/ecs-3 <-> ecs-3/eth0: back as planned'
  ip -n watched.vpc-3 route add 192.168.1.10 dev ecs-3 proto 200 scope link
  told 'route vpc-3 main 192.168.1.10/32: back as planned'
  ip -n watched.ecs-3 addr del 192.168.1.10/24 dev eth0
  told 'address ecs-3/eth0 192.168.1.10/24: missing'
  ip -n watched.vpc-3 rule del pref 1000
  told 'rule vpc-3 1000: missing'
  ip -n watched.vpc-3 neigh flush dev cen-1 nud permanent
  told 'neighbour vpc-3/cen-1 100.64.192.196: missing'
  tc -n watched.cen-1.cn-beijing qdisc del dev cn-hangzhou root
  told 'shaper cen-1.cn-beijing/cn-hangzhou: missing'
  ip netns exec watched.vpc-3 nft flush ruleset
  told 'filter vpc-3 labctl-sg: missing'
  ip netns exec watched.vpc-3 sh -c 'echo 0 >/proc/sys/net/ipv4/conf/ecs-3/forwarding'
  told 'link vpc-3/ecs-3 <-> ecs-3/eth0: changed, vpc-3/ecs-3: forwarding 0'
  ip -n watched.vpc-1 addr add 10.9.9.9/24 dev lo
  told 'address vpc-1/lo 10.9.9.9/24: extra'
  ip netns del watched.ecs-3
  told 'namespace ecs-3: missing'
  up "$file"
  told 'namespace ecs-3: back as planned'
  told 'address vpc-1/lo 10.9.9.9/24: back as planned'
  told 'filter vpc-3 labctl-sg: back as planned'
  # the namespace is another one now, and followed as the former one was
  ip -n watched.ecs-3 link set lo down
  told 'namespace ecs-3: changed, lo: down'
  end_watch INT
  [ "$status" -eq 1 ] # something differs
}

@test "workers and their supervisor are told, and what up does is not" {
  file=$(variation scenario1 watched <<<'{}')
  up "$file"
  start_watch
  kill -9 "$(worker watched apigw-1)"
  told 'worker apigw-1: backing-off, killed by signal 9 \(Killed\)'
  told 'worker apigw-1: back as planned'
  kill -STOP "$(worker watched dns)"
  told 'worker dns: stopped'
  kill -CONT "$(worker watched dns)"
  told 'worker dns: back as planned'
  before=$(wc -l <"$out")
  up "$file" --step bandwidth
  told 'watched: `up` changed it'
  up "$file"
  count() { [[ $(wc -l <"$out") -ge $((before + 2)) ]]; }
  within 3 count
  run ! grep -vE '`up` changed it' <(tail -n +$((before + 1)) "$out")
  kill -9 "$(supervisor watched)"
  told 'supervisor: missing'
  up "$file"
  told 'supervisor: back as planned'
  end_watch TERM
  [ "$status" -eq 0 ]
}

@test "as JSON each line is an object, and the end of the lab is the end of the watch" {
  up "$(variation scenario1 watched <<<'{}')"
  start_watch --json
  ip -n watched.vpc-3 link set ecs-3 mtu 1400
  within 2 jq -se 'any(.[]; .object == "link vpc-3/ecs-3 <-> ecs-3/eth0" and .drift == "changed" and
    .detail == "vpc-3/ecs-3: mtu 1400" and .resource == "ecs.ecs-3" and (.time | test("^20.*Z$")))' "$out"
  ip -n watched.vpc-3 link set ecs-3 mtu 1500
  within 2 jq -se 'any(.[]; .object == "link vpc-3/ecs-3 <-> ecs-3/eth0" and .drift == null)' "$out"
  labctl down watched
  status=0
  wait "$watch_pid" || status=$?
  watch_pid=
  [ "$status" -eq 0 ]
  tail -n 1 "$out" | jq -e '.event == "is down"'
}

@test "a lab that is not up is exit 3; --watch without a lab is exit 2" {
  run -3 labctl status scenario2 --watch
  run -2 labctl status --watch
}

@test "on a terminal the last line says what differs now" {
  up "$(variation scenario1 watched <<<'{}')"
  ip -n watched.vpc-3 rule del pref 1000
  run -1 env TERM=xterm python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py" --wait "1 differs: rule vpc-3 1000" --type $'\003' \
    "$labctl" status watched --watch
  [[ $output == *"1 differs: rule vpc-3 1000"* ]] || { echo "$output"; false; }
}
