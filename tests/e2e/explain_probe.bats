#!/usr/bin/env bats
# `labctl explain --probe`: the prediction beside real packets, hop by hop, and a disagreement that is found.

load ../lib/e2e

setup() {
  need_root
  file=$(variation scenario1 p1 <<<'regions: {}')
  url='http://${api_groups.group-1.vpc_domain}/hello'
}
teardown() { down_all p1; }

probe() { run labctl explain p1 ecs-3 "$@" --probe; }

# unseen JQ: how often the places on the way that should have seen the probe, and that JQ selects, did not
unseen() { jq "[.legs[] | .there[], .back[] | $1 | .seen_in, .seen_out | numbers | select(. == 0)] | length"; }

@test "as predicted: all hops see what is sent, and so it is where it is refused or stopped" {
  up "$file"
  probe "$url"
  [ "$status" -eq 0 ]
  [[ $output == *"probe: 200 in "*": as predicted"* ]] || { echo "$output"; false; }
  [[ $output =~ "> vpc-3 ".*"[in "[1-9][0-9]*", out "[1-9][0-9]*"]" ]]
  run labctl explain p1 ecs-3 "$url" --probe --json
  [ "$status" -eq 0 ]
  [ "$(unseen . <<<"$output")" -eq 0 ]
  [[ $(jq -c '[.probe.agrees, .probe.status, .probe.ns, (.legs | length)]' <<<"$output") == "[true,200,null,4]" ]] ||
    { echo "$output"; false; }
  probe "http://172.16.1.10/nothing"
  [ "$status" -eq 1 ]
  [[ $output == *"probe: 404 "*" in "*": as predicted"* || $output == *"probe: 403 "*" in "*": as predicted"* ]] ||
    { echo "$output"; false; }
  probe 172.16.1.10:81
  [ "$status" -eq 1 ]
  [[ $output == *"probe: no connection: refused: as predicted"* ]] || { echo "$output"; false; }
  probe 172.16.99.1
  [ "$status" -eq 1 ]
  [[ $output == *"> vpc-3  STOPS [in 3]"*"probe: no answer: as predicted"* ]] || { echo "$output"; false; }
  probe "http://no-such-name.example/"
  [ "$status" -eq 1 ]
  [[ $output == *"probe: no answer: "*": as predicted"* ]] || { echo "$output"; false; }
}

@test "what the analysis cannot see is named at the hop where it is" {
  up "$file"
  nsenter --net=/run/netns/p1.ecs-3 nft -f - <<'END'
table netdev mine {
  chain in {
    type filter hook ingress device "eth0" priority 0; policy accept;
    ip protocol tcp drop
  }
}
END
  probe 172.16.1.10
  [ "$status" -eq 0 ] # its pings pass
  probe "$url"
  [ "$status" -eq 1 ]
  [[ $output == *"reachable: function hello answers"*"probe: no answer: "*": DISAGREES with the prediction"* ]] ||
    { echo "$output"; false; }
  [[ $output == *"where  ecs-3, of connection to 172.16.1.10, TCP port 80: it comes to ecs-3, and goes no further"* ]] ||
    { echo "$output"; false; }
  run labctl explain p1 ecs-3 172.16.1.10:80 --probe --json
  [ "$status" -eq 1 ]
  [[ $(jq -c '[.reachable, .probe.agrees, .probe.answered, .probe.ns]' <<<"$output") == '["yes",false,false,"ecs-3"]' ]] ||
    { echo "$output"; false; }
  nsenter --net=/run/netns/p1.apigw-1 sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
  probe 172.16.1.10
  [ "$status" -eq 1 ]
  [[ $output == *"where  apigw-1, of ping 172.16.1.10: it arrives at apigw-1, and no answer leaves by vpc"* ]] ||
    { echo "$output"; false; }
}

@test "where nothing was predicted, what happens is told" {
  up "$file"
  ip -n p1.vpc-3 rule add pref 77 fwmark 3 lookup 77
  probe 172.16.1.10 --json
  [ "$status" -eq 1 ]
  [[ $(jq -c '[.reachable, .probe.agrees, .probe.answered]' <<<"$output") == '["unknown",null,true]' ]] ||
    { echo "$output"; false; }
}

@test "it is for a lab that is up, as it runs" {
  run labctl explain "$file" ecs-3 "$url" --probe
  [ "$status" -eq 3 ]
  run labctl explain "$file" ecs-3 "$url" --probe --plan
  [ "$status" -eq 2 ]
  [[ $output == *"--probe is for the lab as it runs"* ]]
}

@test "a limit that was named and is used up is no wrong prediction" {
  labctl up "$(variation gateway-policies p1 <<<'plugins: {once-a-minute: {trafficControl: {unit: DAY}}}')"
  orders() { run labctl explain p1 ecs-1 'http://${api_groups.shop.vpc_domain}/orders' --app app-1 --probe "$@"; }
  orders
  [[ $status -eq 0 && $output == *"probe: 200 in "*": as predicted" ]] || { echo "$output"; false; }
  orders
  [[ $status -eq 0 && $output == *"probe: 429 T429PA in "*": as predicted: the limit of once-a-minute is used up" ]] ||
    { echo "$output"; false; }
  orders --json
  [ "$(jq -c '[.status, .probe.agrees, .probe.status, .probe.limit]' <<<"$output")" = \
    '[200,true,429,"the limit of once-a-minute is used up"]' ]
}
