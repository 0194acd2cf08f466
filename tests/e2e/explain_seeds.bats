#!/usr/bin/env bats
# What `labctl explain` and the matrix say, held against packets in small labs from which something is missing
# (lib/random_lab.py): every pair by ping and TCP, every API from every node. LABCTL_FULL=1: 500 seeds.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  need_program python3
}
teardown() { for lab in /run/labctl/seed*; do down_all "${lab##*/}"; done; }

@test "the same seed gives the same lab, another one another" {
  for seed in 1 7 42; do
    python3 tests/lib/random_lab.py "$seed" lab >"$BATS_TEST_TMPDIR/$seed.yaml" 2>"$BATS_TEST_TMPDIR/$seed.why"
    diff "$BATS_TEST_TMPDIR/$seed.yaml" <(python3 tests/lib/random_lab.py "$seed" lab 2>/dev/null)
    labctl check "$BATS_TEST_TMPDIR/$seed.yaml"
    run ! diff -q "$BATS_TEST_TMPDIR/$seed.yaml" <(python3 tests/lib/random_lab.py "$seed" lab --whole)
  done
  run ! diff -q "$BATS_TEST_TMPDIR/1.yaml" "$BATS_TEST_TMPDIR/7.yaml"
}

@test "in labs from which something is missing, every prediction is what packets do" {
  last=12
  [[ -z ${LABCTL_FULL-} ]] || last=500
  python3 tests/lib/seeds.py 1 "$last"
}
