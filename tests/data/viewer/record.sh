#!/bin/bash
# Records the profiles beside it anew, each a few seconds of a real program under perf 6.1:
#   record.sh DIRECTORY       writes {postgres,redis,gpp}.perf.txt.gz into DIRECTORY
# As root: perf follows PostgreSQL's processes, and initdb refuses to run as root.
set -euo pipefail
out=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
source=$(realpath "$(dirname "$0")/../../..")

text() { perf script -i "$work/$1.data" --no-inline 2> /dev/null | gzip -9n > "$out/$1.perf.txt.gz"; }

# PostgreSQL under pgbench.
bin=/usr/lib/postgresql/15/bin
install -d -o postgres "$work/pg"
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
as_postgres $bin/initdb -D "$work/pg/data" > /dev/null
as_postgres $bin/pg_ctl -D "$work/pg/data" -w -l "$work/pg/log" \
  -o "-c listen_addresses='' -k $work/pg" start > /dev/null
trap 'as_postgres $bin/pg_ctl -D "$work/pg/data" -m immediate stop > /dev/null; rm -rf "$work"' EXIT
as_postgres $bin/pgbench -h "$work/pg" -i -s 5 -q postgres 2> /dev/null
as_postgres $bin/pgbench -h "$work/pg" -c 4 -j 1 -T 4 postgres > /dev/null 2>&1 &
load=$!
perf record -q -F 499 -e cpu-clock -g -a -o "$work/all.data" -- sleep 3
wait $load
perf script -i "$work/all.data" --no-inline --comms postgres,pgbench 2> /dev/null | gzip -9n > "$out/postgres.perf.txt.gz"

# redis under redis-benchmark.
redis-server --port 0 --unixsocket "$work/redis" --save '' > /dev/null &
server=$!
until redis-cli -s "$work/redis" ping > /dev/null 2>&1; do kill -0 $server; done
redis-benchmark -s "$work/redis" -n 1000000 -c 20 -P 16 -q -t set,get,lpush,lrange_100 > /dev/null &
load=$!
perf record -q -F 999 -e cpu-clock -g -p $server -o "$work/redis.data" -- sleep 3
kill $load $server
wait $load $server || true
text redis

# g++ on one of our own files.
perf record -q -F 299 -e cpu-clock -g -o "$work/gpp.data" -- \
  g++ -O2 -std=c++20 -I"$source" -c "$source/lib/report/palette.cpp" -o /dev/null
text gpp
