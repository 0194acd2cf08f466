#!/usr/bin/env bats
# Lab files that are none, or meant to hurt: exit 2 with a message, soon, in little memory, nothing built.

load ../lib/e2e

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

# refused FILE [VERB]: within a second and 200 MiB; a sanitizer build may take five times as much.
refused() {
  slack=1
  ! sanitized || slack=5
  run timeout 20 python3 - $slack "$labctl" "${2:-check}" "$1" <<'PY'
import resource, subprocess, sys
p = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
took, mib = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024 # CPU time: other work on this host is no matter
slack = int(sys.argv[1])
sys.stdout.buffer.write(p.stdout[:4000])
print(f"\nstatus {p.returncode}, {took:.2f} s, {mib:.0f} MiB")
sys.exit(0 if p.returncode == 2 and took < 3 * slack and mib < 200 * slack and p.stdout.strip() else 1)
PY
  [ "$status" -eq 0 ] || { echo "$1: $output"; return 1; }
}

head='labctl: 1
lab: bad
regions: {cn-beijing: {}}
'

@test "text that is no lab" {
  printf '' >empty.yaml
  printf 'a:\n\t- b\n' >tab.yaml
  printf '%s' "$head" | sed 's/$/\r/' | sed '$s/.*/\xff\xfe/' >not-utf8.yaml
  printf '%s\0x: 1\n' "$head" >nul.yaml
  printf '%s---\n%s' "$head" "$head" >documents.yaml
  printf '%slab: twice\n' "$head" >twice.yaml
  printf '%svpcs: {v: {region: cn-beijing, cidr_block: 10.0.0.1/8}}\n' "$head" >host-bits.yaml
  printf '%svpcs: {v: {region: cn-beijing, cidr_block: 10.0.0/8}}\n' "$head" >bad-cidr.yaml
  printf '%svpc: {}\n' "$head" >typo.yaml
  printf '%svpcs: 7\n' "$head" >type.yaml
  for file in *.yaml; do refused $file; done
  run "$labctl" check typo.yaml
  [[ $output == *"typo.yaml:"*"^"* && $output == *"vpcs"* ]]
}

@test "check refuses what up refuses: a handler that is missing, or not executable; a CI sees it" {
  printf '%s' "lab: bad
regions: {cn-beijing: {zones: [h]}}
functions: {hello: {region: cn-beijing, code: functions/hello}}
" >lab.yaml
  for verb in check up; do
    run "$labctl" "$verb" "$PWD"
    [ "$status" -eq 2 ]
    [[ $output == *"lab.yaml:3:47: error: function hello: "*"/functions/hello: No such file"*"[handler]"* ]]
    [[ $output == *"a path from the lab file's folder to an executable file"* ]]
  done
  mkdir functions
  echo 'int main(void) {}' >functions/hello.c
  run "$labctl" check "$PWD"
  [[ $status -eq 2 && $output == *"hint: build it: its source is "*"/functions/hello.c"* ]]
  rm functions/hello.c
  echo '#!/bin/sh' >functions/hello
  run "$labctl" check "$PWD"
  [[ $status -eq 2 && $output == *"not executable [handler]"*"hint: chmod +x "*"/functions/hello"* ]]
  run "$labctl" check --json "$PWD"
  [ "$(jq -c '[.ok, .diagnostics[0].severity]' <<<"$output")" = '[false,"error"]' ]
  chmod +x functions/hello
  run "$labctl" check "$PWD"
  [[ $status -eq 0 && $output == *": ok" ]]
}

@test "check looks at handlers of every step and every exercise" {
  mkdir functions
  echo '#!/bin/sh' >functions/hello
  chmod +x functions/hello
  printf '%s' "lab: bad
regions: {cn-beijing: {zones: [h]}}
functions: {hello: {region: cn-beijing, code: functions/hello}}
vpcs: {vpc-1: {region: cn-beijing, cidr_block: 10.1.0.0/16}}
steps:
  - id: one
    apply:
      functions: {for-a-while: {region: cn-beijing, code: functions/for-a-while}}
    exercises:
      - id: slip
        title: a slip
        apply: {functions: {slip: {region: cn-beijing, code: functions/slip}}}
        checks: [{id: none, in: vpc-1, route: 10.2.0.0/16, expect: {origin: none}}]
        answer: There is no such file.
  - {id: two, apply: {functions: {for-a-while: null}}}
" >lab.yaml
  run "$labctl" check "$PWD"
  [ "$status" -eq 2 ]
  [[ $output == *"lab.yaml:8:"*"function for-a-while: "*"No such file"*"[handler]"* ]] || { echo "$output"; false; }
  cp functions/hello functions/for-a-while
  run "$labctl" check "$PWD"
  [ "$status" -eq 2 ]
  [[ $output == *"lab.yaml:12:"*"function slip: "*"No such file"*"[handler]"* ]] || { echo "$output"; false; }
  cp functions/hello functions/slip
  run "$labctl" check "$PWD"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
}

@test "bombs" {
  python3 - <<'PY'
def write(name, text):
    open(name, "w").write(text)
write("deep.yaml", "[" * 200000)
write("deep-map.yaml", "{a: " * 200000)
write("aliases.yaml", "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i-1}'] * 10)}]\n" for i in range(1, 12)))
write("cycle.yaml", "a: &a [*a]\n")
write("long-line.yaml", "lab: " + "x" * (1 << 20) + "\n")
write("long-key.yaml", "? " + "x" * 100000 + "\n: 1\n")
write("big.yaml", "".join(f"k{i}: v\n" for i in range(1000000)))
write("keys.yaml", "".join(f"k{i}: v\n" for i in range(340000)))
write("items.yaml", "labctl: 1\nlab: bad\nvpcs: [" + "1," * 2000000 + "1]\n")
write("many-errors.yaml", "labctl: 1\nlab: bad\nvpcs:\n" + "".join(f"  v{i}: {{region: nowhere, cidr_block: x}}\n" for i in range(2000)))
PY
  for file in *.yaml; do refused $file; done
}

@test "what is no file" {
  mkfifo fifo.yaml
  mkdir folder.yaml
  ln -s loop.yaml loop.yaml
  for file in fifo.yaml folder.yaml loop.yaml /dev/null /dev/zero /dev/full /proc/self/mem nothing.yaml; do refused $file; done
}
