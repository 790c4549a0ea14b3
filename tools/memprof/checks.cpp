#include "tools/memprof/checks.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/process/command.h"
#include "tools/memprof/backends/backends.h"

namespace tidemark::memprof {
namespace {

struct Trouble {
  std::string_view sign;  // what the profiler says
  std::string_view remedy;
};

constexpr std::array<Trouble, 5> kTroubles = {{
    {"unhandled dwarf2 abbrev form code",
     "valgrind 3.19 cannot read the target's DWARF 5: build it with -gdwarf-4"},
    {"ML_(get_Dwarf", "valgrind cannot read the target's debug information: try -gdwarf-4"},
    {"a function redirection", "valgrind needs the loader's symbols: apt install libc6-dbg"},
    {"perf_event_open", "run `sysctl kernel.perf_event_paranoid=2`, or memprof as root"},
    {"No permission to enable", "run `sysctl kernel.perf_event_paranoid=2`, or memprof as root"},
}};

}  // namespace

bool built_with(const std::filesystem::path& program, std::string_view symbols) {
  const File file = read_file(program);
  if (!file.bytes().starts_with("\x7f"
                                "ELF"))
    return true;
  while (!symbols.empty()) {
    const std::size_t bar = symbols.find('|');
    if (file.bytes().find(symbols.substr(0, bar)) != std::string_view::npos) return true;
    symbols = bar == std::string_view::npos ? "" : symbols.substr(bar + 1);
  }
  return false;
}

void check_backend(const Backend& backend, const std::vector<std::string>& target) {
  const bool needs = !backend.program.empty() || !backend.library.empty();
  if (needs && installed(backend).empty()) {
    throw Error(fmt::format("{} is not installed: {} was not found", backend.name,
                            backend.program.empty() ? backend.library : backend.program),
                backend.package.empty()
                    ? "it belongs to this release: build it, or install the release as a whole"
                    : fmt::format("apt install {}; `memprof backends` shows what is here",
                                  backend.package));
  }
  if (backend.symbol.empty() || target.empty()) return;
  const std::filesystem::path program = find_program(target[0]).value_or(target[0]);
  if (!built_with(program, backend.symbol)) {
    throw Error(fmt::format("{} needs a target built with a sanitizer, and {} is not", backend.name,
                            program.string()),
                "build it with -fsanitize=address or -fsanitize=leak, or use --with memcheck");
  }
}

std::string remedy_for(const std::vector<std::string>& last_lines) {
  for (const std::string& line : last_lines) {
    for (const Trouble& trouble : kTroubles) {
      if (line.find(trouble.sign) != std::string::npos) return std::string(trouble.remedy);
    }
  }
  return "";
}

}  // namespace tidemark::memprof
