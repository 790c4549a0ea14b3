"""memprof from end to end on small programs whose trouble is known exactly.

usage: run_test.py MEMPROF PROGRAMS TEST
"""

import os
import shutil
import signal
import subprocess
import time

from harness import PROGRAMS, MEMPROF, Place, expect, free_port, main, processes_with, wait_until

SERVER = """
import signal, socket, sys, time
time.sleep(float(sys.argv[2]))
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
end = time.monotonic() + float(sys.argv[3])
s.settimeout(0.1)
while time.monotonic() < end:
    try: s.accept()[0].close()
    except TimeoutError: pass
"""


def program(name):
    return os.path.join(PROGRAMS, name)


def race_has_both_stacks():
    with Place() as place:
        run = place.run("--with", "helgrind", "--", program("race"))
        races = [s for s in run.findings["sites"] if s["kind"] == "race"]
        expect(run.code == 1 and races, "a race", run)
        expect(len(races[0]["example"]["stacks"]) >= 2, "both stacks", run)


def thread_reuse_is_known_noise():
    """glibc clears a cached stack for the next thread, and helgrind takes it for a race."""
    with Place() as place:
        port = free_port()
        service = os.path.join(PROGRAMS, "../../examples/leaky-service/leaky-service")
        run = place.run("--with", "helgrind", "--ready", f"tcp:{port}", "--load",
                        f"ab -q -n 30 -c 2 http://127.0.0.1:{port}/race",
                        "--", service, "--port", str(port))
        rules = [s["suppressed_by"] for s in run.findings["suppressed"]]
        expect("glibc-thread-reuse" in rules, f"the noise counted, not {rules}", run)
        worst = run.findings["sites"][0]["place"]["function"]
        expect("count_visit" in worst, f"the service's own race first, not {worst}", run)


def early_exit_is_a_failure():
    """A server that leaves with 0 before it is ready, and one that does under load."""
    with Place() as place:
        port = free_port()
        script = place.file("server.py", SERVER)
        run = place.run("--with", "gperf-cpu", "--ready", f"tcp:{port}", "--load", "sleep 30", "--",
                        "python3", script, str(port), "0.1", "1.5")
        expect(run.code == 3 and "while the load was still running" in run.out, "so", run)
        run = place.run("--ready", f"tcp:{port}", "--load", "sleep 30", "--",
                        program("leak_three"))
        expect(run.code == 3 and "before it was ready" in run.out, "so", run)


def missing_target_is_named():
    with Place() as place:
        run = place.run("--", "./no-such-program")
        expect(run.code == 3 and "no-such-program" in run.err, "its name", run)


def missing_profiler_is_named():
    with Place() as place:
        tools = os.path.join(place.path, "bin")
        os.mkdir(tools)
        run = place.run("--", program("leak_three"), environment={"PATH": tools})
        expect(run.code == 3 and "valgrind" in run.err and "apt install" in run.err, "so", run)


def target_without_sanitizer_is_refused():
    with Place() as place:
        run = place.run("--with", "lsan-log", "--", program("leak_three"))
        expect(run.code == 3 and "-fsanitize" in run.err, "the remedy", run)


def start_long(place, *options):
    directory = os.path.join(place.path, "run")
    process, mark = place.start("run", "-o", directory, *options, "--for", "10m", "--",
                                program("ignores_sigterm"), environment={"TMPDIR": place.path})
    output = os.path.join(directory, "target.stdout")
    wait_until(lambda: os.path.exists(output) and os.path.getsize(output) > 0, 30, "it is up")
    return process, mark, directory


def target_does_not_outlive_memprof():
    with Place() as place:
        process, mark, directory = start_long(place)
        expect(len(processes_with(mark)) >= 2, "a target that runs")
        process.kill()
        process.communicate()
        wait_until(lambda: not processes_with(mark), 10, "all of it is gone")
        report = subprocess.run([MEMPROF, "report", directory], capture_output=True, text=True,
                                check=False)
        expect("no more" in report.stdout + report.stderr, f"that it says so: {report}")
        expect(report.returncode in (3, 4), f"no clean verdict: {report}")


def is_pending(process, number):
    """Whether the signal was sent to the process and has not reached it yet."""
    with open(f"/proc/{process.pid}/status") as status:
        masks = [int(line.split()[1], 16) for line in status if line[:6] in ("SigPnd", "ShdPnd")]
    return any(mask >> (number - 1) & 1 for mask in masks)


def ctrl_c_twice_stops_at_once():
    with Place() as place:
        process, mark, directory = start_long(place, "--grace", "5m")
        process.send_signal(signal.SIGINT)
        wait_until(lambda: not is_pending(process, signal.SIGINT), 5, "the first has arrived")
        expect(len(processes_with(mark)) > 0, "it still waits")
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        expect(time.monotonic() - begin < 15, "an end at once")
        expect(not processes_with(mark), "nothing left")
        expect(os.path.exists(os.path.join(directory, "findings.json")), "a readable directory")


def ctrl_c_stops_gently():
    with Place() as place:
        directory = os.path.join(place.path, "run")
        process, mark = place.start("run", "-o", directory, "--for", "10m", "--",
                                    program("daemonise"))
        output = os.path.join(directory, "target.stdout")
        wait_until(lambda: os.path.exists(output) and "leaked" in open(output).read(), 30,
                   "the daemon is up")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        expect(not processes_with(mark), "nothing left")
        expect("interrupted" in out, f"that it says so: {out} {err}")
        expect(process.returncode == 1 and "100" in out, f"the report of what there is: {out}")


def memory_guard_stops_the_run():
    with Place() as place:
        run = place.run("--with", "massif", "--for", "2m", "--max-memory", "0%", "--",
                        program("never_ready"))
        expect("guard" in run.json("run.json")["end"]["why"], "the guard's reason", run)
        expect(run.code in (3, 4), "no clean verdict", run)


def gperf_heap_of_a_service():
    """A dump before the stop, one a snapshot, of a target that dies of SIGTERM."""
    with Place() as place:
        run = place.run("--with", "gperf-heap", "--for", "3s", "--snapshot-every", "1s", "--",
                        "python3", "-c", "import time\nx=[]\nwhile True:\n  x.append('a'*10000+str(len(x)))\n  time.sleep(0.01)")
        heaps = [n for n in os.listdir(os.path.join(run.directory, "raw")) if n.endswith(".heap")]
        expect(len(heaps) >= 3, f"snapshots and a last dump, not {heaps}", run)


def perf_names_the_hot_function():
    with Place() as place:
        run = place.run("--with", "perf", "--", "python3", "-c",
                        "sum(i * i for i in range(8_000_000))")
        expect(run.code == 0 and "python3" in run.out, "a profile", run)
        expect(os.path.getsize(os.path.join(run.directory, "profile.pb.gz")) > 300, "it", run)


def attach():
    with Place() as place:
        busy = subprocess.Popen(["python3", "-c", "while True: pass"])
        try:
            run = place.run("--with", "perf", "--attach", str(busy.pid), "--for", "1s")
            expect(run.code == 0, "a profile of a live process", run)
            expect(busy.poll() is None, "a process that runs on", run)
            run = place.run("--with", "memcheck", "--attach", str(busy.pid))
            expect(run.code == 3 and "does not run under valgrind" in run.err, "the reason", run)
            run = place.run("--with", "massif", "--attach", str(busy.pid))
            expect(run.code == 3 and "when a process starts" in run.err, "the reason", run)
        finally:
            busy.kill()
            busy.wait()


def attach_to_valgrind():
    with Place() as place:
        target = subprocess.Popen(["valgrind", program("ignores_sigterm")],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            target.stdout.readline()
            run = place.run("--with", "memcheck", "--attach", str(target.pid))
            expect(run.code in (0, 1), "a leak check of a live process", run)
            expect(target.poll() is None, "a process that runs on", run)
        finally:
            target.kill()
            target.wait()


def verb(*arguments):
    return subprocess.run([MEMPROF, *arguments], capture_output=True, text=True, check=False)


def report_writes_every_format():
    with Place() as place:
        run = place.run("--", program("leak_three"))
        for name in ("text", "html", "json", "sarif", "junit", "markdown", "folded", "pprof",
                     "flamegraph", "suppressions"):
            path = os.path.join(place.path, "out." + name)
            done = verb("report", "--format", name, "-o", path, run.directory)
            expect(done.returncode == 1 and os.path.getsize(path) > 20, f"{name}: {done}", run)
        raw = os.path.join(run.directory, "raw")
        done = verb("report", os.path.join(raw, os.listdir(raw)[0]))
        expect(done.returncode == 1 and "300 B" in done.stdout, f"a bare file: {done}")


def diff_shows_new_and_fixed():
    with Place() as place:
        place.run("--", program("leak_three"))
        first = os.path.join(place.path, "first")
        os.rename(os.path.join(place.path, "run"), first)
        run = place.run("--", program("threads_leak"))
        done = verb("diff", first, run.directory)
        expect(done.returncode == 1 and "new" in done.stdout and "fixed" in done.stdout, f"{done}")
        done = verb("diff", first, first)
        expect(done.returncode == 0 and "0 new, 1 known, 0 fixed" in done.stdout, f"{done}")
        run = place.run("--baseline", first, "--", program("leak_three"))
        expect(run.code == 0 and "known" in run.out, "a known leak only", run)


def suppressed_is_counted():
    with Place() as place:
        rules = place.file("rules.toml", """[[suppress]]
id = "known-f"
function = "f"
kind = "definite_leak"
owner = "tests"
reason = "on purpose"
""")
        run = place.run("--suppressions", rules, "--", program("leak_three"))
        expect(run.code == 0 and run.verdict["suppressed_sites"] == 1, "one suppressed site", run)


def load_repeats_for_the_time_asked():
    with Place() as place:
        port = free_port()
        script = place.file("server.py", SERVER)
        run = place.run("--with", "gperf-cpu", "--load", "sleep 0.3", "--for", "2s", "--",
                        "python3", script, str(port), "0", "60")
        expect("ran" in run.notes and "times" in run.notes, f"a note: {run.notes}", run)


def missing_pressure_is_named():
    with Place() as place:
        scenario = place.file("load.toml", "")
        alone = shutil.copy(MEMPROF, place.path)  # nothing beside it
        done = subprocess.run([alone, "run", "--load", scenario, "--", "true"], cwd=place.path, check=False,
                              env=dict(os.environ, PATH="/usr/bin:/bin"), capture_output=True, text=True)
        expect(done.returncode == 3 and "pressure" in done.stderr, f"its name: {done.stderr}")


TESTS = {name: function for name, function in list(globals().items())
         if callable(function) and getattr(function, "__module__", "") == "__main__"
         and function.__code__.co_argcount == 0 and name not in ("leaks_in_f",)}

if __name__ == "__main__":
    main(TESTS)
