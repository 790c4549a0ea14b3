#!/bin/bash
# nightly_test.sh LEAKWATCH EXAMPLES: runs the example for nightly soaks, and has systemd
# read its units.
set -euo pipefail
leakwatch=$1 examples=$2
dir=$(mktemp -d)
sleep 600 &
target=$!
trap 'kill $target; rm -rf "$dir"' EXIT
fail() { echo "nightly_test: $*" >&2; exit 1; }
PATH=$(dirname "$leakwatch"):$PATH
nights() { find "$dir/soaks" -mindepth 1 -maxdepth 1 -type d | wc -l; }
night() { code=0; "$examples/nightly.sh" "$dir/soaks" "$@" > "$dir/said" 2>&1 || code=$?; }

night --pid $target --every 100ms --for 1s
[ $code = 4 ] || fail "exit code $code: $(cat "$dir/said")"
for file in week.html junit.xml last.log; do [ -s "$dir/soaks/$file" ] || fail "no $file"; done
[ -s "$dir"/soaks/20*Z/report.html ] || fail "no report.html"
grep -q '<testsuite ' "$dir/soaks/junit.xml" || fail "junit.xml: $(cat "$dir/soaks/junit.xml")"
grep -q 'not enough data' "$dir/said" || fail "said: $(cat "$dir/said")"
[ ! -e "$dir/soaks/current" ] || fail "the night is over, and 'current' is there"

# The watcher is killed in the middle of the next night, which the start after that ends.
rm -r "$dir"/soaks/20*Z
"$examples/nightly.sh" "$dir/soaks" --pid $target --every 100ms --for 3s > /dev/null 2>&1 &
script=$!
for _ in $(seq 300); do
  watcher=$(pgrep -P $script -x leakwatch || true)
  [ -n "$watcher" ] && ls "$dir"/soaks/20*Z/verdict.json > /dev/null 2>&1 && break
  sleep 0.1
done
kill -9 "$watcher"
wait $script && fail "a watcher that was killed ended well"
[ -s "$dir/soaks/current" ] || fail "the night that was cut off is not marked"
night --pid $target --every 100ms --for 3s
[ $code = 4 ] || fail "resumed: exit code $code: $(cat "$dir/said" "$dir/soaks/last.log")"
[ "$(nights)" = 1 ] || fail "$(nights) nights instead of one that was gone on with"
[ ! -e "$dir/soaks/current" ] || fail "'current' stayed"
grep -q 'gap' "$dir"/soaks/20*Z/report.html || fail "the report has no gap"

# An end on request: the reports are still written.
"$examples/nightly.sh" "$dir/asked" --pid $target --every 100ms --for 1h > /dev/null 2>&1 &
script=$!
for _ in $(seq 300); do
  watcher=$(pgrep -P $script -x leakwatch || true)
  [ -n "$watcher" ] && ls "$dir"/asked/20*Z/verdict.json > /dev/null 2>&1 && break
  sleep 0.1
done
kill -TERM $script "$watcher"
wait $script || true
[ -s "$dir/asked/week.html" ] || fail "no week.html after SIGTERM"

# The short form that docs/leakwatch.md shows, for another target.
sed -n '/^## Every night/,$ { /^```sh/,/^```/p }' "$examples/../../docs/leakwatch.md" | grep -v '^```' |
  sed "s/--name '^nginx' --for 8h/--pid $target --every 100ms --for 1s/" > "$dir/short.sh"
grep -q -- "--pid $target" "$dir/short.sh" || fail "the example in docs/leakwatch.md has changed"
(cd "$dir" && sh short.sh > /dev/null) || true
[ -s "$dir/week.html" ] && [ -s "$dir/junit.xml" ] || fail "docs/leakwatch.md: no week.html or junit.xml"
rm "$dir/week.html" "$dir/junit.xml"

command -v systemd-analyze > /dev/null || fail "systemd-analyze is missing: apt-get install systemd"
mkdir "$dir/units"
for kind in service timer; do cp "$examples/leakwatch@.$kind" "$dir/units/leakwatch@x.$kind"; done
said=$(SYSTEMD_UNIT_PATH=$dir/units: systemd-analyze verify --man=no "$dir"/units/leakwatch@x.* 2>&1 |
  grep leakwatch@ || true)
[ -z "$said" ] || fail "systemd: $said"
