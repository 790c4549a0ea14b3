#include <fmt/format.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "lib/analyze/compare.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/file_writer.h"
#include "lib/base/lines.h"
#include "lib/report/amounts.h"
#include "lib/report/flame_html.h"
#include "lib/report/flame_look.h"
#include "lib/report/flame_svg.h"
#include "lib/report/folded_diff.h"
#include "tools/flamegraph/drawing.h"
#include "tools/flamegraph/inputs.h"
#include "tools/flamegraph/reading.h"
#include "tools/flamegraph/sorted_diff.h"
#include "tools/flamegraph/verbs.h"

namespace tidemark::flamegraph {
namespace {

constexpr std::size_t kMostNamed = 5;

Compared read_both(const cli::Args& args) {
  const std::string& a = args.operands().at(0);
  const std::string& b = args.operands().at(1);
  const ReadingOptions options{.places = args.value("--to") == "html"};
  // Both at once: each is one pass over a file of its own.
  auto second = std::async(threads_of(args) > 1 ? std::launch::async : std::launch::deferred,
                           [&] { return read_inputs(std::vector{b}, args, options); });
  const Inputs before = read_inputs(std::vector{a}, args, options);
  const Inputs after = second.get();
  return compare(before.profile, after.profile,
                 {.before_value = before.value,
                  .after_value = after.value,
                  .strip_hex = args.given("--strip-hex")});
}

// "3 functions only before: f (12), g (7), ... "; empty when there is none.
std::string one_sided(const Compared& compared, bool before) {
  const std::size_t there = before ? compared.before : compared.after;
  const std::size_t not_there = before ? compared.after : compared.before;
  const std::vector<OneSided> functions = only_in(compared.profile, there, not_there);
  if (functions.empty()) return "";
  const std::string& unit = compared.profile.value_types()[there].unit;
  std::string text = fmt::format("{} only {}:", plural(std::ssize(functions), "function"),
                                 before ? "before" : "after");
  for (std::size_t i = 0; i < std::min(functions.size(), kMostNamed); ++i) {
    text += fmt::format("{} {} ({})", i == 0 ? "" : ",", functions[i].function,
                        value_text(functions[i].total, unit));
  }
  if (functions.size() > kMostNamed) text += ", ...";
  return text;
}

// The look of what is compared, under a name of its own.
FlameStyle difference_style(const cli::Args& args, const Compared& compared) {
  FlameLook look = look_of(compared.profile, compared.after);
  if (look.title.find("Flame Graph") != std::string::npos)
    look.title = "Differential " + look.title;
  FlameStyle style = style_of(args, look);
  style.difference = true;
  return style;
}

std::string drawn(const Compared& compared, const cli::Args& args) {
  const bool as_before = args.value("--widths") == "before";
  FlameStyle style = difference_style(args, compared);
  const std::size_t width = as_before ? compared.before : compared.after;
  FlameOptions options = layout_of(args, width, style);
  options.compared = as_before ? compared.after : compared.before;
  // A box's delta is what its width has more than the other value.
  if (as_before) style.negate = !style.negate;
  for (const bool before : {true, false}) {
    const std::string line = one_sided(compared, before);
    if (!line.empty()) style.footer.push_back(line);
  }
  if (!args.given("--elided"))
    return flame_svg(drawn_graph(args, compared.profile, options, style), style);
  const Profile hidden = elided(compared.profile, width);
  std::swap(options.value, *options.compared);
  style.negate = !style.negate;
  style.subtitle = fmt::format("only {}", as_before ? "after" : "before");
  return flame_svg(drawn_graph(args, hidden, options, style), style);
}

std::string page(const Compared& compared, const cli::Args& args) {
  const FlameStyle style = difference_style(args, compared);
  return flame_html(compared.profile,
                    {.title = style.title,
                     .subtitle = style.subtitle,
                     .source = args.operands().at(0) + ", " + args.operands().at(1),
                     .before = compared.before,
                     .after = compared.after});
}

template <typename Write>
void write_pieces(const std::string& output, Write&& write) {
  FileWriter writer(output);
  write([&](std::string_view text) { writer.write(text); });
  writer.keep();
}

}  // namespace

int diff_verb(const cli::Args& args) {
  if (listed_formats(args)) return cli::kOk;
  if (args.operands().size() != 2) {
    throw UsageError("flamegraph diff needs two files", "flamegraph diff BEFORE AFTER");
  }
  const std::string& a = args.operands().at(0);
  const std::string& b = args.operands().at(1);
  if (a == "-" && b == "-") throw UsageError("only one of the two can be standard input");
  const auto sorted = SortedDiff::of(a, b, args);
  const std::string& output = args.value("--output");
  const bool folded = args.value("--to") == "folded";
  if (folded && sorted && !args.given("--normalize")) {
    write_pieces(output, [&](const TextSink& sink) { sorted->write(sink); });
    return cli::kOk;
  }
  Compared compared = sorted ? sorted->compared() : read_both(args);
  const Ratio ratio = args.given("--normalize") ? normalising(compared) : Ratio{};
  if (folded) {
    write_pieces(output, [&](const TextSink& sink) { write_folded_diff(compared, ratio, sink); });
    return cli::kOk;
  }
  scale(compared.profile, compared.before, ratio);
  if (args.value("--to") == "html") {
    write_file(output, page(compared, args));
    return cli::kOk;
  }
  write_file(output, drawn(compared, args));
  return cli::kOk;
}

}  // namespace tidemark::flamegraph
