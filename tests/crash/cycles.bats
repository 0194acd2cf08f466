#!/usr/bin/env bats
# Up and down, up and down: nothing grows. Fifty times; a thousand where LABCTL_FULL is set.

load ../lib/e2e.bash
load ../lib/crash.bash

setup_file() { load ../lib/e2e.bash; load ../lib/crash.bash; need_root; crash_lab cycles-test; }
setup() { need_root; }
teardown() { down_all cycles-test; }

# What there is on this host of what a leak would be made of.
footprint() {
  echo "namespaces $(lsns -t net -n -o NS | sort -u | wc -l)"
  echo "mounts $(grep -c . /proc/self/mountinfo)"
  echo "processes $(pgrep -c -f '/labctl-[a-z]* ' || true)"
  echo "files $(find /run/labctl /run/netns /dev/shm 2>/dev/null | wc -l)"
}
# Objects of the kernel's own caches that live as long as a network namespace: NAME ACTIVE
slab() { awk -v n="$1" '$1 == n {print $2}' /proc/slabinfo 2>/dev/null; }

cycle() {
  "$labctl" up "$BATS_FILE_TMPDIR/cycles-test" >/dev/null 2>&1 && "$labctl" down cycles-test >/dev/null 2>&1
}

@test "many cycles of up and down leave the host as it was" {
  local n=50 before files spaces i
  [[ -z ${LABCTL_FULL-} ]] || n=1000
  cycle # what is made once stays: caches, modules
  before=$(footprint)
  files=$(cut -f1 /proc/sys/fs/file-nr)
  spaces=$(slab net_namespace)
  for ((i = 1; i <= n; i++)); do
    cycle || { echo "cycle $i"; return 1; }
  done
  [[ $(footprint) == "$before" ]] || { echo "before: $before"; echo "after: $(footprint)"; return 1; }
  residue cycles-test
  # open files of the whole host: others may open some, but not some in each cycle
  (($(cut -f1 /proc/sys/fs/file-nr) < files + n)) || { echo "open files: $files, then $(cut -f1 /proc/sys/fs/file-nr)"; return 1; }
  # eight namespaces in each cycle: if every fourth stayed, it would show
  [[ -z $spaces ]] || (($(slab net_namespace) < spaces + 2 * n)) ||
    { echo "network namespaces: $spaces, then $(slab net_namespace)"; return 1; }
  echo "# $n cycles, net_namespace objects ${spaces:-unreadable} -> $(slab net_namespace), open files $files -> $(cut -f1 /proc/sys/fs/file-nr)" >&3
}
