#!/usr/bin/env python3
"""flamegraph from end to end: flamegraph_test.py FLAMEGRAPH DATA

Runs the built executable as a user would, on small files and on recordings of real
profilers in tests/data. Python's standard library only.
"""

import glob
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

DATA = os.path.abspath(sys.argv.pop(2)) if len(sys.argv) > 2 else ""
TOOL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""

FOLDED = b"main;f 30\nmain;g 20\nmain;old;x 7\n"
AFTER = b"main;f 50\nmain;g 10\nmain;new 0x12ab;y 5\n"
VERBS = ["fold", "svg", "html", "diff", "top", "convert"]
READERS = {  # a verb of each kind, and what of FOLDED must be in what it writes
    "fold": (["fold"], b"main;old;x 7\n"),
    "svg": (["svg"], b"<title>main (57 samples, 100.00%)</title>"),
    "html": (["html"], b"<html"),
    "top": (["top"], b" 52.6%"),
    "convert": (["convert", "--to", "json"], b'"tidemark-profile"'),
}
FORMATS = ["pprof", "speedscope", "firefox", "folded", "callgrind", "chrome-trace", "json"]


def run(*words, stdin=b"", cwd=None, environment=None):
    return subprocess.run([TOOL, *words], input=stdin, cwd=cwd, capture_output=True, check=False,
                          timeout=120, env=dict(os.environ, **(environment or {})))


class Case(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="flamegraph-test-")
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def file(self, name, contents):
        path = os.path.join(self.place, name)
        with open(path, "wb") as f:
            f.write(contents)
        return path

    def out(self, *words, stdin=b"", code=0):
        """Standard output of a run that ends as expected."""
        done = run(*words, stdin=stdin, cwd=self.place)
        self.assertEqual(done.returncode, code, done.stderr.decode())
        return done.stdout

    def error(self, code, *words, stdin=b""):
        """Standard error of a run that fails with `code` and writes nothing else."""
        done = run(*words, stdin=stdin, cwd=self.place)
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(done.stdout, b"")
        return done.stderr.decode()


class Reading(Case):
    def test_every_verb_reads_a_file_and_standard_input_alike(self):
        path = self.file("a.folded", FOLDED)
        for verb, (words, expected) in READERS.items():
            with self.subTest(verb):
                from_file = self.out(*words, path)
                self.assertIn(expected, from_file)
                from_stdin = self.out(*words, stdin=FOLDED)
                if verb != "html":  # the page names its source
                    self.assertEqual(from_file, from_stdin)
                self.assertEqual(self.out(*words, "-", stdin=FOLDED), from_stdin)

    def test_every_verb_reads_gzip_and_zstd(self):
        packed = self.file("a.gz", gzip.compress(FOLDED))
        subprocess.run(["zstd", "-q", "-o", self.place + "/a.zst", "-"], input=FOLDED, check=True)
        for verb, (words, expected) in READERS.items():
            for path in (packed, self.place + "/a.zst"):
                with self.subTest(verb, path=path):
                    self.assertIn(expected, self.out(*words, path))

    def test_several_files_are_one(self):
        a, b = self.file("a", FOLDED), self.file("b.gz", gzip.compress(AFTER))
        self.assertEqual(self.out("fold", a, b),
                         b"main;f 80\nmain;g 30\nmain;new 0x12ab;y 5\nmain;old;x 7\n")

    def test_folded_text_folds_to_itself(self):
        self.assertEqual(self.out("fold", stdin=FOLDED), FOLDED)

    def test_every_recording_in_tests_data_is_drawn_or_refused_with_a_reason(self):
        for path in sorted(glob.glob(DATA + "/*/*")):
            if "/report/" in path or "/fuzz/" in path or not os.path.isfile(path):
                continue
            with self.subTest(path):
                done = run("svg", path)
                self.assertIn(done.returncode, (0, 3), done.stderr)
                if done.returncode == 0:
                    ElementTree.fromstring(done.stdout)
                else:
                    self.assertRegex(done.stderr.decode(), r"^flamegraph: .*\S")

    def test_a_run_of_memprof_is_read_from_its_profile(self):
        profile = self.out("convert", "--to", "pprof", stdin=FOLDED)
        self.file("profile.pb.gz", profile)
        self.file("run.json", json.dumps({"format": "tidemark-run", "version": 1,
                                          "tool": "memprof", "state": "ended"}).encode())
        self.assertEqual(self.out("fold", self.place), FOLDED)

    def test_a_run_without_a_profile_is_read_from_its_raw_files(self):
        os.mkdir(self.place + "/raw")
        shutil.copy(DATA + "/memcheck-log/leak_three.txt", self.place + "/raw/memcheck.1.log")
        self.file("run.json", json.dumps({
            "format": "tidemark-run", "version": 1, "tool": "memprof", "state": "ended",
            "files": [{"path": "raw/memcheck.1.log", "format": "memcheck-log", "pid": 1}]}).encode())
        self.assertIn(b"leak;f;malloc 300\n", self.out("fold", self.place))

    def test_value_chooses_by_the_names_people_use(self):
        heap = DATA + "/dhat/heap.json"
        self.assertIn(b"main;f;malloc 3\n", self.out("fold", "--value", "peak-objects", heap))
        self.assertEqual(self.out("fold", "--value", "allocated", heap),
                         self.out("fold", "--value", "alloc_space", heap))
        said = self.error(2, "fold", "--value", "sneezes", heap)
        self.assertIn("'sneezes'", said)
        self.assertIn("peak-objects (peak_objects)", said)

    def test_snapshots_show_the_peak_and_in_use_the_last(self):
        massif = DATA + "/massif/heap.out"
        self.assertIn(b"heap, snapshot 70", self.out("top", massif))
        self.assertNotIn(b"heap, snapshot 70", self.out("top", "--value", "in-use", massif))

    def test_addrs_and_context_are_of_perf_data_as_well(self):
        data = DATA + "/perf-data/sched-switch.data.gz"
        named, addresses = self.out("fold", data), self.out("fold", "--addrs", data)
        self.assertNotRegex(named, rb"\[[^];]+ <[0-9a-f]+>\]")
        self.assertRegex(addresses, rb"\[[^];]+ <[0-9a-f]+>\]")
        self.assertEqual(self.out("fold", stdin=re.sub(rb" <[0-9a-f]+>", b"", addresses)), named)
        self.assertNotRegex(self.out("fold", "--inline", data), rb"\.[ch]:\d")
        self.assertEqual(self.out("fold", "--context", data), named)

    def test_what_perf_says_before_its_first_sample_is_told_and_skipped(self):
        done = run("fold", stdin=b"Warning:\nProcessed 3 events and lost 1 chunks!\n\n"
                                 b"cmd 10/11 [000] 1.5: 7 cycles: \n\t 1 f (x)\n\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"cmd;f 7\n"))
        self.assertIn(b"standard input:1: neither an event nor a frame, left out", done.stderr)

    def test_our_speedscope_files_are_read_back_with_the_same_sums(self):
        for path, words in (("/perf-data/frame-pointers.data", ["--tid"]), ("/dhat/heap.json", [])):
            self.file("s.json", self.out("convert", "--to", "speedscope", DATA + path))
            self.assertEqual(self.out("fold", self.place + "/s.json"),
                             self.out("fold", *words, DATA + path))

    def test_event_filter_chooses_one_of_several_events(self):
        events = DATA + "/perf-script/two-events.txt"
        self.assertIn(b"_dl_start 130\n", self.out("fold", events))
        self.assertIn(b"right;spin 131313130\n",
                      self.out("fold", "--event-filter", "cpu-clock", events))


class BadInput(Case):
    def test_what_cannot_be_read_is_named_with_exit_code_3(self):
        binary = self.file("noise", bytes(range(256)) * 64)
        cut = self.file("cut.gz", gzip.compress(FOLDED)[:12])
        for verb, (words, _) in READERS.items():
            for path, reason in ((self.file("empty", b""), "the file is empty"),
                                 (binary, "not in any profile format this tool knows"),
                                 (cut, "cut.gz"),
                                 (self.place + "/none", "No such file or directory")):
                with self.subTest(verb, path=path):
                    said = self.error(3, *words, path)
                    self.assertIn(path, said)
                    self.assertIn(reason, said)

    def test_names_of_files_do_not_reach_the_terminal_as_escapes(self):
        self.assertEqual(self.error(3, "fold", "evil\x1b[31m"),
                         "flamegraph: evil\\x1b[31m: No such file or directory\n")

    def test_empty_standard_input_is_an_error(self):
        self.assertIn("standard input: the file is empty", self.error(3, "svg"))

    def test_a_truncated_file_gives_what_is_whole_and_says_so(self):
        done = run("fold", stdin=b"main;f 3\nmain;g 4\nmain;h")
        self.assertEqual((done.returncode, done.stdout), (0, b"main;f 3\nmain;g 4\n"))
        self.assertIn(b"flamegraph: warning: standard input:3: the file ends inside", done.stderr)

    def test_nothing_to_count_is_an_error(self):
        self.assertIn("no stack has any", self.error(3, "svg", stdin=b"main;f 0\n"))

    def test_a_wrong_line_is_named(self):
        self.assertIn("standard input:2: expected",
                      self.error(3, "fold", "--format", "collapsed", stdin=b"main;f 3\nno\nmain 4\n"))

    def test_wrong_command_lines_end_with_exit_code_2(self):
        for words in (["svg", "--nosuch"], ["svg", "--width", "wide"], ["svg", "--colors", "x"],
                      ["svg", "--minwidth", "-1"], ["svg", "--bgcolors", "#12345"],
                      ["svg", "--format", "nosuch"], ["convert"], ["convert", "--to", "x"],
                      ["diff", "-", "-"], ["diff", "one"], ["top", "--sort", "x"],
                      ["top", "--limit", "x"], ["fold", "--threads", "0"], ["nosuch"]):
            with self.subTest(words):
                self.assertTrue(self.error(2, *words, stdin=FOLDED).startswith("flamegraph: "))

    def test_values_that_do_not_add_up_are_refused(self):
        a = self.file("a", FOLDED)
        self.assertIn("cannot merge", self.error(3, "fold", a, DATA + "/dhat/heap.json"))
        self.assertIn("count different things", self.error(3, "diff", a, DATA + "/dhat/heap.json"))


class Writing(Case):
    def test_a_closed_pipe_and_a_full_disk_are_errors(self):
        folded = b"".join(b"main;f%d 1\n" % i for i in range(20000))
        for where in ("a pipe", "/dev/full"):
            with self.subTest(where):
                if where == "a pipe":
                    read, write = os.pipe()
                    os.close(read)
                else:
                    write = os.open(where, os.O_WRONLY)
                done = subprocess.run([TOOL, "fold"], input=folded, stdout=write, check=False,
                                      stderr=subprocess.PIPE, timeout=60)
                os.close(write)
                self.assertEqual(done.returncode, 3)
                self.assertIn(b"flamegraph: standard output: ", done.stderr)

    def test_output_goes_to_a_file_whole_or_not_at_all(self):
        self.assertEqual(self.out("fold", "-o", "out", stdin=FOLDED), b"")
        with open(self.place + "/out", "rb") as f:
            self.assertEqual(f.read(), FOLDED)
        self.error(3, "fold", "-o", "out", stdin=b"")
        self.assertEqual(os.listdir(self.place), ["out"])

    def test_no_progress_and_no_colours_without_a_terminal(self):
        for words, _ in READERS.values():
            done = run(*words, stdin=FOLDED)
            self.assertEqual(done.stderr, b"")
            self.assertNotIn(b"\x1b", done.stdout)

    def test_the_number_of_threads_changes_nothing(self):
        for path in ("/perf-data/frame-pointers.data", "/perf-data/dwarf.data",
                     "/perf-script/two-events.txt"):
            for words, _ in READERS.values():
                with self.subTest(path, words=words):
                    self.assertEqual(self.out(*words, "--threads", "1", DATA + path),
                                     self.out(*words, "--threads", "7", DATA + path))

    def test_the_same_input_gives_the_same_bytes(self):
        for words, _ in list(READERS.values()) + [(["svg", "--random"], None)]:
            self.assertEqual(self.out(*words, stdin=FOLDED), self.out(*words, stdin=FOLDED))


class Help(Case):
    def test_every_verb_has_two_examples_that_work_when_pasted(self):
        path = os.path.dirname(TOOL) + ":" + os.environ["PATH"]
        for verb in VERBS:
            page = self.out(verb, "--help").decode()
            examples = re.findall(r"^  (\S.*)\n      \S", page[page.index("examples:"):], re.M)
            self.assertEqual(len(examples), 2, page)
            for example in examples:
                with self.subTest(example):
                    done = subprocess.run(["bash", "-c", "set -o pipefail; " + example],
                                          cwd=self.place, env=dict(os.environ, PATH=path),
                                          capture_output=True, timeout=60, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_file_without_a_verb_gets_a_hint(self):
        self.assertIn("hint: flamegraph svg", self.error(2, self.file("a.folded", FOLDED)))

    def test_formats_are_listed(self):
        for verb in VERBS:
            words = [verb, "--list-formats"] + (["a", "b"] if verb == "diff" else [])
            self.assertIn(b"perf-script", self.out(*words))


class Svg(Case):
    def titles(self, *words, stdin=FOLDED):
        svg = ElementTree.fromstring(self.out("svg", *words, stdin=stdin))
        groups = svg.find("*[@id='frames']")
        return [group.find("{*}title").text for group in groups]

    def test_hostile_names_stay_text(self):
        hostile = (b"</title><script>alert(1)</script>;]]>;a&b\"'<;\x1b[2J\x00\xff;"
                   b"\xe2\x80\xaegpj 3\n")
        svg = self.out("svg", "--nametype", "]]><x", "--title", "<&\"", "--subtitle", "<s>",
                       "--notes", "--><n>", "--fonttype", "\"}<", "--countname", "<c>",
                       "--format", "collapsed", stdin=hostile)
        ElementTree.fromstring(svg)
        self.assertEqual(svg.count(b"<script"), 1)

    def test_options_mean_what_they_mean_to_flamegraph_pl(self):
        svg = self.out("svg", "--title", "T", "--subtitle", "S", "--width", "800", "--height", "20",
                       "--fonttype", "Arial", "--fontsize", "10", "--countname", "cats",
                       "--factor", "10", "--notes", "N", "--encoding", "UTF-8",
                       "--nametype", "Cat:", "--bgcolors", "blue", stdin=FOLDED).decode()
        for part in ('encoding="UTF-8"', ">T</text>", ">S</text>", 'width="800"', 'height="19.0"',
                     "font-family:Arial", "font-size:10px", "main (570 cats, 100.00%)",
                     "<!-- NOTES: N -->", 'nametype="Cat:"', "#e0e0ff"):
            self.assertIn(part, svg)

    def test_total_widens_the_graph(self):
        self.assertIn("f (30 samples, 30.00%)", self.titles("--total", "100"))

    def test_a_total_below_the_sum_is_ignored_and_said(self):
        done = run("svg", "--total", "56", stdin=FOLDED)
        self.assertEqual(done.stdout, self.out("svg", stdin=FOLDED))
        self.assertEqual(done.stderr, b"flamegraph: warning: --total 56 is ignored: there are 57\n")

    def test_color_is_colors_as_most_command_lines_for_flamegraph_pl_have_it(self):
        self.assertEqual(self.out("svg", "--color=io", stdin=FOLDED),
                         self.out("svg", "--colors", "io", stdin=FOLDED))

    def test_minwidth_leaves_out_and_says_so(self):
        self.assertNotIn("x (7 samples, 12.28%)", self.titles("--minwidth", "20%"))
        self.assertIn(b"2 frames narrower than 20% left out",
                      self.out("svg", "--minwidth", "20%", stdin=FOLDED))
        self.assertIn(b"2 frames narrower than 200 px left out",
                      self.out("svg", "--minwidth", "200", stdin=FOLDED))

    def test_reverse_starts_with_the_leaves(self):
        self.assertEqual(self.titles("--reverse", stdin=b"a;b 1\nc;b 2\n"),
                         ["all (3 samples, 100%)", "b (3 samples, 100.00%)",
                          "a (1 samples, 33.33%)", "c (2 samples, 66.67%)"])

    def test_a_flame_chart_keeps_the_order_of_lines(self):
        self.assertEqual(self.titles("--flamechart", stdin=b"a;b 1\na;c 2\na;b 3\n"),
                         ["all (6 samples, 100%)", "a (6 samples, 100.00%)",
                          "b (1 samples, 16.67%)", "c (2 samples, 33.33%)", "b (3 samples, 50.00%)"])

    def test_a_flame_chart_goes_by_the_time_of_samples(self):
        svg = self.out("svg", "--flamechart", DATA + "/perf-data/sched-switch.data.gz")
        self.assertIn(b"Off-CPU Time Flame Chart", svg)
        self.assertGreater(svg.count(b"<rect"),
                           self.out("svg", DATA + "/perf-data/sched-switch.data.gz").count(b"<rect"))

    def test_palette_map_keeps_colours(self):
        first = self.out("svg", "--cp", stdin=b"main;f 3\n")
        with open(self.place + "/palette.map", encoding="utf-8") as f:
            self.assertEqual([line.split("->")[0] for line in f], ["all", "f", "main"])
        self.file("palette.map", b"f->rgb(1,2,3)\n")
        second = self.out("svg", "--cp", stdin=b"main;f 3\n")
        self.assertIn(b'fill="rgb(1,2,3)"', second)
        self.assertNotIn(b'fill="rgb(1,2,3)"', first)

    def test_attributes_of_functions_are_drawn(self):
        self.file("attr", b"f\thref=http://x/?a=1&b=2\ttitle=see\n")
        svg = self.out("svg", "--nameattr", "attr", stdin=b"main;f 3\n")
        ElementTree.fromstring(svg)
        self.assertIn(b'<a xlink:href="http://x/?a=1&amp;b=2" target="_top"><title>see</title>', svg)

    def test_two_columns_are_a_difference(self):
        self.assertIn("f (50 samples, 83.33%; +33.33%)",
                      self.titles(stdin=b"main;f 30 50\nmain;g 20 10\n"))

    def test_a_stack_of_100000_frames_is_drawn(self):
        stack = b";".join(b"f%d" % (i % 7) for i in range(100000)) + b" 5\n"
        svg = self.out("svg", stdin=stack)
        self.assertEqual(svg.count(b"<rect"), 100000 + 2)
        self.assertEqual(self.out("fold", stdin=stack), stack)

    def test_title_unit_and_palette_go_by_the_profile(self):
        for path, title, count in (("dhat/heap.json", "Allocation Flame Graph", "bytes"),
                                   ("heaptrack/prog-1.4.zst", "Leaked Memory Flame Graph", "bytes"),
                                   ("perf-script/two-events.txt", "Page Fault Flame Graph",
                                    "page faults"),
                                   ("perf-data/off-cpu.data", "Off-CPU Time Flame Graph", "us"),
                                   ("gperf-cpu/spin-2.10.prof", "CPU Flame Graph", "us")):
            with self.subTest(path):
                svg = self.out("svg", DATA + "/" + path).decode()
                self.assertIn(f">{title}</text>", svg)
                self.assertRegex(svg, rf"<title>all \([0-9,]+ {count}, 100%\)")


class Diff(Case):
    def diff(self, *words, before=FOLDED, after=AFTER):
        return self.out("diff", *words, self.file("before", before), self.file("after", after))

    def test_folded_has_the_columns_of_difffolded(self):
        rows = (  # options, before, after, what difffolded.pl prints
            ([], FOLDED, AFTER,
             b"main;f 30 50\nmain;g 20 10\nmain;new 0x12ab;y 0 5\nmain;old;x 7 0\n"),
            (["-n"], FOLDED, AFTER,
             b"main;f 34 50\nmain;g 22 10\nmain;new 0x12ab;y 0 5\nmain;old;x 7 0\n"),
            (["-n"], b"a;b 1\na;c 999\n", b"a;c 10\n", b"a;b 0 0\na;c 9 10\n"),
            (["-n"], b"a 5\n", b"a 5\nb 0\n", b"a 5 5\n"),
            (["-s"], b"f 0xdead 1\n", b"f 0xbeef 2\n", b"f 0x... 1 2\n"),
            ([], b"a-1 1\na;b 2\na 4\n", b"a;b 3\n", b"a 4 0\na-1 1 0\na;b 2 3\n"),
            (["--normalize", "--strip-hex"], b"0x1;f 2\n", b"0x2;f 4\n", b"0x...;f 4 4\n"),
        )
        for words, before, after, expected in rows:
            with self.subTest(words, before=before):
                self.assertEqual(self.diff(*words, "--format", "collapsed", before=before,
                                           after=after), expected)

    def test_any_formats_compare_that_count_the_same(self):
        folded = self.file("spin.folded", b"spin;__libc_start_call_main;main;left;spin 9\n")
        text = self.out("diff", "--value", "samples", DATA + "/perf-script/cpu-clock.txt", folded)
        self.assertRegex(text, rb"(?m)^spin;.*;left;spin [1-9]\d* 9$")

    def test_parents_carry_the_differences_of_what_they_call(self):
        svg = self.diff("--to", "svg", before=b"m;p;a 10\nm;p;b 10\n",
                        after=b"m;p;a 15\nm;p;b 12\n").decode()
        self.assertIn("p (27 samples, 100.00%; +25.93%)", svg)
        self.assertIn("a (15 samples, 55.56%; +18.52%)", svg)

    def test_growth_is_red_and_shrinking_blue_and_negate_swaps(self):
        def colour(svg, name):
            return re.search(rf"<title>{name} \(.*?fill=\"rgb\((\d+),\d+,(\d+)\)", svg).groups()

        for words, red in ((["--widths", "after"], True), (["--widths", "before"], True),
                           (["--negate"], False), (["--negate", "--widths", "before"], False)):
            with self.subTest(words):
                svg = self.diff("--to", "svg", *words, before=b"m;a 3\nm;b 9\n",
                                after=b"m;a 9\nm;b 3\n").decode()
                self.assertEqual(colour(svg, "a")[0] == "255", red)
                self.assertEqual(colour(svg, "b")[1] == "255", red)

    def test_widths_are_of_either_side(self):
        self.assertIn(b"<title>f (50 samples, ", self.diff("--to", "svg"))
        self.assertIn(b"<title>f (30 samples, ", self.diff("--to", "svg", "--widths", "before"))

    def test_what_the_widths_cannot_show_is_listed_and_drawn_on_demand(self):
        svg = self.diff("--to", "svg")
        self.assertIn(b"2 functions only before: x (7), old (7)", svg)
        self.assertIn(b"2 functions only after: y (5), new 0x12ab (5)", svg)
        self.assertNotIn(b"<title>x (", svg)
        self.assertIn(b"<title>x (7 samples, 100.00%; -100.00%)", self.diff("--to", "svg", "--elided"))
        self.assertIn(b"<title>y (5 samples, 100.00%; +100.00%)",
                      self.diff("--to", "svg", "--elided", "--widths", "before"))

    def assert_alike_from_standard_input(self, before, after, *words):
        """Standard input becomes a profile; two files may be compared without."""
        old = self.file("before", before)
        new = self.file("after", after)
        from_input = run("diff", *words, "-", new, stdin=before)
        from_files = run("diff", *words, old, new)
        self.assertEqual(from_files.returncode, from_input.returncode)
        self.assertEqual(from_files.stdout, from_input.stdout)
        self.assertEqual(from_files.stderr.replace(old.encode(), b"standard input"),
                         from_input.stderr)

    def test_sorted_files_compare_as_their_profiles_do(self):
        chance = random.Random(3)
        for _ in range(12):
            sides = []
            for _ in range(2):
                stacks = {";".join(chance.choice(["a", "a-", "b 1", "b", "c:"])
                                   for _ in range(chance.randint(1, 4))) for _ in range(30)}
                sides.append("".join(f"{s} {chance.randint(1, 99)}\n"
                                     for s in ["0;x", *sorted(stacks)]).encode())
            for words in ([], ["-n"], ["--to", "svg"], ["--threads", "1"],
                          ["--to", "svg", "-n", "--elided"]):
                self.assert_alike_from_standard_input(*sides, *words)

    def test_what_is_not_plain_compares_as_profiles_do(self):
        plain = b"a;a 1\na;b 2\n"
        for other in (b"a;a 0\na;b 2\n", b"a;b 2\na;a 1\n", b"a;b 2\na;b 3\n", b"a;;b 2\n",
                      b";a;b 2\n", b"a;b\rc 2\n", b"a;b 2\r\n", b"a;b 2 3\na;c 4 5\n",
                      b"a;b 1\na;c 2.5\n", b"# note: 1\na;b 2\n", b"a;b 1\na;c 2",
                      b"a;b 1\na;c 2\nwhat", b"a;finish_task_switch 9\n", b"a;b; 1\n",
                      b"a;b 99999999999999999999\n", b"a;b 1\n\na;c 2\n", b"a;b 0\n"):
            for words in ([], ["--to", "svg"], ["--value", "samples"], ["--value", "after"]):
                with self.subTest(words, other=other):
                    self.assert_alike_from_standard_input(other, plain, "--format", "collapsed",
                                                          *words)
                    self.assert_alike_from_standard_input(plain, other, "--format", "collapsed",
                                                          *words)

    def test_one_side_may_be_standard_input(self):
        before = self.file("before", FOLDED)
        self.assertEqual(self.out("diff", before, "-", stdin=AFTER),
                         self.out("diff", before, self.file("after", AFTER)))

    def test_html_shows_the_difference(self):
        self.assertIn(b"<html", self.diff("--to", "html"))


class Convert(Case):
    def converted(self, to, path):
        return self.out("convert", "--to", to, path)

    def test_what_we_can_read_ourselves_reads_back_equal(self):
        for path in ("heaptrack/prog-1.4.zst", "perf-data/user.data", "dhat/heap.json"):
            folded = self.out("fold", DATA + "/" + path)
            for to in ("pprof", "folded"):
                with self.subTest(path, to=to):
                    self.assertEqual(self.out("fold", stdin=self.converted(to, DATA + "/" + path)),
                                     folded)

    def test_json_formats_are_json(self):
        for path in sorted(glob.glob(DATA + "/perf-data/*.data") + glob.glob(DATA + "/dhat/*")):
            for to in ("speedscope", "firefox", "chrome-trace", "json"):
                with self.subTest(path, to=to):
                    json.loads(self.converted(to, path))

    def test_the_value_that_was_asked_for_comes_first(self):
        words = ("--value", "peak-objects", DATA + "/dhat/heap.json")
        speedscope = json.loads(self.out("convert", "--to", "speedscope", *words))
        active = speedscope["profiles"][speedscope["activeProfileIndex"]]
        self.assertEqual(active["name"], "peak_objects")
        callgrind = self.out("convert", "--to", "callgrind", *words).decode()
        self.assertRegex(callgrind, r"(?m)^events: peak_objects ")

    def test_threads_stay_apart_in_formats_with_time(self):
        path = DATA + "/perf-data/sched-switch.data.gz"
        names = {p["name"] for p in json.loads(self.converted("speedscope", path))["profiles"]}
        threads = {t["name"] for t in json.loads(self.converted("firefox", path))["threads"]}
        rows = {e["args"]["name"] for e in json.loads(self.converted("chrome-trace", path))
                ["traceEvents"] if e["ph"] == "M"}
        self.assertEqual(threads, rows)
        self.assertLessEqual(threads, names)
        self.assertTrue(all(re.fullmatch(r".+-\d+/-?\d+", name) for name in threads), threads)

    def test_callgrind_annotate_agrees_with_top(self):
        for path in ("heaptrack/prog-1.4.zst", "dhat/heap.json", "perf-data/user.data"):
            with self.subTest(path):
                callgrind = self.file("callgrind.out", self.converted("callgrind", DATA + "/" + path))
                top = json.loads(self.converted("json", DATA + "/" + path))
                said = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100",
                                       callgrind], capture_output=True, text=True, check=True).stdout
                total = re.search(r"(?m)^([0-9,]+) \(100.0%\).*PROGRAM TOTALS", said).group(1)
                value = top["default_value"] + 1
                expected = sum(row[value] for row in top["values"])
                self.assertEqual(int(total.replace(",", "")), expected)
                main = re.search(r"(?m)^ *([0-9,]+) \([ 0-9.]+%\).*:main(?: |$)", said).group(1)
                self.assertEqual(int(main.replace(",", "")), self.inclusive(top, "main", value))

    @staticmethod
    def inclusive(profile, function, value):
        names = [frame["name"] for frame in profile["frames"]]
        total = 0
        for row in profile["values"]:
            stack = row[0]
            while stack and names[profile["stacks"][stack - 1][1]] != function:
                stack = profile["stacks"][stack - 1][0]
            total += row[value] if stack else 0
        return total


class Recorded(Case):
    """On recordings that perf makes of the tool itself while it works."""

    def record(self, *options):
        folded = b"".join(b"main;f%d;g%d %d\n" % (i % 977, i, i % 7 + 1) for i in range(150000))
        self.file("work.folded", folded)
        subprocess.run(["perf", "record", "-q", "-F", "997", "-e", "cpu-clock:u", *options,
                        "-o", "perf.data", "--", TOOL, "svg", "-o", "work.svg", "work.folded"],
                       cwd=self.place, check=True, capture_output=True, timeout=120)

    def shares(self, folded, function):
        """The share of the weight of the stacks that have the function."""
        rows = [line.rsplit(b" ", 1) for line in folded.splitlines()]
        total = sum(int(value) for _, value in rows)
        return sum(int(value) for stack, value in rows if function in stack.split(b";")) / total

    def test_stack_copies_are_unwound_to_main(self):
        self.record("--call-graph", "dwarf,16384")
        folded = self.out("fold", "perf.data")
        self.assertGreater(self.shares(folded, b"tidemark::cli::run_tool"), 0.8, folded[:2000])

    def test_perf_data_and_the_text_of_perf_script_agree(self):
        self.record("-g")
        text = subprocess.run(["perf", "script", "--no-inline", "-i", "perf.data"], cwd=self.place,
                              check=True, capture_output=True, timeout=120).stdout
        direct, from_text = self.out("fold", "perf.data"), self.out("fold", stdin=text)
        total = lambda folded: sum(int(line.rsplit(b" ", 1)[1]) for line in folded.splitlines())
        self.assertEqual(total(direct), total(from_text))
        self.assertEqual(self.out("svg", "perf.data").count(b"CPU Flame Graph"), 2)

    def test_inline_shows_calls_that_symbols_do_not(self):
        self.record("-g")
        plain, inlined = self.out("fold", "perf.data"), self.out("fold", "--inline", "perf.data")
        self.assertGreater(inlined.count(b"_[i]"), 0)
        self.assertEqual(plain.count(b"_[i]"), 0)
        text = subprocess.run(["perf", "script", "--no-inline", "-i", "perf.data"], cwd=self.place,
                              check=True, capture_output=True, timeout=120).stdout
        names = lambda folded: set(folded.replace(b"\n", b";").split(b";"))
        self.assertGreater(len(names(self.out("fold", "--inline", stdin=text))),
                           len(names(self.out("fold", stdin=text))))


class Top(Case):
    def test_sorts_and_limits(self):
        names = lambda text: [line.split()[-1] for line in text.decode().splitlines()[3:6]]
        self.assertEqual(names(self.out("top", stdin=FOLDED)), ["f", "g", "x"])
        self.assertEqual(names(self.out("top", "--sort", "total", stdin=FOLDED)), ["main", "f", "g"])
        self.assertEqual(names(self.out("top", "--sort", "name", stdin=FOLDED)), ["f", "g", "main"])
        self.assertIn(b"... 3 more", self.out("top", "--limit", "2", stdin=FOLDED))

    def test_names_are_safe_on_a_terminal(self):
        self.assertIn(b"\\x1b[2Jgone", self.out("top", "--format", "collapsed",
                                               stdin=b"a;\x1b[2Jgone 3\n"))


if __name__ == "__main__":
    unittest.main()
