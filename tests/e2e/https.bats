#!/usr/bin/env bats
# HTTPS at a gateway: certificates that the lab's nodes trust and the host does not, the wrong protocol, the
# wrong name, what stays when the lab changes.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() { need_root; }
teardown() { down_all https; }

lab_file() { # GROUP-2's VPC domain: true or false
  local dir=$BATS_TEST_TMPDIR/https
  mkdir -p "$dir"
  cat >"$dir/lab.yaml" <<YAML
lab: https
regions: {cn-hangzhou: {zones: [h]}}
vpcs:
  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}
  vpc-2: {region: cn-hangzhou, cidr_block: 172.17.0.0/16, vswitches: {vsw-2: {zone: h, cidr_block: 172.17.1.0/24}}}
private_zones:
  zone-1:
    zone_name: example.com
    vpcs: [vpc-1]
    records: {api: "\${api_groups.group-1.vpc_domain}", plain: 172.16.1.10}
security_groups: {sg-1: {vpc: vpc-1, rules: {web: {type: ingress, ip_protocol: tcp, port_range: 8080/8081, cidr_ip: 0.0.0.0/0}}}, sg-2: {vpc: vpc-2}}
ecs:
  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}
  ecs-3: {vswitch: vsw-2, private_ip: 172.17.1.20, security_groups: [sg-2]}
  ecs-2: {vswitch: vsw-1, private_ip: 172.16.1.30, security_groups: [sg-1], services: {web: {port: 8080}, trust: {command: [python3, -m, http.server, "8081", --directory, /etc/ssl/certs], port: 8081}}}
api_gateways:
  apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}}
api_groups:
  group-1: {instance: apigw-1, vpc_domain: true, domains: {api.example.com: {}, plain.example.com: {certificate: false}}}
  group-2: {instance: apigw-1, vpc_domain: $1}
vpc_accesses: {web: {vpc: vpc-1, instance_id: ecs-2, port: 8080}}
apis:
  both: {group: group-1, method: ANY, path: /both, stages: [RELEASE], backend: {vpc_access: web, path: /}}
  only-tls: {group: group-1, path: /only-tls, protocol: HTTPS, stages: [RELEASE], auth_type: APP, backend: {mock: tls}}
  only-http: {group: group-1, path: /only-http, protocol: HTTP, stages: [RELEASE], backend: {mock: http}}
  second: {group: group-2, path: /second, stages: [RELEASE], backend: {mock: second}}
apps: {app-1: {}}
app_attachments: {may: {app: app-1, api: only-tls}}
checks:
  - {id: both, from: ecs-1, http: "GET https://\${api_groups.group-1.vpc_domain}/both", expect: {status: 200}}
  - {id: wrong, from: ecs-1, http: "GET https://\${api_groups.group-1.vpc_domain}/only-http", expect: {status: 403, error_code: I403PT}}
  - {id: signed, from: ecs-1, app: app-1, http: "GET https://\${api_groups.group-1.vpc_domain}/only-tls", expect: {status: 200, body: tls}}
YAML
  echo "$dir/lab.yaml"
}

in_node() { labctl exec https ecs-1 -- "$@"; }
get() { in_node curl -si -m 5 "$@" | tr -d '\r'; } # head and body
alert() { in_node timeout 5 openssl s_client -connect 172.16.1.10:443 "$@" </dev/null 2>&1 | sed -n 's/.*SSL alert number //p'; }
cause() { labctl explain https ecs-1 "$@" --json | jq -r '.cause // "\(.status) \(.error_code)"'; }

@test "nodes trust the lab's authority, the host does not; protocols are an API's own" {
  up "$(lab_file true)"
  name=$(domain https group-1)
  run labctl test https
  [ "$status" -eq 0 ] || { echo "$output"; false; }

  answer=$(get "https://$name/both")
  [[ $answer == "HTTP/1.1 200"* && $answer == *'"X-Forwarded-Proto": "https"'* ]] || { echo "$answer"; false; }
  # a body and an answer of many records, and the next request on the same connection
  head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/body"
  run in_node curl -s -m 10 -o /dev/null -o /dev/null -w '%{http_code} %{num_connects} ' --data-binary @"$BATS_TEST_TMPDIR/body" \
    "https://$name/both" "https://$name/both"
  [ "$output" = "200 1 200 0 " ]

  for call in "https://$name/only-http HTTPS" "http://$name/only-tls HTTP"; do
    read -r url protocol <<<"$call"
    answer=$(get "$url")
    [[ $answer == "HTTP/1.1 403"* && $answer == *"X-Ca-Error-Code: I403PT"* &&
      $answer == *"Invalid protocol $protocol unsupported"* ]] || { echo "$answer"; false; }
    [ "$(cause "$url" || true)" = "apigw-1 answers 403 I403PT: Invalid protocol $protocol unsupported" ]
  done
  [ "$(cause "https://$name/both")" = "200 " ]
  run labctl api call https only-tls
  [ "$status" -eq 0 ]
  [[ $output == *"HTTP/1.1 200"*tls* ]]
  [[ $(labctl sign "$BATS_TEST_TMPDIR/https/lab.yaml" only-tls) == *"'https://$name/only-tls'"* ]]
  [[ $(labctl logs https apigw-1) == *'"requestProtocol":"HTTPS"'* ]] || { labctl logs https apigw-1; false; }

  # the host's own trust is what it was
  ca=/run/labctl/https/secrets/ca.pem
  run ! grep -qF "$(sed -n 2p "$ca")" /etc/ssl/certs/ca-certificates.crt
  in_node grep -qF "$(sed -n 2p "$ca")" /etc/ssl/certs/ca-certificates.crt
  in_node curl -s -m 5 http://172.16.1.30:8081/ca-certificates.crt | grep -qF "$(sed -n 2p "$ca")"
  run ! grep -q 'ca-certificates.crt\|secrets' /proc/self/mountinfo
  # the keys are root's, and the gateway has neither privilege nor the authority's key
  [ "$(stat -c %a /run/labctl/https/secrets)" = 700 ]
  [ -e /run/labctl/https/secrets/ca-key.pem ]
  [ -e /run/labctl/https/secrets/apigw-1.certificates ]
  [ -z "$(find /run/labctl/https/secrets -name '*key*' -perm /077)" ]
  [ -z "$(find /run/labctl/https/secrets -name '*.certificates' -perm /077)" ]
  fds=$(ls -l "/proc/$(worker https apigw-1)/fd")
  [[ $fds == *socket:* && $fds != *ca-key* ]]
  grep -q '^CapPrm:	0*$' "/proc/$(worker https apigw-1)/status"
  grep -q '^Seccomp:	2$' "/proc/$(worker https apigw-1)/status" || sanitized
}

@test "the name chooses the certificate, and without one there is no connection" {
  need_program openssl
  up "$(lab_file true)"
  first=$(domain https group-1) second=$(domain https group-2)
  for name in "$first" "$second"; do
    run in_node timeout 5 openssl s_client -connect 172.16.1.10:443 -servername "$name" -verify_hostname "$name" </dev/null
    [[ $output == *"Verify return code: 0 (ok)"* ]] || { echo "$output"; false; }
  done
  [[ $(in_node timeout 5 openssl s_client -connect 172.16.1.10:443 -servername "$first" -tls1_2 </dev/null 2>&1) == *"Protocol  : TLSv1.2"* ]]
  [[ $(in_node timeout 5 openssl s_client -connect 172.16.1.10:443 -servername "$first" -alpn h2,http/1.1 </dev/null 2>&1) == *"ALPN protocol: http/1.1"* ]]
  # unrecognized_name, no_application_protocol
  [ "$(alert -servername other.example.com)" = 112 ]
  [ "$(alert -noservername)" = 112 ]
  [ "$(alert -servername "$first" -alpn h2)" = 120 ]
  # a certificate of one name is none of the other
  run in_node curl -s -m 5 --connect-to "::$first:443" "https://$second/second"
  [ "$status" -eq 0 ]
  [ "$output" = second ]
  [ "$(cause https://172.16.1.10/both || true)" = "TLS fails at apigw-1: there is no certificate for 172.16.1.10" ]
  [ "$(cause "https://$first:80/both" || true)" = "TLS fails at apigw-1: this port speaks HTTP only: https needs port 443" ]
  [ "$(cause "http://$first:443/both" || true)" = "TLS fails at apigw-1: this port speaks HTTPS only: http needs port 80" ]
  [ "$(cause https://172.16.1.30:8080/ || true)" = "TLS fails at ecs-2: the echo service speaks HTTP only" ]
}

@test "domains of one's own: found by a private zone, with a certificate or without" {
  up "$(lab_file true)"
  [ "$(in_node curl -s -m 5 -o /dev/null -w '%{http_code}' https://api.example.com/both)" = 200 ]
  [ "$(in_node curl -s -m 5 http://plain.example.com/only-http)" = http ]
  run in_node curl -s -m 5 https://plain.example.com/both
  [ "$status" -eq 35 ]
  [ "$(cause https://api.example.com/both)" = "200 " ]
  [ "$(cause https://plain.example.com/both || true)" = "TLS fails at apigw-1: there is no certificate for plain.example.com" ]
  # a name of the zone that it does not have, and a VPC that the zone is not bound to
  run in_node curl -s -m 5 https://other.example.com/both
  [ "$status" -eq 6 ]
  run labctl exec https ecs-3 -- curl -s -m 5 https://api.example.com/both
  [ "$status" -eq 6 ]
  [[ $(labctl explain https ecs-3 https://api.example.com/both) == *NXDOMAIN* ]] ||
    { labctl explain https ecs-3 https://api.example.com/both; false; }
}

@test "a change keeps authority and certificates, and a new domain gets its own" {
  up "$(lab_file false)"
  name=$(domain https group-1)
  ca=$(cat /run/labctl/https/secrets/ca.pem)
  [ "$(in_node curl -s -m 5 "https://$name/only-http" -o /dev/null -w '%{http_code}')" = 403 ]
  certificate=$(jq -r --arg n "$name" '.[$n].certificate' /run/labctl/https/secrets/apigw-1.certificates)
  up "$(lab_file true)"
  [ "$(in_node curl -s -m 5 "https://$(domain https group-2)/second")" = second ]
  [ "$(cat /run/labctl/https/secrets/ca.pem)" = "$ca" ]
  [ "$(jq -r --arg n "$name" '.[$n].certificate' /run/labctl/https/secrets/apigw-1.certificates)" = "$certificate" ]
  # a gateway that crashed finds them again
  kill -9 "$(worker https apigw-1)"
  within 5 in_node curl -s -m 1 -o /dev/null "https://$name/both"
  run labctl plan https
  [[ $output == "nothing to do"* ]]
  # without its certificates it cannot start, until they are made again
  rm /run/labctl/https/secrets/apigw-1.certificates
  kill -9 "$(worker https apigw-1)"
  up "$(lab_file true)"
  within 5 in_node curl -s -m 1 -o /dev/null "https://$name/both"
  [ "$(cat /run/labctl/https/secrets/ca.pem)" = "$ca" ]
  labctl down https
  [ ! -e /run/labctl/https ]
}
