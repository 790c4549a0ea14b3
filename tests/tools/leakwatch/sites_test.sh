#!/bin/bash
# sites_test.sh LEAKWATCH: the verb as a user sees it, on made-up dumps of gperftools.
set -euo pipefail
leakwatch=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "sites_test: $*" >&2; exit 1; }

# One site leaks 1000 bytes a dump, one is full after four, one does not change.
mkdir "$dir/dumps"
for i in $(seq 20); do
  cache=$((i < 4 ? i * 5000 : 20000))
  sum=$((1000 * i + cache + 70000))
  {
    echo "heap profile: 3: $sum [3: $sum] @ heapprofile"
    echo " $i: $((1000 * i)) [$i: $((1000 * i))] @ 0x100010 0x100f00"
    echo " 1: $cache [1: $cache] @ 0x100020 0x100f00"
    echo " 1: 70000 [1: 70000] @ 0x100030 0x100f00"
    printf '\nMAPPED_LIBRARIES:\n100000-102000 r-xp 00000000 00:00 1 /no/prog\n'
  } > "$dir/dumps/heap.$i.heap"
done
sites() { "$leakwatch" sites --every 1m "$@" "$dir/dumps"; }

code=0; sites --flame "$dir/growth.svg" > "$dir/text" || code=$?
[ "$code" = 1 ] || fail "expected 1 for a site that grows, got $code"
grep -q '^1 of 3 allocation sites grows, by 58.6 KiB an hour: prog+0xf\.$' "$dir/text" ||
  fail "the sentence: $(head -1 "$dir/text")"
grep -q 'red: grew' "$dir/growth.svg" || fail "no differential flame graph"
sites --flame "$dir/growth.html" > "$dir/again" || true
cmp "$dir/text" "$dir/again" || fail "two runs differ"
grep -q '<html' "$dir/growth.html" || fail "no viewer"

sites --to json -o "$dir/sites.json" || true
python3 - "$dir/sites.json" << 'PYTHON' || fail "sites.json"
import json, sys
document = json.load(open(sys.argv[1]))
assert document["schema"] == "tidemark.sites/1", document["schema"]
grows = [site for site in document["sites"] if site["trend"] == "grows"]
assert len(grows) == 1, grows
rate = grows[0]["bytes_per_hour"]
assert rate["low"] <= 60000 <= rate["high"], rate
assert len(grows[0]["points"]) == 20
PYTHON

mkdir "$dir/few"
cp -p "$dir"/dumps/heap.[1-4].heap "$dir/few"
code=0; said=$("$leakwatch" sites --every 1m "$dir/few") || code=$?
[ "$code" = 4 ] || fail "expected 4 for too few dumps, got $code"
grep -q '5 more' <<< "$said" || fail "said: $said"

code=0; said=$("$leakwatch" sites /dev/null 2>&1) || code=$?
[ "$code" = 3 ] || fail "expected 3 for an empty file, got $code: $said"
