"""What perf records, folded by flamegraph from the file itself, is what it folds from the text
that perf script prints of the same file.

Three differences are meant. perf looks a return address up as it is, which names the wrong
function where a call is the last instruction of one; it drops a whole chain that holds a
nonsensical address; and text loses what follows the arguments in the name of a lambda. Samples
whose text shows one may differ; all others must be equal, and so must the sums.

Usage: perf_data_test.py FLAMEGRAPH CALLS, where CALLS is tests/programs/calls.
"""

import collections
import os
import subprocess
import sys
import tempfile
import unittest

FLAMEGRAPH, CALLS = sys.argv[1:3]


def output_of(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def folded(path):
    stacks = collections.Counter()
    for line in output_of([FLAMEGRAPH, "fold", path]).decode("utf-8", "replace").splitlines():
        stack, value = line.rsplit(" ", 1)
        stacks[stack] += int(value)
    return stacks


def may_differ(sample):
    """Whether a caller is at the very start of a function or behind its end, or there is no frame
    at all, or the name of a lambda."""
    frames = sample.splitlines()[1:]
    unclear = ("+0x0 (", ")::")
    return not frames or any(text in frame for frame in frames for text in unclear)


NODE = """
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
class List { constructor(n) { this.all = Array.from({length: n}, (_, i) => 'k' + i * 7919 % 997); }
  run() { return this.all.sort((a, b) => a < b ? 1 : -1).map(x => x.length).length; } }
const end = Date.now() + 1000;
let sum = 0;
while (Date.now() < end) sum += fib(18) + new List(2000).run();
"""


def compare(test, options, command):
    with tempfile.TemporaryDirectory() as directory:
        data = os.path.join(directory, "perf.data")
        subprocess.run(["perf", "record", "-q", "-N", "-o", data, *options, "--", *command],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = output_of(["perf", "script", "--no-inline", "-i", data]).decode("utf-8", "replace")
        # Without call chains, a sample is a line.
        samples = [s for s in text.split("\n\n" if "-g" in options else "\n") if s.strip()]
        plain = os.path.join(directory, "plain.txt")
        with open(plain, "w", encoding="utf-8") as file:
            chains = [s for s in samples if "-g" not in options or not may_differ(s)]
            file.write("\n\n".join(chains) + "\n\n")
        every = os.path.join(directory, "every.txt")
        with open(every, "w", encoding="utf-8") as file:
            file.write(text)
        ours = folded(data)
        test.assertEqual(sum(ours.values()), sum(folded(every).values()))
        missing = folded(plain) - ours
        test.assertFalse(missing, "in perf's text only")
        test.assertGreater(len(samples), 20)


class PerfData(unittest.TestCase):
    CLOCK = ["-e", "cpu-clock", "-F", "5000"]

    def test_frame_pointers(self):
        compare(self, [*self.CLOCK, "-g"], [CALLS])

    def test_compressed_records(self):
        compare(self, [*self.CLOCK, "-g", "-z"], [CALLS])

    def test_build_ids_in_the_records(self):
        compare(self, [*self.CLOCK, "-g", "--buildid-mmap"], [CALLS])

    def test_context_tells_file_and_line_of_inlined_calls(self):
        with tempfile.TemporaryDirectory() as directory:
            data = os.path.join(directory, "perf.data")
            subprocess.run(["perf", "record", "-q", "-N", "-o", data, *self.CLOCK, "-g", "--", CALLS],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            told = output_of([FLAMEGRAPH, "fold", "--inline", "--context", data])
        self.assertRegex(told, rb";main:calls\.c:\d+;(recurse|leaf):calls\.c:\d+")

    def test_without_call_chains(self):
        compare(self, self.CLOCK, [CALLS])

    def test_many_processes_without_frame_pointers(self):
        script = "for i in 1 2 3 4 5 6 7 8; do ls -lR /usr/share/doc | sort | wc -l; done"
        compare(self, [*self.CLOCK, "-g"], ["sh", "-c", script])

    def test_system_calls(self):
        compare(self, [*self.CLOCK, "-g"],
                ["dd", "if=/dev/zero", "of=/dev/null", "bs=512", "count=300000"])

    def test_code_made_at_run_time(self):
        compare(self, [*self.CLOCK, "-g"], ["node", "--perf-basic-prof", "-e", NODE])

    def test_page_faults(self):
        compare(self, ["-e", "page-faults", "-c", "1", "-g"], ["ls", "-lR", "/usr/share/doc"])

    def test_switches_of_its_own_threads_are_counted(self):
        # One thread: where several of a recording take turns on one processor, as they do on a busy
        # machine, most waits show how long they lasted, and are not counted then.
        compare(self, ["-e", "sched:sched_switch", "-g"],
                [sys.executable, "-c", "import time\nfor _ in range(40): time.sleep(0.001)"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
