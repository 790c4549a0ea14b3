"""What git, the compilers, sqlite3, python3, perl and node are put through; each case returns results by name."""

import os
import random
import re
import shutil
import subprocess

from services import check

PYTHON = "/usr/bin/python3"


def under(env, words, directory, text=None, fails=False, only_env=None):
    """What a program wrote, in the environment of the case."""
    base = {"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    done = subprocess.run([str(word) for word in words], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, cwd=directory, env={**base, **(only_env or {}), **env})
    check(fails or done.returncode == 0, f"{words[0]} ended with {done.returncode}: {done.stdout[-2000:]!r}")
    return done.stdout


def git(directory, env, times):
    fixed = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
             for what, value in (("NAME", "n"), ("EMAIL", "e@x"), ("DATE", "2024-01-01T00:00:00Z"))}
    draw = random.Random(2)

    def do(*words):
        return under(env, ["git", "-c", "pack.threads=1", "-c", "gc.auto=0", *words], directory, only_env=fixed)

    do("init", "-q", "-b", "main", ".")
    lines = [f"line {i} {draw.random()}" for i in range(4000)]
    for commit in range(20 * times):
        for _ in range(50):
            lines[draw.randrange(len(lines))] = f"changed in {commit} {draw.random()}"
        for part in range(10):
            (directory / f"file{part}").write_text("\n".join(lines[part * 400:part * 400 + 400]))
        do("add", "-A")
        do("commit", "-q", "-m", f"commit {commit}")
    found = {"head": do("rev-parse", "HEAD"), "log": do("log", "-p", "--stat"), "blame": do("blame", "file3")}
    do("repack", "-adfq", "--depth=50")
    packs = [path.relative_to(directory) for path in sorted(directory.glob(".git/objects/pack/*.idx"))]
    found["packs"] = do("verify-pack", "-v", *packs)
    found["check"] = do("fsck", "--full", "--no-progress") + b"fine"
    do("clone", "-q", "--no-local", ".", "copy")
    found["clone"] = do("-C", "copy", "log", "--format=%H %T")
    found["grep"] = do("grep", "--threads=4", "-n", "changed in 1[0-9] 0.5")
    return found


CXX = """
#include <algorithm>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
template <int N> struct Deep : Deep<N - 1> { int value = N; };
template <> struct Deep<0> {};
int main() {
  std::map<std::string, std::vector<Deep<60>>> found;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { std::vector<std::string> v(1000, std::string(50, 'x')); });
  for (auto& one : threads) one.join();
  for (int i = 0; i < 300; ++i) {
    try {
      if (i % 3 == 0) throw std::runtime_error("thrown " + std::to_string(i));
      found[std::to_string(i % 7)].emplace_back();
    } catch (const std::exception& error) { std::cout << error.what() << '\\n'; }
  }
  std::cout << found.size() << '\\n';
}
"""
C = """
#include <stdio.h>
#define F(n) static long f##n(long x) { long s = n; for (long i = 0; i < x; ++i) s = s * 31 + (i ^ n); return s; }
#define G(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
G(1) G(2) G(3) G(4) G(5) G(6) G(7)
int main(void) { printf("%ld %ld %ld\\n", f10(1000), f35(77), f77(3)); return 0; }
"""


def compilers(directory, env, times):
    """Objects, executables and what those print, from gcc and g++, and clang where it is there."""
    (directory / "a.cpp").write_text(CXX)
    (directory / "b.c").write_text(C)
    found = {}
    # Neither where it is nor what it draws gets into the object.
    here = {"PWD": "/proc/self/cwd"}
    fixed = ["-g", "-frandom-seed=1"]
    for turn in range(times):
        for compiler, source, options in (
                ("g++", "a.cpp", ["-std=c++20", "-O2", *fixed]), ("gcc", "b.c", ["-O3", "-flto", "-ffat-lto-objects", *fixed]),
                ("clang++", "a.cpp", ["-std=c++20", "-O1", "-g", "-fdebug-compilation-dir=."])):
            if not shutil.which(compiler):
                continue
            name = f"{compiler} {turn}"
            under(env, [compiler, *options, "-c", source, "-o", "one.o"], directory, only_env=here)
            found[f"object of {name}"] = (directory / "one.o").read_bytes()
            under(env, [compiler, "one.o", "-pthread", *(["-flto"] if "-flto" in options else []), "-o", "program"], directory)
            found[f"output of {name}"] = under(env, [directory / "program"], directory)
    return found


SQL = """
PRAGMA page_size = 1024; PRAGMA cache_size = 50; PRAGMA journal_mode = {journal};
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
  INSERT INTO t SELECT i, printf('%08d', (i * 7919) % 10007), zeroblob(i % 900) FROM n;
CREATE INDEX t_b ON t(b, a); CREATE VIRTUAL TABLE f USING fts5(x); CREATE VIRTUAL TABLE r USING rtree(id, a, b);
INSERT INTO f SELECT b || ' ' || hex(c) FROM t WHERE a % 5 = 0;
INSERT INTO r SELECT a, a % 97, a % 97 + 5 FROM t;
DELETE FROM t WHERE a % 7 = 0; UPDATE t SET c = b || c || b WHERE a % 3 = 0;
SELECT count(*), sum(length(c)), group_concat(DISTINCT length(c)) FROM t;
SELECT b, row_number() OVER (PARTITION BY a % 10 ORDER BY b) FROM t ORDER BY a LIMIT 200;
SELECT json_group_object(b, json_array(a, length(c))) FROM t WHERE a < 500;
SELECT snippet(f, 0, '[', ']', '..', 3) FROM f WHERE f MATCH '000*' ORDER BY rowid LIMIT 10;
SELECT count(*) FROM r WHERE a < 50 AND b > 20; SELECT 1/0, abs('x'), nothing FROM t;
SELECT count(*) FROM t x JOIN t y ON x.b = y.b; VACUUM; PRAGMA integrity_check;
"""


def sqlite(directory, env, times):
    found = {}
    for journal in ("DELETE", "WAL"):
        path = directory / f"{journal}.db"
        found[f"output, {journal}"] = under(env, ["sqlite3", path], directory, fails=True,
                                            text=SQL.format(rows=8000 * times, journal=journal).encode())
        found[f"file, {journal}"] = path.read_bytes()
    return found


def python_tests(directory, env, times):
    """The verdicts of python's own tests (libpython3.11-testsuite)."""
    tests = ["test_gc", "test_dict", "test_generators", "test_struct", "test_thread"]
    if times > 1:
        tests += ["test_fork1", "test_list", "test_bytes", "test_weakref", "test_threadsignals", "test_memoryview", "test_zlib", "test_json",
                  "test_threading", "test_subprocess", "test_ctypes", "test_asyncio", "test_multiprocessing_fork", "test_socket", "test_re",
                  "test_pickle", "test_sqlite3", "test_decimal", "test_coroutines", "test_mmap", "test_signal", "test_os", "test_posix",
                  "test_concurrent_futures", "test_capi", "test_faulthandler", "test_exceptions", "test_ssl", "test_lzma", "test_bz2"]
    found = {}
    for test in tests:
        for kind in ({}, {"PYTHONMALLOC": "malloc"}):
            out = under(env, [PYTHON, "-m", "test", "-v", test], directory, only_env=kind, fails=True).decode(errors="replace")
            verdicts = re.findall(r"^(test\w+ \(.*?\)).*?\.\.\. .*?(ok|FAIL|ERROR|skipped|expected failure)\b", out, re.M)
            result = re.findall(r"^Result: (.*)$", out, re.M)
            name = f"{test} {kind}"
            found[name] = "\n".join(sorted(f"{one}: {how}" for one, how in verdicts) + result).encode()
    return found


PYTHON_SCRIPT = """
import asyncio, ctypes, gc, json, multiprocessing, os, re, sqlite3, ssl, subprocess, sys, threading, zlib
def work(seed):
    rows = [{"id": i, "v": [str(i * seed)] * 3} for i in range(2000)]
    return zlib.crc32(json.dumps(rows).encode())
def main():
    print([work(n) for n in range(5)])
    found = {}
    def into(n): found[n] = work(n)
    threads = [threading.Thread(target=into, args=(n,)) for n in range(30)]
    [one.start() for one in threads]; [one.join() for one in threads]
    print(sorted(found.items()))
    with multiprocessing.get_context("fork").Pool(3) as pool: print(pool.map(work, range(12)))
    with multiprocessing.get_context("spawn").Pool(2) as pool: print(pool.map(abs, range(12)))
    async def later(n):
        await asyncio.sleep(0)
        return work(n)
    async def every(): return await asyncio.gather(*(later(n) for n in range(20)))
    print(asyncio.run(every()))
    for n in range(20):
        pid = os.fork()
        if not pid: os._exit(work(n) % 100)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    print(subprocess.run(["sh", "-c", "echo $((6 * 7))"], capture_output=True).stdout)
    libc = ctypes.CDLL(None); libc.malloc.restype = ctypes.c_void_p; libc.realloc.restype = ctypes.c_void_p
    libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]; libc.free.argtypes = [ctypes.c_void_p]
    for size in range(0, 300_000, 977):
        block = libc.malloc(size); ctypes.memset(block, size % 256, size)
        block = libc.realloc(block, size * 2 + 1); assert bytes((ctypes.c_char * size).from_address(block)) == bytes([size % 256]) * size
        block = libc.realloc(block, size // 3 + 1); libc.free(block)
    class Ring: pass
    for _ in range(20_000): one = Ring(); one.self = one
    print(gc.collect() >= 0, len(re.findall(r"(a+)+b", "aaab" * 5000)), ssl.create_default_context().verify_mode)
if __name__ == "__main__": main()
"""


def python_script(directory, env, times):
    (directory / "script.py").write_text(PYTHON_SCRIPT)
    return {str(kind): b"".join(under(env, [PYTHON, "script.py"], directory, only_env=kind) for _ in range(times))
            for kind in ({}, {"PYTHONMALLOC": "malloc"})}


PERL = """
use strict; use threads; my %h; $h{$_ % 997} .= "x" x ($_ % 50) for 1..200_000;
print join(",", map { "$_:" . length $h{$_} } sort keys %h), "\\n";
my @t = map { my $n = $_; threads->create(sub { my $s = join "", map { chr(97 + $_ % 26) } 1..20_000 + $n; return length($s =~ s/a+/b/gr) }) } 1..8;
print join(",", map { $_->join } @t), "\\n"; print scalar(() = ("ab" x 50_000) =~ /(?:a(?=b))/g), "\\n";
for (1..10) { my $pid = fork; if (!$pid) { my @a = (1) x 10_000; exit(@a % 7) } waitpid $pid, 0; print $? >> 8, "\\n" }
"""
NODE = """
const { Worker, isMainThread, parentPort } = require('worker_threads'); const zlib = require('zlib'); const crypto = require('crypto');
const work = n => { const rows = []; for (let i = 0; i < 20000; ++i) rows.push({ i, s: String(i * n) });
  const text = JSON.stringify(rows); const back = zlib.gunzipSync(zlib.gzipSync(text)).toString();
  return crypto.createHash('sha256').update(back).digest('hex') + [...text.matchAll(/"s":"(\\d+)"/g)].length; };
if (!isMainThread) { parentPort.postMessage(work(7)); } else { console.log(work(1), work(2));
  for (let i = 0; i < 4; ++i) new Worker(__filename).on('message', text => console.log(text)); }
"""


def scripts(directory, env, times):
    (directory / "script.pl").write_text(PERL)
    (directory / "script.js").write_text(NODE)
    found = {"perl": b"".join(under(env, ["perl", "script.pl"], directory) for _ in range(times))}
    if shutil.which("node"):
        found["node"] = b"".join(under(env, ["node", "script.js"], directory) for _ in range(times))
    for name, words in (("sort", ["sort", "--parallel=4", "-S", "1M", "-n", "big"]), ("awk", ["awk", "{ n[$1 % 97] = n[$1 % 97] $1 } END { for (i = 0; i < 97; ++i) print n[i] }", "big"]),
                        ("xz", ["xz", "-T2", "-c", "--block-size=65536", "big"]), ("tar", ["tar", "--mtime=@0", "--owner=0", "--group=0", "--sort=name", "-cf", "-", "big"]),
                        ("bash", ["bash", "-c", "for i in {1..300}; do a[i]=$(echo $i); done; echo ${a[@]}"])):
        (directory / "big").write_text("\n".join(str(i * 7919 % 100_003) for i in range(60_000 * times)))
        found[name] = under(env, words, directory)
    return found


CASES = {"git": git, "compilers": compilers, "sqlite": sqlite, "python": python_script, "python_tests": python_tests, "scripts": scripts}
