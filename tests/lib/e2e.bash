# Shared by the bats files of tests/e2e and tests/crash: the labctl under test, labs made as small
# variations of the shipped ones, and waiting for a condition instead of sleeping.
# shellcheck shell=bash

build=${LABCTL_BUILD_DIR:?run these tests through ctest, or set LABCTL_BUILD_DIR}
labctl=$build/bin/labctl
shipped=$build/share/labctl/labs

labctl() { "$labctl" "$@"; }

# cannot_run LABEL WHY: skips this test; fails it where LABCTL_MUST_RUN has that label.
cannot_run() {
  [[ ,${LABCTL_MUST_RUN-}, != *,$1,* ]] || { echo "cannot run: $2"; return 1; }
  skip "$2"
}
need_root() { [[ $EUID -eq 0 ]] || cannot_run e2e "needs root"; }
need_program() { # NAME [PACKAGE]
  type -P "$1" >/dev/null || cannot_run e2e "needs $1${2:+ (package $2)}"
}

# has_netem: whether this kernel emulates delays itself
has_netem() { "$labctl" doctor --json | jq -e 'any(.kernel[]; .name == "netem" and .ok)' >/dev/null; }

# sanitized: whether this is a build with sanitizers, which is slower and needs more of everything
sanitized() { nm -D "$build/libexec/labctl/labctl-gateway" | grep -q __asan; }

# What runs of a lab, and how.
supervisor() { awk '/^supervisor / { pid = $2 } END { print pid }' "/run/labctl/$1/journal"; } # LAB: its pid
worker() { # LAB WORKER: its pid
  "$labctl" status "$1" --json | jq -er --arg w "$2" '.workers[] | select(.worker == $w) | .pid'
}
stopped() { grep -qs '^State:.*stop' "/proc/$1/status"; } # PID: by a signal, or by a tracer
lab_gone() { [[ ! -e /run/labctl/$1 && -z $(compgen -G "/run/netns/$1.*") ]]; } # LAB: neither state nor names

# variation LAB NAME [--lab-checks] <<YAML: the shipped LAB with one more step on top, as a lab of
# its own called NAME; gives the path of its file. The step's `apply:` is read from stdin.
variation() {
  local lab=$1 name=$2 dir=$BATS_TEST_TMPDIR/$2
  mkdir -p "$dir"
  [[ ! -d $shipped/$lab/functions ]] || cp -r "$shipped/$lab/functions" "$dir/"
  {
    sed -e "s/^lab: $lab\$/lab: $name/" -e '/^checks:/,$d' "$shipped/$lab/lab.yaml"
    printf '  - id: variation\n    title: what this test changes\n    apply:\n'
    sed 's/^/      /'
  } >"$dir/lab.yaml"
  echo "$dir/lab.yaml"
}

up() { # FILE [OPTION...]: up, quietly; prints what went wrong where it fails
  run "$labctl" up "$@"
  [ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

# domain LAB GROUP: the VPC domain that a group of a variation has once all steps are done.
domain() {
  labctl plan "$BATS_TEST_TMPDIR/$1/lab.yaml" --json | jq -er --arg g "$2" \
    '[.workers[].config.groups[]? | select(.name == $g) | .domains[] | select(.kind == "vpc") | .name] | first'
}

# vpc_domain LAB: of the first API group that has one, when all steps are done
vpc_domain() { labctl plan "$1" --json | jq -er '[.summary.api_groups[].vpc_domain | values] | first'; }

no_route() { # NETNS TABLE PREFIX: the table has no usable route to exactly this prefix
  local routes
  routes=$(ip -n "$1" route show table "$2" "$3") && [[ -z $(grep -v '^blackhole' <<<"$routes") ]]
}

# load_begin LAB NAME PATHS: a load on that domain from ecs-1 (lib/reload_load.py), until load_end, which fails
# where one of its requests did, and leaves what it says in .../load.
load_begin() {
  "$labctl" exec "$1" ecs-1 -- "$BATS_TEST_DIRNAME/../lib/reload_load.py" "$2" "$3" 100.100.2.136 "$2" \
    "$BATS_TEST_TMPDIR/stop" >"$BATS_TEST_TMPDIR/load" 2>&1 3>&- &
  load_pid=$!
}

load_end() {
  local rc=0
  [[ -n ${load_pid-} ]] || return 0
  touch "$BATS_TEST_TMPDIR/stop"
  wait "$load_pid" || rc=$?
  load_pid=
  cat "$BATS_TEST_TMPDIR/load"
  return "$rc"
}

# capture NETNS DEVICE FILTER: tcpdump in the background until `captured` gives what it saw.
capture() {
  ip netns exec "$1" tcpdump -lni "$2" --immediate-mode "${@:3}" \
    >"$BATS_TEST_TMPDIR/capture" 2>"$BATS_TEST_TMPDIR/capture.err" 3>&- &
  capture_pid=$!
  within 5 grep -q 'listening on' "$BATS_TEST_TMPDIR/capture.err"
}

capture_end() {
  [[ -n ${capture_pid-} ]] || return 0
  kill "$capture_pid" 2>/dev/null || true
  wait "$capture_pid" || true
  capture_pid=
}

captured() {
  read -rt 0.3 <> <(:) || true # for what is still under way
  capture_end
  cat "$BATS_TEST_TMPDIR/capture"
}

# within SECONDS COMMAND...: repeats the command until it succeeds or the time is over: four times the
# seconds, which are those of a machine that has nothing else to do. "$!" is another one afterwards.
within() {
  local deadline=$((SECONDS + 4 * $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    read -rt 0.1 <> <(:) || true
  done
}

# teardown helper: whatever a test started goes, and nothing may be left of it.
down_all() {
  local lab
  for lab in "$@"; do
    "$labctl" down "$lab" >/dev/null 2>&1 || true
  done
}
