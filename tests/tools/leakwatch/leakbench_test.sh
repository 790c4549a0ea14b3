#!/bin/bash
# leakbench_test.sh LEAKWATCH SHARED BENCH: four traces of each family of shared/leakbench,
# against targets that only a broken judge misses. bench/leakbench measures.
set -euo pipefail
leakwatch=$1 shared=$2 bench=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 "$shared/traces.py" --out "$dir/traces" --seed 31 --per-family 4 --groups core
"$leakwatch" simulate "$dir/traces" -o "$dir/verdicts.csv"
python3 "$shared/score.py" "$dir/traces/labels.csv" "$dir/verdicts.csv" --json |
  python3 "$bench/leakbench_targets.py" --generous
