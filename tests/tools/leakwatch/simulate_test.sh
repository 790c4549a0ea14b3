#!/bin/bash
# simulate_test.sh LEAKWATCH LEAK_TRACES: the verb as a user sees it.
set -euo pipefail
leakwatch=$1 leak_traces=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "simulate_test: $*" >&2; exit 1; }

"$leak_traces" "$dir/all" 5 1
mkdir "$dir/few"
cp "$dir"/all/{leak_late,ok_quiet,ok_restarts}_0000.csv "$dir/all/events.csv" "$dir/few"
echo "not for the tool" > "$dir/few/labels.csv"

"$leakwatch" simulate "$dir/few" -o "$dir/one.csv"
"$leakwatch" simulate "$dir/few" > "$dir/two.csv"
cmp "$dir/one.csv" "$dir/two.csv" || fail "two runs differ"
head -1 "$dir/one.csv" | grep -qx 'trace,verdict,confidence,growth24_est,growth24_lo,growth24_hi,first_alarm_s' ||
  fail "heading: $(head -1 "$dir/one.csv")"
grep -q '^leak_late_0000,leak,' "$dir/one.csv" || fail "the leak: $(grep leak_late "$dir/one.csv")"
grep -q '^ok_quiet_0000,no_leak,0.0' "$dir/one.csv" || fail "no leak: $(grep ok_quiet "$dir/one.csv")"
[ "$(wc -l < "$dir/one.csv")" = 4 ] || fail "expected three verdicts"
"$leakwatch" simulate --explain "$dir/few" 2> "$dir/why.txt" > /dev/null
grep -q '^leak_late_0000: leak: grows' "$dir/why.txt" ||
  fail "--explain says nothing"

# File names tell it nothing.
mv "$dir/few/leak_late_0000.csv" "$dir/few/ok_x.csv"
"$leakwatch" simulate "$dir/few" | grep -q '^ok_x,leak,' || fail "the name of a file counted"

echo "12,x,5" >> "$dir/few/ok_x.csv"
said=$("$leakwatch" simulate "$dir/few" 2>&1 > /dev/null) && fail "a wrong line was accepted"
grep -q 'ok_x.csv:8643: expected bytes in the column rss_bytes' <<< "$said" || fail "said: $said"
mkdir "$dir/empty"
said=$("$leakwatch" simulate "$dir/empty" 2>&1) && fail "an empty directory was accepted"
grep -q 'no trace' <<< "$said" || fail "said: $said"
