#!/usr/bin/env bats
# A gateway of several processes: they share its connections, count as one, and each may go and come.

load ../lib/e2e

setup() { need_root; }
teardown() {
  touch "$BATS_TEST_TMPDIR/stop"
  [[ -z ${load_pid-} ]] || wait "$load_pid" || true
  down_all workers
}

lab_file() { # WORKERS: a lab with a gateway of so many; gives its path
  mkdir -p "$BATS_TEST_TMPDIR/workers"
  cat >"$BATS_TEST_TMPDIR/workers/lab.yaml" <<YAML
lab: workers
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1}}
ecs: {ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}}
api_gateways:
  apigw-1: {region: cn-hangzhou, instance_type: normal, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}, workers: $1}
api_groups: {group-1: {instance: apigw-1, vpc_domain: true}}
apis:
  free: {group: group-1, method: GET, path: /free, stages: [RELEASE], backend: {mock: ok}}
  ten: {group: group-1, method: GET, path: /ten, stages: [RELEASE], backend: {mock: ok}}
plugins: {ten: {trafficControl: {unit: DAY, apiDefault: 10}}}
plugin_attachments: {ten: {plugin: ten, api: ten, stage_name: RELEASE}}
YAML
  echo "$BATS_TEST_TMPDIR/workers/lab.yaml"
}

on_node() { ip netns exec workers.ecs-1 "$@"; }

# calls PATH N: as many calls, each on a connection of its own, four at a time; prints how many had which status.
calls() {
  seq "$2" | on_node xargs -P 4 -I{} curl -s -m 10 -o /dev/null -w '%{http_code}\n' -H "Host: $name" "http://172.16.1.10$1" |
    sort | uniq -c | awk '{ printf "%s%d x %s", (NR > 1) ? ", " : "", $1, $2 }'
}

counted() { # API CODE: what the metrics say of it
  on_node curl -s http://172.16.1.10:9145/metrics |
    awk -v a="api=\"$1\"" -v c="code=\"$2\"" '/^labctl_gateway_requests_total/ && index($0, a) && index($0, c) { print $2 }'
}

states() { labctl status workers --json | jq -r '[.workers[] | select(.worker != "dns") | "\(.worker) \(.state) \(.restarts)"] | join(", ")'; }

connections() { # PID: of clients, established
  ip netns exec workers.apigw-1 ss -Htnp state established '( sport = :80 )' | grep -c "pid=$1," || true
}
all_open() { [[ $(connections "$first") -gt 0 && $(connections "$second") -gt 0 && $(($(connections "$first") + $(connections "$second"))) -eq 40 ]]; }
told_forty() { on_node curl -s http://172.16.1.10:9145/metrics | grep -qx 'labctl_gateway_connections 40'; }

@test "two processes share connections, count as one, and one of them may die" {
  up "$(lab_file 2)"
  name=$(domain workers group-1)
  [ "$(states)" = "apigw-1 ready 0, apigw-1.2 ready 0" ]
  [ "$(labctl explain workers ecs-1 "http://$name/free" --json | jq .status)" = 200 ]
  first=$(worker workers apigw-1)
  second=$(worker workers apigw-1.2)

  # exactly ten of sixty, whoever was asked
  [ "$(calls /ten 60)" = "10 x 200, 50 x 429" ]
  # whichever answers the scrape, it has counted all
  for ((i = 0; i < 6; i++)); do [[ $(counted ten 200) == 10 && $(counted ten 429) == 50 ]]; done

  # both have their share of connections, and either says how many there are
  on_node python3 -c "
import os, socket, sys, time
held = [socket.create_connection(('172.16.1.10', 80)) for _ in range(40)]
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)" "$BATS_TEST_TMPDIR/stop" 3>&- &
  load_pid=$!
  within 5 all_open
  for ((i = 0; i < 4; i++)); do within 5 told_forty; done
  touch "$BATS_TEST_TMPDIR/stop"
  wait "$load_pid"

  # one is killed: no new connection waits for it, and it comes back
  kill -9 "$second"
  [ "$(calls /free 60)" = "60 x 200" ]
  within 5 eval '[ "$(states)" = "apigw-1 ready 0, apigw-1.2 ready 1" ]'
  [ "$(worker workers apigw-1)" = "$first" ]
  [ "$(counted free 200)" = 60 ] # what a dead one had counted stays counted
  [ "$(calls /ten 4)" = "4 x 429" ]

  # all their calls are in one log, in whole lines
  run jq -rs 'length' /run/labctl/workers/log/apigw-1.log
  [ "$output" -eq 124 ]
  [ ! -e /run/labctl/workers/log/apigw-1.2.log ]
}

@test "from one to two to three to one, and no request is lost" {
  up "$(lab_file 1)"
  name=$(domain workers group-1)
  [ "$(calls /ten 12)" = "10 x 200, 2 x 429" ]
  load_begin workers "$name" /free
  for n in 2 3 1 2 1 3 2 1; do
    up "$(lab_file "$n")"
    [[ $output == *changed\ in* ]]
    [ "$(labctl status workers --json | jq '[.workers[] | select(.state == "ready")] | length')" -eq $((n + 1)) ]
  done
  load_end
  grep -qE '^new connections: [0-9]{2,} requests, 0 failures' "$BATS_TEST_TMPDIR/load"
  [ "$(states)" = "apigw-1 ready 0" ]
  [ "$(calls /ten 2)" = "2 x 429" ] # what was counted stays counted
}
