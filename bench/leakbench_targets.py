#!/usr/bin/env python3
"""Passes on the table of shared/leakbench's scorer and holds its last line, JSON, against the targets.

    score.py ... --json | leakbench_targets.py [--generous]

--generous: for a few traces a family, where a single one moves a figure by points: fails only when
the judge is broken.
"""

import json
import sys

# Figure, at least, at most; in shares, hours and squares.
TARGETS = [
    ("recall", 0.93, 1),
    ("FPR_peek", 0, 0.005),
    ("miss", 0, 0.01),
    ("coverage", 0.93, 0.97),
    ("delay_median_h", 0, 9),
    ("brier", 0, 0.02),
]
GENEROUS = [
    ("recall", 0.8, 1),
    ("FPR_peek", 0, 0.04),
    ("miss", 0, 0.05),
    ("coverage", 0.85, 1),
    ("delay_median_h", 0, 12),
    ("brier", 0, 0.05),
]


def main():
    lines = sys.stdin.read().splitlines()
    print("\n".join(lines[:-1]))
    missed = False
    for name, figures in json.loads(lines[-1]).items():
        for figure, low, high in GENEROUS if "--generous" in sys.argv[1:] else TARGETS:
            value = figures[figure]
            if value is None or not low <= value <= high:
                print(f"{name}: {figure} is {value}, and must be from {low} to {high}")
                missed = True
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
