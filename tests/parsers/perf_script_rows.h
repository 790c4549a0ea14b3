#pragma once

#include <string>
#include <utility>
#include <vector>

#include "parsers/perf_script.h"

namespace tidemark {

// A rule of folding: a text, and what each set of rules makes of it.
struct FoldRow {
  std::string rule;
  std::string text;
  std::string best;
  std::string flamegraph;
  std::string inferno;
  PerfScriptOptions options = {};
};

// What all three make of it alike.
inline FoldRow agreed(std::string rule, std::string text, const std::string& folded,
                      PerfScriptOptions options = {}) {
  return {.rule = std::move(rule),
          .text = std::move(text),
          .best = folded,
          .flamegraph = folded,
          .inferno = folded,
          .options = std::move(options)};
}

// A sample of command "cmd" and period 7 with these frames.
inline std::string sample_of(const std::string& frames, const std::string& comm = "cmd") {
  return comm + " 10/11 [000] 1.5: 7 cycles: \n" + frames + "\n";
}

// The same with one frame of this symbol.
inline std::string symbol_of(const std::string& symbol, const std::string& module = "/lib/x.so",
                             const std::string& comm = "cmd") {
  return sample_of("\t 10 " + symbol + " (" + module + ")\n", comm);
}

const std::string kNothing = "error";  // no sample is left

inline std::vector<FoldRow> common_rows() {
  using Options = PerfScriptOptions;
  return {
      agreed("stacks start at the root, sums are of periods",
             sample_of("\t 1 f+0x1 (x)\n\t 2 main+0x2 (x)\n") +
                 sample_of("\t 9 f+0x9 (x)\n\t 2 main+0x2 (x)\n") + sample_of("\t 2 main (x)\n"),
             "cmd;main 7\ncmd;main;f 14\n"),
      agreed("lines are sorted on the stack alone",
             symbol_of("f-") + symbol_of("f") + symbol_of("f30") + symbol_of("f 3"),
             "cmd;f 7\ncmd;f 3 7\ncmd;f- 7\ncmd;f30 7\n"),
      agreed("comments are skipped", "# captured on: now\n#\n" + sample_of("# x\n\t 1 f (x)\n"),
             "cmd;f 7\n"),
      agreed("spaces of the command", symbol_of("f", "x", "my  cmd"), "my__cmd;f 7\n"),
      agreed("no period counts 1", "cmd 10 1.5: cycles: \n\t 1 f (x)\n\n", "cmd;f 1\n"),
      agreed("an offset goes once", symbol_of("f+0x1+0x2f"), "cmd;f+0x1 7\n"),
      agreed("names of processes are skipped", sample_of("\t 1 (bash) (x)\n\t 2 f (x)\n"),
             "cmd;f 7\n"),
      agreed("calls inlined by a virtual machine", symbol_of("a->b->c"), "cmd;a;b_[i];c_[i] 7\n"),
      agreed("a module's name for an unknown function", symbol_of("[unknown]"), "cmd;[x.so] 7\n"),
      agreed("nothing known", symbol_of("[unknown]", "[unknown]"), "cmd;[unknown] 7\n"),
      agreed("brackets of the kernel", symbol_of("[unknown]", "[kernel.kallsyms]"),
             "cmd;[[kernel.kallsyms]] 7\n"),
      agreed("--addrs", symbol_of("[unknown]") + symbol_of("[unknown]", "[unknown]"),
             "cmd;[unknown <10>] 7\ncmd;[x.so <10>] 7\n", Options{.addrs = true}),
      agreed("--addrs keeps the kernel's brackets", symbol_of("[unknown]", "[kernel.kallsyms]"),
             "cmd;[[kernel.kallsyms] <10>] 7\n", Options{.addrs = true}),
      agreed("; in a name", symbol_of("LFoo;::bar"), "cmd;LFoo:::bar 7\n"),
      agreed("arguments", symbol_of("f(int, char const*)"), "cmd;f 7\n"),
      agreed("arguments in brackets", symbol_of("ns::f<int>(char)"), "cmd;ns::f<int> 7\n"),
      agreed("(anonymous namespace)", symbol_of("a::(anonymous namespace)::f(int)"),
             "cmd;a::(anonymous namespace)::f 7\n"),
      agreed("Go's methods", symbol_of("net/http.(*Client).Do"), "cmd;net/http.(*Client).Do 7\n"),
      agreed(
          "Java's L",
          symbol_of("Ljava/io/Print;::x", "/tmp/perf-1.map", "java") + symbol_of("Lx", "y", "java"),
          "java;Lx 7\njava;java/io/Print:::x 7\n"),
      agreed("the L of others", symbol_of("Ljava/io/Print"), "cmd;Ljava/io/Print 7\n"),
      agreed("--kernel",
             symbol_of("f", "[kernel.kallsyms]") + symbol_of("g", "/boot/vmlinux") +
                 symbol_of("h", "[nf_nat]") + symbol_of("i", "[unknown]") + symbol_of("j"),
             "cmd;f_[k] 7\ncmd;g_[k] 7\ncmd;h_[k] 7\ncmd;i 7\ncmd;j 7\n", Options{.kernel = true}),
      agreed("--kernel marks all in brackets", symbol_of("f", "[vdso]"), "cmd;f_[k] 7\n",
             Options{.kernel = true}),
      agreed("--all is --kernel and --jit",
             symbol_of("f", "[kernel.kallsyms]") + symbol_of("g", "/tmp/perf-12.map"),
             "cmd;f_[k] 7\ncmd;g_[j] 7\n", Options{.kernel = true, .jit = true}),
      agreed("an inlined call is marked as that only", symbol_of("a->b", "[kernel.kallsyms]"),
             "cmd;a_[k];b_[i] 7\n", Options{.kernel = true, .jit = true}),
      agreed("a period of 2^64 counts 1, as Perl's floating-point number is not followed",
             "cmd 1 1.5: 18446744073709551616 cycles: \n\t 1 f (x)\n\n", "cmd;f 1\n"),
      agreed("a sum beyond 63 bits is an error",
             "cmd 1 1.5: 9223372036854775807 c: \n\t 1 f (x)\n\n"
             "cmd 1 1.5: 9223372036854775807 c: \n\t 1 f (x)\n\n",
             kNothing),
      agreed("source lines without --srcline",
             sample_of("\t 1 f+0x1 (x)\n  a.c:4\n\t 2 main (x)\n  a.c:9\n"), "cmd;main;f 7\n"),
      agreed("--jit", symbol_of("a->b", "/tmp/perf-12.map") + symbol_of("c"),
             "cmd;a_[j];b_[i] 7\ncmd;c 7\n", Options{.jit = true}),
      agreed("--pid", "cmd 10 1.5: 7 c: \n\t 1 f (x)\n\ncmd 1/2 1.5: 7 c: \n\t 1 f (x)\n\n",
             "cmd-1;f 7\ncmd-?;f 7\n", Options{.pid = true}),
      agreed("--tid", "cmd 10 1.5: 7 c: \n\t 1 f (x)\n\ncmd 1/2 1.5: 7 c: \n\t 1 f (x)\n\n",
             "cmd-1/2;f 7\ncmd-?/10;f 7\n", Options{.tid = true}),
      agreed("only the first event",
             symbol_of("f") + "cmd 1 1.5: 9 faults: \n\t 1 f (x)\n\n" + symbol_of("f"),
             "cmd;f 14\n"),
      agreed("--event-filter", symbol_of("f") + "cmd 1 1.5: 9 faults: \n\t 1 f (x)\n\n",
             "cmd;f 9\n", Options{.event_filter = "faults"}),
      agreed("inlined frames", sample_of("\t 1 f (inlined)\n\t 1 main+0x1 (x)\n"),
             "cmd;main;f 7\n"),
      agreed("an empty symbol", sample_of("\t 1  (/lib/x.so)\n"), "cmd;  7\n"),
      agreed("a command of words and numbers", symbol_of("f", "x", "V8 2nd"), "V8_2nd;f 7\n"),
  };
}

inline std::vector<FoldRow> disputed_rows() {
  using Options = PerfScriptOptions;
  const Options pid{.pid = true};
  return {
      {"a sample without frames", sample_of("") + symbol_of("f"), "cmd 7\ncmd;f 7\n",
       "cmd 7\ncmd;f 7\n", "cmd;f 7\n"},
      {"arguments inside of brackets", symbol_of("ns::f<int (*)(char)>(int)"),
       "cmd;ns::f<int (*)(char)> 7\n", "cmd;ns::f<int  7\n", "cmd;ns::f<int (*)(char)> 7\n"},
      {"quotes", symbol_of("RegExp:[&<>\"']"), "cmd;RegExp:[&<>\"'] 7\n", "cmd;RegExp:[&<>] 7\n",
       "cmd;RegExp:[&<>\"'] 7\n"},
      {"Rust's older names",
       symbol_of("_$LT$T$u20$as$u20$core..fmt..Debug$GT$::fmt::h0123456789abcdef"),
       "cmd;<T as core::fmt::Debug>::fmt 7\n",
       "cmd;_$LT$T$u20$as$u20$core..fmt..Debug$GT$::fmt::h0123456789abcdef 7\n",
       "cmd;<T as core::fmt::Debug>::fmt 7\n"},
      {"modules of the kernel",
       symbol_of("f", "/lib/modules/6.1/nf.ko") + symbol_of("g", "/boot/vmlinux-6.1.0"),
       "cmd;f_[k] 7\ncmd;g_[k] 7\n", "cmd;f 7\ncmd;g 7\n", "cmd;f_[k] 7\ncmd;g_[k] 7\n",
       Options{.kernel = true}},
      {"compressed modules of the kernel",
       symbol_of("f", "/lib/modules/6.1/nf.ko.xz") + symbol_of("g", "/lib/modules/6.1/nf.ko.gz") +
           symbol_of("h", "/lib/modules/6.1/nf.ko.zst"),
       "cmd;f_[k] 7\ncmd;g_[k] 7\ncmd;h_[k] 7\n", "cmd;f 7\ncmd;g 7\ncmd;h 7\n",
       "cmd;f 7\ncmd;g 7\ncmd;h 7\n", Options{.kernel = true}},
      {"files of a JIT", symbol_of("f", "/tmp/perf-x.map") + symbol_of("g", "/tmp/jitted-1-2.so"),
       "cmd;f_[j] 7\ncmd;g_[j] 7\n", "cmd;f 7\ncmd;g 7\n", "cmd;f_[j] 7\ncmd;g_[j] 7\n",
       Options{.jit = true}},
      {"the event's name is whole",
       "cmd 1 1.5: 7 cycles:u: \n\t 1 f (x)\n\ncmd 1 1.5: 7 cycles:k: \n\t 1 g (x)\n\n",
       "cmd;f 7\n", "cmd;f 7\n", "cmd;f 7\ncmd;g 7\n"},
      {"a tracepoint's fields",
       symbol_of("f") + "cmd 1 1.5: sched:sched_switch: prev=a ==> b\n" + "\tffffffff81 g (x)\n\n",
       "cmd;f 7\n", "cmd;f 7\ncmd;g 1\n", "cmd;f 7\n"},
      {"a tracepoint's fields, and a filter",
       symbol_of("f") + "cmd 1 1.5: sched:sched_switch: prev=a ==> b\n" + "\tffffffff81 g (x)\n\n",
       "cmd;f 7\n", "cmd;f 7\ncmd;g 1\n", "cmd;f 7\n", Options{.event_filter = "cycles"}},
      {"a tracepoint's fields are no frame",
       "cmd 1 1.5: sched:sched_switch: prev=a ==> b\n\tffffffff81 g (x)\n\n", "cmd;g 1\n",
       "cmd;g 1\n", kNothing},
      {"a frame on the event's line", "cmd 1 1.5: 7 faults:  ffff81 f+0x2 ([kernel.kallsyms])\n\n",
       "cmd;f 7\n", "cmd 1\n", "cmd;f 7\n"},
      {"a command of one letter", "a 1 1.5: 10 cycles: \n\t 1 f (x)\n\n", "a;f 10\n",
       "a_1_1.5:;f 10\n", "a;f 10\n"},
      {"spaces before the command", "  cmd 1 1.5: 10 cycles: \n\t 1 f (x)\n\n" + symbol_of("g"),
       "cmd;f 10\ncmd;g 7\n", "cmd;g 7\n", "cmd;f 10\ncmd;g 7\n"},
      {"thread 0", "swapper 0/0 1.5: 7 cycles: \n\t 1 f (x)\n\n", "swapper-0;f 7\n",
       "swapper-?;f 7\n", "swapper-0;f 7\n", pid},
      {"period 0", "cmd 1 1.5: 0 cycles: \n\t 1 f (x)\n\n", "cmd;f 1\n", "cmd;f 1\n", "cmd;f 0\n"},
      {"the last sample without an empty line",
       symbol_of("f") + "cmd 1 1.5: 9 cycles: \n\t 1 g (x)\n", "cmd;f 7\ncmd;g 9\n", "cmd;f 7\n",
       "cmd;f 7\ncmd;g 9\n"},
      {"an event without an empty line before it",
       "cmd 1 1.5: 1 cycles: \n\t 1 f (x)\ndog 1 1.5: 2 cycles: \n\t 1 g (x)\n\n",
       "cmd;f 1\ndog;g 2\n", "dog;g;f 2\n", "cmd;g;f 1\n"},
      {"a module with a space", sample_of("\t 1 f (/opt/My App/x)\n\t 2 main (x)\n"),
       "cmd;main;f 7\n", "cmd;main;f 7\n", "cmd;main 7\n"},
      {"a module that was deleted", sample_of("\t 1 f+0x2 (/lib/x.so (deleted))\n"), "cmd;f 7\n",
       "cmd;f+0x2  7\n", "cmd;f+0x2  7\n"},
      {"lines that end in CR LF",
       "cmd 1 1.5: 1 cycles: \r\n\t 1 f (x)\r\n\r\ncmd 1 1.5: 2 cycles: \r\n\t 1 g (x)\r\n\r\n",
       "cmd;f 1\ncmd;g 2\n", kNothing, "cmd;f 1\ncmd;g 2\n"},
      {"a line of white space",
       "cmd 1 1.5: 1 cycles: \n\t 1 f (x)\n \t\ncmd 1 1.5: 2 cycles: \n\t 1 g (x)\n\n",
       "cmd;f 1\ncmd;g 2\n", "cmd;g;f 2\n", "cmd;f 1\ncmd;g 2\n"},
      {"garbage first, where inferno itself ends", "\nperf: no map\n\n" + symbol_of("f"),
       "cmd;f 7\n", "cmd;f 7\n", "cmd;f 7\n"},
      {"bytes that are no UTF-8", symbol_of("f\xFF\xC3g"), "cmd;f\xFF\xC3g 7\n",
       "cmd;f\xFF\xC3g 7\n", "cmd;f\xEF\xBF\xBD\xEF\xBF\xBDg 7\n"},
      {"C++'s operator->", symbol_of("P::operator->"), "cmd;P::operator-> 7\n",
       "cmd;P::operator 7\n", "cmd;P::operator;_[i] 7\n"},
      {"C++'s operator<", symbol_of("ns::operator<(A, B)"), "cmd;ns::operator< 7\n",
       "cmd;ns::operator< 7\n", "cmd;ns::operator<(A, B) 7\n"},
      {"a command with a number", symbol_of("f", "x", "worker 3"), "worker_3;f 7\n", "worker;f 7\n",
       "worker;f 7\n"},
      {"a frame without a module", sample_of("\t            1140 f+0x2\n\t 2 main (x)\n"),
       "cmd;main;f 7\n", "cmd;main 7\n", "cmd;main 7\n"},
      {"no blank for a missing symbol", sample_of("\t 15 (/lib/x.so)\n"), "cmd;  7\n", "cmd;5 7\n",
       kNothing},
      {"source lines of -F +srcline",
       sample_of("\t 1 f+0x1 (x)\n  a.c:4\n\t 2 main (x)\n  a.c:9\n"), "cmd;main:a.c:9;f:a.c:4 7\n",
       "cmd;main:a.c:9;f:a.c:4 7\n", "cmd;main;f 7\n", Options{.srcline = true}},
      {"source lines that say nothing",
       sample_of("\t 1 f (x)\n  x[27b25]\n\t 2 [unknown] ([unknown])\n\t 3 g (x)\n  x[1]y:3\n"),
       "cmd;g:xy:3;[unknown];f:x 7\n", "cmd;g:xy:3;[unknown];f:x 7\n", "cmd;g;[unknown];f 7\n",
       Options{.srcline = true}},
  };
}

}  // namespace tidemark
