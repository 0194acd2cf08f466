#!/usr/bin/env bats
# The host is left as it was found: an inventory before `up` equals the one after `down`, and while
# the lab is up the host's own network is untouched. The only tests that do not run apart (tests/lib/apart):
# their labs have names that no lab of a user's has, for those may be up.

load ../lib/e2e

setup() { need_root; }
teardown() { down_all host-test-scenario1 host-test-hybrid host-test-dual-circuit; }

sysctls() { # every readable setting under net of the host's own namespace, without counters
  grep -rHs '' /proc/sys/net --exclude=nf_conntrack_count --exclude-dir=neigh --exclude-dir=stat | sort || true
}

network() { # what a user of the host would call his network
  ip -d -o link | sed -E 's/ (qlen|promiscuity) [0-9]+//g'
  ip -o addr | sed -E 's/(valid|preferred)_lft [0-9]+sec//g'
  ip route show table all
  ip -6 route show table all | sed -E 's/expires [0-9]+sec//'
  ip rule
  tc qdisc
  nft list ruleset
  sysctls
}

everything() {
  network
  ls /run/netns 2>/dev/null || true # made by the first lab, and by `ip netns`
  sed -E 's/^[0-9]+ [0-9]+ [0-9]+:[0-9]+ //' /proc/self/mountinfo | sort
  find /run -mindepth 1 \( -name 'systemd' -o -name udev -o -name utmp \) -prune -o -print | sort
  # Without what has ended and only waits for init to collect it: how soon is init's affair.
  ps -eo stat=,args= | sed -n 's/^[^Z][^ ]* *//p' | grep -F labctl | grep -vE 'grep|bats|ctest|host.bats' || true
  lsns -t net -n -o NS 2>/dev/null | sort
}

untouched() { # LAB NODE
  local lab=host-test-$1 file=$BATS_TEST_TMPDIR/lab/lab.yaml
  cp -r "$shipped/$1" "$BATS_TEST_TMPDIR/lab"
  sed -i "s/^lab: $1\$/lab: $lab/" "$file"
  everything >"$BATS_TEST_TMPDIR/before"
  network >"$BATS_TEST_TMPDIR/network-before"
  up "$file"
  network >"$BATS_TEST_TMPDIR/network-up"
  diff "$BATS_TEST_TMPDIR/network-before" "$BATS_TEST_TMPDIR/network-up"
  run labctl exec "$lab" "$2" -- true
  [ "$status" -eq 0 ]
  run labctl test "$lab"
  [ "$status" -eq 0 ]
  run labctl down "$lab"
  [ "$status" -eq 0 ]
  everything >"$BATS_TEST_TMPDIR/after"
  diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "up and down leave the host as it was; up does not touch its network" { untouched scenario1 ecs-3; }
@test "so does a lab with a data centre, an Internet and services" { untouched hybrid web-client; }
@test "so does a lab with routing daemons, whose line is cut" { untouched dual-circuit idc-1; }
