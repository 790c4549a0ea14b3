#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tools/memprof/backends/backends.h"
#include "tools/memprof/checks.h"
#include "tools/memprof/presets.h"
#include "tools/memprof/verbs.h"

namespace tidemark::memprof {
namespace {

std::string row(const Backend& backend) {
  const bool needs = !backend.program.empty() || !backend.library.empty();
  const bool there = !needs || !installed(backend).empty();
  std::string version = there ? version_of(backend) : "";
  std::string text = fmt::format("{:<11} {:<9} {:<8} {}\n", backend.name,
                                 there ? "installed" : "missing", version, backend.summary);
  if (!there) {
    return text +
           fmt::format("{:<11} {}\n", "",
                       backend.package.empty()
                           ? fmt::format("build {}: it belongs to this release", backend.library)
                           : fmt::format("install it: apt install {}", backend.package));
  }
  const std::string trouble = known_trouble(backend, version);
  if (!trouble.empty()) text += fmt::format("{:<11} known trouble: {}\n", "", trouble);
  if (!backend.symbol.empty()) {
    text += fmt::format("{:<11} needs a target built with -fsanitize=address or leak\n", "");
  }
  return text;
}

// Says nothing where all is there.
int check_one(const cli::Args& args) {
  check_backend(backend_named(args.value("--with")), args.operands());
  return cli::kOk;
}

}  // namespace

int backends_verb(const cli::Args& args) {
  if (args.given("--check")) return check_one(args);
  if (args.given("--with") || !args.operands().empty())
    throw UsageError("--with PROFILER and a target go with --check");
  std::string text = fmt::format("{:<11} {:<9} {:<8} {}\n", "backend", "here", "version", "what");
  for (const Backend* backend : backends()) text += row(*backend);
  text += "\npresets, chosen by the executable's name\n";
  for (const Preset& preset : presets()) {
    text += fmt::format("{:<14} {}\n", preset.name, preset.because);
  }
  write_file("-", text);
  return cli::kOk;
}

}  // namespace tidemark::memprof
