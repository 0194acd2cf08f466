#!/usr/bin/env bats
# Labs without root: made, found again, used and removed by an ordinary user; and when anything of them
# is killed, the kernel removes the rest.

bats_require_minimum_version 1.5.0
load ../lib/e2e
load ../lib/rootless

shipped_labs=(scenario1 scenario2 scenario3 hybrid dual-circuit gateway-policies)

setup() {
  rootless_home
  can_be_rootless
}
teardown() {
  [[ -n ${home-} ]] || return 0
  labctl down --all 2>/dev/null || true
  [[ $EUID -ne 0 ]] || "$labctl" down scenario2 2>/dev/null # one test has root's beside the user's
  rm -rf "$home"
}

# nothing_left USER-NAMESPACE...: no process in it, and no record
nothing_left() {
  local ns
  for ns in "$@"; do within 5 vanished "$ns" || { ps -fp "$(processes_of "$ns" | paste -sd,)"; return 1; }; done
  [[ ! -e $records ]] || { find "$records"; return 1; }
}

@test "every shipped lab, all at once: as planned, its checks hold, nothing is left" {
  before=$(ip netns list 2>/dev/null; grep -c . /proc/self/mountinfo)
  spaces=()
  for lab in "${shipped_labs[@]}"; do
    run --separate-stderr labctl up "$lab"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    [[ $stderr == *"not root: $lab is made in namespaces of your own"* ]]
    [[ $output != *sudo* ]]
    spaces+=("$(readlink "/proc/$(keeper_of "$lab")/ns/user")")
  done
  [ "$(labctl status --json | jq -r '[.labs[] | select(.state == "up") | .lab] | length')" -eq ${#shipped_labs[@]} ]
  pids=()
  for lab in "${shipped_labs[@]}"; do
    [ "$(labctl status "$lab" --json | jq .ok)" = true ]
    labctl test "$lab" >"$home/$lab" 2>&1 3>&- &
    pids+=($!)
  done
  for i in "${!pids[@]}"; do
    wait "${pids[i]}" || { cat "$home/${shipped_labs[i]}"; return 1; }
    grep -q '^ok 1' "$home/${shipped_labs[i]}"
  done
  for lab in "${shipped_labs[@]}"; do
    run labctl plan "$lab"
    [[ $output == "nothing to do"* ]]
  done
  [ "$(ip netns list 2>/dev/null; grep -c . /proc/self/mountinfo)" = "$before" ]
  labctl down scenario1
  [ "$(labctl labs --json | jq -r '.labs[] | select(.name == "scenario1") | .state')" = down ]
  [ "$(labctl labs --json | jq -r '.labs[] | select(.name == "scenario2") | .state')" = up ]
  labctl down --all
  nothing_left "${spaces[@]}"
}

@test "a command in a node: its status, its folder, its terminal, signals" {
  labctl up scenario3
  node=idc-service
  run labctl exec scenario3 $node -- sh -c 'id -u; hostname; pwd; exit 42'
  [ "$status" -eq 42 ]
  [ "$output" = $'0\n'"$node"$'\n'"$home" ]
  run labctl exec scenario3 $node -- sh -c 'kill -9 $$'
  [ "$status" -eq 137 ]
  run -127 labctl exec scenario3 $node -- no-such-command
  run labctl exec scenario3 no-such-node -- true
  [ "$status" -eq 125 ]

  on_tty=(python3 "$BATS_TEST_DIRNAME/../lib/on_tty.py")
  exec_it=(setpriv --reuid="$nobody" --regid="$nobody" --clear-groups env -i "PATH=$PATH" TERM=xterm
    "HOME=$home" "XDG_RUNTIME_DIR=$home/run" ASAN_OPTIONS=detect_leaks=0 "$labctl" exec scenario3 $node --)
  [[ $EUID -eq 0 ]] || exec_it=("${exec_it[@]:4}")
  run "${on_tty[@]}" --resize 40x120 "${exec_it[@]}" \
    sh -c 'stty size; trap "stty size; exit 3" WINCH; echo ready; while :; do read -r _; done'
  [ "$status" -eq 3 ]
  [[ $output == *"24 80"*"40 120"*"settings restored: yes"* ]]
  run "${on_tty[@]}" --type $'\x03' "${exec_it[@]}" sh -c 'trap "exit 5" INT; echo ready; while :; do read -r _; done'
  [ "$status" -eq 5 ]

  # a signal that only the process gets that the shell knows
  "${exec_it[@]}" sh -c 'trap "exit 6" TERM; echo ready; sleep 60 & wait' \
    >"$home/out" 2>&1 3>&- &
  pid=$!
  within 5 grep -q ready "$home/out"
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 6 ]
}

pinged() { # and seen
  labctl exec scenario1 ecs-3 -- ping -c 1 -W 1 172.16.1.10 >/dev/null || true
  ! kill -0 "$capturer" 2>/dev/null
}

@test "drift is named and repaired; workers without privilege; the logs" {
  labctl up scenario1
  in_space scenario1 ip -n scenario1.vpc-3 route del 172.16.1.0/24 table 1000
  run labctl status scenario1
  [ "$status" -eq 1 ]
  [[ $output == *"missing route vpc-3 1000 172.16.1.0/24"* ]]
  labctl up scenario1
  labctl status scenario1
  labctl logs scenario1 apigw-1
  # HTTPS, believed by the lab's own authority
  [[ $(labctl api call scenario1 hello --https) == "HTTP/1.1 200"* ]]
  # packets, into a file of the user's own
  labctl capture scenario1 ecs-3 -c 1 -w seen.pcapng icmp >/dev/null 2>"$home/capture" 3>&- &
  capturer=$!
  within 10 pinged || { cat "$home/capture"; return 1; }
  wait $capturer
  [ "$(stat -c %u "$home/seen.pcapng")" -eq "$(stat -c %u "$home/run")" ]
  run in_space scenario1 sh -c 'grep -h -E "^(CapEff|CapPrm|NoNewPrivs)" $(grep -l "^Name:.labctl-gateway" /proc/[0-9]*/status)'
  [[ $output == *$'CapPrm:\t0000000000000000'* ]]
  [[ $output == *$'CapEff:\t0000000000000000'* ]]
  [[ $output == *$'NoNewPrivs:\t1'* ]]
}

@test "a lesson: the lab is made, changed and checked; what is kept outlasts it, and reset forgets it" {
  kept() { labctl lesson scenario1 status --json | jq -c '[.at, .up, (.places[] | select(.done) | .place)]'; }
  run labctl lesson scenario1 check
  [ "$status" -eq 3 ]
  [[ $output == *"has not begun"*"lesson scenario1 start"* ]]
  run labctl lesson scenario1 start
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [[ $output == *"made in namespaces of your own"*"up in "* ]]
  run labctl lesson scenario1 next
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [[ $output == *"What changes"* ]]
  run labctl lesson scenario1 check
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  [ "$(kept)" = '["create-api",true,"create-api"]' ]
  labctl lesson scenario1 goto bandwidth
  run labctl lesson scenario1 exercise too-much # which the cloud refuses
  [[ $status -eq 0 && $output == *"[bandwidth-exceeded]"* ]]
  run labctl lesson scenario1 hint
  [ "$status" -eq 0 ]
  labctl up scenario1 --step grant
  [ "$(kept | jq -r '.[0]')" = grant ]
  labctl lesson scenario1 goto attach
  labctl down scenario1
  [ ! -e "$records" ]
  [ "$(kept)" = '["attach",false,"create-api"]' ]
  run labctl lesson scenario1 check
  [[ $status -eq 3 && $output == *"labctl lesson scenario1 goto attach"* ]]
  run labctl lesson scenario1 goto nowhere # nothing is left of what this made
  [ "$status" -eq 2 ]
  [ ! -e "$records" ]
  [ "$(find "$home/run" -mindepth 1)" = "$(printf '%s\n' "$home"/run/labctl-lessons{,/scenario1})" ]
  labctl lesson scenario1 reset
  [ -z "$(ls -A "$home/run")" ]
}

@test "the keeper or the supervisor is killed: the kernel removes all; the stale record does not matter" {
  for what in keeper supervisor; do
    labctl up scenario3
    space=$(readlink "/proc/$(keeper_of scenario3)/ns/user")
    if [ $what = keeper ]; then
      kill -9 "$(keeper_of scenario3)"
    else
      in_space scenario3 sh -c 'kill -9 $(awk "/^supervisor / { print \$2 }" /run/labctl/scenario3/journal)'
    fi
    within 10 vanished "$space"
    run labctl status scenario3
    [ "$status" -eq 3 ]
    run labctl exec scenario3 idc-service -- true
    [ "$status" -eq 125 ]
    if [ $what = keeper ]; then
      run labctl down scenario3
      [ "$status" -eq 0 ]
      [[ $output == *"scenario3 is not up"* ]]
    else
      [ "$(labctl labs --json | jq -r '.labs[] | select(.name == "scenario3") | .state')" = down ]
    fi
    [ ! -e "$records" ]
  done
  labctl up scenario3
  for _ in {1..4}; do # over a stale record, and while the kernel is still at it
    kill -9 "$(keeper_of scenario3)"
    labctl up scenario3
  done
  labctl status scenario3
}

@test "what is left to do when the space ends in the middle of down, and fails, is told" {
  labctl up scenario3
  keeper=$(keeper_of scenario3)
  touch "$records/scenario3/mine"
  gone_inside() { in_space scenario3 test ! -e /run/labctl/scenario3; }
  # its last word does not get into the pipe, so it is still inside
  mkfifo "$home/full"
  exec 8<>"$home/full"
  dd if=/dev/zero of="$home/full" bs=4k oflag=nonblock 2>/dev/null || true
  labctl down scenario3 2>&8 3>&- &
  down=$!
  within 10 gone_inside
  kill -9 "$keeper"
  keeper_ended() { ! kill -0 "$keeper" 2>/dev/null; }
  within 5 keeper_ended || { kill $down; return 1; }
  cat "$home/full" >"$home/said" 3>&- 8>&- &
  drain=$!
  status=0
  wait $down || status=$?
  kill $drain
  exec 8>&-
  [ "$status" -eq 1 ]
  grep -aq "scenario3/mine: is not ours" "$home/said"
  run ! grep -aq "scenario3 is down" "$home/said"
  rm "$records/scenario3/mine"
}

@test "why a space cannot be looked into is told" {
  command -v strace >/dev/null || skip "needs strace"
  labctl up scenario3
  run as_user strace -f -qq -o "$home/strace" -e trace=setns -e inject=setns:error=EPERM \
    "$labctl" status
  [[ $output == *"lab scenario3: read its plan.json: Operation not permitted"* ]] || { echo "$output"; return 1; }
}

@test "a record that was lost: the lab is found by its keeper" {
  labctl up scenario3
  space=$(readlink "/proc/$(keeper_of scenario3)/ns/user")
  rm -rf "$records"
  run labctl up scenario3
  [ "$status" -eq 0 ]
  [[ $output == *"nothing to do"* || $output == *unchanged* || $output == *"0 added"* ]] || { echo "$output"; return 1; }
  rm -rf "$records"
  labctl down scenario3
  nothing_left "$space"
  labctl up scenario3
  space=$(readlink "/proc/$(keeper_of scenario3)/ns/user")
  rm -rf "$records"
  run labctl down --all
  [ "$output" = "scenario3 is down" ]
  nothing_left "$space"
}

@test "down --all is about the caller's labs, not about root's; a container's keeper is nobody's here" {
  [[ $EUID -eq 0 ]] || skip "needs root, for a lab of root's"
  "$labctl" up scenario2
  labctl up scenario3
  mkfifo "$home/go"
  chmod 644 "$home/go"
  as_user unshare -Urpf --mount-proc sh -c 'XDG_RUNTIME_DIR=$HOME/container && mkdir -m 700 "$XDG_RUNTIME_DIR" &&
    export XDG_RUNTIME_DIR && "$0" --rootless up scenario3 && cat go; "$0" --rootless down scenario3' "$labctl" \
    >"$home/container-out" 2>&1 3>&- &
  container=$!
  within 20 grep -q '^try:' "$home/container-out" || { cat "$home/container-out"; return 1; }
  run labctl down --all
  [ "$output" = "scenario3 is down" ]
  run labctl down --all
  [ -z "$output" ] # the container's is none of them
  : >"$home/go"
  wait $container
  grep -q "scenario3 is down" "$home/container-out" || { cat "$home/container-out"; return 1; }
  "$labctl" status scenario2
}

@test "labctl is killed at any moment of up: a fresh up works, nothing is left" {
  need_program strace
  killed=0
  for point in clone3:1 sendto:1 sendto:2 recvfrom:1 setns:1 clone:1 wait4:1; do
    status=0
    as_user strace -qq -o "$home/strace" -e "trace=${point%:*}" -e "inject=${point%:*}:signal=KILL:when=${point#*:}" \
      "$labctl" up scenario3 >/dev/null 2>&1 || status=$?
    ((status != 137)) || killed=$((killed + 1))
    run labctl up scenario3
    [ "$status" -eq 0 ] || { echo "after $point: $output"; return 1; }
    space=$(readlink "/proc/$(keeper_of scenario3)/ns/user")
    labctl status scenario3 >/dev/null
    labctl down scenario3 2>/dev/null
    nothing_left "$space" || { echo "after $point"; return 1; }
  done
  ((killed >= 5)) || { echo "only $killed of 7 were killed"; return 1; }
}

@test "the same lab twice at once: one waits for nobody and exits 3 naming the other" {
  labctl up scenario3
  as_user flock "$records/scenario3/lock" sh -c 'echo $$ >"$1/scenario3/lock"; echo held; read -r _' sh "$records" \
    >"$home/out" 3>&- < <(read -rt 20 _ <> <(:)) &
  within 5 grep -q held "$home/out"
  run labctl up scenario3
  [ "$status" -eq 3 ]
  [[ $output == *"is locked by process $(cat "$records/scenario3/lock")"* ]]
  kill "$(cat "$records/scenario3/lock")"
  wait
  labctl up scenario3
}

@test "a host that forbids it: exit 4 with the setting, its value and what to do; doctor says so too" {
  forbidden() { # VERB...
    as_user unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$labctl" --rootless "$@"
  }
  run forbidden up scenario1
  [ "$status" -eq 4 ]
  [[ $output == *"user.max_user_namespaces is 0"* ]]
  [[ $output == *"hint: sudo sysctl user.max_user_namespaces="* ]]
  [ ! -e "$records" ]
  run forbidden doctor
  [ "$status" -eq 4 ]
  [[ $output == *"user.max_user_namespaces is 0"* ]]
}

@test "as root or not at all, where the environment says so; by option also as root" {
  extra=(LABCTL_ROOTLESS=0)
  run labctl up scenario1
  [ "$status" -eq 4 ]
  [[ $output == *"needs root"* ]]
  extra=()
  [[ $EUID -eq 0 ]] || cannot_run e2e "the rest needs root"
  mkdir -m 700 "$home/root"
  XDG_RUNTIME_DIR=$home/root "$labctl" --rootless up scenario3
  [ ! -e /run/labctl/scenario3 ]
  space=$(readlink "/proc/$(records=$home/root/labctl keeper_of scenario3)/ns/user")
  worker() { # its users and groups, as the host sees them
    local pid
    for pid in $(processes_of "$space"); do
      [[ $(readlink "/proc/$pid/exe") != */libexec/labctl/labctl-service ]] || awk '/^[UG]id:/ { print $2 }' "/proc/$pid/status"
    done
  }
  [ -n "$(worker)" ]
  [[ ! $(worker) =~ (^|$'\n')0($|$'\n') ]] || { worker; return 1; } # workers are nobody of the host's
  LABCTL_ROOTLESS=1 XDG_RUNTIME_DIR=$home/root "$labctl" status scenario3
  XDG_RUNTIME_DIR=$home/root "$labctl" --rootless down scenario3
  # where there is nobody else whom workers could be
  XDG_RUNTIME_DIR=$home/root run unshare -Ur "$labctl" --rootless up scenario3
  [ "$status" -eq 4 ]
  [[ $output == *"its workers would be root of this host"* ]] || { echo "$output"; return 1; }
}

@test "a folder of records that is a link, or of somebody else, is refused" {
  mkdir "$home/elsewhere"
  as_user ln -s "$home/elsewhere" "$records"
  run labctl up scenario1
  [ "$status" -eq 4 ]
  [[ $output == *"nothing was written"* ]]
  [ -z "$(ls -A "$home/elsewhere")" ]
  rm "$records"
  [[ $EUID -eq 0 ]] || cannot_run e2e "the rest needs root"
  mkdir -m 700 "$records" # root's
  run labctl up scenario1
  [ "$status" -eq 4 ]
  rmdir "$records"
}

@test "a lab below /run, by a path of the caller's" {
  cp -r "$shipped/scenario3" "$home/run/mine"
  sed -i 's/^lab: scenario3$/lab: mine/' "$home/run/mine/lab.yaml"
  run as_user env -C "$home/run" "$labctl" up mine
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  labctl status mine
  labctl down mine
}

@test "with subordinate users, workers are users of their own, apart from the caller" {
  [[ $EUID -eq 0 ]] || cannot_run e2e "needs root, to give an /etc/subuid"
  need_program newuidmap uidmap
  [[ -e /etc/subuid && -e /etc/subgid ]] || cannot_run e2e "no /etc/subuid here"
  echo "$nobody:300000:65536" >"$home/subid"
  with_users() {
    unshare -m bash -c 'mount --make-rprivate / && for f in subuid subgid; do
      mount --bind "$0" /etc/$f || exit 1; done
      home=$1 build=$2 labctl=$3; shift 3; LABCTL_BUILD_DIR=$build; extra=()
      . "$LIB/rootless.bash"; records=$home/run/labctl; labctl "$@"' "$home/subid" "$home" "$build" "$labctl" "$@"
  }
  export LIB=$BATS_TEST_DIRNAME/../lib
  run with_users up scenario1
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
  run in_space scenario1 sh -c 'stat -c %u $(dirname $(grep -l "^Name:.labctl-gateway" /proc/[0-9]*/status)); cat /proc/self/setgroups'
  [[ $output == *allow* ]]
  uid=$(awk '/^Uid:/ { print $2 }' $(grep -l "^Name:.labctl-gateway" $(processes_of "$(readlink "/proc/$(keeper_of scenario1)/ns/user")" | sed 's|.*|/proc/&/status|')))
  ((uid >= 300000 && uid < 365536))
  name=$(labctl plan scenario1 --json |
    jq -er '[.workers[].config.groups[]?.domains[] | select(.kind == "vpc") | .name] | first')
  labctl exec scenario1 ecs-3 -- curl -sS -m 10 "http://$name/hello" | grep -F 192.168.1.10
  labctl down scenario1
}
