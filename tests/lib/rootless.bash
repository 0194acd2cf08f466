# For tests of labs without root: an ordinary user (nobody, where the tests run as root) with a home and
# a runtime directory of its own, and the programs where that user can reach them.
# shellcheck shell=bash

nobody=65534

# rootless_home: makes $home, and $labctl a copy where the build tree is closed to others.
rootless_home() {
  home=$(mktemp -d /tmp/labctl-rootless.XXXXXX)
  chmod 0755 "$home"
  mkdir -p "$home/run" "$home/labs"
  if [[ $EUID -eq 0 ]]; then chown -R $nobody:$nobody "$home"; fi
  chmod 0700 "$home/run"
  records=$home/run/labctl
  as_user test -r "$build/libexec/labctl/labctl-keeper" && return 0
  cp -r "$build/bin" "$build/libexec" "$build/share" "$home/"
  labctl=$home/bin/labctl
}

# as_user COMMAND...: with nothing of the caller's environment. LeakSanitizer cannot work in the
# process that waits: its tracer is of another PID namespace.
as_user() {
  local drop=()
  if [[ $EUID -eq 0 ]]; then drop=(setpriv --reuid="$nobody" --regid="$nobody" --clear-groups); fi
  "${drop[@]}" env -i -C "$home" PATH="$PATH" HOME="$home" XDG_RUNTIME_DIR="$home/run" TERM=xterm \
    ASAN_OPTIONS=detect_leaks=0 "${extra[@]}" "$@"
}
extra=() # more variables

labctl() { as_user "$labctl" "$@"; }

keeper_of() { # LAB: its pid
  awk '$1 == "supervisor" { pid = $2 } END { print pid }' "$records/$1/journal"
}

# in_space LAB COMMAND...: as the README says it
in_space() {
  local pid
  pid=$(keeper_of "$1")
  shift
  as_user nsenter --preserve-credentials -U -m -n -p -t "$pid" "$@"
}

# processes_of USER-NAMESPACE: all that are in it
processes_of() {
  find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/user' -printf '%l %h\n' 2>/dev/null |
    awk -v ns="$1" '$1 == ns { split($2, part, "/"); print part[3] }'
}

vanished() { [[ -z $(processes_of "$1") ]]; }

can_be_rootless() {
  as_user unshare -Urmpnf true 2>/dev/null || cannot_run e2e "this host forbids user namespaces"
}
