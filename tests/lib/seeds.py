#!/usr/bin/env python3
"""seeds.py FIRST LAST: for every seed the lab that random_lab.py makes of it is brought up, and what is predicted of
it (who reaches whom, by ping and TCP; what each node gets from each API) is held against packets. A disagreement is
tried again with more patience before it counts. Prints what disagrees, and at the end how much was compared. Exit
status 1 where something disagreed, or nothing was predicted of a seed."""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

import random_lab

BUILD = os.environ["LABCTL_BUILD_DIR"]
HERE = os.path.dirname(os.path.abspath(__file__))
LABCTL = f"{BUILD}/bin/labctl"
ANY_PORT = 50001  # what stands for the ports that nobody names
PATIENCE = [("0.3", "0.4"), ("1", "3"), ("3", "8")]
AT_ONCE = 3  # labs; they mostly wait


def run(*command, stdin=""):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def write(lab, path):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(lab, f, indent=1)
    return path


def plan(path):
    return run(LABCTL, "plan", path, "--json")


def urls_of(whole, lab):
    """Of what the whole lab publishes: what is missing is asked for, too."""
    domains = [
        d["name"]
        for w in json.loads(plan(whole))["workers"]
        for g in w["config"].get("groups", [])
        for d in g["domains"]
        if d["kind"] == "vpc"
    ]
    return [f"http://{domains[0]}{api['path']}" for api in lab["apis"].values()] if domains else []


def predict(path, urls):
    """Node to {what to try: what is predicted}."""
    lines = {}
    for line in run(f"{BUILD}/tests/test-reach", *urls, stdin=plan(path)).splitlines():
        words = line.split()
        if words[0] == "request":
            lines.setdefault(words[1], {})[f"{words[2]} get"] = words[3]
        elif words[0] != "call":
            service = f"tcp/{ANY_PORT}" if words[3] == "tcp" else words[3]
            if service == "ping" or service.startswith("tcp/"):
                lines.setdefault(words[0], {})[f"{words[2]} {service}"] = words[4].rstrip(":")
    return lines


def observe(name, node, tries, patience):
    probe = [sys.executable, "-I", "-S", f"{HERE}/reach_probe.py", *patience]
    out = run(LABCTL, "exec", name, node, "--", *probe, stdin="".join(f"{t}\n" for t in tries))
    return dict(line.rsplit(" ", 1) for line in out.splitlines())


def disagreements(pool, name, predicted, patience):
    """Node to {what was tried: (predicted, observed)}."""
    seen = {n: pool.submit(observe, name, n, tries, patience) for n, tries in predicted.items()}
    found = {}
    for node, future in seen.items():
        real = future.result()
        for what, said in predicted[node].items():
            if real.get(what) != said:
                found.setdefault(node, {})[what] = (said, real.get(what))
    return found


def compare(pool, name, predicted):
    left = predicted
    found = {}
    for patience in PATIENCE:
        found = disagreements(pool, name, left, patience)
        left = {n: {w: predicted[n][w] for w in what} for n, what in found.items()}
        if not found:
            break
    return found


def try_lab(pool, lab, urls, path):
    """How many predictions were held against packets, and what disagreed."""
    name = lab["lab"]
    predicted = predict(path, urls)
    n = sum(len(tries) for tries in predicted.values())
    run(LABCTL, "up", path)
    try:
        found = compare(pool, name, predicted)
    finally:
        run(LABCTL, "down", name)
    return n, [
        f"{node}: {what}: predicted {said}, observed {real}"
        for node, tries in found.items()
        for what, (said, real) in tries.items()
    ] + (["nothing is predicted"] if not n else [])


def try_seed(pool, seed, folder):
    name = f"seed{seed}"
    whole, _ = random_lab.whole(seed, name)
    lab, missing = random_lab.broken(seed, name)
    urls = urls_of(write(whole, f"{folder}/{name}-whole.yaml"), whole) if "apis" in whole else []
    try:
        n, found = try_lab(pool, lab, urls, write(lab, f"{folder}/{name}.yaml"))
    except RuntimeError as e:
        n, found = 0, [str(e)]
    for line in found:
        print(f"seed {seed}, without {missing}: {line}", flush=True)
    return n, len(found)


def main():
    first, last = int(sys.argv[1]), int(sys.argv[2])
    with (
        tempfile.TemporaryDirectory() as folder,
        concurrent.futures.ThreadPoolExecutor(6 * AT_ONCE) as nodes,
        concurrent.futures.ThreadPoolExecutor(AT_ONCE) as labs,
    ):
        done = list(labs.map(lambda seed: try_seed(nodes, seed, folder), range(first, last + 1)))
    held, wrong = (sum(x) for x in zip(*done))
    print(f"{len(done)} seeds, {held} predictions, {wrong} disagreements")
    sys.exit(1 if wrong else 0)


main()
