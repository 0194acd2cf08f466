#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Custom runtimes: functions that are HTTP servers and live through many invocations, in a lab.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all runtime; }

lab_file() {
  local dir=$BATS_TEST_TMPDIR/runtime
  mkdir -p "$dir/functions"
  cp "$shipped/scenario1/functions/hello" "$dir/functions/"
  # as docs/writing.md has it, with moods
  cat >"$dir/functions/moods" <<'PY'
#!/usr/bin/env python3
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mood, status, extra = event["pathParameters"]["mood"], 200, {}
        text = json.dumps({"statusCode": 200, "body": f"{os.getpid()} {os.geteuid()}\n"})
        if mood == "exit":
            os._exit(3)
        elif mood == "hang":
            time.sleep(1000)
        elif mood == "status":
            status = 500
        elif mood == "fc-status":
            extra = {"x-fc-status": "404"}
        elif mood == "text":
            text = "no JSON"
        elif mood == "headers":
            told = {k.lower(): v for k, v in self.headers.items() if k.lower().startswith("x-fc-")}
            text = json.dumps({"statusCode": 200, "body": json.dumps({"path": self.path, **told})})
        elif mood == "say":
            print("said", file=sys.stderr)
            print("printed", flush=True)
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

ThreadingHTTPServer(("0.0.0.0", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
PY
  # a web application that knows nothing of functions, but by Function Compute's headers
  cat >"$dir/functions/web" <<'PY'
#!/usr/bin/env python3
import json, os, socket, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path.endswith("/bad"):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
            return
        if self.path.endswith("/exit"):
            os._exit(3)
        if self.path.endswith("/hang"):
            time.sleep(1000)
        if self.path.endswith("/call"):
            try:
                request = urllib.request.Request("http://100.100.96.2/m", headers={"Host": os.environ["API"]})
                body = urllib.request.urlopen(request, timeout=9).read().decode()
            except OSError as e:
                body = str(e)
        if self.path.endswith("/slow"):
            while not os.path.exists(os.path.dirname(os.path.abspath(__file__)) + "/go"):
                time.sleep(0.05)
        text = json.dumps({"method": self.command, "path": self.path, "body": body, "headers": self.headers.items(),
                           "devices": [name for _, name in socket.if_nameindex()], "port": os.environ["FC_SERVER_PORT"]})
        self.send_response(418)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Mine", "yes")
        self.send_header("X-Fc-Error-Type", "forged")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode())

    do_GET = do_HEAD = do_PUT = do_DELETE = answer

port = int(os.environ["FC_SERVER_PORT"]) if "INSIDE" in os.environ else 9000
ThreadingHTTPServer(("0.0.0.0", port), Handler).serve_forever()
PY
  chmod 755 "$dir/functions/moods" "$dir/functions/web"
  cat >"$dir/lab.yaml" <<'YAML'
lab: runtime
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
api_gateways:
  apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}}
  apigw-2: {region: cn-hangzhou, instance_type: serverless}
api_groups:
  group-1: {instance: apigw-1, vpc_domain: true}
  group-2: {instance: apigw-2, vpc_domain: true, sub_domain_id: 0123456789abcdef0123456789abcdef}
functions:
  hello: {region: cn-hangzhou, code: functions/hello, runtime: custom}
  moods: {region: cn-hangzhou, code: functions/moods, runtime: custom, instance_concurrency: 5, timeout: 3s}
  web: {region: cn-hangzhou, code: functions/web, runtime: custom, trigger: http, timeout: 3s, role: "acs:ram::1:role/web",
    environment: {API: 0123456789abcdef0123456789abcdef-cn-hangzhou-vpc.alicloudapi.com}}
  calls: {region: cn-hangzhou, code: functions/web, runtime: custom, trigger: http, internet_access: true,
    environment: {API: 0123456789abcdef0123456789abcdef-cn-hangzhou-vpc.alicloudapi.com, INSIDE: "1"}}
apis:
  hello: {group: group-1, path: /hello, stages: [RELEASE], backend: {function: hello, arn_role: "acs:ram::1:role/r"}}
  moods: {group: group-1, path: "/moods/[mood]", stages: [RELEASE], backend: {function: moods, arn_role: "acs:ram::1:role/r"}}
  web: {group: group-1, method: ANY, path: "/web/[page]", stages: [RELEASE], backend: {function: web, arn_role: "acs:ram::1:role/r"}}
  m: {group: group-2, path: /m, stages: [RELEASE], backend: {mock: a mock}}
  calls: {group: group-1, path: /calls/call, stages: [RELEASE], backend: {function: calls, arn_role: "acs:ram::1:role/r"}}
  again: {group: group-1, path: "/again/[id]", stages: [RELEASE],
    backend: {function: web, method: PUT, path: "/v2/[id]", arn_role: "acs:ram::1:role/r"}}
YAML
  echo "$dir/lab.yaml"
}

get() { # PATH: "STATUS ERROR-CODE BODY"
  labctl exec runtime ecs-1 -- curl -s -m 20 -i --noproxy '*' "http://$host$1" | tr -d '\r' |
    awk '/^HTTP/ { s = $2 } tolower($1) == "x-ca-error-code:" { c = $2 } body { b = b $0 } /^$/ { body = 1 }
      END { print s " " c " " b }'
}

pid_of() { # of moods
  run get /moods/well
  [[ $output =~ ^200\ \ ([0-9]+)\ ([0-9]+)$ ]] || { echo "$output"; return 1; }
  pid=${BASH_REMATCH[1]} uid=${BASH_REMATCH[2]}
}

logged() { labctl logs runtime "function-$1" | grep -q -- "$2"; }

@test "custom runtimes in a lab: warm, told who calls, started again after a crash" {
  up "$(lab_file)"
  host=$(domain runtime group-1)

  run get /hello
  [ "$output" = "200  Hello, 172.16.1.20, from function hello in cn-hangzhou" ] || { echo "$output"; false; }
  get /hello
  logged hello 'cold start'
  [ "$(labctl logs runtime function-hello | grep -c 'cold start')" -eq 1 ]

  pid_of
  [ "$uid" -ne 0 ]
  first=$pid
  pid_of
  [ "$pid" = "$first" ]

  run get /moods/headers
  told=${output#200  }
  [ "$(jq -r '[.path, ."x-fc-function-name", ."x-fc-function-handler", ."x-fc-region", ."x-fc-function-memory",
    ."x-fc-function-timeout", ."x-fc-control-path"] | join(" ")' <<<"$told")" = \
    "/invoke moods moods cn-hangzhou 128 3 /invoke" ] || { echo "$told"; false; }
  jq -e '."x-fc-request-id" | test("^[0-9A-F-]{36}$")' <<<"$told"
  jq -e '[keys[] | select(test("access|secret|token"))] == []' <<<"$told"

  for mood in status fc-status text; do
    run get "/moods/$mood"
    [ "$output" = "502 D502FC " ] || { echo "$mood: $output"; false; }
  done
  pid_of
  [ "$pid" = "$first" ] # an error is an answer

  get /moods/say
  logged moods 'stderr: said'
  logged moods 'stdout: printed'

  run get /moods/exit
  [ "$output" = "502 D502FC " ]
  pid_of
  [ "$pid" != "$first" ]

  hung=$pid
  run get /moods/hang
  [ "$output" = "504 D504TO " ] || { echo "$output"; false; }
  pid_of
  [ "$pid" != "$hung" ]
  logged moods 'Function timed out after 3000 ms'

  kill -9 "$(worker runtime function-moods)" # no instance outlives its worker
  served() { pid_of && [ "$pid" != "$last" ]; }
  last=$pid
  pid_of || within 10 served
  [ "$pid" != "$last" ]
  [ "$(pgrep -cf "$BATS_TEST_TMPDIR/runtime/functions/moods")" -eq 1 ]
}

@test "an HTTP trigger: the function gets requests as they are, and its answers are passed on" {
  up "$(lab_file)"
  host=$(domain runtime group-1)
  run labctl explain runtime ecs-1 "http://$host/web/x"
  [[ $output == *"backend function web by its HTTP trigger"* ]] || { echo "$output"; false; }

  labctl exec runtime ecs-1 -- curl -s -m 20 --noproxy '*' -D - -X PUT -H 'X-Fc-Request-Id: forged' -H 'X_Fc_Region: mars' \
    -H 'X-Own: a' -d 'a body' "http://$host/web/%61?c=%20&c=d" >"$BATS_TEST_TMPDIR/said"
  tr -d '\r' <"$BATS_TEST_TMPDIR/said" >"$BATS_TEST_TMPDIR/answer"
  id=$(sed -n 's/^X-Ca-Request-Id: //p' "$BATS_TEST_TMPDIR/answer")
  grep -q "^HTTP/1.1 418 " "$BATS_TEST_TMPDIR/answer" || { cat "$BATS_TEST_TMPDIR/answer"; false; }
  grep -q "^X-Mine: yes" "$BATS_TEST_TMPDIR/answer"
  grep -q "^x-fc-request-id: $id" "$BATS_TEST_TMPDIR/answer"
  run grep -i -e forged -e ^server: "$BATS_TEST_TMPDIR/answer"
  [ "$status" -eq 1 ] || { echo "$output"; false; }
  got=$(tail -1 "$BATS_TEST_TMPDIR/answer")
  [ "$(jq -r '"\(.method) \(.path) \(.body)"' <<<"$got")" = 'PUT /web/a?c=%20&c=d a body' ] || { echo "$got"; false; }
  jq -r '.headers[] | select(.[0] | test("^x.(fc|own|real)"; "i")) | join("=")' <<<"$got" |
    sed -E 's/(LabFake[a-zA-Z]*)[0-9a-zA-Z]{16,}$/\1.../' >"$BATS_TEST_TMPDIR/headers"
  diff <(LC_ALL=C sort "$BATS_TEST_TMPDIR/headers") - <<TXT
X-Own=a
X-Real-IP=172.16.1.20
x-fc-access-key-id=STS.LabFake...
x-fc-access-key-secret=LabFakeSecret...
x-fc-control-path=/http-invoke
x-fc-function-handler=web
x-fc-function-memory=128
x-fc-function-name=web
x-fc-function-timeout=3
x-fc-region=cn-hangzhou
x-fc-request-id=$id
x-fc-security-token=CAISLabFakeToken...
TXT

  run get "/again/7?x"
  [ "$(jq -r '"\(.method) \(.path)"' <<<"${output#418  }")" = 'PUT /v2/7?x' ] || { echo "$output"; false; }
  run labctl exec runtime ecs-1 -- curl -s -m 20 --noproxy '*' -I "http://$host/web/head"
  [[ $output == *"HTTP/1.1 418 "*"Content-Length: "[1-9]* ]] || { echo "$output"; false; }

  for failure in "bad 502 D502FC" "exit 502 D502FC" "hang 504 D504TO"; do
    run get "/web/${failure%% *}"
    [ "$output" = "${failure#* } " ] || { echo "$failure: $output"; false; }
    run get "/web/well" # another instance
    [[ $output == "418  {"* ]] || { echo "$output"; false; }
  done
  logged web 'Function gave no answer'
  logged web 'Function timed out after 3000 ms'
}

@test "instances that all listen on port 9000, each in a network of its own, without privilege" {
  up "$(lab_file)"
  host=$(domain runtime group-1)
  for i in 1 2 3; do
    get /web/slow >"$BATS_TEST_TMPDIR/slow$i" 3>&- &
  done
  three_began() { [ "$(labctl logs runtime function-web | grep -c 'cold start: instance on port 9000')" -eq 3 ]; }
  within 10 three_began
  touch "$BATS_TEST_TMPDIR/runtime/functions/go"
  wait
  for i in 1 2 3; do
    [ "$(sed 's/^418  //' "$BATS_TEST_TMPDIR/slow$i" | jq -c '[.path, .port, .devices]')" = '["/web/slow","9000",["lo"]]' ] ||
      { cat "$BATS_TEST_TMPDIR/slow$i"; false; }
  done
  three_began
  run get /web/call
  [ "$(jq -r .body <<<"${output#418  }")" = "<urlopen error [Errno 101] Network is unreachable>" ] || { echo "$output"; false; }

  run get /calls/call # it is in the network of its region
  [ "$(jq -r .body <<<"${output#418  }")" = "a mock" ] || { echo "$output"; false; }
  run labctl logs runtime function-calls
  [[ $output == *"cold start: instance on port "[12]????* ]] || { echo "$output"; false; }
  for program in "$(worker runtime function-web)" $(pgrep -P "$(worker runtime function-web)"); do
    run grep -h -E '^Cap(Prm|Eff|Inh|Amb)' /proc/"$program"/task/*/status
    [ "$(cut -f 2 <<<"$output" | sort -u)" = 0000000000000000 ] || { echo "$output"; false; }
    [ "$(grep -h -c 'Seccomp:.2' /proc/"$program"/task/*/status | sort -u)" = 1 ]
  done
}

@test "as many invocations at a time in one instance as the lab file says" {
  up "$(lab_file)"
  host=$(domain runtime group-1)
  for i in 1 2 3 4 5; do
    get /moods/hang >/dev/null 3>&- &
  done
  wait
  [ "$(labctl logs runtime function-moods | grep -c 'timed out')" -eq 5 ]
  [ "$(labctl logs runtime function-moods | grep -c 'cold start')" -eq 1 ]
  labctl down runtime
  run pgrep -f "$BATS_TEST_TMPDIR/runtime/functions"
  [ "$status" -eq 1 ]
}
