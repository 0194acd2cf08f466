#!/usr/bin/env bats
# Pictures of the shipped labs in every format, as other programs read them. Needs no root.

bats_require_minimum_version 1.5.0
load ../lib/e2e

labs="scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies"

@test "SVG: well-formed, named, described, no text on another, none outside" {
  for lab in $labs; do
    labctl graph "$lab" --format svg >"$BATS_TEST_TMPDIR/$lab.svg"
    python3 tests/lib/svg_texts.py "$BATS_TEST_TMPDIR/$lab.svg"
  done
}

@test "who reaches whom, as SVG: well-formed, named, described, a mark in each cell of the table" {
  for lab in $labs; do
    labctl matrix "$lab" --plan --format svg >"$BATS_TEST_TMPDIR/matrix.svg"
    python3 tests/lib/svg_texts.py "$BATS_TEST_TMPDIR/matrix.svg"
    marks() { grep -c "class=\"$1\" x=" "$BATS_TEST_TMPDIR/matrix.svg"; }
    labctl matrix "$lab" --plan >"$BATS_TEST_TMPDIR/table"
    table=$(sed -n '/^from/,/^$/p' "$BATS_TEST_TMPDIR/table" | tail -n +2)
    [ "$(marks all)" = "$(grep -oE ' {3}\+' <<<"$table" | wc -l)" ]
    [ "$(marks nothing)" = "$(grep -oE ' {3}\.' <<<"$table" | wc -l)" ]
  done
  run -2 labctl matrix scenario1 --format png
}

@test "the test of SVG texts sees texts that overlap" {
  labctl graph hybrid --format svg | sed 's/<text x="[0-9]*"/<text x="40"/' >"$BATS_TEST_TMPDIR/bad.svg"
  run python3 tests/lib/svg_texts.py "$BATS_TEST_TMPDIR/bad.svg"
  [ "$status" -eq 1 ]
}

@test "drawio: ids are unique, parents and ends of links exist" {
  for lab in $labs; do
    labctl graph "$lab" --format drawio | python3 -c '
import sys, xml.etree.ElementTree as tree
cells = tree.parse(sys.stdin).findall(".//mxCell")
ids = [c.get("id") for c in cells]
assert len(ids) == len(set(ids)), "an id appears twice"
edges = [c for c in cells if c.get("edge")]
assert edges and all(c.get("source") in ids and c.get("target") in ids for c in edges)
assert all(c.get("parent") in ids for c in cells if c.get("parent"))
assert all(c.find("mxGeometry") is not None for c in cells if c.get("vertex"))
'
  done
}

@test "dot: Graphviz draws it" {
  need_program dot graphviz
  for lab in $labs; do
    labctl graph "$lab" --format dot | dot -Tsvg >"$BATS_TEST_TMPDIR/dot.svg"
    grep -q "</svg>" "$BATS_TEST_TMPDIR/dot.svg"
  done
}

@test "JSON: every end of a link is a box, and marks are words" {
  for lab in $labs; do
    labctl graph "$lab" --json | jq -e '
      ([.boxes[].id] | length == (unique | length)) and
      ([.boxes[].id] as $ids | all(.links[]; (.from | IN($ids[])) and (.to | IN($ids[])))) and
      all(.boxes[], .links[]; .change == "same") and .step == null' >/dev/null
  done
}

@test "--step marks what the step adds, in words without colour" {
  run labctl graph scenario1 --step attach
  [ "$status" -eq 0 ]
  [[ $output == *"+ cen-1"* && $output == *"step attach (+ added, ~ changed)"* ]]
  [[ $output != *$'\033'* ]]
  run labctl graph scenario1 --step bandwidth
  [[ $output == *"~ 2 Mbit/s"* ]]
  run labctl graph scenario1 --step grant/unpublished --json
  [ "$(jq -r '.boxes[] | select(.id == "gateway.apigw-1") | .change' <<<"$output")" = changed ]
  run labctl graph scenario1 --step .
  [ "$status" -eq 0 ]
}

@test "ASCII where the locale is not UTF-8, box drawing where it is" {
  LC_ALL=C labctl graph hybrid >"$BATS_TEST_TMPDIR/ascii"
  run -1 env LC_ALL=C grep -qP '[^\x0a\x20-\x7e]' "$BATS_TEST_TMPDIR/ascii"
  LC_ALL=C.UTF-8 labctl graph hybrid | grep -q '┌'
}

@test "colour on a terminal only" {
  TERM=xterm python3 tests/lib/on_tty.py "$labctl" graph scenario1 --step attach >"$BATS_TEST_TMPDIR/tty" || true
  grep -q $'\033' "$BATS_TEST_TMPDIR/tty"
}

@test "a file, an unknown format, a file that cannot be written" {
  labctl graph scenario1 --format svg -o "$BATS_TEST_TMPDIR/x.svg"
  grep -q '</svg>' "$BATS_TEST_TMPDIR/x.svg"
  run labctl graph scenario1 --format png
  [ "$status" -eq 2 ]
  run labctl graph scenario1 -o /nowhere/x.svg
  [ "$status" -eq 1 ]
  [[ $output == *"/nowhere/x.svg: No such file"* ]]
}
