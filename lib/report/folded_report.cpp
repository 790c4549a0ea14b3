// Folded stacks, as flamegraph.pl and its kin read them: "main;serve;f 3200",
// the outermost frame first, sorted. The values are the default value of the
// document's main profile; without a profile they are the bytes of the leaks;
// without leaks, how often each finding happened.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/all_reports.h"
#include "lib/report/words.h"

namespace tidemark {
namespace {

using Folded = std::map<std::string, std::int64_t>;

// A semicolon separates frames, so it cannot be in a name.
std::string folded_name(const Frame& frame) {
  std::string name = printable(name_of(frame));
  std::ranges::replace(name, ';', ':');
  return name;
}

void add(Folded& folded, const std::string& stack, std::int64_t value) {
  if (value == 0 || stack.empty()) return;
  std::int64_t& sum = folded[stack];
  sum = checked_add(sum, value);
}

// `names` are innermost first.
std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = names.size(); i-- > 0;) {
    if (!text.empty()) text += ';';
    text += names[i];
  }
  return text;
}

void add_profile(Folded& folded, const Profile& profile) {
  if (profile.value_types().empty()) return;
  const std::size_t value = shown_value(profile);
  for (std::size_t i = 1; i < profile.stacks(); ++i) {
    const StackId stack{static_cast<std::uint32_t>(i)};
    if (profile.self(stack)[value] == 0) continue;
    std::vector<std::string> names;
    for (StackId at = stack; at != kRoot; at = profile.caller(at)) {
      names.push_back(folded_name(profile.frame(profile.leaf(at))));
    }
    add(folded, joined(names), profile.self(stack)[value]);
  }
}

void add_site(Folded& folded, const Site& site, std::int64_t value) {
  if (site.example.stacks.empty()) return;
  std::vector<std::string> names;
  for (const Frame& frame : site.example.stacks[0].frames) names.push_back(folded_name(frame));
  add(folded, joined(names), value);
}

std::string write(const Document& document, const ReportOptions& /*options*/) {
  Folded folded;
  if (const Profile* profile = main_profile(document); profile != nullptr) {
    add_profile(folded, *profile);
  } else {
    const bool leaks =
        std::ranges::any_of(document.sites, [](const Site& s) { return is_leak(s.kind); });
    for (const Site& site : document.sites) {
      if (leaks == is_leak(site.kind)) add_site(folded, site, leaks ? site.bytes : site.count);
    }
  }
  std::string out;
  for (const auto& [stack, value] : folded) out += fmt::format("{} {}\n", stack, value);
  return out;
}

}  // namespace

constinit const ReportFormat kFoldedReport = {
    .name = "folded",
    .summary = "folded stacks, for flame graphs",
    .extension = ".folded",
    .write = write,
};

}  // namespace tidemark
