#include "tools/memprof/results.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/report/findings_json.h"
#include "lib/report/pprof_writer.h"
#include "lib/report/verdict_json.h"
#include "tools/memprof/checks.h"
#include "tools/memprof/output.h"
#include "tools/memprof/session.h"

namespace tidemark::memprof {
namespace {

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

Document finish_run(RunDirectory& directory, const Judging& judging, const std::string& early_end) {
  RawResults results = read_raw(directory.path(), directory.run());
  for (RunFile& file : results.files) directory.list(std::move(file));
  Document document = conclude(directory.path(), directory.run(), std::move(results), judging);
  if (!early_end.empty()) {
    document.verdict = Verdict::kFailed;
    document.verdict_text = early_end;
  }
  if (document.verdict == Verdict::kFailed) add_last_words(directory, document);
  directory.run().notes = document.run.notes;
  write_results(directory, document);
  directory.end();
  return document;
}

void print_run(const RunDirectory& directory, const Document& document, bool all_frames) {
  write_file("-", written(document, "text", options_for("-", all_frames)));
  std::fputs(fmt::format("memprof: {}\n", directory.path().string()).c_str(), stderr);
}

}  // namespace tidemark::memprof
