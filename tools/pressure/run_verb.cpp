#include "tools/pressure/run_verb.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/process/command.h"
#include "lib/run/load_file.h"
#include "lib/run/run_directory.h"
#include "lib/symbolize/build_id.h"
#include "tools/pressure/report/load_html.h"
#include "tools/pressure/report/load_run.h"
#include "tools/pressure/report/load_text.h"
#include "tools/pressure/report/load_words.h"
#include "tools/pressure/report/report_verb.h"
#include "tools/pressure/session.h"
#include "tools/pressure/settings.h"

namespace tidemark::pressure {
namespace {

constexpr std::string_view kReport = "report.html";

Run new_run(const cli::Args& args, const Settings& settings) {
  Run run{.tool = "pressure", .tool_version = TIDEMARK_VERSION, .command = args.command_line()};
  if (settings.scenario.launch) {
    run.target = settings.scenario.launch->command;
    run.target_build_id = build_id_of(find_program(run.target[0]).value_or(""));
  }
  run.load = args.command_line();
  return run;
}

// Copies of results under the names that the scenario gives them, in the run directory
// unless they say where.
void write_copies(const Settings& settings, const LoadRun& run) {
  for (const std::string& out : settings.scenario.out) {
    const std::filesystem::path path = settings.output / out;
    if (path == settings.output / kReport) continue;
    if (path.extension() == ".json") write_file(path, to_json(run.result));
    if (path.extension() == ".html") write_file(path, load_html(run));
    if (path.extension() == ".hlog") {
      write_file(path, read_file(settings.output / kLoadLog).bytes());
    }
  }
}

void end_run(RunDirectory& directory, const load::RunResult& result) {
  for (const auto& [name, format] : {std::pair<const char*, const char*>{"load.json", "json"},
                                     {"load.hlog", "hdr-log"},
                                     {"series.db", "sqlite"},
                                     {"report.html", "html"}}) {
    directory.list({.path = name, .format = format});
  }
  directory.run().cut_short = result.ending == load::Ending::kInterrupted ? result.why : "";
  directory.end();
}

load::RunResult put_load(const Settings& settings, RunDirectory* directory) {
  try {
    return Session(settings).run();
  } catch (const Error& error) {
    if (directory != nullptr) {
      directory->run().end = {.kind = EndKind::kNotStarted, .why = error.what()};
      directory->run().cut_short = error.what();
      directory->end();
    }
    throw;
  }
}

}  // namespace

int run_verb(const cli::Args& args) {
  const Settings settings = settings_from(args);
  std::optional<RunDirectory> directory;
  if (!settings.into) {
    directory = RunDirectory::create(settings.output, new_run(args, settings), settings.former);
  }
  RunDirectory* const own = directory ? &*directory : nullptr;
  {
    const load::RunResult result = put_load(settings, own);
    write_file(settings.output / kLoadFile, to_json(result));
    if (own != nullptr) end_run(*own, result);
  }
  const LoadRun run = read_load_run(settings.output);
  if (own != nullptr) write_file(settings.output / kReport, load_html(run));
  write_copies(settings, run);
  const std::string text = load_text(run) + fmt::format("{}: {}load.json, load.hlog, series.db\n",
                                                        printable(settings.output.string()),
                                                        own != nullptr ? "report.html, " : "");
  (void)std::fputs(text.c_str(), stdout);  // nobody may be reading it
  return exit_code(run.result.ending);
}

}  // namespace tidemark::pressure
