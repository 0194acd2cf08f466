#!/usr/bin/env bats
# Backends that are called by HTTPS: a service with a certificate of its own, which nobody vouches for, through a
# VPC access authorization and by its name on the Internet; services that speak no TLS, or say nothing; and the built-in
# echo with TLS, whose certificate is the lab's.

load ../lib/e2e

setup() {
  need_root
  need_program openssl
}
teardown() { down_all secure; }

# It answers with what it was asked for: the name in the TLS handshake, Host, the length of the body.
write_service() { # DIR
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=nobody.example.com \
    -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
  chmod a+r "$1/key.pem" # the service is nobody
  cat >"$1/tls.py" <<'PYTHON'
import http.server, os, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        n = len(self.rfile.read(int(self.headers["Content-Length"])))
        text = f"{getattr(self.connection, 'asked', None)} {self.headers['Host']} {n} {self.client_address[1]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
folder = os.path.dirname(sys.argv[0])
context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
context.sni_callback = lambda sock, name, _: setattr(sock, "asked", name)
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
}

lab_file() {
  local dir=$BATS_TEST_TMPDIR/secure
  mkdir -p "$dir"
  write_service "$dir"
  cat >"$dir/lab.yaml" <<YAML
lab: secure
regions: {cn-hangzhou: {zones: [h]}}
internet: {hosts: {shop: {domains: [shop.example.net], services: {tls: {command: [python3, $dir/tls.py, "443"], port: 443}}}, store: {domains: [store.example.net], services: {web: {port: 443, tls: true}}}}}
private_zones: {zone-1: {zone_name: example.com, vpcs: [vpc-1], records: {orders: 172.16.1.30, www: orders.example.com}}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
security_groups: {sg-1: {vpc: vpc-1, rules: {all: {type: ingress, ip_protocol: tcp, port_range: 1/65535, cidr_ip: 0.0.0.0/0}}}}
ecs:
  ecs-1: {vswitch: vsw-1, security_groups: [sg-1]}
  ecs-2:
    vswitch: vsw-1
    private_ip: 172.16.1.30
    security_groups: [sg-1]
    services:
      web: {port: 8080}
      safe: {port: 8445, tls: true}
      tls: {command: [python3, $dir/tls.py, "8443"], port: 8443}
      mute: {command: [python3, -c, "import socket, time; s = socket.create_server(('', 8444)); time.sleep(1e6)"], port: 8444}
api_gateways: {apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, ip: 172.16.1.10}, limits: {connect_time: 1s, handshake_time: 300ms}}}
api_groups: {group-1: {instance: apigw-1, vpc_domain: true}}
vpc_accesses:
  tls: {vpc: vpc-1, instance_id: ecs-2, port: 8443, vpc_target_host_name: "orders.example.com:8443"}
  bare: {vpc: vpc-1, instance_id: ecs-2, port: 8443}
  web: {vpc: vpc-1, instance_id: ecs-2, port: 8080}
  safe: {vpc: vpc-1, instance_id: ecs-2, port: 8445}
  mute: {vpc: vpc-1, instance_id: ecs-2, port: 8444}
apis:
  named: {group: group-1, method: POST, path: /named, stages: [RELEASE], backend: {vpc_access: tls, vpc_scheme: https}}
  bare: {group: group-1, method: POST, path: /bare, stages: [RELEASE], backend: {vpc_access: bare, vpc_scheme: https}}
  plain: {group: group-1, method: POST, path: /plain, stages: [RELEASE], backend: {vpc_access: bare}}
  web: {group: group-1, method: POST, path: /web, stages: [RELEASE], backend: {vpc_access: web, vpc_scheme: https}}
  mute: {group: group-1, method: POST, path: /mute, stages: [RELEASE], backend: {vpc_access: mute, vpc_scheme: https}}
  safe: {group: group-1, method: POST, path: /safe, stages: [RELEASE], backend: {vpc_access: safe, vpc_scheme: https}}
  clear: {group: group-1, method: POST, path: /clear, stages: [RELEASE], backend: {vpc_access: safe}}
  store: {group: group-1, method: POST, path: /store, stages: [RELEASE], backend: {http: "https://store.example.net"}}
  shop: {group: group-1, method: POST, path: /shop, stages: [RELEASE], backend: {http: "https://shop.example.net"}}
YAML
  echo "$dir/lab.yaml"
}

post() { labctl exec secure ecs-1 -- curl -s -m 8 --data-binary "${2-hello}" "http://$name$1"; }
code() { labctl exec secure ecs-1 -- curl -s -m 8 -d x -o /dev/null -w '%{http_code} %header{x-ca-error-code} %header{x-ca-error-message}' "http://$name$1"; }

@test "any certificate will do, the name is asked for, connections are used again" {
  up "$(lab_file)"
  name=$(domain secure group-1)
  first=$(post /named)
  [[ $first == "orders.example.com orders.example.com:8443 5 "* ]] || { echo "$first"; false; }
  [ "$(post /named)" = "$first" ] # the same port: the same connection
  [[ $(post /bare) == "None 172.16.1.30:8443 5 "* ]]
  head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/body"
  [[ $(post /named @"$BATS_TEST_TMPDIR/body") == *" 3000000 "* ]]
  [[ $(post /shop) == *" shop.example.net 5 "* ]]

  [ "$(code /web)" = '504 D504CS Backend http ssl connect failed `handshake failed: /172.16.1.30:8080`' ]
  [ "$(code /mute)" = '504 D504CS Backend http ssl connect failed `handshake timed out: /172.16.1.30:8444`' ]
  [[ $(code /plain) == "502 D502BR "* ]]
  # a client of the gateway that says nothing does not wait for the ten seconds of a handshake
  labctl exec secure ecs-1 -- timeout 5 bash -c 'exec 3<>/dev/tcp/172.16.1.10/443 && cat <&3'
  [[ $(post /named) == "orders.example.com "* ]]

  # labctl explain says the same beforehand, where it knows the service
  run labctl explain secure ecs-1 "http://$name/web" -X POST
  [[ $output == *D504CS* ]] || { echo "$output"; false; }
  run labctl explain secure ecs-1 "http://$name/named" -X POST
  [[ $output == *"TLS: whatever certificate the backend has"* ]] || { echo "$output"; false; }

  # one target under two names has two pools
  metrics=$(labctl exec secure ecs-1 -- curl -s -m 5 http://172.16.1.10:9145/metrics)
  for label in ',tls="orders.example.com"' ',tls="172.16.1.30"' ''; do
    grep -q "^labctl_gateway_upstream_idle{backend=\"172.16.1.30:8443\",device=\"vpc-1\"$label} [01]$" <<<"$metrics" ||
      { echo "$label: $metrics"; false; }
  done
}

in_node() { labctl exec secure ecs-1 -- "$@"; }
cause() { labctl explain secure ecs-1 "$@" --json | jq -r '.cause // "\(.status)"'; }

@test "the echo with TLS has a certificate of the lab's, under all its names" {
  up "$(lab_file)"
  name=$(domain secure group-1)
  for host in 172.16.1.30 ecs-2.cn-hangzhou.ecs.internal orders.example.com www.example.com; do
    [[ $(in_node curl -sS -m 5 "https://$host:8445/hello") == *'"service": "safe", "node": "ecs-2"'*'"path": "/hello"'* ]]
    [ "$(cause "https://$host:8445/status/404")" = 404 ]
  done
  [[ $(labctl exec secure store -- curl -sS -m 5 https://store.example.net/a) == *'"node": "store"'* ]]
  run in_node curl -s -m 5 --connect-to ::172.16.1.30:8445 https://other.example.com:8445/ # of another name
  [ "$status" -eq 60 ]
  run in_node curl -s -m 5 http://172.16.1.30:8445/
  [ "$status" -ne 0 ]
  [ "$(cause http://172.16.1.30:8445/ || true)" = "TLS fails at ecs-2: the echo service speaks HTTPS only" ]

  # through the gateway
  [[ $(post /safe) == *'"path": "/safe"'*'"body_bytes": 5'* ]]
  [[ $(post /store) == *'"node": "store"'* ]]
  said=$(code /clear)
  [[ $said == "502 D502BR "* ]] || { echo "$said"; false; }
  [ "$(cause "http://$name/safe" -X POST)" = 200 ]
  [ "$(cause "http://$name/clear" -X POST || true)" = "apigw-1 answers 502 D502BR: ${said#502 D502BR }" ]
  [[ $(labctl logs secure service-ecs-2-safe) == *'"path":"/safe","status":200'* ]]
}
