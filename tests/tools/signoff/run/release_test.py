#!/usr/bin/env python3
"""Rehearses the release campaign that we ship, on the example service and on redis-server.

    release_test.py BUILD SIGNOFF

All but what takes minutes at any scale, the soak and the recovery, which are rehearsed by hand:
signoff run examples/campaigns/release.toml --scale 0.004
"""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "tests"))
from checking import check  # noqa: E402

PHASES = ("health", "baseline", "normal", "x10", "memory", "edges")
TOOLS = {"memory": ["memcheck", "massif", "helgrind", "heap"], "edges": ["large", "crowd", "network"]}


def main():
    signoff = pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="tidemark-release-") as place:
        out = pathlib.Path(place) / "out"
        done = subprocess.run([str(signoff), "run", str(ROOT / "examples/campaigns/release.toml"), "--scale", "0.001",
                               "--skip", "soak", "--skip", "recovery", "--no-history", "-o", str(out)],
                              capture_output=True, text=True, check=False, timeout=800)
        print(done.stdout, done.stderr)
        result = json.loads((out / "signoff.json").read_text())
        phases = {(one["target"], one["name"]): one for one in result["phases"]}
        for target in ("service", "redis"):
            for name in PHASES:
                phase = phases[target, name]
                # On a machine that others use the driver may not be punctual enough to measure.
                check(phase["state"] in ("passed", "inconclusive"), f"{target}/{name}: {phase['state']}: {phase['why']}")
                for run in phase["runs"]:
                    check((out / run["directory"] / "run.json").exists(), f"{run['directory']} is a run directory")
                found = sorted({run["name"] for run in phase["runs"]})
                check(name not in TOOLS or found == sorted(TOOLS[name]), f"{name} is all of {TOOLS.get(name)}: {found}")
            check(phases[target, "soak"]["state"] == "skipped", "what was skipped says so")
        states = {(rule["phase"], rule["rule"]["id"]): rule["state"] for rule in result["rules"]}
        for target in ("service", "redis"):
            check(states[f"{target}/memory", "no definite leak"] == "passed", "memcheck said that nothing leaks")
        check(states["service/memory", "no data race"] == "waived", "somebody answers for what helgrind finds")
        check(states["service/memory", "documents fit"] == "passed", "the heap was attributed to its functions")
        check(done.returncode in (0, 4), f"exit {done.returncode}")
        check("ehearsal" in done.stdout, "it says that it is a rehearsal")
        for name in ("report.html", "junit.xml", "signoff.sarif", "summary.md", "metrics.prom"):
            check((out / name).stat().st_size > 500, name)


if __name__ == "__main__":
    main()
    print("release: passed")
