#!/bin/sh
# A night's soak for cron or a systemd timer: watches, writes the report, and puts the
# nights of the week side by side. What follows DIR goes to `leakwatch watch`:
#
#   nightly.sh /var/lib/leakwatch/nginx --unit nginx --for 8h
#
# DIR gets a directory a night, week.html, junit.xml of this night and last.log; nights
# older than $LEAKWATCH_KEEP_DAYS (30) go. A night that was cut off by a crash or a reboot
# is gone on with by the next start. Exits as leakwatch does: 1 for a leak, a limit or a
# regression, 3 when something failed, 4 when there was not enough to decide.
set -u
dir=${1:?usage: nightly.sh DIR [OPTION-OF-LEAKWATCH-WATCH]...}
shift
mkdir -p "$dir" || exit 3
keep=${LEAKWATCH_KEEP_DAYS:-30}
# The same signal ends leakwatch in good order; the reports are still written.
trap : INT TERM HUP

code=0
if [ -s "$dir/current" ] && [ -d "$(cat "$dir/current")" ]; then
  night=$(cat "$dir/current")
  leakwatch watch --resume "$night" >> "$dir/last.log" 2>&1 || code=$?
else
  night=$dir/$(date -u +%Y-%m-%dT%H%M%SZ)
  printf '%s\n' "$night" > "$dir/current"
  leakwatch watch "$@" -o "$night" > "$dir/last.log" 2>&1 || code=$?
fi
# A watcher that was killed could not say how the night ended: the next start goes on.
[ "$code" -gt 128 ] || rm -f "$dir/current"

if [ -e "$night/run.json" ]; then
  leakwatch report -o "$dir/junit.xml" "$night" > /dev/null
  week=0
  leakwatch report --since 7d -o "$dir/week.html" "$dir" > /dev/null || week=$?
  [ "$code" -ne 0 ] || code=$week
fi
find "$dir" -mindepth 1 -maxdepth 1 -type d -name '20??-*Z' -mtime "+$keep" -exec rm -rf {} +
tail -n 2 "$dir/last.log"
exit "$code"
