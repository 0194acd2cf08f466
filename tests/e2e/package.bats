#!/usr/bin/env bats
# The Debian package of this build: what is in it, that it works where it was unpacked and nothing else of labctl is,
# and that dpkg takes all of it away again. In a folder, by `dpkg --root`: the host's packages are not touched, and
# nothing is mounted.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup() {
  need_root
  type -P cpack >/dev/null || skip "no CMake here: a package is made where the build is"
  need_program dpkg-shlibdeps dpkg-dev
  root=$BATS_TEST_TMPDIR/root
}
teardown() {
  [[ ! -x $root/usr/bin/labctl ]] || "$root/usr/bin/labctl" down scenario1 2>/dev/null || true
}

# dpkg_there OPTION...: of a root where nothing is installed. Its scripts run, as in a root that is not the host's.
dpkg_there() { dpkg --root="$root" --force-depends --force-script-chrootless "$@"; }

@test "built, installed, used, removed: nothing of it is left" {
  cpack --config "$build/CPackConfig.cmake" -B "$BATS_TEST_TMPDIR/package" >"$BATS_TEST_TMPDIR/log" 2>&1 ||
    { cat "$BATS_TEST_TMPDIR/log"; false; }
  deb=$(echo "$BATS_TEST_TMPDIR"/package/labctl_*_"$(dpkg --print-architecture)".deb)
  dpkg-deb -f "$deb" Depends | grep -q 'libmnl0'
  dpkg-deb -c "$deb" | awk '{ print $2, $6 }' >"$BATS_TEST_TMPDIR/files"
  for file in bin/labctl libexec/labctl/labctl-supervisor share/labctl/labs/scenario1/lab.yaml \
    share/labctl/labs/lab.schema.json share/man/man1/labctl.1 share/man/man5/labctl-lab.5 share/doc/labctl/copyright \
    share/bash-completion/completions/labctl share/zsh/site-functions/_labctl include/labctl/function.h; do
    grep -qx "root/root ./usr/$file" "$BATS_TEST_TMPDIR/files" || { echo "$file is missing"; cat "$BATS_TEST_TMPDIR/files"; false; }
  done
  run -1 grep -vE '^root/root \./(usr/|etc/$|etc/apparmor\.d/|$)' "$BATS_TEST_TMPDIR/files"

  mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
  touch "$root/var/lib/dpkg/status"
  dpkg_there -i "$deb"
  [ "$(dpkg-query --root="$root" -W -f '${db:Status-Status}' labctl)" = installed ]
  "$root/usr/bin/labctl" up scenario1
  tr '\0' ' ' <"/proc/$(supervisor scenario1)/cmdline" | grep -q "^$root/usr/libexec/labctl/labctl-supervisor "
  run -0 "$root/usr/bin/labctl" test scenario1 hello
  "$root/usr/bin/labctl" down scenario1
  dpkg_there -P labctl
  [[ -z $(find "$root/usr" "$root/etc" -type f 2>/dev/null) ]]
}
