#!/usr/bin/env bats
# The Debian package of this build: what is in it, that it works where it was unpacked and nothing else of labctl is,
# that what it depends on is there, and that dpkg takes all of it away again. In a folder, by `dpkg --root`: the host's
# packages are not touched, and nothing is mounted.

bats_require_minimum_version 1.5.0
load ../lib/e2e

setup_file() {
  load ../lib/e2e.bash
  type -P cpack >/dev/null && type -P dpkg-shlibdeps >/dev/null || return 0
  cpack --config "$build/CPackConfig.cmake" -B "$BATS_FILE_TMPDIR/package" >"$BATS_FILE_TMPDIR/log" 2>&1 ||
    { cat "$BATS_FILE_TMPDIR/log"; false; }
}
setup() {
  need_root
  type -P cpack >/dev/null || skip "no CMake here: a package is made where the build is"
  need_program dpkg-shlibdeps dpkg-dev
  root=$BATS_TEST_TMPDIR/root
  deb=$(echo "$BATS_FILE_TMPDIR"/package/labctl_*_"$(dpkg --print-architecture)".deb)
}
teardown() {
  [[ ! -x $root/usr/bin/labctl ]] || "$root/usr/bin/labctl" down scenario1 2>/dev/null || true
}

# root_of STATUS: a root whose dpkg believes installed what the file STATUS says.
root_of() {
  mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates"
  cp "$1" "$root/var/lib/dpkg/status"
}
# dpkg_there OPTION...: of that root. Its scripts run, as in a root that is not the host's.
dpkg_there() { dpkg --root="$root" --force-script-chrootless "$@"; }

# needs_too PACKAGE: the package again, as $other, with one more dependency, for which the host has nothing.
needs_too() {
  other=$BATS_TEST_TMPDIR/other.deb
  dpkg-deb -R "$deb" "$BATS_TEST_TMPDIR/other"
  sed -i "s/^Depends: /&$1, /" "$BATS_TEST_TMPDIR/other/DEBIAN/control"
  grep -q "^Depends: $1, ." "$BATS_TEST_TMPDIR/other/DEBIAN/control"
  dpkg-deb -Znone -b "$BATS_TEST_TMPDIR/other" "$other" >/dev/null
}

@test "built, installed, used, removed: nothing of it is left" {
  dpkg-deb -f "$deb" Depends | grep -q 'libmnl0'
  dpkg-deb -c "$deb" | awk '{ print $2, $6 }' >"$BATS_TEST_TMPDIR/files"
  for file in bin/labctl libexec/labctl/labctl-supervisor share/labctl/labs/scenario1/lab.yaml \
    share/labctl/labs/lab.schema.json share/man/man1/labctl.1 share/man/man5/labctl-lab.5 share/doc/labctl/copyright \
    share/bash-completion/completions/labctl share/zsh/site-functions/_labctl \
    include/labctl/function.h include/labctl/function_json.h; do
    grep -qx "root/root ./usr/$file" "$BATS_TEST_TMPDIR/files" || { echo "$file is missing"; cat "$BATS_TEST_TMPDIR/files"; false; }
  done
  run -1 grep -vE '^root/root \./(usr/|etc/$|etc/apparmor\.d/|$)' "$BATS_TEST_TMPDIR/files"

  # with the host's packages, of whose versions dpkg makes sure; their files are not there
  root_of /var/lib/dpkg/status
  dpkg_there -i "$deb"
  [ "$(dpkg-query --root="$root" -W -f '${db:Status-Status}' labctl)" = installed ]
  "$root/usr/bin/labctl" up scenario1
  tr '\0' ' ' <"/proc/$(supervisor scenario1)/cmdline" | grep -q "^$root/usr/libexec/labctl/labctl-supervisor "
  run -0 "$root/usr/bin/labctl" test scenario1 hello
  "$root/usr/bin/labctl" down scenario1
  dpkg_there -P labctl
  [[ -z $(find "$root/usr" "$root/etc" -type f 2>/dev/null) ]]
}

@test "a dpkg that lacks what the package depends on refuses it" {
  root_of /dev/null
  run -1 dpkg_there -i "$deb"
  [[ $output == *"labctl depends on libmnl0"*"Package libmnl0 is not installed"* ]]
}

@test "one version too old is refused" {
  needs_too 'libmnl0 (>= 999)'
  root_of /var/lib/dpkg/status
  run -1 dpkg_there -i "$other"
  [[ $output == *"labctl depends on libmnl0 (>= 999)"* ]]
}

# simulated DEB: what apt would do, with the distribution's lists, to install it where there is no package yet.
simulated() {
  mkdir -p "$BATS_TEST_TMPDIR/apt/archives/partial"
  apt-get --simulate -o Dir::State::status=/dev/null -o Dir::Cache="$BATS_TEST_TMPDIR/apt" \
    --no-install-recommends install "$1"
}

@test "apt finds everything that it depends on" {
  type -P apt-get >/dev/null || skip "no apt-get here"
  compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || skip "no package lists here: apt-get update brings them"
  run -0 simulated "$deb"
  [[ $output == *"Inst libmnl0 "*"Conf labctl "* ]]
  needs_too 'labctl-no-such-package'
  run -100 simulated "$other"
  [[ $output == *"Depends: labctl-no-such-package"* ]]
}
