"""Debian's own services under memcheck, massif, helgrind and heap, under a short load.

usage: services_test.py MEMPROF PROGRAMS SERVICE-BACKEND
"""

import os
import shutil

import subprocess
import sys

from harness import Place, expect, free_port, main

POSTGRES = "/usr/lib/postgresql/15/bin"
USER = "postgres" if os.geteuid() == 0 else None

# A small load for memcached: sets, gets and deletes over four connections.
MEMCACHED_LOAD = """
import socket, sys
port, rounds = int(sys.argv[1]), int(sys.argv[2])
streams = [socket.create_connection(("127.0.0.1", port)).makefile("rwb") for _ in range(4)]
for i in range(rounds):
    stream = streams[i % 4]
    stream.write(b"set k%d 0 0 64\\r\\n%s\\r\\nget k%d\\r\\n" % (i, b"x" * 64, i))
    stream.flush()
    assert stream.readline() == b"STORED\\r\\n"
    while stream.readline() != b"END\\r\\n":
        pass
"""

NGINX = """
daemon off; worker_processes 2; pid {path}/nginx.pid; error_log {path}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {path}/b; proxy_temp_path {path}/p;
  fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello\\n"; }} }}
}}
"""


def check(run, backend, processes):
    """What must hold for every service under every profiler."""
    expect(run.code in (0, 1, 4), "a run that ended well", run)
    end = run.json("run.json")["end"]
    expect(end["kind"] == "stopped", f"that it stopped when asked, not {end}", run)
    load = run.json("run.json")["load_end"]
    well = load["kind"] == "exited" and load["code"] == 0
    expect(well or "--for" in run.json("run.json")["command"], f"a load that ended, not {load}", run)
    expect("preset" in run.notes, "a note about the preset", run)
    found = run.findings
    expect(not found["partial"], f"whole files: {found['warnings']}", run)
    left = [f for f in run.json("run.json")["files"] if f["format"] in ("valgrind-xml", "massif", "tidemark-heap")]
    expect(len(left) >= processes, f"a file for each of {processes} processes, not {left}", run)
    expect(os.path.getsize(os.path.join(run.directory, "report.html")) > 10000, "a report", run)
    if backend == "massif":
        expect(any(s["name"] == "heap" for s in found["series"]), "the heap over time", run)
    if backend == "memcheck":
        expect(any(s["kind"] in ("in_use", "reachable", "possible_leak") for s in found["sites"]),
               "what was not freed at exit", run)
    if backend == "heap":
        totals = {t["name"]: t for t in found["totals"]}
        expect(totals["inuse_space"]["value"] > 100_000 and totals["alloc_space"]["error"] > 0,
               f"what is in use, not {totals}", run)
        expect(not any("trouble" in w or "says" in w for w in found["warnings"]),
               f"an agent without trouble: {found['warnings']}", run)
    expect(any(s["name"] == "rss" and s["points"] for s in found["series"]), "memory over time", run)
    size = sum(os.path.getsize(os.path.join(run.directory, f["path"])) for f in left)
    notes = [n for n in run.notes.splitlines() if n.startswith("ready after")]
    print(f"{len(left)} files, {size} bytes; {'; '.join(notes)}; {run.verdict['text']}")
    return run


def redis(backend):
    with Place() as place:
        port = free_port()
        # BGSAVE forks: the child writes the file and leaves with _exit.
        load = place.file("load.sh", f"""set -e
redis-benchmark -p {port} -n 400 -c 4 -q -t set,get,lpush
redis-cli -p {port} bgsave
while [ "$(redis-cli -p {port} info persistence | grep -c rdb_bgsave_in_progress:1)" = 1 ]; do :; done
test -s {place.path}/dump.rdb
""")
        options = {"memcheck": ["--snapshot-every", "300ms"], "massif": ["--snapshot-every", "300ms"],
                   "heap": ["--snapshot-every", "50ms", "--mean", "16KiB"], "helgrind": []}[backend]
        run = check(place.run("--with", backend, *options, "--load", f"sh {load}", "--",
                              "redis-server", "--port", str(port), "--bind", "127.0.0.1",
                              "--dir", place.path, "--save", ""), backend, 2)
        names = os.listdir(os.path.join(run.directory, "raw"))
        if options:
            expect(any(n.startswith("snapshot-") for n in names), f"snapshots, not {names}", run)


def nginx(backend):
    with Place() as place:
        port = free_port()
        config = place.file("nginx.conf", NGINX.format(path=place.path, port=port))
        options = ["--snapshot-every", "1s", "--for", "4s"] if backend in ("memcheck", "heap") else []
        if backend == "heap":
            options += ["--mean", "4KiB"]
        run = check(place.run("--with", backend, *options, "--load",
                              f"ab -q -n 400 -c 4 http://127.0.0.1:{port}/", "--", "nginx", "-c",
                              config), backend, 3)
        if options:
            # Workers gave up root: each is asked as the user that it is now.
            names = os.listdir(os.path.join(run.directory, "raw"))
            pids = {n.split("-")[2].split(".")[0] for n in names if n.startswith("snapshot-")}
            expect(len(pids) == 3, f"snapshots of master and workers, not of {pids}", run)
            expect("no intermediate result" not in run.notes, "no trouble with vgdb", run)


def memcached(backend):
    with Place() as place:
        port = free_port()
        script = place.file("load.py", MEMCACHED_LOAD)
        rounds = 60 if backend == "helgrind" else 600
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        options = ["--mean", "16KiB"] if backend == "heap" else []
        run = check(place.run("--with", backend, *options, "--load",
                              f"{sys.executable} {script} {port} {rounds}", "--", "memcached",
                              "-l", "127.0.0.1", "-p", str(port), "-t", "4", *user), backend, 1)
        if backend != "heap":
            expect("open files limited to 1036" in run.notes, "the limit that memcached needs", run)


def postgres(backend):
    with Place(user=USER) as place:
        port, data = free_port(), os.path.join(place.path, "data")
        env = dict(os.environ, LC_ALL="C")
        as_user = {"user": USER, "group": USER, "extra_groups": []} if USER else {}
        subprocess.run([f"{POSTGRES}/initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D",
                        data], check=True, stdout=subprocess.DEVNULL, env=env, cwd=place.path,
                       **as_user)
        connection = f"-h 127.0.0.1 -p {port} -U postgres"
        load = place.file("load.sh", f"""set -e
{POSTGRES}/pgbench -i -q -s 1 {connection} postgres
{POSTGRES}/pgbench -n -c 2 -t 20 {connection} postgres
""")
        options = ["--snapshot-every", "2s"] if backend == "memcheck" else []
        if backend == "heap":
            options = ["--mean", "16KiB"]
        ready = f"command:{POSTGRES}/pg_isready -q -h 127.0.0.1 -p {port}"
        run = check(place.run("--with", backend, *options, "--ready", ready, "--load", f"sh {load}",
                              "--", f"{POSTGRES}/postgres", "-D", data, "-h", "127.0.0.1", "-p",
                              str(port), "-k", place.path, limit=200), backend, 8)
        expect("SIGINT" in run.notes, "a note about the stop signal", run)
        if backend == "memcheck":
            expect("no intermediate result" not in run.notes, "no trouble with vgdb", run)


TESTS = {f"{service.__name__}-{backend}": (lambda s=service, b=backend: s(b))
         for service in (redis, nginx, memcached, postgres)
         for backend in ("memcheck", "massif", "helgrind", "heap")}

if __name__ == "__main__":
    for program in ("valgrind", "redis-server", "nginx", "memcached", f"{POSTGRES}/postgres", "ab"):
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin") is None:
            print(f"skipped: {program} is not installed")
            sys.exit(77)
    main(TESTS)
