#!/bin/sh
# Load for leaky-service: REQUESTS requests on each PATH, one path after the other.
#   load.sh PORT [REQUESTS [PATH]...]
set -eu
port=${1:?usage: load.sh PORT [REQUESTS [PATH]...]}
requests=${2:-200}
if [ $# -gt 2 ]; then shift 2; else set -- leak tree cache lru race locks health; fi
for path in "$@"; do
  ab -q -l -k -c 4 -n "$requests" "http://127.0.0.1:$port/$path" > /dev/null
  echo "$path: $requests requests"
done
