"""memprof attach: processes that run already, on each rung of the ladder.

usage: attach_test.py MEMPROF PROGRAMS CASE
"""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

from harness import MEMPROF, PROGRAMS, Place, expect, free_port, main, wait_until
from services_test import NGINX, POSTGRES, USER

HOSTED = os.path.join(PROGRAMS, "hosted")
AGENT = os.path.join(PROGRAMS, "../../agent/libtidemark_heap.so")
SERVICE = os.path.join(PROGRAMS, "../../examples/leaky-service/leaky-service")
CYCLES = int(os.environ.get("TIDEMARK_ATTACH_CYCLES", "50"))
CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attach_clients.py")


def attach(*arguments, codes=(0, 1, 4), cwd=None, user=None):
    done = subprocess.run([MEMPROF, "attach", *arguments], capture_output=True, text=True, cwd=cwd,
                          check=False, errors="replace", user=user)
    if done.returncode not in codes:
        raise AssertionError(f"attach {arguments} ended with {done.returncode}:\n{done.stdout}"
                             f"\n{done.stderr}")
    return done


class Running:
    """A program that is there for the time of a test."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


def hosted(*arguments):
    return Running([HOSTED, *arguments], stdout=subprocess.PIPE, text=True)


def ready(process, word="ready"):
    while True:
        line = process.stdout.readline()
        expect(line, f"'{word}' before the end of its output")
        if line.startswith(word):
            return


def rungs(text):
    """The rungs of a plan: name -> whether it holds."""
    return {m[2]: m[3] == "holds" for m in
            re.finditer(r"^(->|  ) (\w+) +(holds|does not hold)", text, re.MULTILINE)}


def stop_times(text):
    """All of the stop and what of it was not waiting for a processor, in ms, for each stop."""
    found = re.findall(r"stood still for ([\d.]+) ms, ([\d.]+) ms of it", text)
    return [(float(all_of_it), float(all_of_it) - float(queued)) for all_of_it, queued in found]


def table_line(service, text, slowest, limit=10):
    """A line of the attach table in docs/attach.md."""
    def middle_and_most(times):
        columns = [sorted(column) for column in zip(*times)]
        return " ".join(f"median {c[len(c) // 2]:.1f} most {c[-1]:.1f}{note}" for c, note in
                        zip(columns, (";", " without waiting for a processor")))
    lines = text.splitlines()
    come = stop_times("\n".join(l for l in lines if "at the end" not in l))
    go = stop_times("\n".join(l for l in lines if "at the end" in l))
    print(f"{service}, ms: {len(come)} attaches {middle_and_most(come)}; {len(go)} detaches "
          f"{middle_and_most(go)}; slowest answer to a client {slowest}")
    held = sorted(own for _, own in come + go)
    expect(held[len(held) // 2] < limit, f"a stop of less than {limit} ms")


# -------------------------------------------------------------------------------- the ladder


def plan_says_what_holds():
    with hosted("read") as program:
        ready(program)
        out = attach("--plan", str(program.pid), codes=(0,)).stdout
        expect(rungs(out) == {"agent": False, "allocator": False, "injection": True,
                              "uprobes": USER is not None, "proc": True}, out)
        expect("-> injection" in out, out)
        with open(f"/proc/{program.pid}/maps", encoding="utf-8") as f:
            expect("tidemark" not in f.read(), "a process that nothing was done to")


def a_leak_is_named_in_a_service_that_runs():
    with Place() as place:
        port = free_port()
        with Running([SERVICE, "--port", str(port)], cwd=place.path, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL) as service:
            load = ["ab", "-q", "-k", "-l", "-c", "4", "-n", "100000", f"http://127.0.0.1:{port}/leak"]
            wait_until(lambda: answers(port), 20, "it answers")
            with Running(load, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
                done = attach("--for", "3s", "--mean", "16KiB", "--snapshot-every", "500ms", "-o",
                              "run", str(service.pid), cwd=place.path)
                client.kill()
            with open(os.path.join(place.path, "run/findings.json"), encoding="utf-8") as f:
                found = json.load(f)
            names = {s["place"].get("function") for s in found["sites"]}
            expect("leaky::leak_session_token()" in names, f"the leak, not {names}")
            expect("rung injection; thread" in done.stdout, "where it stood")
            expect("% of its CPU time" in done.stdout, "what it cost")
            expect("what was allocated before is not known" in done.stdout, "what it does not see")
            expect(service.poll() is None, "a service that runs on")
            with open(os.path.join(place.path, "run/run.json"), encoding="utf-8") as f:
                expect("leaky-service" in json.load(f)["target"][0], "the target's command")


def an_agent_that_is_inside_is_read():
    with Place() as place:
        mix = os.path.join(PROGRAMS, "heap_mix")
        agent = os.path.join(PROGRAMS, "../../agent/libtidemark_heap.so")
        env = dict(os.environ, LD_PRELOAD=agent, TIDEMARK_HEAP=f"file={place.path}/h,mean=16KiB")
        with Running([mix, "on"], env=env, stdout=subprocess.PIPE, text=True) as program:
            ready(program)
            done = attach("--for", "200ms", "-o", "run", str(program.pid), cwd=place.path)
            expect("-> agent        holds" in done.stderr, done.stderr)
            expect("keep_small" in done.stdout, done.stdout)
            expect("sampling;" in subprocess.run([MEMPROF, "heap", str(program.pid)], check=True,
                                                 capture_output=True, text=True).stdout,
                   "an agent that goes on")


def an_allocator_that_profiles_is_asked():
    with Place() as place:
        library = "/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4"
        env = dict(os.environ, LD_PRELOAD=library, HEAPPROFILE=f"{place.path}/dump",
                   HEAPPROFILESIGNAL="40")
        with Running([os.path.join(PROGRAMS, "heap_mix"), "on"], env=env, stdout=subprocess.PIPE,
                     stderr=subprocess.DEVNULL, text=True) as program:
            ready(program)
            done = attach("--rung", "allocator", "--for", "200ms", "-o", "run", str(program.pid),
                          cwd=place.path)
            expect("-> allocator    holds" in done.stderr, done.stderr)
            expect("keep_large" in done.stdout, done.stdout)
            expect(program.poll() is None, "a program that runs on")


def growth_is_all_that_proc_shows():
    with hosted("read") as program, Place() as place:
        ready(program)
        done = attach("--rung", "proc", "--for", "300ms", "-o", "run", str(program.pid),
                      cwd=place.path, codes=(4,))
        expect("resident memory: " in done.stdout, done.stdout)
        expect("leakwatch watch" in done.stderr, done.stderr)


def an_agent_left_inside_is_dismissed():
    with hosted("signals") as program, Place() as place:
        ready(program)
        stay = subprocess.Popen([MEMPROF, "attach", "--for", "60s", "-o", "run", str(program.pid)],
                                cwd=place.path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True)
        while "stood still" not in stay.stderr.readline():
            pass
        stay.kill()
        stay.communicate()
        expect("-> agent        holds" in attach("--plan", str(program.pid)).stdout, "an agent inside")
        left = re.search(r"/tmp/tidemark-\w+", maps(program.pid))[0]
        attach("--detach", str(program.pid), codes=(0,))
        expect(not os.path.exists(left), f"nothing left in {left}")
        expect("-> injection    holds" in attach("--plan", str(program.pid)).stdout, "none at work")
        expect(program.poll() is None, "a program that runs on")


def the_target_may_live_in_other_namespaces():
    """A target with a /tmp and process numbers of its own, that cannot see the agent's file."""
    with Place() as place:
        build = os.path.abspath(os.path.join(PROGRAMS, "../.."))
        script = place.file("start.sh", f"""set -e
cp {HOSTED} /tmp/memprof-test-hosted.$1
mount -t tmpfs none /var/tmp
mv /tmp/memprof-test-hosted.$1 /var/tmp/hosted
mount -t tmpfs none /tmp
mount -t tmpfs none {build}
exec /var/tmp/hosted signals
""")
        with Running(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", script,
                      str(os.getpid())], stdout=subprocess.PIPE, text=True) as outer:
            ready(outer)
            with open(f"/proc/{outer.pid}/task/{outer.pid}/children", encoding="utf-8") as f:
                pid = f.read().split()[0]
            done = attach("--for", "1s", "--mean", "4KiB", "-o", "run", pid, cwd=place.path)
            expect("signalled" in done.stdout, f"a function of a file that is only inside:\n{done.stdout}")
            expect("rung injection" in done.stderr, done.stderr)
            raw = os.listdir(os.path.join(place.path, "run/raw"))
            expect(raw == ["heap.1.tmheap"], f"its file, not {raw}")
            expect(re.search(r"\b[1-9]\d* samples cost", done.stderr), done.stderr)
            expect(os.listdir(f"/proc/{pid}/root/tmp") == [], "nothing left in its /tmp")
            ready(outer, "ticks")


def the_agents_limit_is_the_one_that_was_asked_for():
    at = 1124  # Header::control.max_overhead_ppm, docs/formats/agent.md
    with Place() as place, hosted("signals") as program:
        ready(program)
        for asked, ppm in (("0", 0), ("0.25%", 2500)):
            attach("--for", "100ms", "--max-overhead", asked, "--replace", "-o", "run", str(program.pid),
                   cwd=place.path)
            raw = os.path.join(place.path, "run/raw")
            with open(os.path.join(raw, os.listdir(raw)[0]), "rb") as f:
                found = struct.unpack_from("<I", f.read(4096), at)[0]
            expect(found == ppm, f"{ppm} millionths for {asked}, not {found}")


def a_tree_is_climbed_with_all_its_processes():
    with Place() as place:
        port = free_port()
        config = place.file("nginx.conf", NGINX.format(path=place.path, port=port))
        with Running(["nginx", "-c", config], stderr=subprocess.DEVNULL) as nginx:
            wait_until(lambda: answers(port), 10, "nginx answers")
            done = attach("--tree", "--for", "500ms", "--mean", "4KiB", "-o", "run", str(nginx.pid),
                          cwd=place.path)
            expect(len(re.findall("rung injection; thread", done.stderr)) == 3, done.stderr)
            raw = os.listdir(os.path.join(place.path, "run/raw"))
            expect(len(raw) == 3, f"a file for each, not {raw}")


# ------------------------------------------------------------------------------- what is refused


def refused(pid, reason, remedy="", user=None):
    out = attach("--plan", str(pid), user=user).stdout
    expect(not rungs(out)["injection"] and reason in out and remedy in out, f"'{reason}' in\n{out}")
    done = attach("--rung", "injection", str(pid), codes=(3,), cwd="/tmp", user=user)
    expect(reason in done.stderr, done.stderr)


def what_cannot_be_injected_is_explained():
    with Place() as place, Running([os.path.join(PROGRAMS, "hosted_static"), "read"],
                                   stdout=subprocess.PIPE, text=True) as program:
        ready(program)
        refused(program.pid, "it is statically linked", "link it dynamically")
        del place
    with hosted("filter") as program:
        ready(program, "filtered")
        refused(program.pid, "seccomp restricts the system calls", "memprof run --with heap")
    with hosted("read") as program:
        ready(program)
        os.kill(program.pid, signal.SIGSTOP)
        wait_until(lambda: state(program.pid) == "T", 5, "it is stopped")
        refused(program.pid, "it is stopped", f"kill -CONT {program.pid}")
        os.kill(program.pid, signal.SIGCONT)
    with hosted("read") as program, Running(["strace", "-f", "-o", "/dev/null", "-p",
                                             str(program.pid)], stderr=subprocess.DEVNULL) as tracer:
        ready(program)
        wait_until(lambda: tracer_of(program.pid) == tracer.pid, 10, "strace is there")
        refused(program.pid, f"it is traced by process {tracer.pid} (strace)")
    if USER:
        with hosted("read") as program:
            ready(program)
            out = subprocess.run([MEMPROF, "attach", "--plan", str(program.pid)], check=True,
                                 capture_output=True, text=True, user="nobody").stdout
            expect("it belongs to user 0, and we are user 65534" in out, out)


def with_more_rights(program, place):
    """A setuid copy of a program, of another user than ours."""
    copy = shutil.copy(program, place.path)
    shutil.chown(copy, "nobody")
    os.chmod(copy, 0o4755)
    return copy


def a_program_with_more_rights_is_left_alone():
    """In a setuid program the loader ignores LD_PRELOAD, and nothing is put into it later."""
    if not USER:
        return  # only root can make such a program
    with Place() as place:
        program = with_more_rights(HOSTED, place)
        with Running([program, "read"], stdout=subprocess.PIPE, text=True) as process:
            ready(process)
            refused(process.pid, "it has more rights than who started it", "memprof run --with heap")
            done = attach("--for", "100ms", "-o", "run", str(process.pid), cwd=place.path)
            expect("rung proc" in done.stderr, done.stderr)
            expect("tidemark" not in maps(process.pid), "nothing in it")
        mix = with_more_rights(os.path.join(PROGRAMS, "heap_mix"), place)
        run = place.run("--with", "heap", "--mean", "1KiB", "--", mix)
        expect(run.code == 3 and "or setuid?" in run.out, "the likely reason", run)


def an_agent_with_more_rights_makes_no_file():
    """A setuid program that has the agent in spite of that, here by its own wish: linked with it."""
    if not USER:
        return
    with Place() as place, Place() as secure:
        os.chmod(place.path, 0o777)
        source = place.file("linked.c", "#include <stdlib.h>\nint main(void) { return malloc(1 << 20) == 0; }\n")
        program = os.path.join(place.path, "linked")
        agent = shutil.copy(AGENT, secure.path)  # where every user may read it
        subprocess.run(["gcc", "-o", program, source, "-Wl,--no-as-needed", agent,
                        f"-Wl,-rpath,{secure.path}"], check=True)
        for command, files in ((program, 1), (with_more_rights(program, secure), 0)):
            environment = dict(os.environ, TIDEMARK_HEAP=f"file={place.path}/made,mean=1KiB,size=1MiB")
            subprocess.run([command], check=True, env=environment)
            made = [name for name in os.listdir(place.path) if name.startswith("made.")]
            expect(len(made) == files, f"{files} files of {command}, not {made}")
            for name in made:
                os.remove(os.path.join(place.path, name))


def musl_is_explained():
    with Place() as place:
        source = place.file("waits.c", "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n")
        program = os.path.join(place.path, "waits")
        subprocess.run(["musl-gcc", "-o", program, source], check=True)
        with Running([program]) as process:
            wait_until(lambda: "musl" in maps(process.pid), 5, "it runs")
            refused(process.pid, "its C library is musl")


def maps(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as f:
        return f.read()


def state(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        return f.read().rpartition(")")[2].split()[0]


def tracer_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return int(re.search(r"TracerPid:\s*(\d+)", f.read())[1])


# --------------------------------------------------------------- fifty times in and out, under load


def answers(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Client:
    """A client of attach_clients.py that checks every answer, until stop()."""

    def __init__(self, kind, port):
        self.process = subprocess.Popen([sys.executable, CLIENTS, kind, str(port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        expect(line == "going\n", f"a client that goes, not {line!r}")

    def stop(self):
        """How many requests it made and the slowest answer; fails when one was wrong."""
        out, _ = self.process.communicate("stop\n", timeout=60)
        expect(self.process.returncode == 0, f"only right answers:\n{out}")
        return json.loads(out)


def cycles(service, pids, place):
    """Fifty attaches and detaches; what they said."""
    said = ""
    for i in range(CYCLES):
        pid = pids[i % len(pids)]
        done = attach("--rung", "injection", "--for", "100ms", "--mean", "64KiB", "--heap-file",
                      "8MiB", "--replace", "-o", "run", str(pid), cwd=place.path)
        said += done.stderr
        expect("stood still" in done.stderr, done.stderr)
    left = [name for name in os.listdir("/tmp") if name.startswith("tidemark-") and
            os.path.exists(f"/tmp/{name}/heap.{pids[0]}.tmheap")]
    expect(not left, f"nothing left in /tmp, not {left}")
    expect(len(stop_times(said)) == 2 * CYCLES, f"two stops a cycle of {service}")
    return said


def checked(service, kind, pid, port, place):
    clients = [Client(kind, port) for _ in range(2)]
    said = cycles(service, [pid], place)
    results = [client.stop() for client in clients]
    expect(all(r["requests"] > 20 * CYCLES for r in results), f"load all the while: {results}")
    table_line(service, said, f"{max(r['slowest_ms'] for r in results):.1f} ms of "
               f"{sum(r['requests'] for r in results)}")


def cycles_redis():
    with Place() as place:
        port = free_port()
        with Running(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir",
                      place.path, "--save", ""], stdout=subprocess.DEVNULL) as redis:
            wait_until(lambda: answers(port), 10, "redis answers")
            checked("redis", "redis", redis.pid, port, place)
            expect(redis.poll() is None, "redis runs on")


def cycles_nginx():
    with Place() as place:
        port = free_port()
        text = NGINX.format(path=place.path, port=port).replace("worker_processes 2",
                                                                "worker_processes 1")
        config = place.file("nginx.conf", text.replace(
            'return 200 "hello\\n";', f"root {place.path}; gzip on; gzip_types text/plain;"
                                      " default_type text/plain;"))
        place.file("page", "".join(f"line {i}\n" for i in range(5000)))
        os.chmod(place.path, 0o755)
        with Running(["nginx", "-c", config], stderr=subprocess.DEVNULL) as nginx:
            wait_until(lambda: answers(port), 10, "nginx answers")
            with open(f"/proc/{nginx.pid}/task/{nginx.pid}/children", encoding="utf-8") as f:
                worker = int(f.read().split()[0])
            checked("nginx worker", "http", worker, port, place)
            expect(os.path.exists(f"/proc/{worker}"), "the worker runs on")


def cycles_memcached():
    with Place() as place:
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with Running(["memcached", "-l", "127.0.0.1", "-p", str(port), "-t", "4", *user]) as server:
            wait_until(lambda: answers(port), 10, "memcached answers")
            checked("memcached", "memcached", server.pid, port, place)
            expect(server.poll() is None, "memcached runs on")


def cycles_postgres():
    with Place(user=USER) as place:
        port, data = free_port(), os.path.join(place.path, "data")
        as_user = {"user": USER, "group": USER, "extra_groups": []} if USER else {}
        env = dict(os.environ, LC_ALL="C")
        subprocess.run([f"{POSTGRES}/initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-D",
                        data], check=True, stdout=subprocess.DEVNULL, env=env, cwd=place.path,
                       **as_user)
        to = ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]
        with Running([f"{POSTGRES}/postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k",
                      place.path], env=env, cwd=place.path, stderr=subprocess.DEVNULL, **as_user):
            wait_until(lambda: subprocess.run([f"{POSTGRES}/pg_isready", "-q", *to[:4]],
                                              check=False).returncode == 0, 20, "it is ready")
            pgbench = [f"{POSTGRES}/pgbench", *to]
            subprocess.run([*pgbench, "-i", "-q", "-s", "1", "postgres"], check=True,
                           stderr=subprocess.DEVNULL, cwd=place.path)
            load = subprocess.Popen([*pgbench, "-n", "-c", "2", "-T", "100000", "--max-tries=1",
                                     "-P", "1", "postgres"], stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, cwd=place.path)
            lines = []
            reader = threading.Thread(target=lambda: lines.extend(load.stderr))
            reader.start()
            try:
                # Its first connection, which only asks for the scale, is gone then.
                wait_until(lambda: any("progress" in line for line in lines), 60, "it goes")
                query = "select pid from pg_stat_activity where application_name = 'pgbench'"
                ask = [f"{POSTGRES}/psql", *to, "-At", "-c"]
                backends = wait_until(
                    lambda: [int(p) for p in subprocess.run(
                        [*ask, query, "postgres"], check=True, capture_output=True,
                        text=True).stdout.split()] or None, 20, "its backends are there")
                said = cycles("a PostgreSQL backend", backends, place)
                expect(load.poll() is None, "a load that goes on")
            finally:
                load.send_signal(signal.SIGINT)
                load.wait(30)
                reader.join()
                load.stdout.close()
                load.stderr.close()
            text = "".join(lines)
            expect("ERROR" not in text and "aborted" not in text, f"no failed transaction:\n{text[-2000:]}")
            failed = [int(m) for m in re.findall(r"(\d+) failed", text)]
            expect(failed and sum(failed) == 0, f"0 failed transactions:\n{text[-2000:]}")
            sums = subprocess.run([*ask, "select (select sum(abalance) from pgbench_accounts), "
                                   "(select sum(bbalance) from pgbench_branches), "
                                   "(select sum(tbalance) from pgbench_tellers), "
                                   "(select sum(delta) from pgbench_history), "
                                   "(select count(*) from pgbench_history)", "postgres"],
                                  check=True, capture_output=True, text=True).stdout.strip()
            balances = [int(n) for n in sums.split("|")]
            expect(len(set(balances[:4])) == 1, f"books that balance: {balances}")
            latest = [float(m) for m in re.findall(r"lat ([\d.]+) ms", text)]
            table_line("PostgreSQL backend", said,
                       f"{max(latest):.1f} ms on average in the worst second, of "
                       f"{balances[4]} transactions", limit=50)


TESTS = {test.__name__: test for test in (
    plan_says_what_holds, a_leak_is_named_in_a_service_that_runs, an_agent_that_is_inside_is_read,
    an_allocator_that_profiles_is_asked, growth_is_all_that_proc_shows,
    an_agent_left_inside_is_dismissed, the_target_may_live_in_other_namespaces,
    the_agents_limit_is_the_one_that_was_asked_for, a_tree_is_climbed_with_all_its_processes,
    what_cannot_be_injected_is_explained,
    a_program_with_more_rights_is_left_alone, an_agent_with_more_rights_makes_no_file,
    musl_is_explained, cycles_redis, cycles_nginx, cycles_memcached, cycles_postgres)}

if __name__ == "__main__":
    main(TESTS)
