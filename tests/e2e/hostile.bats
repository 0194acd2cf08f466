#!/usr/bin/env bats
# Nothing that a caller leaves lying around changes what labctl does; and what runs in a lab, be it
# hostile, reaches neither the host nor the other processes of the lab.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  dir=$BATS_TEST_TMPDIR/hostile1
  cp -r "$shipped/scenario1" "$dir"
  sed -i 's/^lab: .*/lab: hostile1/' "$dir/lab.yaml"
}
teardown() { down_all hostile1; }

# through WRAPPER...: up, exec and down, each started by the wrapper.
through() {
  "$@" "$labctl" up "$dir" || return 1
  labctl status hostile1 || return 1
  out=$BATS_TEST_TMPDIR/out
  "$@" "$labctl" exec hostile1 ecs-3 -- ls /proc/self/fd >"$out" || return 1
  # what the wrapper closed is /dev/null; 3 is the folder that ls reads
  [[ ! -s $out || $(echo $(<"$out")) == "0 1 2 3" ]] || return 1
  [[ $(stat -c %a /run/labctl/hostile1) == 700 && $(stat -c %a /run/labctl/hostile1/log) == 700 ]] || return 1
  "$@" "$labctl" down hostile1 || return 1
  lab_gone hostile1
}
python_exec='os.execvp(sys.argv[1], sys.argv[1:])'

@test "environment variables" {
  through env -i
  through env PATH=/nowhere IFS=abc LC_ALL=../../x LANG=x TERM=../x TMPDIR=/nowhere HOME=/nowhere \
    LD_LIBRARY_PATH=/tmp GCONV_PATH=/tmp LOCPATH=/tmp BASH_ENV=/nowhere
}

@test "closed standard descriptors, and a hundred others open" {
  through bash -c 'exec "$@" <&- >&- 2>&-' closed
  through bash -c 'for i in {10..110}; do eval "exec $i</etc/passwd"; done; exec "$@"' leaked
}

@test "leaked descriptors do not reach the lab's processes" {
  bash -c 'for i in {10..110}; do eval "exec $i</etc/passwd"; done; exec "$@"' leaked "$labctl" up "$dir"
  for pid in "$(supervisor hostile1)" $(pgrep -P "$(supervisor hostile1)"); do
    run ! grep -q /etc/passwd <(readlink /proc/"$pid"/fd/*)
  done
}

@test "umask, ignored and blocked signals" {
  for mask in 0000 0077 0777; do
    through bash -c "umask $mask; exec \"\$@\"" umask
  done
  through python3 -c "import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
$python_exec"
  through python3 -c "import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
$python_exec"
}

@test "no argv[0], no arguments, no environment" {
  run -2 python3 -c "import ctypes, os, sys
none = (ctypes.c_char_p * 1)(None)
ctypes.CDLL(None).execve(sys.argv[1].encode(), none, none)" "$labctl"
  [[ $output == *Usage:* ]]
}

@test "a working directory that is gone" {
  mkdir "$BATS_TEST_TMPDIR/gone"
  cd "$BATS_TEST_TMPDIR/gone"
  rmdir "$BATS_TEST_TMPDIR/gone"
  through env
}

# limits PID PATTERN...: each is the beginning of a line of the process's limits.
limits() {
  local pid=$1 pattern
  shift
  for pattern in "$@"; do
    grep -Eq "^$pattern" "/proc/$pid/limits" || { echo "process $pid: not $pattern"; return 1; }
  done
}

@test "limits that are too low: refused, and nothing is left; a low but sufficient one does not stay with the lab" {
  for limit in --fsize=0 --fsize=2000; do
    # the message goes through a pipe, which has no size limit
    run -1 prlimit "$limit" "$labctl" up "$dir"
    [[ $output == *"labctl: "* ]]
    lab_gone hostile1
  done
  # said before anything is made, with the number; a soft limit is raised
  run -4 prlimit --nofile=32 "$labctl" up "$dir"
  [[ $output =~ needs\ ([0-9]+)\ descriptors ]]
  needed=${BASH_REMATCH[1]}
  lab_gone hostile1
  run -4 prlimit --nofile=$((needed - 1)) "$labctl" up "$dir"
  prlimit --nofile="$needed" "$labctl" up "$dir"
  labctl status hostile1
  prlimit --nofile=32 "$labctl" down hostile1
  lab_gone hostile1
  prlimit --nofile=32: "$labctl" up "$dir"
  labctl down hostile1
  prlimit --cpu=60: --fsize=100000000: "$labctl" up "$dir"
  limits "$(supervisor hostile1)" 'Max cpu time +unlimited' 'Max file size +unlimited'
  run -125 prlimit --fsize=0 "$labctl" exec hostile1 ecs-3 -- true
  [[ $output == *"File too large"* ]]
}

# holds PID FIELD=VALUE...: the process has exactly these values in its status.
holds() {
  local pid=$1 field
  shift
  for field in "$@"; do
    grep -Eq "^${field%%=*}:[[:space:]]+${field#*=}\$" "/proc/$pid/status" || {
      echo "process $pid: not $field: $(grep "^${field%%=*}:" "/proc/$pid/status")"
      return 1
    }
  done
}

@test "each process holds what it needs and no more" {
  labctl up "$dir"
  none=0000000000000000
  # SYS_ADMIN SETUID SETGID SETPCAP KILL NET_BIND_SERVICE DAC_READ_SEARCH, and to hand on: NET_ADMIN NET_RAW SYS_NICE
  holds "$(supervisor hostile1)" CapInh=$none CapAmb=$none CapPrm=0000000000a035e4 \
    CapEff=0000000000a035e4 CapBnd=0000000000a035e4
  users=()
  for name in apigw-1 dns function-hello; do
    pid=$(worker hostile1 "$name")
    holds "$pid" CapInh=$none CapPrm=$none CapEff=$none CapBnd=$none CapAmb=$none \
      NoNewPrivs=1 'Groups=\s*'
    if ! sanitized; then
      holds "$pid" Seccomp=2
      [ "$(stat -c %U "/proc/$pid/fd")" = root ] # not dumpable
    fi
    limits "$pid" 'Max core file size +0 +0' 'Max processes +1024 +1024'
    users+=("$(awk '/^Uid:/{print $2}' "/proc/$pid/status")")
    while read -r fd; do # pipe: readiness and notes; memfd: the gateway's counters
      [[ $fd == /dev/null || $fd == /run/labctl/hostile1/log/$name.log || $fd == anon_inode:* ||
        $fd == socket:* || $fd == pipe:* || "$name $fd" == "apigw-1 /memfd:state (deleted)" ]]
    done < <(readlink "/proc/$pid/fd/"*)
    for ns in mnt net pid ipc; do
      [ "$(readlink "/proc/$pid/ns/$ns")" != "$(readlink "/proc/self/ns/$ns")" ]
    done
  done
  [ "$(printf '%s\n' "${users[@]}" | sort -un | wc -l)" -eq 3 ]
  ((users[0] > 65535 && users[1] > 65535 && users[2] > 65535))
}

# as_handler: runs the script on stdin as the lab's function; what it shows is shown.
as_handler() {
  ip netns exec hostile1.svc.cn-hangzhou python3 -c '
import http.client, json, sys
c = http.client.HTTPConnection("100.100.80.1", 9000, timeout=70)
c.request("POST", "/invoke", json.dumps({"script": sys.argv[1]}),
          {"x-fc-request-id": "1", "Content-Type": "application/octet-stream"})
print(json.loads(c.getresponse().read())["body"])' "$(cat)"
}
hostile_up() {
  cat >"$dir/functions/hello" <<'PY'
#!/usr/bin/env python3
import json, subprocess, sys
script = json.load(sys.stdin)["script"]
done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
json.dump({"isBase64Encoded": False, "statusCode": 200, "headers": {}, "body": done.stdout}, sys.stdout)
PY
  # on a busy host a thousand processes take half a minute
  sed -i 's/timeout: 10s}/timeout: 60s}/' "$dir/lab.yaml"
  grep -q 'functions/hello, timeout: 60s}' "$dir/lab.yaml"
  labctl up "$dir"
}

@test "a hostile handler leaves nothing on the host, and reaches none of its daemons" {
  hostile_up
  mark=labctl-hostile-$$
  run as_handler <<SH
for d in / /etc /home /mnt /run /run/lock /dev /tmp /var/tmp /dev/shm "$dir/functions"; do
  touch "\$d/$mark" 2>/dev/null && echo "wrote \$d"
done
ipcmk -M 100 >/dev/null && echo "shared memory"
find / -path /proc -prune -o -type s -print 2>/dev/null
ls -A /run
echo nothing >/dev/null && echo null
SH
  [ "$output" = "wrote /tmp
wrote /var/tmp
wrote /dev/shm
shared memory
null" ]
  for d in / /etc /home /mnt /run /run/lock /dev /tmp /var/tmp /dev/shm "$dir/functions"; do
    [ ! -e "$d/$mark" ]
  done
  [ -z "$(ipcs -m | awk '$3 ~ /^20[0-9]{8}$/')" ]
}

@test "a hostile handler gains nothing and touches no other process" {
  sanitized && skip "a sanitizer build can be traced"
  hostile_up
  # shellcheck disable=SC2016
  run as_handler <<'SH'
for pid in 1 2 3 4; do
  kill -0 $pid 2>/dev/null && [ "$(stat -c %u /proc/$pid)" -ne 0 ] &&
    [ "$(awk '/^Uid/{print $2}' /proc/$pid/status)" -ne "$(id -u)" ] && echo "may signal $pid"
  for f in environ maps mem; do head -c 1 /proc/$pid/$f >/dev/null 2>&1 && echo "reads $f of $pid"; done
  ls /proc/$pid/fd >/dev/null 2>&1 && echo "sees descriptors of $pid"
  nsenter -t $pid -n true 2>/dev/null && echo "joins $pid"
done
unshare -U true 2>/dev/null && echo "user namespace"
python3 - <<'PY'
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def succeeds(what, *args):
    rc = libc.syscall(*args)
    if rc == 0 and what.startswith("clone"):
        os._exit(0)
    if rc >= 0:
        print(what)
succeeds("clone: user namespace", 56, 0x10000000 | 17, 0, 0, 0, 0)
succeeds("ptrace", 101, 16, 4, 0, 0)
succeeds("bpf", 321, 0, 0, 0)
succeeds("userfaultfd", 323, 0)
for family in (3, 38, 40):
    try:
        socket.socket(family, socket.SOCK_STREAM)
        print("socket of family", family)
    except OSError:
        pass
PY
ls /run/labctl 2>/dev/null
grep -c . /run/netns/* 2>/dev/null
sudo -n true 2>/dev/null && echo sudo
su -c true root </dev/null >/dev/null 2>&1 && echo su
true
SH
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "what a handler leaves running ends with its worker, and a fork bomb stays in its function" {
  hostile_up
  as_handler 3>&- >/dev/null 2>&1 <<'SH' &
setsid bash -c 'trap "" TERM INT HUP; while :; do sleep 31337; done' </dev/null >/dev/null 2>&1 &
wait
SH
  within 5 pgrep -f '^sleep 31337'
  kill -9 "$(worker hostile1 function-hello)"
  none() { ! pgrep -f '^sleep 31337' >/dev/null; }
  within 5 none
  ready() { labctl status hostile1 >/dev/null; }
  within 5 ready
  [ "$(as_handler <<<'echo serves')" = serves ]
  run as_handler <<'SH'
exec python3 - <<'PY'
import os
for i in range(1100):
    try:
        if os.fork() == 0:
            os.setsid()
            for fd in range(3):
                os.close(fd)
            os.execlp("sleep", "sleep", "31337")
    except BlockingIOError:
        print("refused at", i, flush=True)
        break
PY
SH
  [[ $output == "refused at "* ]] || { echo "$output"; false; }
  within 10 none
  [ "$(as_handler <<<'echo serves')" = serves ]
}

@test "processes of a node that ignore every signal, fork and leave their session go with the lab" {
  labctl up "$dir"
  labctl exec hostile1 ecs-3 -- bash -c 'trap "" TERM INT HUP QUIT
for i in 1 2 3; do setsid bash -c "while :; do sleep 31338; done" & done; exit 0'
  within 5 pgrep -f '^sleep 31338'
  labctl exec hostile1 ecs-3 -- ipcmk -M 100
  labctl down hostile1
  run -1 pgrep -f 'sleep 31338'
  lab_gone hostile1
}
