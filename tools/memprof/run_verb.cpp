#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/findings_json.h"
#include "lib/report/pprof_writer.h"
#include "lib/report/verdict_json.h"
#include "lib/suppress/compile.h"
#include "lib/symbolize/build_id.h"
#include "tools/memprof/attach.h"
#include "tools/memprof/backends/backends.h"
#include "tools/memprof/checks.h"
#include "tools/memprof/documents.h"
#include "tools/memprof/output.h"
#include "tools/memprof/session.h"
#include "tools/memprof/settings.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

// The variables that change what a target allocates or a profiler does.
constexpr const char* kEnvironment[] = {"LD_PRELOAD",   "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX",
                                        "MALLOC_CONF",  "GLIBC_TUNABLES",  "VALGRIND_OPTS",
                                        "ASAN_OPTIONS", "LSAN_OPTIONS"};

Run new_run(const cli::Args& args, const Settings& settings) {
  Run run{.tool = "memprof",
          .tool_version = TIDEMARK_VERSION,
          .command = args.command_line(),
          .target = settings.target,
          .backend = std::string(settings.backend->name),
          .backend_version = version_of(*settings.backend),
          .load = settings.load,
          .notes = settings.notes};
  if (!settings.target.empty()) {
    run.target_build_id = build_id_of(find_program(settings.target[0]).value_or(""));
  }
  for (const char* name : kEnvironment) {
    if (const char* value = std::getenv(name); value != nullptr) run.environment[name] = value;
  }
  return run;
}

// The rules as files for valgrind and LSan used without us. They are not given
// to the profiler of this run: what it left out could not be counted.
void write_rules(const Settings& settings, RunDirectory& directory) {
  if (settings.judging.suppressions.empty()) return;
  const File text = read_file(settings.judging.suppressions);
  const std::vector<SuppressionRule> rules = parse_suppressions(text.input());
  write_file(directory.path() / "rules.valgrind.supp", valgrind_suppressions(rules, today()));
  write_file(directory.path() / "rules.lsan.supp", lsan_suppressions(rules, today()));
  directory.list({.path = "rules.valgrind.supp", .format = "text"});
  directory.list({.path = "rules.lsan.supp", .format = "text"});
}

// Runs or attaches; what cannot be started is an end like any other, so that
// the run directory says so. Gives why a run that ended well cannot be trusted.
std::string profile(const Settings& settings, RunDirectory& directory) {
  try {
    if (settings.attach) {
      attach(settings, directory);
      return "";
    }
    Session session(settings, directory);
    session.run();
    return session.early_end();
  } catch (const Error& error) {
    directory.run().end = {.kind = EndKind::kNotStarted, .why = error.what()};
    if (!error.hint().empty()) directory.run().notes.push_back(error.hint());
    return "";
  }
}

void add_last_words(RunDirectory& directory, Document& document) {
  const std::vector<std::string> lines = last_lines(directory.path());
  std::string remedy = remedy_for(lines);
  if (!remedy.empty()) document.run.notes.push_back(std::move(remedy));
  if (lines.empty()) document.run.notes.emplace_back("the target wrote nothing");
  for (const std::string& line : lines) document.run.notes.push_back(line);
}

void write_results(RunDirectory& directory, const Document& document) {
  const std::filesystem::path& path = directory.path();
  const auto put = [&](const char* name, const char* format, const std::string& text) {
    write_file(path / name, text);
    directory.list({.path = name, .format = format});
  };
  put("findings.json", "json", to_json(document));
  put("verdict.json", "json", verdict_json(document, exit_code_of(document.verdict)));
  try {
    put("profile.pb.gz", "pprof", to_pprof(main_profile_of(document)));
  } catch (const Error&) {
    // Races and invalid accesses have neither bytes nor a profile.
  }
  put("report.html", "html", report_named("html").write(document, options_for("", false)));
}

}  // namespace

int run_verb(const cli::Args& args) {
  const Settings settings = settings_from(args);
  check_backend(*settings.backend, settings.target);
  if (settings.attach) check_attach(settings);
  if (!settings.judging.baseline.empty()) read_document(settings.judging.baseline, {});
  RunDirectory directory =
      RunDirectory::create(settings.output, new_run(args, settings), settings.former);
  write_rules(settings, directory);
  const std::string early_end = profile(settings, directory);
  RawResults results = read_raw(directory.path(), directory.run());
  for (RunFile& file : results.files) directory.list(std::move(file));
  Document document =
      conclude(directory.path(), directory.run(), std::move(results), settings.judging);
  if (!early_end.empty()) {
    document.verdict = Verdict::kFailed;
    document.verdict_text = early_end;
  }
  if (document.verdict == Verdict::kFailed) add_last_words(directory, document);
  directory.run().notes = document.run.notes;
  write_results(directory, document);
  directory.end();
  write_file("-", written(document, "text", options_for("-", args.given("--all-frames"))));
  std::fputs(fmt::format("memprof: {}\n", directory.path().string()).c_str(), stderr);
  return exit_code_of(document.verdict);
}

}  // namespace tidemark::memprof
