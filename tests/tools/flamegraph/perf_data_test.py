"""What perf records, folded by flamegraph from the file itself, is what it folds from the text
that perf script prints of the same file.

Two differences are meant. perf looks a return address up as it is, which names the wrong
function where a call is the last instruction of one; and it drops a whole chain that holds a
nonsensical address. Samples whose text shows either may differ; all others must be equal, and
so must the sums.

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
    """Whether a caller is at the very start of a function, or there is no frame at all."""
    frames = sample.splitlines()[1:]
    return not frames or any("+0x0 (" in frame for frame in frames)


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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
