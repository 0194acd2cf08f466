#!/usr/bin/env bats
# Damage to a lab's directory, file by file: nothing crashes or hangs, `up` mends it or refuses a link with
# exit 4 and writes nothing through it, `down` leaves nothing; and what a reboot leaves.

load ../lib/e2e.bash
load ../lib/crash.bash

lab=damage-test
dir=/run/labctl/$lab

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab damage-test; }
setup() { need_root; must "$labctl" down $lab; }
teardown() {
  [[ -d $dir ]] && { chown -R 0:0 $dir; find $dir -type l -delete; }
  down_all $lab
}
up() { "$labctl" up "$BATS_FILE_TMPDIR/$lab"; }

files=(plan.json plan.packed target.json journal journal.tmp plan.json.tmp plan.packed.tmp filters lock control log
  log/dns.log node node/ecs-3
  node/ecs-3/hosts)
kinds=(empty first half last flip0 flip40 flip99 garbage huge gone link link-to-folder dangling folder fifo
  device owner mode)

flip() { # FILE PERCENT: one byte of it becomes another
  local size at byte
  size=$(stat -c %s "$1")
  at=$((size * $2 / 100))
  byte=$(dd if="$1" bs=1 skip=$at count=1 status=none | od -An -tu1 | tr -d ' ')
  # shellcheck disable=SC2059
  printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$1" bs=1 seek=$at conv=notrunc status=none
}

damage() { # KIND FILE: false where it makes no sense
  local f=$dir/$2
  case $2 in target.json | *.tmp) rm -rf "$f"; cp $dir/plan.json "$f" ;; esac
  case $1 in
    empty | first | half | last | flip* | garbage | huge) [[ -f $f && -s $f ]] || return 1 ;;
  esac
  case $1 in
    empty) : >"$f" ;;
    first) truncate -s 1 "$f" ;;
    half) truncate -s $(($(stat -c %s "$f") / 2)) "$f" ;;
    last) truncate -s -1 "$f" ;;
    flip*) flip "$f" "${1#flip}" ;;
    garbage) head -c 3000 /dev/urandom >"$f" ;;
    huge) truncate -s 65M "$f" ;;
    gone) rm -rf "$f" ;;
    link) rm -rf "$f"; ln -s "$victim" "$f" ;;
    link-to-folder) rm -rf "$f"; ln -s "$folder" "$f" ;;
    dangling) rm -rf "$f"; ln -s /nowhere/at/all "$f" ;;
    folder) rm -rf "$f"; mkdir "$f"; touch "$f/x" ;;
    fifo) rm -rf "$f"; mkfifo "$f" ;;
    device) rm -rf "$f"; mknod "$f" c 1 5 ;;
    owner) chown 65534:65534 "$f" ;;
    mode) chmod 0777 "$f" ;;
  esac
}

# Ends, in time, and without a crash.
sane() { # COMMAND...
  run timeout 20 "$@" </dev/null
  [[ $status -lt 124 || $status -eq 125 ]] && [[ $output != *Sanitizer* && $output != *"runtime error"* ]]
}

readers() {
  sane "$labctl" status $lab && sane "$labctl" status && sane "$labctl" plan "$BATS_FILE_TMPDIR/$lab" &&
    sane "$labctl" exec $lab ecs-3 -- true && sane "$labctl" logs $lab && sane "$labctl" doctor --residue
}

mended_or_refused() { # FILE
  sane "$labctl" up "$BATS_FILE_TMPDIR/$lab" || return 1
  if ((status == 0)); then must "$labctl" status $lab; return; fi
  [[ $status -eq 4 && $output == *"symbolic link"* && $output == *"hint: remove it by hand"* ]] ||
    [[ $1 == lock && $status -eq 1 ]]
}

gone_or_refused() { # FILE
  sane "$labctl" down $lab || return 1
  if ((status)); then
    [[ $1 == journal || $1 == lock ]] && rm -rf "${dir:?}/$1" && must "$labctl" down $lab
  fi && nothing_left $lab
}

@test "any file of a lab's directory is damaged in any way" {
  local file kind n=0 total=0
  victim=$BATS_TEST_TMPDIR/victim folder=$BATS_TEST_TMPDIR/folder
  echo precious >"$victim"
  mkdir "$folder"
  touch "$folder/precious"
  for file in "${files[@]}"; do
    for kind in "${kinds[@]}"; do
      n=$((n + 1)) # every fifth, each kind and each file comes up
      [[ -n ${LABCTL_FULL-} || $((n % 5)) -eq 0 ]] || continue
      must up
      damage "$kind" "$file" || continue
      total=$((total + 1))
      readers || { echo "$kind $file: exit $status: $output"; return 1; }
      mended_or_refused "$file" || { echo "up: $kind $file: exit $status: $output"; return 1; }
      damage "$kind" "$file" || true
      gone_or_refused "$file" || { echo "down: $kind $file: exit $status: $output"; return 1; }
      [[ $(<"$victim") == precious && $(ls "$folder") == precious ]] || { echo "$kind $file: written through"; return 1; }
    done
  done
  echo "# $total kinds of damage" >&3
  ((total > 25))
}

# What a reboot takes and what it may leave: not /run, as a rule; but not every host mounts it anew.
reboot_objects() {
  kill -KILL "$(supervisors $lab | head -1)"
  within 3 no_supervisor $lab
  for pin in /run/netns/$lab.*; do umount "$pin" && rm "$pin"; done
}

@test "a reboot in between: state without objects, with a journal of another boot" {
  local how
  for how in down up; do
    must up
    reboot_objects
    sed -i '1s/ [0-9a-f-]*$/ 00000000-0000-0000-0000-000000000000/' $dir/journal
    run "$labctl" doctor --residue
    [[ $status -eq 1 && $output == *"damaged journal"* ]]
    case $how in
      down) must "$labctl" down $lab; nothing_left $lab ;;
      up) works_again $lab ;;
    esac
  done
}

@test "objects without state: down --all finds them, whatever of them is left" {
  must up
  rm -r $dir
  run "$labctl" doctor --residue
  [[ $status -eq 1 && $output == *"namespace without a lab"*"$lab.vpc-1"* && $output == *labctl-supervisor* ]]
  must "$labctl" down --all
  nothing_left $lab
  # only processes: no namespace has a name any more
  must up
  rm -r $dir
  for pin in /run/netns/$lab.*; do umount "$pin" && rm "$pin"; done
  must "$labctl" down --all
  nothing_left $lab
  # only a name: `up` was killed between making and binding it
  must up
  must "$labctl" down $lab --no-wait
  mkdir -p /run/netns
  touch /run/netns/$lab.vpc-1
  chmod 1000 /run/netns/$lab.vpc-1
  run "$labctl" doctor --residue
  [[ $status -eq 1 && $output == *"name without a namespace"* ]]
  must "$labctl" down --all
  nothing_left $lab
  [[ ! -e /run/netns/$lab.vpc-1 ]]
}

@test "a supervisor of which the journal lost the line is found by up and by down" {
  must up
  sed -i '/^supervisor /d' $dir/journal
  must up
  [[ $(supervisors $lab | wc -l) -eq 1 ]]
  must "$labctl" status $lab
  sed -i '/^supervisor /d' $dir/journal
  must "$labctl" down $lab
  nothing_left $lab
}
