#!/bin/sh
# A night's sign-off for cron or a systemd timer, with nothing but a shell:
#
#   nightly.sh DIR CAMPAIGN.toml [OPTION-OF-SIGNOFF-RUN]...
#
# DIR gets nights/TIME with the reports of each night, history.db, last.log, and two links: `latest`,
# and `good` to the last night that passed, which the next is compared with. A night that was cut
# off by a crash or a reboot is gone on with by a start within 20 hours: later than that it may be
# another build that is there. Only one runs at a time.
#
# SIGNOFF_KEEP nights are kept (14), and the good one. cron mails what is printed; `| logger -t
# signoff` puts it into the system's log; [alert] in the campaign tells others when something changes.
# Exits as signoff does: 0 passed, 1 failed, 2 the campaign's file or an option is wrong, 3 could
# not run (another one is running, too), 4 not enough to decide.
set -u
dir=${1:?usage: nightly.sh DIR CAMPAIGN.toml [OPTION]...}
campaign=${2:?usage: nightly.sh DIR CAMPAIGN.toml [OPTION]...}
shift 2
command -v signoff > /dev/null || { echo "nightly.sh: signoff is not in PATH" >&2; exit 3; }
mkdir -p "$dir/nights" || exit 3
dir=$(cd "$dir" && pwd) || exit 3
exec 9> "$dir/lock"
flock -n 9 || { echo "nightly.sh: $dir: another night is still running" >&2; exit 3; }
# The same signal ends signoff in good order; what belongs to the night is still done.
trap : INT TERM HUP

code=0
fresh=$(find "$dir" -maxdepth 1 -name current -size +0 -mmin -1200)
if [ -n "$fresh" ] && [ -e "$(cat "$dir/current")/signoff.json" ]; then
  night=$(cat "$dir/current")
  signoff run --resume "$night" >> "$dir/last.log" 2>&1 9>&- || code=$?
else
  night=$dir/nights/$(date -u +%Y-%m-%dT%H%M%SZ)
  printf '%s\n' "$night" > "$dir/current"
  [ ! -e "$dir/good/signoff.json" ] || set -- --baseline "$(readlink -f "$dir/good")" "$@"
  signoff run "$campaign" "$@" -o "$night" --history "$dir/history.db" > "$dir/last.log" 2>&1 9>&- || code=$?
fi
# One that was killed or interrupted has a journal and no report: the next start goes on.
if [ "$code" -eq 2 ] || [ -e "$night/report.html" ] || [ ! -e "$night/signoff.json" ]; then
  rm -f "$dir/current"
fi

if [ -e "$night/report.html" ]; then
  ln -sfn "nights/${night##*/}" "$dir/latest"
  [ "$code" -ne 0 ] || ln -sfn "nights/${night##*/}" "$dir/good"
fi

# Names sort by time. The good night stays: the next one needs it.
good=$(readlink "$dir/good" || true)
find "$dir/nights" -mindepth 1 -maxdepth 1 -type d -name '20??-*Z' | sort -r |
  tail -n "+$((${SIGNOFF_KEEP:-14} + 1))" | while read -r old; do
  [ "${old##*/}" = "${good##*/}" ] || [ "$old" = "$night" ] || rm -rf "$old"
done

case $code in
  0) verdict="passed" ;;
  1) verdict="FAILED" ;;
  4) verdict="not enough to decide" ;;
  2) verdict="the campaign or an option is wrong" ;;
  *) verdict="could not run" ;;
esac
tail -n 3 "$dir/last.log"
echo "signoff $(basename "$campaign" .toml): $verdict: $night"
exit "$code"
