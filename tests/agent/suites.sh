#!/bin/bash
# The test suites of redis and PostgreSQL, natively and under the agent: their verdicts must be the same.
#   tests/agent/suites.sh AGENT DIRECTORY redis|postgres
# DIRECTORY has Debian's sources, unpacked: redis/ (apt-get source redis), postgresql/ (apt-get source
# postgresql-15); it is written to. PostgreSQL's takes postgresql-server-dev-15 as well. As root.
set -euo pipefail
agent=$(realpath "$1")
directory=$(realpath "$2")
suite=$3
work=$(mktemp -d /var/tmp/tidemark-suites-XXXXXX)
chmod 1777 "$work"
trap 'rm -rf "$work"' EXIT
preload="env LD_PRELOAD=$agent TIDEMARK_HEAP=file=$work/heap,mean=4KiB,size=16MiB,overhead=0%"

# redis_suite WORDS...: the verdicts with these words before the server.
redis_suite() {
  cd "$directory/redis"
  for program in redis-cli redis-benchmark redis-check-aof redis-check-rdb redis-sentinel; do
    ln -sf "/usr/bin/$program" "src/$program"
  done
  printf '#!/bin/sh\nexec %s /usr/bin/redis-server "$@"\n' "$*" > src/redis-server
  chmod +x src/redis-server
  # Without what asks for a build of its own, or for another allocator's numbers.
  ./runtest --clients 2 --skipunit unit/moduleapi --skipunit unit/memefficiency --tags "-slow -needs:debug-build" \
    --skiptest "/.*active defrag.*/" ${REDIS_SUITE_OPTIONS:-} 2>&1 | sed 's/\x1b\[[0-9;]*m//g' |
    grep -E '^\[(ok|err|exception)\]' | sed -E 's/ \([0-9]+ ms\)$//' | sort || true
}

postgres_suite() {
  local bin=/usr/lib/postgresql/15/bin sources=$directory/postgresql/src/test/regress place=$work/pg-$RANDOM port
  port=$((20000 + RANDOM % 20000))
  mkdir "$place"
  gcc -shared -fPIC -O1 -w -I/usr/include/postgresql/15/server -o "$work/regress.so" "$sources/regress.c"
  chmod 755 "$work/regress.so"
  chown -R postgres "$place"
  local as="setpriv --reuid=postgres --regid=postgres --clear-groups"
  cd "$place"
  $as $bin/initdb --no-sync --no-locale -E UTF8 -A trust -U postgres -D data > /dev/null
  $as "$@" $bin/postgres -D data -p $port -h 127.0.0.1 -k "$place" -c fsync=off -c max_prepared_transactions=2 > log 2>&1 &
  local server=$!
  until $bin/pg_isready -q -h 127.0.0.1 -p $port; do sleep 0.1; done
  $as "$(dirname $bin)/lib/pgxs/src/test/regress/pg_regress" --inputdir="$sources" --outputdir="$place" --bindir=$bin \
    --dlpath="$work" --host=127.0.0.1 --port=$port --user=postgres --max-concurrent-tests=20 \
    --schedule="${POSTGRES_SCHEDULE:-$sources/parallel_schedule}" 2>&1 |
    sed -nE 's/^(test |     )?([a-z_0-9]+) +\.\.\. (ok|FAILED).*/\2 \3/p' | sort || true
  kill -INT $server
  wait $server
}

"${suite}_suite" env > "$work/native"
# shellcheck disable=SC2086 # these are words
"${suite}_suite" $preload > "$work/agent"
printf '%s: %s verdicts natively, %s under the agent; %s good; %s heap files\n' "$suite" "$(wc -l < "$work/native")" \
  "$(wc -l < "$work/agent")" "$(grep -cE 'ok' "$work/agent")" "$(find "$work" -name '*.tmheap' | wc -l)"
diff "$work/native" "$work/agent" && [ -s "$work/native" ] && echo "the same"
