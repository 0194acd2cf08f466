#!/usr/bin/env bats
# labctl and labs in somebody's home folder, which others cannot search: workers, which are users of
# their own, run all the same, and see of that folder only the way to their handler.

load ../lib/e2e

home=/var/labctl-closed-home # below /tmp, a handler would see as little anyway

setup() {
  need_root
  mkdir -p "$home/inner"
  cp -r "$build/bin" "$build/libexec" "$build/share" "$home/inner/"
  chown -R 12345:12345 "$home"
  chmod 0700 "$home"
}
teardown() {
  down_all scenario1
  rm -rf "$home"
}

@test "a lab in a closed home works, and its handlers see nothing else of that home" {
  labctl=$home/inner/bin/labctl
  labctl up scenario1
  name=$(labctl plan scenario1 --json |
    jq -er '[.workers[].config.groups[]?.domains[] | select(.kind == "vpc") | .name] | first')
  run labctl exec scenario1 ecs-3 -- curl -sS -m 10 "http://$name/hello"
  [ "$status" -eq 0 ]
  [[ $output == *192.168.1.10* ]]
  pid=$(labctl status scenario1 --json |
    jq -r '.. | objects | select(.worker? == "function-hello" or .name? == "function-hello") | .pid' | head -n 1)
  [ "$(ls "/proc/$pid/root$home/inner")" = share ]
  run touch "/proc/$pid/root$home/inner/new"
  [ "$status" -ne 0 ]
  [ "$(ls "$home/inner" | wc -l)" -eq 3 ] # the host's view is as it was
}

@test "a lab in a folder whose name is not UTF-8 is refused, and nothing is touched" {
  odd=$BATS_TEST_TMPDIR/$'\xff'
  cp -r "$shipped/scenario3" "$odd"
  for verb in plan up; do
    run labctl $verb "$odd"
    [ "$status" -eq 2 ]
    [[ $output == *"is not UTF-8"* ]]
  done
  [ ! -e /run/labctl/scenario3 ]
}
