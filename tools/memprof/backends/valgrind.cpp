#include "tools/memprof/backends/valgrind.h"

#include <fmt/format.h>

// What holds for all tools of valgrind (checked with 3.19):
//
// - A file with %p in its name is opened anew by each process, after fork as
//   well as after exec. So every process gets a whole file, and neither
//   --child-silent-after-fork nor a server's single-process mode is needed. (A
//   file without %p is shared by parent and children, and their documents mix.)
// - vgdb reaches a forked child only with --trace-children=yes.
// - Shells and small helpers that a service starts are not its own memory: they
//   run without valgrind, which also saves seconds each.

namespace tidemark::memprof {
namespace {

constexpr std::string_view kSkipped =
    "*/sh,*/bash,*/dash,*/busybox,*/env,*/sleep,*/cat,*/rm,*/mkdir,*/sed,*/grep,*/date";

}  // namespace

std::string percent_doubled(const std::string& path) {
  std::string doubled;
  for (const char c : path) doubled += c == '%' ? std::string("%%") : std::string(1, c);
  return doubled;
}

std::vector<std::string> valgrind(std::string_view tool, ValgrindOutput output, const Wrap& wrap,
                                  std::vector<std::string> options) {
  std::vector<std::string> line = {
      wrap.program.string(),
      fmt::format("--tool={}", tool),
      "--num-callers=40",
      "--vgdb=yes",
      "--vgdb-prefix=" + wrap.vgdb.string(),
      "--trace-children=yes",
      fmt::format("--trace-children-skip={}", kSkipped),
  };
  const std::string raw = percent_doubled((wrap.raw / tool).string());
  if (output == ValgrindOutput::kXml) {
    line.insert(line.end(),
                {"--xml=yes", "--xml-file=" + raw + ".%p.xml", "--gen-suppressions=all"});
  } else {
    line.push_back("--log-file=" + raw + ".%p.log");
  }
  line.insert(line.end(), options.begin(), options.end());
  line.insert(line.end(), wrap.options.begin(), wrap.options.end());
  line.emplace_back("--");
  return line;
}

}  // namespace tidemark::memprof
