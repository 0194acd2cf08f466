#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# labctl-function as the gateway sees it: curl over loopback, real handlers, without a lab.

load ../lib/e2e

setup_file() {
  export PROGRAM="${LABCTL_BUILD_DIR:?}/libexec/labctl/labctl-function"
  export LIB="${LABCTL_SOURCE_DIR:?}/tests/lib" DIR="$BATS_FILE_TMPDIR" PORT=45900
  export HANDLERS="$LABCTL_BUILD_DIR/share/labctl/labs/scenario1/functions"
  cat >"$DIR/odd" <<'SH'
#!/bin/sh
case $(cat) in
*crash*) kill -SEGV $$ ;;
*status*) echo '{}'; exit 3 ;;
*hang*) sleep 1000 ;;
*wait*) until [ -e "${0%/*}/go" ]; do sleep 0.05; done; echo '{}' ;;
*endless*) head -c 1073741824 /dev/zero ;;
*large*) head -c 33554432 /dev/zero ;;
*text*) echo 'not JSON' ;;
*env*) printf '{"statusCode": 200, "body": "%s"}' "$FC_FUNCTION_NAME $FC_REGION $FC_TIMEOUT $FC_MEMORY_MB $FC_REQUEST_ID $COLOUR" ;;
*noise*) echo 'what a day' >&2; echo '{}' ;;
esac
SH
  printf '\001\002' >"$DIR/broken"
  chmod 755 "$DIR/odd" "$DIR/broken"
  cp "$DIR/odd" "$DIR/brief"
  local i=0 handler
  for handler in "$HANDLERS/hello" "$HANDLERS/hello.py" "$HANDLERS/hello.sh" "$DIR/odd" "$DIR/broken" "$DIR/brief"; do
    start $((PORT + i)) "$handler"
    i=$((i + 1))
  done
  for i in 0 1 2 3 4 5; do
    within 5 test -s "$DIR/ready$((PORT + i))" || { cat "$DIR/log$((PORT + i))"; return 1; }
  done
}

start() { # port, handler; of those that answer, each may take the time that a busy machine needs
  local timeout=20000
  [[ $2 != */brief ]] || timeout=3000
  printf '{"function": "f", "region": "cn-hangzhou", "handler": "%s", "timeout_ms": %d,
    "memory_mb": 64, "environment": {"COLOUR": "blue"}}' "$2" "$timeout" >"$DIR/config$1"
  {
    "$LIB/run_worker.py" "$PROGRAM" "$DIR/config$1" "$DIR/ready$1" "invoke:tcp:$1" &
    echo $! >"$DIR/pid$1"
    status=0
    wait $! || status=$?
    echo $status >"$DIR/status$1"
  } >"$DIR/log$1" 2>&1 3>&- &
}

teardown_file() {
  local f
  for f in "$DIR"/pid*; do
    kill "$(<"$f")" 2>/dev/null || true
  done
}

invoke() { # port offset, event, curl options
  curl -s -m 30 --noproxy '*' -X POST -H 'x-fc-request-id: 1F-a2' --data-binary "$2" "${@:3}" \
    "http://127.0.0.1:$((PORT + $1))/invoke"
}

handler_runs() { pgrep -P "$(<"$DIR/pid$((PORT + 3))")" >/dev/null; } # of odd

EVENT='{"path": "/hello", "httpMethod": "GET", "headers": {"X-Forwarded-For": "192.168.1.10"},
  "queryParameters": {}, "body": "", "isBase64Encoded": true}'

@test "hello in C, Python and shell: the same greeting" {
  for i in 0 1 2; do
    run invoke $i "$EVENT" -i
    [[ $output == *"200 OK"*"x-fc-request-id: 1F-a2"*"x-fc-status: 200"* ]]
    [[ $output == *"Hello, 192.168.1.10, from function f in cn-hangzhou"* ]]
  done
}

@test "?size=N makes the body N bytes long, in every language" {
  for i in 0 1 2; do
    for n in 1 10 1000 1048576; do
      invoke $i "${EVENT/'{}'/"{\"size\": \"$n\"}"}" >"$DIR/answer"
      run python3 -c 'import json, sys; a = json.load(sys.stdin); print(a["statusCode"], len(a["body"]))' <"$DIR/answer"
      [ "$output" = "200 $n" ]
    done
    run invoke $i "${EVENT/'{}'/"{\"size\": \"4194305\"}"}"
    [[ $output =~ \"statusCode\":\ ?400 ]]
  done
}

@test "environment" {
  run invoke 3 '"env"'
  [[ $output == *"f cn-hangzhou 20 64 1F-a2 blue"* ]]
}

@test "standard error goes to the log" {
  invoke 3 '"noise"'
  grep -q '1F-a2: stderr: what a day' "$DIR/log$((PORT + 3))"
}

@test "crash, exit status: FunctionUnhandledError" {
  for event in crash status; do
    run invoke 3 "\"$event\"" -i
    [[ $output == *" 404 "*"x-fc-status: 404"*"x-fc-error-type: FunctionUnhandledError"* ]]
    [[ $output == *'"errorType":"FunctionUnhandledError"'* ]]
  done
}

@test "what is printed comes back as it is, whatever it is" {
  run invoke 3 '"text"' -i
  [[ $output == *" 200 "*"x-fc-status: 200"*"not JSON" ]]
}

@test "hang: FunctionTimeout at the timeout; others are served meanwhile" {
  start=$(date +%s%N)
  invoke 5 '"hang"' -i >"$DIR/hang" 3>&- &
  run invoke 5 '"env"'
  [[ $output == *blue* ]]
  wait $!
  took=$((($(date +%s%N) - start) / 1000000))
  [[ $(<"$DIR/hang") == *" 404 "*"x-fc-error-type: FunctionTimeout"* ]]
  [ "$took" -ge 3000 ]
  [ "$took" -lt 12000 ]
}

@test "32 MiB of output come back; 1 GiB: ResponseTooLarge" {
  [ "$(invoke 3 '"large"' | wc -c)" -eq 33554432 ]
  run invoke 3 '"endless"' -i
  [[ $output == *" 404 "*"x-fc-error-type: ResponseTooLarge"* ]]
}

@test "exec format error: FunctionNotStarted" {
  run invoke 4 '{}' -i
  [[ $output == *" 404 "*"x-fc-error-type: FunctionNotStarted"*"Exec format error"* ]]
}

@test "initialize; other paths and methods" {
  run curl -s -o /dev/null -w '%{http_code}' --noproxy '*' -X POST "http://127.0.0.1:$PORT/initialize"
  [ "$output" = 200 ]
  run curl -s -o /dev/null -w '%{http_code}' --noproxy '*' -X POST "http://127.0.0.1:$PORT/else"
  [ "$output" = 404 ]
  run curl -s -o /dev/null -w '%{http_code}' --noproxy '*' "http://127.0.0.1:$PORT/invoke"
  [ "$output" = 405 ]
}

@test "a client that leaves takes its handler with it" {
  curl -s -m 2 --noproxy '*' -X POST -d '"hang"' "http://127.0.0.1:$((PORT + 3))/invoke" >/dev/null 3>&- &
  client=$!
  within 3 handler_runs
  status=0
  wait $client || status=$?
  [ "$status" -eq 28 ]
  idle() { ! handler_runs; }
  within 2 idle || { pgrep -alP "$(<"$DIR/pid$((PORT + 3))")"; cat "$DIR/log$((PORT + 3))"; return 1; }
  grep -q ' -: the client left$' "$DIR/log$((PORT + 3))"
}

@test "SIGTERM: the invocation under way is answered, then exit 0" {
  invoke 3 '"wait"' -i >"$DIR/last" 3>&- &
  client=$!
  within 3 handler_runs
  kill "$(<"$DIR/pid$((PORT + 3))")"
  touch "$DIR/go"
  wait $client
  [[ $(<"$DIR/last") == *" 200 "* ]] ||
    { cat "$DIR/last" "$DIR/log$((PORT + 3))"; return 1; }
  within 3 test -s "$DIR/status$((PORT + 3))"
  [ "$(<"$DIR/status$((PORT + 3))")" = 0 ]
}
