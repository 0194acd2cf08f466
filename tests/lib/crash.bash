# Faults injected into the real labctl by strace, one system call at a time.
# shellcheck shell=bash

# A lab of the tests' own, equal to a shipped one but for its name.
crash_lab() { # NAME [SHIPPED]
  local dir=$BATS_FILE_TMPDIR/$1 from=${2:-scenario1}
  [[ -d $dir ]] && return 0
  cp -r "$shipped/$from" "$dir"
  sed -i "s/^lab: $from\$/lab: $1/" "$dir/lab.yaml"
}

# The numbers to try: each where LABCTL_FULL is set, otherwise few, denser at the start.
points() {
  if [[ -n ${LABCTL_FULL-} ]]; then seq 1 2000; else printf '%s\n' 1 2 3 5 8 13 21 34 55 89 144 233; fi
}

# injected EXPRESSION COMMAND...: runs the command with the fault. Its output is in $out, its status in
# $status, and whether the fault came to pass in $hit. LeakSanitizer cannot work under a tracer.
injected() {
  local expression=$1 log=$BATS_TEST_TMPDIR/strace
  shift
  status=0
  out=$(ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$log" -e "trace=${expression%%:*}" \
    -e "inject=$expression" "${only[@]}" "$@" 2>&1 </dev/null) || status=$?
  hit=false
  if grep -q '(INJECTED)' "$log" || ((status == 137)); then hit=true; fi
}
only=() # more options for strace: -P FILE restricts the fault to calls on that file

supervisors() { # LAB
  pgrep -f "^[^ ]*/labctl-supervisor $1 " || true
}

# nothing_left LAB: no directory, namespace, name, mount or process of it.
nothing_left() {
  # a supervisor whose labctl was killed before it was known dies by itself, in its own time
  if ! within 3 no_supervisor "$1"; then echo "left: process $(supervisors "$1")"; return 1; fi
  residue "$1"
}
residue() { # LAB: fails, and says what there is, where anything is left of it
  local found
  found=$("$labctl" doctor --residue --json | jq -er --arg lab "$1" \
    '[.residue[] | select(.lab == $lab or .lab == null) | "left: \(.found) \(.where)"] | join("\n")') || return 1
  if [[ $found ]]; then echo "$found"; return 1; fi
}
no_supervisor() { [[ -z $(supervisors "$1") ]]; }

must() { # COMMAND...: shows what it said where it fails
  local said
  said=$("$@" 2>&1) || { local r=$?; printf '%s: exit %d: %s\n' "$*" "$r" "$said"; return 1; }
}

works_again() { # LAB
  must "$labctl" up "$BATS_FILE_TMPDIR/$1" && must "$labctl" status "$1" && must "$labctl" down "$1" &&
    nothing_left "$1"
}
