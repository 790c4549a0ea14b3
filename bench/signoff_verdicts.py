#!/usr/bin/env python3
"""How often does signoff decide right? Three builds of the example service against one release.

    signoff_verdicts.py BUILD [--rounds N] [--scale S] [--strict]

Each round signs off a build with nothing planted, one that takes 3 % more memory and one that leaks
100 bytes a request, by examples/campaigns/candidate.toml, against one baseline of the clean build,
made anew for each round. A verdict is right, wrong, or inconclusive. Exits with 1 when one is wrong,
with --strict also when one is inconclusive.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAMPAIGN = ROOT / "examples/campaigns/candidate.toml"
EXPECTED = {"clean": ("passed", None), "grown": ("failed", "rss.steady"), "leak100": ("failed", "leaks")}


def sign_off(build, service, directory, scale, baseline=None):
    words = [build / "tools/signoff/signoff", "run", CAMPAIGN, "-o", directory, "--scale", scale, "--no-history"]
    words += ["--baseline", baseline] if baseline else []
    candidate = build / f"examples/leaky-service/leaky-service-{service}"
    done = subprocess.run([str(word) for word in words], env={**os.environ, "CANDIDATE": str(candidate)},
                          capture_output=True, text=True, check=False)
    path = pathlib.Path(directory) / "signoff.json"
    if not path.exists():
        sys.exit(f"signoff ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return json.loads(path.read_text())


def judged(service, result):
    """"right", "inconclusive" or "wrong", and why."""
    state, blamed = EXPECTED[service]
    failed = [rule["rule"]["text"] for rule in result["rules"] if rule["state"] == "failed"]
    if result["state"] == state and all(text.startswith(blamed or "-") for text in failed):
        return "right", result["headline"]
    return ("inconclusive" if result["state"] == "inconclusive" else "wrong"), result["headline"]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--scale", type=float, default=0.1)
    options.add_argument("--strict", action="store_true")
    args = options.parse_args()
    build = args.build.resolve()
    counts = collections.Counter()
    for number in range(1, args.rounds + 1):
        with tempfile.TemporaryDirectory(prefix="tidemark-verdicts-") as place:
            sign_off(build, "clean", f"{place}/base", args.scale)
            for service in EXPECTED:
                result = sign_off(build, service, f"{place}/{service}", args.scale, f"{place}/base")
                verdict, why = judged(service, result)
                counts[service, verdict] += 1
                print(f"{number:3} {service:8} {verdict:12} {why}", flush=True)
    for service in EXPECTED:
        print(f"{service}: right {counts[service, 'right']} of {args.rounds}, "
              f"inconclusive {counts[service, 'inconclusive']}, wrong {counts[service, 'wrong']}")
    bad = ("wrong", "inconclusive") if args.strict else ("wrong",)
    sys.exit(1 if any(verdict in bad for _, verdict in counts) else 0)


if __name__ == "__main__":
    main()
