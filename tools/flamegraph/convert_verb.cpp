#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/cli/terminal.h"
#include "lib/report/callgrind.h"
#include "lib/report/chrome_trace.h"
#include "lib/report/firefox.h"
#include "lib/report/folded.h"
#include "lib/report/pprof_writer.h"
#include "lib/report/profile_json.h"
#include "lib/report/speedscope.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

std::string converted(const Inputs& inputs, const std::string& format) {
  const Profile& profile = inputs.profile;
  if (format == "pprof") return to_pprof(profile);
  if (format == "speedscope") return to_speedscope(profile);
  if (format == "firefox") return to_firefox(profile, inputs.value);
  if (format == "folded") return to_folded(profile, inputs.value);
  if (format == "callgrind") return to_callgrind(profile);
  if (format == "chrome-trace") return to_chrome_trace(profile, inputs.value);
  return to_profile_json(profile);
}

// Folded text and counts have no use for files, lines and times.
ReadingOptions needs_of(const std::string& format) {
  const bool in_time = format == "speedscope" || format == "firefox" || format == "chrome-trace";
  return {
      .places = format != "folded", .keep_time = in_time || format == "json", .by_thread = in_time};
}

}  // namespace

int convert_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  if (!args.given("--to")) {
    throw UsageError("flamegraph convert needs --to FORMAT",
                     "flamegraph convert --help lists them");
  }
  const std::string& format = args.value("--to");
  const std::string& output = args.value("--output");
  if (format == "pprof" && output == "-" && cli::is_terminal(STDOUT_FILENO)) {
    throw UsageError("pprof's format is binary, and standard output is a terminal",
                     "name a file with -o");
  }
  Inputs inputs = read_inputs(args, needs_of(format));
  // A value that was asked for is what the reader of the file sees first; the timeline
  // is of another one then.
  if (inputs.profile.default_value != inputs.value) inputs.profile.timeline.clear();
  inputs.profile.default_value = inputs.value;
  cli::ProgressLine progress;
  progress.show("converting");
  const std::string text = converted(inputs, format);
  progress.clear();
  write_file(output, text);
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
