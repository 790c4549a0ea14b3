"""What redis, nginx, memcached and PostgreSQL are put through; each case returns results by name."""

import concurrent.futures
import hashlib
import http.client
import os
import random
import signal
import socket
import struct
import time

from services import Memcached, Nginx, Postgres, Redis, check, children, run, wait_for


def digest(data):
    return hashlib.sha256(data).hexdigest().encode()


# redis


def redis_commands(count):
    """A stream of commands whose replies depend on nothing but the commands."""
    draw = random.Random(5)
    lua = "local n = {} for i = 1, tonumber(ARGV[1]) do n[i] = KEYS[1] .. i end return redis.call('SET', KEYS[1], table.concat(n))"

    def key(kind):
        return f"{kind}:{draw.randrange(500)}"

    def text():
        return "v" * draw.choice([3, 40, 300, 5000]) + str(draw.randrange(10**6))

    def one(i):
        return draw.choice([
            lambda: ["SET", key("s"), text()],
            lambda: ["APPEND", key("s"), text()],
            lambda: ["SETRANGE", key("s"), draw.randrange(9000), "x"],
            lambda: ["GET", key("s")],
            lambda: ["DEL", key("s"), key("l"), key("z")],
            lambda: ["COPY", key("s"), key("s"), "REPLACE"],
            lambda: ["LPUSH", key("l"), *(text() for _ in range(5))],
            lambda: ["LTRIM", key("l"), 0, 200],
            lambda: ["LRANGE", key("l"), 0, 10],
            lambda: ["SADD", key("h"), *(draw.randrange(10**5) for _ in range(20))],
            lambda: ["SCARD", key("h")],
            lambda: ["ZADD", key("z"), *(word for _ in range(10) for word in (draw.randrange(1000), draw.randrange(10**4)))],
            lambda: ["ZRANGE", key("z"), 0, 20, "WITHSCORES"],
            lambda: ["ZUNIONSTORE", key("z"), 2, key("z"), key("z")],
            lambda: ["HSET", key("m"), text()[:20], text(), "n", i],
            lambda: ["HGET", key("m"), "n"],
            lambda: ["XADD", key("x"), f"{i + 1}-1", "field", text()],
            lambda: ["XRANGE", key("x"), "-", "+", "COUNT", 3],
            lambda: ["PFADD", key("p"), *(draw.randrange(10**6) for _ in range(5))],
            lambda: ["PFCOUNT", key("p"), key("p")],
            lambda: ["BITOP", "XOR", key("s"), key("s"), key("s")],
            lambda: ["EVAL", lua, 1, key("e"), draw.randrange(200)],
            lambda: ["SORT", key("h"), "LIMIT", 0, 5, "DESC"],
            lambda: ["GEOADD", key("g"), draw.uniform(-179, 179), draw.uniform(-80, 80), draw.randrange(1000)],
        ])()

    words = b"".join
    for i in range(count):
        parts = [str(part).encode() for part in one(i)]
        yield b"*%d\r\n" % len(parts) + words(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def ask(port, requests, end):
    """Sends everything over one connection, and reads until `end` has come."""
    with socket.create_connection(("127.0.0.1", port), 60) as stream, \
            concurrent.futures.ThreadPoolExecutor(1) as reader:
        def read():
            got = bytearray()
            while not got.endswith(end):
                part = stream.recv(1 << 20)
                check(part, f"the server hung up after {len(got)} bytes")
                got += part
            return bytes(got)
        answer = reader.submit(read)
        stream.sendall(requests)
        return answer.result()


def redis_state(server):
    return server.cli("debug", "digest").strip()


def redis(directory, env, times):
    words = ["--enable-debug-command", "yes", "--io-threads", "2", "--io-threads-do-reads", "yes", "--repl-diskless-sync-delay", "0"]
    found = {}
    with Redis(directory, env, words=words) as server:
        stream = b"".join(redis_commands(20_000 * times)) + b"*2\r\n$4\r\nECHO\r\n$7\r\nthe-end\r\n"
        replies = ask(server.port, stream, b"the-end\r\n")
        found["replies"] = digest(replies) + b" %d" % len(replies)
        found["state"] = redis_state(server)
        # The same again while others work on another database, and children write files.
        server.cli("bgsave")
        run(["redis-benchmark", "-p", server.port, "-n", 2_000 * times, "-c", 20, "-P", 8, "-r", 5000, "--dbnum", 9,
             "-t", "set,get,lpush,rpop,sadd,hset,zadd,mset", "-q"])
        server.cli("-n", "9", "flushdb", "async")
        idle(server, "rdb_bgsave_in_progress")
        server.cli("config", "set", "appendonly", "yes")
        idle(server, "aof_rewrite_in_progress")
        server.cli("bgrewriteaof")
        idle(server, "aof_rewrite_in_progress")
        server.cli("debug", "reload")
        found["state, loaded again"] = redis_state(server)
        os.makedirs(directory / "replica")
        with Redis(directory / "replica", env, words=[*words, "--replicaof", f"127.0.0.1 {server.port}"]) as replica:
            wait_for(lambda: b"master_link_status:up" in replica.cli("info", "replication"), "the replica follows")
            found["state, replicated"] = redis_state(replica)
        # Every key by itself: dumps would be in the order of a table whose seed is random.
        names = sorted(name for name in server.cli("keys", "*").split(b"\n") if name)
        found["keys"] = b"\n".join(names)
        found["values"] = server.cli("debug", "digest-value", *(name.decode() for name in names))
    os.makedirs(directory / "again")
    run(["cp", "-r", directory / "appendonlydir", directory / "again"])
    with Redis(directory / "again", env, words=[*words, "--appendonly", "yes"]) as server:
        wait_for(lambda: b"loading:0" in server.cli("info", "persistence"), "the log is read")
        found["state, from the log"] = redis_state(server)
    check(len({found[name] for name in found if name.startswith("state")}) == 1, f"states that are not one: {found}")
    return found


def idle(server, field):
    wait_for(lambda: field.encode() + b":0" in server.cli("info", "persistence"), f"the end of {field}")


# memcached


def memcached_commands(count, connection):
    draw = random.Random(connection)
    for i in range(count):
        name = b"%d:%d" % (connection, draw.randrange(300))
        value = b"y" * draw.choice([1, 30, 400, 3000, 60_000]) + b"%d" % i
        yield draw.choice([
            lambda: b"set %s 0 0 %d\r\n%s\r\n" % (name, len(value), value),
            lambda: b"add %s 1 0 %d\r\n%s\r\n" % (name, len(value), value),
            lambda: b"append %s 0 0 3\r\nend\r\n" % name,
            lambda: b"prepend %s 0 0 3\r\nend\r\n" % name,
            lambda: b"get %s\r\n" % name,
            lambda: b"get %s\r\n" % b" ".join(b"%d:%d" % (connection, n) for n in range(40)),
            lambda: b"delete %s\r\n" % name,
            lambda: b"incr %s 5\r\n" % name,
            lambda: b"touch %s 0\r\n" % name,
            lambda: b"mg %s v f k s\r\n" % name,
        ])()


def memcached(directory, env, times):
    with Memcached(directory, env, words=["-I", "2m", "-m", "512"]) as server:
        def talk(connection):
            return digest(ask(server.port, b"".join(memcached_commands(4000 * times, connection)) + b"mn\r\n", b"\r\nMN\r\n"))
        with concurrent.futures.ThreadPoolExecutor(12) as clients:
            answers = list(clients.map(talk, range(12)))
        for _ in range(300):  # connections that come and go
            ask(server.port, b"version\r\n", b"\r\n")
        return {f"connection {number}": answer for number, answer in enumerate(answers)}


# nginx


def fetch(port, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST" if body else "GET", path, body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return b"%d %s" % (answer.status, digest(content))


def nginx(directory, env, times):
    with Nginx(directory, env, workers=4) as server:
        draw = random.Random(3)
        for size in (0, 1, 100, 5_000, 70_000, 3_000_000):
            (directory / f"www/{size}.html").write_bytes(draw.randbytes(size // 2) + b"a" * (size - size // 2))

        def every(way):
            gzip = {"Accept-Encoding": "gzip"}
            for size in (0, 1, 100, 5_000, 70_000, 3_000_000):
                yield fetch(server.port, f"/{way}{size}.html", headers=gzip)
                yield fetch(server.port, f"/{way}{size}.html", headers={**gzip, "Range": "bytes=3-4000"})
            yield fetch(server.port, f"/{way}missing", headers={"X-Long": "h" * 3000})
            yield fetch(server.port, f"/{way}hello", body=b"b" * 2_000_000)

        found = {way or "plain": b"\n".join(every(way)) for way in ("", "gzip/", "proxy/", "proxy/gzip/")}
        with concurrent.futures.ThreadPoolExecutor(1) as other:
            load = other.submit(run, ["wrk", "-c", 40, "-t", 2, "-d", f"{3 * times}s",
                                      f"http://127.0.0.1:{server.port}/proxy/gzip/5000.html", "-H", "Accept-Encoding: gzip"])
            while not load.done():
                before = set(children(server.pid))
                os.kill(server.pid, signal.SIGHUP)
                wait_for(lambda: len(set(children(server.pid)) - before) >= 4, "new workers")  # noqa: B023
                found["plain while it reloads"] = b"\n".join(every(""))
            check(b"Non-2xx" not in load.result(), load.result())
        os.kill(children(server.pid)[0], signal.SIGKILL)
        wait_for(lambda: len(children(server.pid)) >= 4, "a worker for the one that was killed")
        found["after a worker was killed"] = b"\n".join(every("proxy/"))
        problems = [line for line in (directory / "error.log").read_text().splitlines()
                    if "exited on signal" in line and "signal 9" not in line or "[emerg]" in line]
        check(not problems, "\n".join(problems))
        return found


# PostgreSQL

SQL = """
\\set VERBOSITY terse
SET work_mem = '256kB'; SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET jit = off;
CREATE TABLE t AS SELECT i, md5(i::text) AS h, (i * 7919) % 1000 AS g, repeat(chr(97 + i % 26), i % 300) AS w FROM generate_series(1, {rows}) i;
ANALYZE t;
SELECT count(*), sum(g), min(h), max(h) FROM t;
SELECT g, count(*), md5(string_agg(h, ',' ORDER BY i)) FROM t GROUP BY g ORDER BY g LIMIT 50;
SELECT md5(string_agg(h, '' ORDER BY h DESC)) FROM t;
SELECT a.g, count(*) FROM t a JOIN t b ON a.h = b.h AND a.i % 3 = 0 GROUP BY a.g ORDER BY 2 DESC, 1 LIMIT 20;
SELECT i, rank() OVER (PARTITION BY g ORDER BY h), lag(w) OVER (ORDER BY i) FROM t ORDER BY i LIMIT 50;
SELECT md5(jsonb_agg(jsonb_build_object('i', i, 'h', h, 'w', w) ORDER BY i)::text) FROM t WHERE i < 3000;
SELECT key, md5(value::text) FROM jsonb_each((SELECT jsonb_object_agg(h, to_jsonb(t)) FROM t WHERE i < 200)) ORDER BY key LIMIT 30;
SELECT md5(string_agg(xmlelement(name n, w)::text, '' ORDER BY i)) FROM t WHERE i < 2000;
SELECT count(*) FROM t WHERE w ~ '(a+b?|[x-z]{{20,}})$';
SELECT md5(string_agg(to_tsvector('simple', h || ' ' || w)::text, '' ORDER BY i)) FROM t WHERE i < 2000;
CREATE INDEX t_h ON t USING hash (h); CREATE INDEX t_g ON t USING gin (to_tsvector('simple', w)); CREATE INDEX t_w ON t (w, g);
SELECT h FROM t WHERE h = md5('77'); SELECT count(*) FROM t WHERE w LIKE 'bbbb%';
CREATE FUNCTION fib(n int) RETURNS numeric LANGUAGE plpgsql AS $$ DECLARE a numeric := 0; b numeric := 1; c numeric; BEGIN
  FOR k IN 1..n LOOP c := a + b; a := b; b := c; END LOOP; RETURN a; END $$;
SELECT fib(2000);
CREATE FUNCTION risky(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / (n % 3); RETURN 'fine';
  EXCEPTION WHEN division_by_zero THEN RETURN 'caught ' || n; END $$;
SELECT risky(n) FROM generate_series(1, 300) n ORDER BY n;
DO $$ BEGIN FOR k IN 1..200 LOOP EXECUTE format('CREATE TEMP TABLE temp_%s (a int, b text)', k); END LOOP; END $$;
WITH RECURSIVE r(n, s) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, s || n FROM r WHERE n < 500) SELECT md5(string_agg(s, '' ORDER BY n)) FROM r;
SELECT 1 / 0; SELECT nothing; SELECT 'x'::int;
SET statement_timeout = '100ms'; SELECT count(*) FROM t a, t b, t c; RESET statement_timeout;
BEGIN; UPDATE t SET w = w || '!' WHERE i % 2 = 0; SAVEPOINT s; DELETE FROM t WHERE i % 5 = 0; ROLLBACK TO s; COMMIT;
VACUUM t; REINDEX TABLE t;
COPY (SELECT * FROM t ORDER BY i LIMIT 500) TO STDOUT;
CREATE TABLE p (a int, b text) PARTITION BY HASH (a);
SELECT format('CREATE TABLE p_%s PARTITION OF p FOR VALUES WITH (MODULUS 40, REMAINDER %s)', n, n) FROM generate_series(0, 39) n \\gexec
INSERT INTO p SELECT i, h FROM t; SELECT tableoid::regclass, count(*), min(b) FROM p GROUP BY 1 ORDER BY 1::text;
SELECT numeric_ln.n, round(ln(numeric_ln.n::numeric ^ 30), 40) FROM generate_series(2, 40) AS numeric_ln(n);
PREPARE q(int) AS SELECT sum(i) FROM t WHERE g = $1; EXECUTE q(1); EXECUTE q(2); EXECUTE q(3); DEALLOCATE ALL;
LISTEN l; NOTIFY l; SELECT pg_backend_pid() > 0;
"""


def postgres(directory, env, times):
    data = Postgres.template(directory)
    check(data.exists(), "a cluster")
    with Postgres(directory, env, settings=["max_connections=60"]) as server:
        found = {"output": without_pids(server.psql("-a", text=SQL.format(rows=20_000 * times).encode()))}
        server.pgbench("-i", "-q", "-s", 1)
        # Connections that come and go; many that stay; a random one is cancelled, and one is killed.
        server.pgbench("-n", "-S", "-C", "-c", 8, "-j", 2, "-t", 20 * times)
        server.pgbench("-n", "-c", 40, "-j", 2, "-t", 25 * times, "--random-seed=7")
        found["balances"] = server.psql("-Atc", "SELECT sum(abalance) = sum(delta), count(delta) FROM pgbench_history, "
                                        "LATERAL (SELECT 0) x FULL JOIN (SELECT sum(abalance) AS abalance FROM pgbench_accounts) y ON true")
        found["cancelled"] = cancelled(server)
        found["after a crash"] = crashed(server)
        found["dump"] = digest(without_random(run(["/usr/lib/postgresql/15/bin/pg_dump", *server.connection(), "-t", "t", "-t", "p", "-t", "p_*", "postgres"])))
    return found


def without_pids(text):
    return b"\n".join(line for line in text.split(b"\n") if b"server process with PID" not in line)


def without_random(text):
    """pg_dump draws a word against injection for each dump."""
    return b"\n".join(line for line in text.split(b"\n") if not line.startswith((b"\\restrict", b"\\unrestrict")))


def in_background(server, statement):
    pool = concurrent.futures.ThreadPoolExecutor(1)
    answer = pool.submit(server.psql, "-At", text=statement)
    pid = wait_for(lambda: server.psql("-Atc", "SELECT pid FROM pg_stat_activity WHERE query LIKE '%t AS forever%' AND pid <> pg_backend_pid() "
                                       "AND backend_type = 'client backend'"), "the statement runs")
    return int(pid.split()[0]), answer


def cancelled(server):
    pid, answer = in_background(server, b"SELECT count(*) FROM t AS forever, t AS b, t AS c;\nSELECT 'goes on';\n")
    server.psql("-Atc", f"SELECT pg_cancel_backend({pid})")
    return answer.result()


def crashed(server):
    pid, answer = in_background(server, b"SELECT count(*) FROM t AS forever, t AS b, t AS c;\n")
    os.kill(pid, signal.SIGKILL)
    check(b"connection" in answer.result(), "that the client noticed")
    state = b"SELECT count(*), md5(string_agg(t::text, '' ORDER BY i)) FROM t;\n"
    return wait_for(lambda: next((got for got in [server.psql("-At", text=state)] if b"|" in got), b""), "it has recovered")


CASES = {"redis": redis, "memcached": memcached, "nginx": nginx, "postgres": postgres}
