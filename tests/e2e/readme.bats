#!/usr/bin/env bats
# What the README shows works as written.

load ../lib/e2e

setup() { need_root; }
teardown() {
  [[ -z ${runtime-} ]] || kill "$runtime"
  down_all two-vpcs my-lab
}

# The first YAML block of the README, which is a whole lab file.
example() { sed -n '/^```yaml$/,/^```$/{/^```/d;p}' README.md; }

@test "the README's lab file comes up and its check holds" {
  example >"$BATS_TEST_TMPDIR/two-vpcs.yaml"
  labctl up "$BATS_TEST_TMPDIR/two-vpcs.yaml"
  run labctl test two-vpcs
  [ "$status" -eq 0 ]
  [[ $output == *"ok 1"* ]]
  labctl down two-vpcs
}

@test "the lab of docs/writing.md: its checks hold, also those of its exercise; its handler answers" {
  dir=$BATS_TEST_TMPDIR/my-lab
  mkdir "$dir"
  sed -n '/^```yaml$/,/^```$/{/^```yaml/d;/^```/q;p}' docs/writing.md >"$dir/lab.yaml"
  run labctl check "$dir"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  run labctl explain "$dir" client server
  [ "$status" -eq 0 ]
  labctl up "$dir"
  run labctl test my-lab
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  labctl up "$dir" --step attach/one-only
  run labctl test my-lab
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  sed -n '/^```python$/,/^```$/{/^```/d;p}' docs/writing.md >"$dir/where.py"
  [ "$(echo '{"path": "/where"}' | python3 "$dir/where.py" | jq -r .body)" = "you asked for /where" ]
}

# runtime_of_the_book N PORT: the custom runtime of docs/writing.md with that number, listening.
runtime_of_the_book() {
  awk -v n="$1" '/^  ```python$/ { i++; inside = 1; next } /^  ```$/ { inside = 0 }
    inside && i == n { sub(/^  /, ""); print }' docs/writing.md >"$BATS_TEST_TMPDIR/runtime.py"
  FC_SERVER_PORT=$2 python3 "$BATS_TEST_TMPDIR/runtime.py" >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
  runtime=$!
  within 10 nc -z 127.0.0.1 "$2" || { cat "$BATS_TEST_TMPDIR/said"; false; }
}

@test "the custom runtime of docs/writing.md answers an invocation, that with an HTTP trigger a request" {
  runtime_of_the_book 1 29099
  run curl -s -m 5 -d '{"path": "/where"}' http://127.0.0.1:29099/invoke
  [ "$(jq -r '"\(.statusCode) \(.body)"' <<<"$output")" = "200 you asked for /where" ] || { echo "$output"; false; }
  kill "$runtime"
  runtime_of_the_book 2 29098
  run curl -s -m 5 -H 'x-fc-function-name: where' "http://127.0.0.1:29098/a?b"
  [ "$output" = "GET /a?b by where" ] || { echo "$output"; false; }
}

@test "the README's mistake is reported as the README says" {
  example | sed '0,/cidr_block: 10.1/s//cidr_blok: 10.1/' >"$BATS_TEST_TMPDIR/two-vpcs.yaml"
  cd "$BATS_TEST_TMPDIR"
  run labctl check two-vpcs.yaml
  [ "$status" -eq 2 ]
  wanted=$(sed -n '/^two-vpcs.yaml:/,/^```/{/^```/d;p}' "$OLDPWD/README.md")
  [[ $output == *"$wanted"* ]] || { echo "$output"; echo "README: $wanted"; false; }
}

@test "every verb of the table has a section in labctl(1) and a help text with examples" {
  for verb in $(labctl completion bash | sed -n "s/.*compgen -W 'help \([a-z ]*\)'.*/\1/p"); do
    grep -qE "^\.B $verb( |\$)" man/labctl.1 || { echo "no section: $verb"; false; }
    run labctl "$verb" --help
    [ "$status" -eq 0 ]
    [[ $output == *Examples:* ]] || { echo "no examples: $verb"; false; }
  done
}
