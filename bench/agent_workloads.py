"""The workloads of bench/agent_cost.py. Each starts its program afresh, natively or under a tool, gives
it a fixed piece of work, after `ready()`, and tells what that cost."""

import ctypes
import dataclasses
import functools
import mmap
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/agent/torture"))
import services  # noqa: E402
from services import Nginx, Postgres, Redis, run, tree  # noqa: E402

PAGE = 4096


@dataclasses.dataclass
class Cost:
    cpu: float  # seconds for a unit of work, user and system, of the program and all its children
    memory: int = 0  # bytes: the largest resident size of a program, or of a server's processes at the end
    mapped: int = 0  # bytes in the agent's own files, which are not in `memory`


def cpu_now(pid):
    """CPU seconds of a process so far, its threads and reaped children included."""
    def of(one):
        try:
            return time.clock_gettime((~one << 3) | 2)  # the CPU clock of another process
        except OSError:
            return 0
    return sum(of(one) for one in tree(pid))


def resident(pid):
    """Bytes resident in a server's processes, without and in the agent's files; what processes share is counted once."""
    without = inside = 0
    for one in tree(pid):
        try:
            text = pathlib.Path(f"/proc/{one}/smaps").read_text()
        except OSError:
            continue
        for path, size in re.findall(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)\n(?:\w+: .*\n)*?Pss: +(\d+)", text, re.M):
            if path.endswith(".tmheap"):
                inside += int(size) * 1024
            else:
                without += int(size) * 1024
    return without, inside


def in_files(tool, directory):
    """Bytes of the agent's files that were in the memory of a program that ended."""
    return touched(directory) if tool.is_attached else cached(directory)


def touched(directory):
    """In pages that are not all zero."""
    zero = bytes(PAGE)
    count = 0
    for path in pathlib.Path(directory).rglob("*.tmheap"):
        with open(path, "rb") as file:
            count += sum(page != zero for page in iter(lambda: file.read(PAGE), b""))
    return count * PAGE


def cached(directory):
    """In pages that the kernel holds; nobody else has read the files."""
    mincore = ctypes.CDLL(None, use_errno=True).mincore
    count = 0
    for path in pathlib.Path(directory).rglob("*.tmheap"):
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapping:
            pages = (ctypes.c_ubyte * (len(mapping) // PAGE))()
            first = ctypes.c_char.from_buffer(mapping)
            services.check(mincore(ctypes.byref(first), ctypes.c_size_t(len(mapping)), pages) == 0, "mincore")
            del first
            count += sum(page & 1 for page in pages)
    return count * PAGE


class Script:
    """A program that reads its work from its input and ends."""

    together = True  # with its like on one core

    def __init__(self, name, words, text, env=None):
        self.name, self.words, self.text, self.env = name, words, text, env or {}

    def measure(self, tool, scale, directory, ready):
        text = self.text(scale).encode()
        env = {**os.environ, **self.env, **tool.env(directory)}
        with open(f"{directory}/errors", "wb") as errors, subprocess.Popen(
                [*tool.before(directory), *self.words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=errors, env=env, cwd=directory) as process:
            with tool.attach(process.pid, directory):
                ready()
                process.stdin.write(text)
                process.stdin.close()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
        services.check(process.returncode == 0, f"{self.name} ended with {process.returncode}: "
                       f"{pathlib.Path(directory, 'errors').read_text(errors='replace')[-500:]}")
        mapped = in_files(tool, directory)
        return Cost(cpu=usage.ru_utime + usage.ru_stime,
                    memory=usage.ru_maxrss * 1024 - mapped, mapped=mapped)


class Pairs:
    """bench/programs/pairs: it times itself; a unit is one pair of malloc and free."""

    def __init__(self, program, kind, threads):
        self.name = f"malloc/free, {kind}, {threads} thread{'s' * (threads > 1)}"
        self.program, self.kind, self.threads = program, kind, threads
        self.together = threads == 1

    def measure(self, tool, scale, directory, ready):
        words = [*tool.before(directory), self.program, self.kind, str(self.threads), str(150 if scale == 1 else 400)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env={**os.environ, **tool.env(directory)}) as process:
            with tool.attach(process.pid, directory):
                ready()
                out, _ = process.communicate(b"\n")
        services.check(process.returncode == 0, f"{self.name} ended with {process.returncode}")
        return Cost(cpu=float(out) * 1e-9, mapped=in_files(tool, directory))


class Server:
    """A server under a client. The CPU time of the client does not count, nor that of starting up."""

    together = True

    def __init__(self, name, service, load, keeps_processes=True, **options):
        self.name, self.service, self.load, self.options = name, service, load, options
        self.keeps_processes = keeps_processes  # none that works for a client ends before the others

    def measure(self, tool, scale, directory, ready):
        with self.service(directory, env=tool.env(directory), before=tool.before(directory),
                          **self.options) as server:
            with tool.attach(server.pid, directory):
                ready()
                before = cpu_now(server.pid)
                units = self.load(server, scale)
                after = cpu_now(server.pid)
                memory, mapped = resident(server.pid)
        if not self.keeps_processes:
            after = server.usage.ru_utime + server.usage.ru_stime
        return Cost(cpu=(after - before) / units, memory=memory, mapped=mapped)


def redis_load(server, scale):
    requests = int(150_000 * scale)
    run(["redis-benchmark", "-p", server.port, "-n", requests, "-r", 100_000, "-d", 64, "-c", 8, "-P", 16,
         "-t", "set,get,lpush", "-q"])
    return 3 * requests


def pgbench_load(*words):
    def load(server, scale):
        done = server.pgbench("-n", "-c", 2, "-j", 1, "-T", 2, *words).decode()
        return int(re.search(r"actually processed: (\d+)", done)[1])
    return load


def wrk_load(path, *words):
    def load(server, scale):
        done = run(["wrk", "-d", "2s", "-c", 16, "-t", 1, *words,
                    f"http://127.0.0.1:{server.port}{path}"]).decode()
        services.check("Non-2xx" not in done, done)
        return int(re.search(r"(\d+) requests in", done)[1])
    return load


def sqlite_script(scale):
    rows = int(60_000 * scale)
    return f"""
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
  INSERT INTO t SELECT i, printf('%032d', (i * 7919) % {rows}), json_object('k', i, 'v', printf('%x', i * i)) FROM n;
CREATE INDEX t_b ON t(b);
SELECT count(*), sum(length(g)) FROM (SELECT group_concat(b || c) AS g FROM t GROUP BY a % 997);
SELECT sum(json_extract(c, '$.k')), max(upper(replace(c, 'k', 'key'))) FROM t;
SELECT count(*) FROM (SELECT DISTINCT substr(b, 20) || lower(hex(c)) FROM t ORDER BY 1);
UPDATE t SET b = b || hex(c) WHERE a % 3 = 0;
SELECT count(*) FROM t AS x JOIN t AS y ON x.b = y.b;
"""


def python_script(scale):
    return f"""
import json
total = 0
for turn in range({max(1, int(10 * scale))}):
    rows = [{{"id": i, "name": "name-%d" % i, "tags": [str(i), str(i * i)], "at": (i, i + 0.5)}} for i in range(10_000)]
    text = json.dumps(rows)
    total += len(text) + sum(len(row["tags"]) for row in json.loads(text))
    words = " ".join(row["name"].upper() for row in rows).split()
    total += len(set(words)) + len({{word: [word] for word in words}})
print(total)
"""


# Headers alone are parsed fast; the functions below are generated, and optimised.
CXX = """
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>
"""
CXX_FUNCTION = """
int f%d(const std::string& text) {
  std::map<std::string, std::vector<int>> found;
  for (const char c : text) found[std::string(1, c)].push_back(c + %d);
  std::vector<std::function<int(int)>> steps{[&](int x) { return x + %d; }, [&](int x) { return x * 2; }};
  return std::accumulate(found.begin(), found.end(), 0, [&](int sum, const auto& one) { return steps[0](sum) + one.second[0]; });
}
"""


def cxx_source(scale):
    text = "#include <numeric>" + CXX + "".join(CXX_FUNCTION % (i, i, i) for i in range(max(1, int(12 * scale))))
    return run(["g++", "-std=c++20", "-E", "-P", "-x", "c++", "-"], input=text.encode()).decode()


def compiler():
    """cc1plus on what the preprocessor left; it is run once."""
    cc1plus = run(["g++", "-print-prog-name=cc1plus"]).decode().strip()
    return Script("cc1plus", [cc1plus, "-quiet", "-fpreprocessed", "-std=c++20", "-O1", "-", "-o", "/dev/null"],
                  functools.cache(cxx_source))


def workloads(pairs, prepared):
    """All of them. `prepared`: a directory that stays while they run."""
    template = Postgres.template(prepared, scale=1)
    python = ["/usr/bin/python3", "-"]
    return [
        *(Pairs(pairs, kind, threads) for kind in ("pair", "ring") for threads in (1, 2)),
        Server("redis", Redis, redis_load),
        Server("PostgreSQL, pgbench -S", Postgres, pgbench_load("-S"), keeps_processes=False, template=template),
        Server("PostgreSQL, pgbench", Postgres, pgbench_load(), keeps_processes=False, template=template),
        Server("nginx, wrk", Nginx, wrk_load("/page.html")),
        Server("nginx, wrk, gzip", Nginx, wrk_load("/gzip/page.html", "-H", "Accept-Encoding: gzip")),
        Script("sqlite3", ["sqlite3", ":memory:"], sqlite_script),
        Script("python3", python, python_script),
        Script("python3, malloc", python, python_script, env={"PYTHONMALLOC": "malloc"}),
        compiler(),
    ]
