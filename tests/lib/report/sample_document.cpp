#include "tests/lib/report/sample_document.h"

#include <array>
#include <string>
#include <vector>

namespace tidemark {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

Frame allocator() {
  return {.function = "malloc",
          .module = "/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so",
          .address = 0x48407B4};
}

Frame at(const std::string& function, std::int64_t line) {
  return {.function = function,
          .file = "/src/leaky/service.cpp",
          .line = line,
          .module = "/usr/bin/leaky-service",
          .address = 0x10A000 + static_cast<std::uint64_t>(line)};
}

LabelledStack under(std::vector<Frame> frames, const std::string& label = "") {
  frames.push_back(at("serve", 88));
  frames.push_back(at("main", 120));
  return {.label = label, .frames = CallStack(std::move(frames))};
}

Site leak(FindingKind kind, const Frame& place, std::int64_t bytes, std::int64_t blocks) {
  Site site{.kind = kind,
            .title = place.function + " (service.cpp:" + std::to_string(place.line) + ")",
            .place = place,
            .bytes = bytes,
            .blocks = blocks,
            .count = 1,
            .pids = {4711}};
  site.example = {.kind = kind,
                  .code = "Leak_DefinitelyLost",
                  .message = site.title,
                  .bytes = bytes,
                  .blocks = blocks,
                  .pid = 4711,
                  .stacks = {under({allocator(), place})}};
  return site;
}

Site definite() {
  Site site = leak(FindingKind::kDefiniteLeak, at("handle_leak", 41), 3200, 32);
  site.title = "100 B/request in handle_leak (service.cpp:41)";
  site.fingerprint = "0123456789abcdef";
  site.indirect_bytes = 1024;
  site.count = 32;
  site.status = SiteStatus::kNew;
  site.history = {{0, 0}, {5000, 1600}, {10000, 3200}};
  site.example.message =
      "3,200 (2,176 direct, 1,024 indirect) bytes in 32 blocks are definitely lost";
  site.example.suppression = "{\n   leak-in-handle\n   Memcheck:Leak\n   fun:handle_leak\n}\n";
  Site held = leak(FindingKind::kIndirectLeak, at("make_node", 57), 1024, 16);
  held.fingerprint = "00000000000000aa";
  site.holds = {held};
  return site;
}

Site sampled() {
  Site site = leak(FindingKind::kGrowth, at("Cache::insert(std::string const&, Entry&&)", 71),
                   3 * kMiB, 4096);
  site.title = "grows by 1.5 MiB/min in Cache::insert (service.cpp:71)";
  site.fingerprint = "1111111111111111";
  site.bytes_error = 210'000;
  site.pids = {4711, 4712};
  site.status = SiteStatus::kKnown;
  return site;
}

Site race() {
  const Frame place = at("Counter::add(int)", 93);
  Site site{.kind = FindingKind::kRace,
            .fingerprint = "2222222222222222",
            .title = "data race on Counter::total in Counter::add (service.cpp:93)",
            .place = place,
            .count = 7,
            .pids = {4711},
            .status = SiteStatus::kNew};
  site.example = {.kind = FindingKind::kRace,
                  .code = "Race",
                  .message = "Possible data race during write of size 4 at 0x10C050 by thread #3",
                  .count = 7,
                  .pid = 4711,
                  .thread = "3 worker"};
  site.example.stacks = {
      under({place}),
      under({at("Counter::get() const", 97)},
            "This conflicts with a previous read of size 4 by thread #2"),
      {.label = "Location 0x10C050 is 0 bytes inside global var \"total\"", .frames = {}}};
  return site;
}

Profile heap_profile() {
  Profile profile(
      {{.name = "inuse_objects", .unit = "count"}, {.name = "inuse_space", .unit = "bytes"}});
  const StackId main = profile.push(kRoot, profile.intern(at("main", 120)));
  const StackId serve = profile.push(main, profile.intern(at("serve", 88)));
  const StackId insert =
      profile.push(serve, profile.intern(at("Cache::insert(std::string const&, Entry&&)", 71)));
  const StackId leaking = profile.push(serve, profile.intern(at("handle_leak", 41)));
  profile.add(insert, std::array<std::int64_t, 2>{4096, 3 * kMiB});
  profile.add(leaking, std::array<std::int64_t, 2>{32, 3200});
  profile.title = "heap at the end";
  profile.default_value = 1;
  profile.pid = 4711;
  return profile;
}

Run sample_run() {
  return {
      .tool = "memprof",
      .tool_version = "0.1.0",
      .command = {"memprof", "run", "--with", "memcheck", "--", "./leaky-service", "--port", "0"},
      .target = {"./leaky-service", "--port", "0", "--name", "it's a test"},
      .target_build_id = "8f1c2d",
      .backend = "memcheck",
      .backend_version = "3.19.0",
      .environment = {{"GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=0"}},
      .host = "build-7",
      .kernel = "Linux 6.1.0",
      .state = "ended",
      .boot_id = "b0071d",
      .started_ms = 1'795'000'000'000,
      .ended_ms = 1'795'000'012'300,
      .end = {.kind = EndKind::kStopped, .code = 0},
      .load = {"wrk", "-d", "10s", "http://127.0.0.1:8080/leak"},
      .load_end = {.kind = EndKind::kExited, .code = 0},
      .notes = {"--trace-children=yes: the target forks"},
      .files = {{.path = "raw/memcheck.4711.xml", .format = "memcheck-xml", .pid = 4711}}};
}

Series memory(const std::string& name, std::int64_t pid, std::int64_t step) {
  Series series{.name = name, .unit = "bytes", .at_unit = "ms", .pid = pid};
  for (std::int64_t i = 0; i <= 24; ++i) {
    series.points.push_back({.at = i * 500, .value = 12 * kMiB + i * step + (i % 3) * kMiB / 4});
  }
  return series;
}

}  // namespace

Document sample_document() {
  Document document{.run = sample_run(), .verdict = Verdict::kFound, .baseline = "runs/yesterday"};
  document.verdict_text = "1 definite leak: 3,200 B in handle_leak (service.cpp:41)";
  document.processes = {{.pid = 4711, .parent = 1, .command = "./leaky-service --port 0"},
                        {.pid = 4712, .parent = 4711, .command = "worker", .finished = false}};
  document.sites = {definite(), sampled(), race(),
                    leak(FindingKind::kPossibleLeak, at("start_thread", 101), 288, 1),
                    leak(FindingKind::kReachable, at("Config::load()", 22), 72704, 1)};
  document.sites[3].fingerprint = "3333333333333333";
  document.sites[4].fingerprint = "4444444444444444";
  document.suppressed = {leak(FindingKind::kReachable, at("init_tables", 12), 4096, 2)};
  document.suppressed[0].suppressed_by = "tables";
  document.fixed = {leak(FindingKind::kDefiniteLeak, at("old_leak", 33), 640, 10)};
  document.fixed[0].status = SiteStatus::kFixed;
  document.suppressions = {{.id = "tables",
                            .owner = "ann",
                            .reason = "filled once",
                            .sites = 1,
                            .bytes = 4096,
                            .count = 1},
                           {.id = "old",
                            .owner = "bob",
                            .reason = "upstream bug",
                            .expires = "2026-01-31",
                            .expired = true}};
  document.profiler_suppressions = {{.name = "dl-hack3-cond-1", .count = 2}};
  document.profiles = {heap_profile()};
  document.series = {memory("rss", 4711, kMiB / 3), memory("heap", 4711, kMiB / 5)};
  document.warnings = {
      "memcheck.4712.xml:812: the file ends inside <error>; 41 errors before it are whole"};
  document.partial = true;
  return document;
}

Document hostile_document() {
  const std::string evil =
      "<script>alert(1)</script>\"onmouseover=\"alert(2)' </style></script>--><img src=x "
      "onerror=alert(3)>"
      "]]>`|{{main}}\x1b[31m\xE2\x80\xAE\xFF\xEF\xBF\xBF\n::error::\r\t";
  Document document = sample_document();
  document.verdict_text = evil;
  document.baseline = evil;
  document.warnings = {evil};
  document.run.target = {evil};
  document.run.notes = {evil};
  document.run.backend = evil;
  document.run.end.why = evil;
  document.run.environment = {{evil, evil}};
  document.run.files = {{.path = evil, .format = evil}};
  document.processes[0].command = evil;
  document.series[0].name = evil;
  document.series[1].unit = evil;
  document.suppressions[0] = {.id = evil, .owner = evil, .reason = evil, .expires = evil};
  document.profiler_suppressions[0].name = evil;
  document.profiles[0].title = evil;
  document.profiles[0].describe(FrameId{0}, {.function = evil});
  for (std::vector<Site>* sites : {&document.sites, &document.suppressed, &document.fixed}) {
    for (Site& site : *sites) {
      site.title = evil;
      site.fingerprint = evil;
      site.suppressed_by = evil;
      site.place = {.function = evil, .file = evil, .line = 3, .module = evil};
      site.example.code = evil;
      site.example.message = evil;
      site.example.thread = evil;
      site.example.suppression = evil;
      site.example.stacks = {{.label = evil, .frames = {site.place, {.module = evil}}}};
    }
  }
  return document;
}

Document clean_document() {
  Document document{.run = sample_run(),
                    .verdict = Verdict::kClean,
                    .verdict_text = "no leaks: every block was freed"};
  document.processes = {{.pid = 4711, .parent = 1, .command = "./leaky-service --port 0"}};
  return document;
}

Document failed_document() {
  Document document{.run = sample_run(),
                    .verdict = Verdict::kFailed,
                    .verdict_text = "the target died of signal 11 (SIGSEGV) after 2.0 s"};
  document.run.end = {.kind = EndKind::kSignalled, .code = 11, .why = "last output: ready"};
  return document;
}

ReportOptions sample_options() {
  return {.source = [](const std::string& file, std::int64_t first, std::int64_t last) {
    std::vector<std::string> lines;
    if (file != "/src/leaky/service.cpp") return lines;
    for (std::int64_t i = first; i <= last; ++i) {
      lines.push_back(i == 41 ? "\tchar* line = static_cast<char*>(std::malloc(100));"
                              : "  // line " + std::to_string(i));
    }
    return lines;
  }};
}

}  // namespace tidemark
