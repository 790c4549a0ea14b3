#include <cstdlib>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/suppress/compile.h"
#include "lib/symbolize/build_id.h"
#include "tools/memprof/attach.h"
#include "tools/memprof/backends/backends.h"
#include "tools/memprof/checks.h"
#include "tools/memprof/output.h"
#include "tools/memprof/results.h"
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
  const Document document = finish_run(directory, settings.judging, early_end);
  print_run(directory, document, args.given("--all-frames"));
  return exit_code_of(document.verdict);
}

}  // namespace tidemark::memprof
