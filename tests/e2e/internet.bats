#!/usr/bin/env bats
# Public domains: scenario1 and a client on the Internet (rows 1.17 and 1.18).

load ../lib/e2e

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

setup() {
  need_root
  up "$(variation scenario1 net <<<'internet: {hosts: {web-client: {}}}')"
  d=$(domain net group-1)
  public=$(labctl plan "$BATS_TEST_TMPDIR/net/lab.yaml" --json |
    jq -er '[.workers[].config.groups[]?.domains[] | select(.kind == "public") | .name] | first')
}

teardown() {
  down_all net
}

client() { labctl exec net web-client -- "$@"; }

@test "1.17 the Internet does not know the VPC domain, and does not reach its address" {
  run client dig +noall +comments "$d"
  [[ $output == *NXDOMAIN* ]]
  run client curl -sS -m 3 "http://$d/hello"
  [ "$status" -eq 6 ]
  run client curl -sS -m 3 --resolve "$d:80:172.16.1.10" "http://$d/hello"
  [ "$status" -eq 28 ]
}

@test "1.18 the public name answers with Content-Disposition, and 1,000 times a day" {
  run client curl -sS -m 5 -i "http://$public/hello"
  [[ ${lines[0]} == *" 200 "* ]]
  grep -iq '^content-disposition: attachment; filename=ApiResponseForInnerDomain' <<<"$output"
  client curl -sS -m 60 -o /dev/null -w '%{http_code} %header{x-ca-error-code}\n' \
    "http://$public/hello?n=[2-1002]" >"$BATS_TEST_TMPDIR/codes"
  [ "$(sed -n 1,999p "$BATS_TEST_TMPDIR/codes" | sort -u)" = "200 " ]
  [ "$(sed -n 1000,1001p "$BATS_TEST_TMPDIR/codes" | sort -u)" = "429 T429ID" ]
  # the VPC domain is not counted
  run labctl exec net ecs-3 -- curl -sS -m 5 -o /dev/null -w '%{http_code}' "http://$d/hello"
  [ "$output" = 200 ]
}

@test "1.19 a VPC resolves public names, too, and has no way to their addresses" {
  run labctl exec net ecs-3 -- dig +short "$public"
  [[ $output == 198.51.100.* ]]
  run labctl exec net ecs-3 -- curl -sS -m 3 "http://$public/hello"
  [ "$status" -eq 28 ]
}
