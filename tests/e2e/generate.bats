#!/usr/bin/env bats
# `labctl generate`: every shape and size is a good lab, and small ones do what their checks say.

load ../lib/e2e

teardown() { down_all star-6 regions-7 chain-9 chain-8 star-3; }

generate() { # SHAPE N [OPTION...]: gives the lab's folder
  local dir=$BATS_TEST_TMPDIR/$1-$2
  mkdir -p "$dir"
  labctl generate "$@" >"$dir/lab.yaml" && echo "$dir"
}

@test "every shape and size is a good lab, without a warning" {
  for shape in star regions chain; do
    for n in 2 10 100 1000 5000; do
      dir=$(generate $shape $n)
      run labctl check "$dir"
      [ "$status" -eq 0 ] || { echo "$output"; return 1; }
      [[ $output != *warning* && $output != *error* ]] || { echo "$output"; return 1; }
    done
  done
}

@test "the same words give the same file, and other words another one" {
  [ "$(labctl generate regions 20 --vpcs 4)" = "$(labctl generate regions 20 --vpcs 4)" ]
  labctl generate regions 20 --vpcs 4 --name rehearsal --bandwidth 7 --rtt 12ms >"$BATS_TEST_TMPDIR/lab.yaml"
  grep -q '^lab: rehearsal$' "$BATS_TEST_TMPDIR/lab.yaml"
  grep -q 'bandwidth_limit: 7Mbit' "$BATS_TEST_TMPDIR/lab.yaml"
  grep -q 'rtt: 12ms' "$BATS_TEST_TMPDIR/lab.yaml"
  [ "$(grep -c '^  vpc-' "$BATS_TEST_TMPDIR/lab.yaml")" -eq 4 ]
}

@test "what makes no sense is refused" {
  for words in "" "ring 5" "star" "star 1" "star x" "star -5" "star 10001" "chain 5001" "star 5 6" "regions 5 --vpcs 0" "star 5 --name A"; do
    read -ra argv <<<"$words"
    run labctl generate "${argv[@]}"
    [ "$status" -eq 2 ] || { echo "$words: $status"; return 1; }
  done
}

@test "small ones come up and pass their checks" {
  need_root
  for words in "star 6" "regions 7 --vpcs 6" "chain 9" "chain 8"; do
    read -ra argv <<<"$words"
    dir=$(generate "${argv[@]}")
    up "$dir"
    run labctl test "$dir"
    [ "$status" -eq 0 ] || { echo "$words: $output"; return 1; }
    labctl down "$dir"
  done
}

@test "a lab that does not fit into the memory is refused and leaves nothing" {
  need_root
  dir=$(generate star 3)
  sed 's/^MemAvailable:.*/MemAvailable: 66000 kB/' /proc/meminfo >"$BATS_TEST_TMPDIR/meminfo"
  run unshare -m sh -c 'mount --bind "$1" /proc/meminfo && exec "$2" up "$3"' sh "$BATS_TEST_TMPDIR/meminfo" "$labctl" "$dir"
  [ "$status" -eq 4 ] || { echo "$status: $output"; return 1; }
  [[ $output == *"5 namespaces need about 65 MiB of memory, and 64 MiB are available"* ]] || { echo "$output"; return 1; }
  [ ! -e /run/labctl/star-3 ]
}
