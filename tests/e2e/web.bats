#!/usr/bin/env bats
# `labctl web`: whom it lets in, what it tells of a lab while it happens, and that it only shows.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup_file() {
  [[ $EUID -ne 0 ]] || labctl up scenario1
}
teardown_file() {
  down_all scenario1
}
setup() {
  need_root
  events=$BATS_TEST_TMPDIR/events
  answer=$BATS_TEST_TMPDIR/answer
}
teardown() {
  [[ -z ${stream_pid-} ]] || kill "$stream_pid" 2>/dev/null || true
  [[ -z ${traffic_pid-} ]] || kill "$traffic_pid" 2>/dev/null || true
  [[ -z ${web_pid-} ]] || kill "$web_pid" 2>/dev/null || true
  wait
}

serve() { # [OPTION...]: sets page and key
  "$labctl" web scenario1 "$@" >"$BATS_TEST_TMPDIR/url" 2>"$BATS_TEST_TMPDIR/web.err" 3>&- &
  web_pid=$!
  within 10 grep -q '#' "$BATS_TEST_TMPDIR/url" || { cat "$BATS_TEST_TMPDIR/web.err"; false; }
  page=$(sed 's/#.*//' "$BATS_TEST_TMPDIR/url")
  key=$(sed 's/.*#//' "$BATS_TEST_TMPDIR/url")
  [[ $key =~ ^[0-9a-f]{32}$ && $page =~ ^http://127\.0\.0\.1:[0-9]+/$ ]]
}
ask() { # PATH [CURL-OPTION...]: the status, and the answer in $answer
  curl -sS -m 20 -o "$answer" -w '%{http_code}\n' -H "Authorization: Bearer $key" "${@:2}" "$page$1"
}
refused() { # STATUS PATH [CURL-OPTION...]: without the key
  local status=$1
  [[ $(curl -sS -m 20 -o /dev/null -w '%{http_code}' "${@:3}" "$page$2") == "$status" ]]
}
watch_page() {
  curl -sSN -H "Authorization: Bearer $key" "${page}api/events" >"$events" 3>&- &
  stream_pid=$!
  within 10 grep -q '^event: snapshot' "$events"
}
# told EVENT JQ: there was such an event for which the filter holds.
told() {
  grep -A1 "^event: $1\$" "$events" | sed -n 's/^data: //p' | jq -es "any(.[]; $2)" >/dev/null
}

@test "the page has no inline script, and may load nothing from elsewhere" {
  serve
  head=$(curl -sS -D- -o "$BATS_TEST_TMPDIR/page" "$page")
  grep -qi "^content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" <<<"$head"
  grep -qi "frame-ancestors 'none'" <<<"$head"
  grep -qi '^x-content-type-options: nosniff' <<<"$head"
  grep -qi '^referrer-policy: no-referrer' <<<"$head"
  run ! grep -qE '<script>|<style|style=| on[a-z]+=|https?://' "$BATS_TEST_TMPDIR/page"
  run ! grep -q "$key" "$BATS_TEST_TMPDIR/page"
  for file in app.js style.css icon.svg; do
    grep -q "/$file" "$BATS_TEST_TMPDIR/page"
    refused 200 "$file"
  done
}

@test "without the key, by another name, from another page: nothing" {
  serve
  refused 401 api/events
  refused 401 'api/node?name=vpc-1'
  refused 401 'api/node?name=vpc-1' -H 'Authorization: Bearer 00000000000000000000000000000000'
  refused 401 "api/node?name=vpc-1&key=$key"
  refused 421 '' -H 'Host: attacker.example'
  refused 421 'api/node?name=vpc-1' -H "Authorization: Bearer $key" -H 'Host: attacker.example:80'
  refused 403 'api/node?name=vpc-1' -H "Authorization: Bearer $key" -H 'Origin: http://attacker.example'
  refused 403 'api/node?name=vpc-1' -H "Authorization: Bearer $key" -H 'Sec-Fetch-Site: cross-site'
  refused 200 'api/node?name=vpc-1' -H "Authorization: Bearer $key" -H "Host: localhost:99"
}

@test "methods, paths and words that it does not know" {
  serve
  refused 404 nothing
  refused 404 page.html
  refused 404 ../../etc/passwd --path-as-is
  refused 405 '' -X POST -d x= || refused 413 '' -X POST -d x=
  refused 405 api/events -X DELETE
  [ "$(ask 'api/node?name=vpc-9')" = 404 ]
  [ "$(ask 'api/node?name=..%2f')" = 400 ]
  [ "$(ask 'api/node')" = 400 ]
  [ "$(ask 'api/explain?from=ecs-3&to=--help')" = 404 ]
  [ "$(ask 'api/explain?from=ecs-3&to=apigw-1')" = 200 ]
  [ "$(ask 'api/explain?from=apigw-1&to=ecs-3')" = 404 ]
  [ "$(ask 'api/run?do=test')" = 405 ]
}

@test "it only shows, unless --control says otherwise" {
  serve
  [ "$(ask 'api/run?do=test' -X POST)" = 403 ]
  watch_page
  told snapshot '.control == false and .up'
  labctl doctor --residue # it is no leftover of anything
}

@test "the server has no privilege: no user, no capability, no more calls than it needs" {
  serve
  pid=$(pgrep -P "$web_pid" -f '^labctl-web')
  status=$(cat "/proc/$pid/status")
  grep -qE $'^Uid:\t[1-9]' <<<"$status"
  grep -qE $'^Cap(Prm|Eff|Bnd|Amb):\t0+$' <<<"$status"
  grep -qE $'^NoNewPrivs:\t1' <<<"$status"
  grep -qE $'^Seccomp:\t2' <<<"$status"
  kill -9 "$pid"
  status=0
  wait "$web_pid" || status=$?
  web_pid=
  [ "$status" -eq 1 ]
  grep -q 'labctl-web has ended' "$BATS_TEST_TMPDIR/web.err"
}

@test "traffic becomes rates of its links, a call appears, a link that is down is told" {
  serve
  watch_page
  told snapshot '(.scene.boxes | length) > 8 and (.lesson.places | length) > 5'
  vpc3=$(grep -A1 '^event: snapshot' "$events" | sed -n 's/^data: //p' | jq '[.scene.links[].id] | index("attachment.vpc.vpc-3.tr.cen-1.cn-beijing")')
  "$labctl" exec scenario1 ecs-3 ping -q -i 0.01 -s 1000 -w 20 172.16.1.10 >/dev/null 2>&1 3>&- &
  traffic_pid=$!
  within 10 told rates "any(.links[]; .[0] == $vpc3 and .[1] > 200000)"
  labctl exec scenario1 ecs-3 curl -sS -o /dev/null "http://$(labctl plan scenario1 --json |
    jq -er '[.workers[].config.groups[]?.domains[] | select(.kind == "vpc") | .name] | first')/hello"
  within 5 told calls 'any(.[]; .status == 200 and .path == "/hello" and .from != null and .to != null)'
  ip -n scenario1.vpc-3 link set cen-1 down
  within 5 told rates "any(.links[]; .[0] == $vpc3 and .[4] == \"down\")"
  labctl up scenario1
}

@test "a node's addresses, routes and log; what differs from the plan" {
  serve
  [ "$(ask 'api/node?name=vpc-3')" = 200 ]
  jq -e '.role == "vpc" and .drift == [] and any(.routes[]; .to == "172.16.1.0/24" and .source == "transit router" and (.at | test("lab.yaml:")))' "$answer"
  jq -e '[.devices[].peer] == ["cen-1.cn-beijing", "ecs-3", "svc.cn-beijing"] and all(.devices[]; .state == "up")' "$answer"
  ip -n scenario1.vpc-3 route del 172.16.1.0/24 table 1000
  [ "$(ask 'api/node?name=vpc-3')" = 200 ]
  jq -e '.drift | length == 1 and (.[0] | test("172.16.1.0/24.*missing"))' "$answer"
  [ "$(ask 'api/explain?from=ecs-3&to=api&api=0')" = 200 ]
  jq -e '.reachable == "no" and .repaired_by_up and (.cause | test("vpc-3 has no route"))' "$answer"
  labctl up scenario1
  [ "$(ask 'api/explain?from=ecs-3&to=api&api=0')" = 200 ]
  jq -e '.reachable == "yes" and .answer == "function hello"' "$answer"
  [ "$(ask 'api/node?name=apigw-1')" = 200 ]
  jq -e '.log | length > 0' "$answer"
}

@test "--control: checks, and the lesson's next and last step" {
  serve --control
  watch_page
  [ "$(ask 'api/run?do=nonsense' -X POST)" = 404 ]
  [ "$(ask 'api/run?do=test' -X POST)" = 202 ]
  within 30 told ran '.do == "test" and .status == 0 and .json.failed == 0' || { cat "$events"; false; }
  [ "$(ask 'api/run?do=back' -X POST)" = 202 ]
  [ "$(ask 'api/run?do=next' -X POST)" = 409 ]
  within 30 told ran '.do == "back" and .status == 0'
  within 10 told snapshot '.lesson.here.id == "bandwidth"'
  [ "$(ask 'api/run?do=next' -X POST)" = 202 ]
  within 30 told ran '.do == "next" and .status == 0'
  within 10 told snapshot '.lesson.here.id == "grant"'
}

@test "--control: links are listed, broken and mended" {
  serve --control
  watch_page
  pair=cn-hangzhou:cn-beijing
  [ "$(ask 'api/run?do=links' -X POST)" = 202 ]
  within 10 told ran ".do == \"links\" and any(.json.links[]; .link == \"$pair\" and .state == \"up\")"
  [ "$(ask 'api/run?do=down' -X POST)" = 400 ]
  [ "$(ask 'api/run?do=reset&link=--all' -X POST)" = 400 ]
  [ "$(ask "api/run?do=down&link=$pair" -X POST)" = 202 ]
  within 10 told ran '.do == "down" and .status == 0'
  run ip netns exec scenario1.ecs-3 ping -c 1 -W 1 172.16.1.253
  [ "$status" -eq 1 ]
  [ "$(ask 'api/run?do=reset' -X POST)" = 202 ]
  within 10 told ran '.do == "reset" and .status == 0'
  ip netns exec scenario1.ecs-3 ping -c 1 -W 2 172.16.1.253
}

@test "a lab that goes down and comes back, while the page is open" {
  serve
  watch_page
  labctl down scenario1
  within 5 told snapshot '.up == false'
  [ "$(ask 'api/node?name=vpc-1')" = 409 ]
  labctl up scenario1
  within 10 bash -c "[[ \$(grep -A1 '^event: snapshot' '$events' | tail -1) == *'\"up\":true'* ]]"
  [ "$(ask 'api/node?name=vpc-1')" = 200 ]
}

@test "wrong command lines; a lab that is not up" {
  run labctl web
  [ "$status" -eq 2 ]
  run labctl web scenario1 --port 70000
  [ "$status" -eq 2 ]
  run labctl web scenario1 --listen example.org
  [ "$status" -eq 2 ]
  run labctl web scenario2
  [ "$status" -eq 3 ]
  [[ $output == *"labctl up scenario2"* ]]
}
