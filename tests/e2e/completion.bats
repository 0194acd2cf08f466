#!/usr/bin/env bats
# `labctl completion`: each script, run by its own shell, offers verbs, labs, steps and nodes.

load ../lib/e2e

setup() {
  PATH=$build/bin:$PATH
  cd "$BATS_TEST_TMPDIR"
}
teardown() { down_all completion-lab; }

lab() {
  cat >completion-lab.yaml <<'YAML'
lab: completion-lab
regions:
  cn-hangzhou: {zones: [h]}
vpcs:
  vpc-a:
    region: cn-hangzhou
    cidr_block: 10.1.0.0/16
    vswitches: {vsw-a: {zone: h, cidr_block: 10.1.1.0/24}}
security_groups:
  sg-a: {vpc: vpc-a}
cen: {cen-a: {attachments: {attach-a: {vpc: vpc-a}}}}
ecs:
  client: {vswitch: vsw-a, security_groups: [sg-a]}
YAML
}

# in_SHELL WORD...: what is offered for the last word, sorted, in one line.
in_bash() {
  bash -euc 'compopt() { options+=" $*"; } # refuses to work outside of a completion
    source <(labctl completion bash)
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _labctl
    printf "%s\n" "${COMPREPLY[@]}"' bash "$@" | sort | xargs
}
in_zsh() {
  # the builtins below refuse to work outside of a completion; what matches is compadd's to decide
  zsh -f -c 'autoload -U compinit && compinit -u -D
    source <(labctl completion zsh)
    compset() { return 1; }
    compadd() { print -rl -- ${(M)matches:#$PREFIX*}; }
    words=("$@") CURRENT=$# BUFFER="$*" CURSOR=${#BUFFER} PREFIX=${@[-1]} SUFFIX=
    ${(z)_comps[labctl]}' zsh "$@" | sort -u | xargs
}
in_fish() { fish --no-config -c 'labctl completion fish | source; complete -C "$argv"' "$@" | cut -f1 | sort | xargs; }

offers() {
  local wanted=$1 got
  shift
  got=$("$@")
  [ "$got" = "$wanted" ] || { echo "$*: $got, not $wanted"; return 1; }
}

# What all shells can do.
basics() {
  offers "shell sign status" "$1" labctl s
  offers "scenario1 scenario2 scenario3" "$1" labctl up sc
  offers --from-nothing "$1" labctl plan --fr
  offers "bash fish zsh" "$1" labctl completion ""
}

verbs() { labctl --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }

@test "bash: verbs, labs, options" {
  basics in_bash
  offers "$({ verbs; echo help; } | sort | xargs)" in_bash labctl ""
  offers "$({ verbs; echo help; } | sort | xargs)" in_bash labctl help ""
  offers "" in_bash labctl no-such-verb ""
  offers "chain regions star" in_bash labctl generate ""
  offers regions in_bash labctl generate --vpcs 3 reg
}

@test "bash: files and folders, but only where a lab file may stand" {
  mkdir labs-of-mine
  offers labs in_bash labctl lab
  offers labs-of-mine in_bash labctl check labs-
  offers "" in_bash labctl status labs-
}

@test "bash: steps, formats; an option's argument is no lab" {
  offers "attach attach/same-cidr" in_bash labctl up scenario1 --step at
  offers junit in_bash labctl test some-lab --format ju
  offers mermaid in_bash labctl graph some-lab --format me
  offers "json svg text" in_bash labctl trace some-lab --format ""
  offers svg in_bash labctl trace some-lab -f = s
  offers "json svg text" in_bash labctl trace some-lab --format =
  offers grant/no-bandwidth in_bash labctl graph scenario1 --step grant/no-ba
  offers exercise in_bash labctl lesson scenario1 ex
  offers "scenario1 scenario2 scenario3" in_bash labctl up --step attach sc
  offers "" in_bash labctl up scenario1 ""
}

@test "bash: what an option takes is no operand, in any spelling" {
  touch out.xml out.svg
  offers "out.svg out.xml" in_bash labctl graph --output ou
  offers out.xml in_bash labctl test scenario1 --junit out.x
  offers "scenario1 scenario2 scenario3" in_bash labctl graph -o out.svg sc
  offers "scenario1 scenario2 scenario3" in_bash labctl graph --output = out.svg sc
  offers exercise in_bash labctl lesson scenario1 ex
  offers "" in_bash labctl trace --timeout ""
  offers --rtt in_bash labctl generate --name x --rt
}

@test "bash: every option that --help shows is offered, and no other" {
  for verb in $(verbs); do
    shown=$(labctl "$verb" --help | grep -oE '^ {1,6}(-[a-zA-Z?], |  )? *--[a-z-]+' | grep -oE '\-\-[a-z-]+' |
      grep -vxE -- '--(usage|version)' | sort -u | xargs)
    offers "$shown" in_bash labctl "$verb" --
  done
}

@test "bash: labs that are up, and their nodes" {
  need_root
  lab
  offers "" in_bash labctl exec completion-l
  labctl up completion-lab.yaml
  for verb in down status test exec shell logs; do
    offers completion-lab in_bash labctl "$verb" completion-l
  done
  offers client in_bash labctl exec completion-lab ""
  offers client in_bash labctl shell completion-lab cl
  offers client in_bash labctl capture -w - completion-lab cl
  offers client in_bash labctl capture --count 3 completion-lab cl
  offers client in_bash labctl trace -H "A: b" -X POST completion-lab cl
  offers "" in_bash labctl exec completion-lab client ""
  offers attach-a in_bash labctl link completion-lab ""
  offers "down set up" in_bash labctl link completion-lab attach-a ""
  offers rtt= in_bash labctl link completion-lab attach-a set loss=1% rt
}

@test "zsh: verbs, labs, steps, options" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  basics in_zsh
  offers "attach attach/same-cidr" in_zsh labctl up scenario1 --step at
  offers "json svg text" in_zsh labctl trace some-lab --format ""
  offers "scenario1 scenario2 scenario3" in_zsh labctl graph --output out.svg sc
}

@test "fish: verbs, labs, options" {
  command -v fish >/dev/null || skip "fish is not installed"
  offers "shell sign status" in_fish "labctl s"
  offers "scenario1 scenario2 scenario3" in_fish "labctl up sc"
  offers --from-nothing in_fish "labctl plan --fr"
  offers "bash fish zsh" in_fish "labctl completion "
  offers "chain regions star" in_fish "labctl generate "
  offers "json svg text" in_fish "labctl trace some-lab --format "
  touch out.xml
  offers out.xml in_fish "labctl test scenario1 --junit out"
}
