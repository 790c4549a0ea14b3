// Writes a flame graph's page to standard output, for the browser test, the bench and eyes:
//   print_flame sample|difference|hostile
//   print_flame stacks NUMBER   that many different stacks
//   print_flame deep NUMBER     one stack of that many frames
//   print_flame perf FILE       the text of perf script, its samples in the order of time
//   print_flame file FILE       any other format

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <string>

#include "lib/base/decompress.h"
#include "lib/report/flame_html.h"
#include "parsers/formats.h"
#include "parsers/perf_script.h"
#include "tests/lib/report/sample_profiles.h"

namespace {

using namespace tidemark;

std::string page_of_perf(const std::string& path) {
  const Decompressed text = decompress(read_file(path));
  const Input input{.name = path, .bytes = text.file.bytes()};
  const Recording recording =
      parse_perf_script(std::span(&input, 1), {.tid = true, .keep_time = true, .places = true});
  return flame_html(recording.profiles.at(0), {.title = path.substr(path.rfind('/') + 1),
                                               .subtitle = recording.profiles.at(0).title,
                                               .roots = FlameRoots::kProcesses});
}

std::string page_of(const std::string& kind, const std::string& argument) {
  if (kind == "sample") {
    return flame_html(sample_profile(), {.title = "sample",
                                         .subtitle = "a server and its client",
                                         .source = "sample.perf",
                                         .roots = FlameRoots::kProcesses});
  }
  if (kind == "difference") {
    return flame_html(difference_profile(), {.title = "difference", .before = 0, .after = 1});
  }
  if (kind == "hostile") {
    const Profile profile = hostile_profile();
    return flame_html(profile,
                      {.title = profile.title, .subtitle = "</title><b>", .source = "\x1b"});
  }
  if (kind == "stacks") {
    return flame_html(profile_of(std::stoul(argument)), {.title = argument + " stacks"});
  }
  if (kind == "deep") {
    return flame_html(deep_profile(std::stoul(argument)), {.title = argument + " frames"});
  }
  if (kind == "perf") return page_of_perf(argument);
  const Recording recording = parse(read_file(argument));
  return flame_html(recording.profiles.at(0), {.title = argument});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) return 2;
    const std::string page = page_of(argv[1], argc > 2 ? argv[2] : "");
    return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
  } catch (const std::exception& problem) {
    fmt::print(stderr, "print_flame: {}\n", problem.what());
    return 3;
  }
}
