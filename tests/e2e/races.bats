#!/usr/bin/env bats
# Two labctl at once, and processes that die at the wrong moment. Nothing here waits for a time to pass:
# a run that must be in the middle of something is stopped there by strace.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  dir=$BATS_TEST_TMPDIR/races1
  cp -r "$shipped/scenario1" "$dir"
  sed -i 's/^lab: .*/lab: races1/' "$dir/lab.yaml"
  jobs=()
}
teardown() {
  for pid in "${jobs[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  down_all races1
}

journal=/run/labctl/races1/journal
lock_holder() { [[ -s /run/labctl/races1/lock ]] && cat /run/labctl/races1/lock; }

# up_stopped_at SYSCALL: an `up` in the background, stopped; its pid is in $pid.
up_stopped_at() {
  ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null -e "trace=$1" \
    -e "inject=$1:signal=SIGSTOP:when=1" "$labctl" up "$dir" >"$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
  tracer=$!
  jobs+=("$tracer")
  within 10 lock_holder
  pid=$(lock_holder)
  jobs+=("$pid")
  within 10 stopped "$pid"
}

@test "while an up is at work, all who would change the lab are told its pid, and readers are told so" {
  up_stopped_at clone3
  for verb in up down; do
    run -3 labctl $verb "$dir"
    [[ $output == *"process $pid"* ]]
  done
  run -125 labctl exec races1 ecs-3 -- true
  run -3 labctl status races1
  kill -CONT "$pid"
  wait "$tracer"
  labctl status races1
}

@test "an up that is killed before the supervisor is known takes it along" {
  up_stopped_at sendmsg # the first request to the supervisor
  child=$(pgrep -f "^[^ ]*/labctl-supervisor races1 ")
  [ -n "$child" ]
  kill -9 "$pid"
  wait "$tracer" || true
  dead() { ! kill -0 "$child" 2>/dev/null; }
  within 5 dead
  labctl down races1
  lab_gone races1
}

@test "the supervisor is killed: status names it, up repairs, down removes" {
  labctl up "$dir"
  pid=$(supervisor races1)
  kill -9 "$pid"
  run -1 labctl status races1
  [[ $output == *supervisor* ]]
  dead() { ! kill -0 "$pid" 2>/dev/null; }
  within 5 dead # until then who enters a node is told that the lab goes down
  run -125 labctl exec races1 ecs-3 -- true
  [[ $output == *"supervisor does not run"* ]]
  labctl up "$dir"
  labctl status races1
  kill -9 "$(supervisor races1)"
  labctl down races1
  lab_gone races1
}

@test "a pid that another process has now is nobody's supervisor" {
  labctl up "$dir"
  # shellcheck disable=SC2046
  set -- $(grep '^supervisor ' $journal | tail -n 1)
  sleep 31339 3>&- &
  sleeper=$!
  jobs+=("$sleeper")
  kill -9 "$2"
  dead() { ! kill -0 "$1" 2>/dev/null; }
  within 5 dead "$2"
  echo "supervisor $sleeper $3" >>$journal
  run -1 labctl status races1
  run -125 labctl exec races1 ecs-3 -- true
  labctl down races1
  kill -0 "$sleeper"
  lab_gone races1
}

@test "down without descriptors does not take a living supervisor for a dead one" {
  labctl up "$dir"
  before=$(supervisor races1)
  for n in {4..40}; do
    if prlimit --nofile="$n" "$labctl" down races1; then
      lab_gone races1
      break
    fi
    # refused: whatever is still known of the supervisor is true
    if kill -0 "$before" 2>/dev/null; then [ "$(supervisor races1)" = "$before" ]; fi
  done
  lab_gone races1
  # it may still have to be waited for, by whatever is the host's init
  run ! grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$before/status"
}

@test "a command in a node ends with its lab: 137" {
  labctl up "$dir"
  "$labctl" exec races1 ecs-3 -- sleep 31340 3>&- &
  job=$!
  jobs+=("$job")
  within 5 pgrep -f '^sleep 31340'
  labctl down races1
  status=0
  wait "$job" || status=$?
  [ "$status" -eq 137 ]
  lab_gone races1
}

@test "commands started while the lab goes down end with 137 or 125, and leave nothing" {
  labctl up "$dir"
  for i in 1 2 3 4; do
    {
      until ! "$labctl" exec races1 ecs-3 -- true; do :; done
    } 2>"$BATS_TEST_TMPDIR/exec.$i" 3>&- &
    jobs+=($!)
  done
  labctl exec races1 ecs-3 -- true
  labctl down races1
  for job in "${jobs[@]}"; do wait "$job" || true; done
  # the last of them may begin when nothing is known of the lab any more
  run ! grep -hv -e 'is not up' -e 'does not run' -e 'went down' -e '^hint: ' \
    -e 'lab races1: no shipped lab, folder or file of that name' "$BATS_TEST_TMPDIR"/exec.*
  lab_gone races1
}

# footprint: what grows where something leaks.
footprint() {
  local pid ns
  pid=$(supervisor races1)
  ns=$(readlink "/proc/$pid/ns/pid")
  echo "descriptors $(ls "/proc/$pid/fd" | wc -l)"
  # without pinned namespaces: another lab of this host may come and go
  echo "mounts $(grep -vc ' - nsfs ' "/proc/$pid/mountinfo") $(grep -vc ' - nsfs ' /proc/self/mountinfo)"
  echo "processes $(find /proc -maxdepth 3 -path '*/ns/pid' -lname "$ns" 2>/dev/null | wc -l)"
}
@test "two hundred commands in a row leave the lab as it was" {
  labctl up "$dir"
  labctl exec races1 ecs-3 -- true
  before=$(footprint)
  memory=$(awk '/^VmRSS/{print $2}' "/proc/$(supervisor races1)/status")
  for ((i = 0; i < 200; i++)); do
    "$labctl" exec races1 ecs-3 -- true
  done
  [ "$(footprint)" = "$before" ]
  (($(awk '/^VmRSS/{print $2}' "/proc/$(supervisor races1)/status") <= memory + 256))
}

@test "workers that are killed come back, and one that cannot live is given up with its reason" {
  labctl up "$dir"
  gateway() { labctl status races1 --json | jq -r '.workers[] | select(.worker == "apigw-1") | .'"$1"; }
  old=$(gateway pid)
  kill -9 "$old"
  back() { [[ $(gateway state) == ready && $(gateway pid) != "$old" ]]; }
  within 3 back
  # often enough that it dies ten times in the time in which that is too often
  boss=$(supervisor races1)
  # at the cost of little more than the deaths: who starts it again needs the processor
  kill_gateways() {
    local pid pids name
    while [[ -d /proc/$boss ]]; do
      read -ra pids <"/proc/$boss/task/$boss/children" || true # it is no whole line
      for pid in "${pids[@]}"; do
        read -r name <"/proc/$pid/comm" && [[ $name == labctl-gateway ]] && kill -9 "$pid"
      done
      sleep 0.02
    done
  }
  kill_gateways 2>/dev/null 3>&- &
  killer=$!
  given_up() { [[ $(gateway state) == failed ]]; }
  within 40 given_up || { kill "$killer"; return 1; }
  kill "$killer"
  [[ $(gateway reason) == *"signal 9"* ]]
  run -1 labctl status races1
  labctl up "$dir"
  labctl status races1
}

@test "Ctrl-C reaches all of a command also without a terminal of its own" {
  labctl up "$dir"
  # dash forgets a SIGINT that comes between its vfork and the exec
  run python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py" --type $'\003' bash -c \
    "{ until pgrep -f '^sleep 31341' >/dev/null; do :; done; echo ready; } &
     '$labctl' exec races1 ecs-3 -- sh -c 'sleep 31341; echo went on' | cat"
  [[ $output != *"still running"* && $output != *"went on"* ]]
  run -1 pgrep -f '^sleep 31341'
}

@test "the caller's terminal is as it was when labctl is told to end" {
  labctl up "$dir"
  run python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py" bash -c \
    "{ until pgrep -f '^sleep 31342' >/dev/null; do :; done; kill -TERM \$\$; } >/dev/null 2>&1 &
     exec '$labctl' exec races1 ecs-3 -- sleep 31342"
  [ "$status" -eq 143 ]
  [[ $output == *"settings restored: yes"* ]]
}
