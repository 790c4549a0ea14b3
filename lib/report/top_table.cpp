// The table, 60 columns wide:
//
//   CPU time: 1.2 s, 14 functions
//
//      self   self%      total  total%  function
//    820 ms   68.3%     820 ms   68.3%  spin  ████████████
//    380 ms   31.7%      1.2 s  100.0%  main  █████▌

#include "lib/report/top_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "lib/base/lines.h"
#include "lib/report/amounts.h"

namespace tidemark {
namespace {

constexpr std::size_t kBar = 20;        // columns of the longest bar
constexpr std::size_t kLeastName = 24;  // a bar is not worth a shorter name
constexpr std::size_t kShares = 21;     // both columns of shares, and the blanks between columns
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

// The bytes of the character at the start of `text`, which is valid UTF-8.
std::size_t length_of_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

// Whether terminals give it two columns: Chinese, Japanese, Korean, pictures. UTF-8
// sorts as its characters do. Marks that take no column count one: never too long.
bool is_wide(std::string_view character) {
  constexpr std::pair<std::string_view, std::string_view> kWide[] = {
      {"\u1100", "\u115F"},        {"\u2E80", "\uA4CF"},         {"\uAC00", "\uD7A3"},
      {"\uF900", "\uFAFF"},        {"\uFE30", "\uFE6F"},         {"\uFF00", "\uFF60"},
      {"\uFFE0", "\uFFE6"},        {"\U0001F300", "\U0001F64F"}, {"\U0001F680", "\U0001F9FF"},
      {"\U00020000", "\U0003FFFD"}};
  return std::ranges::any_of(kWide, [&](const auto& range) {
    return character >= range.first && character <= range.second;
  });
}

// How much of `text` fits `columns`, and how many it takes.
struct Fitting {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

Fitting fitting(std::string_view text, std::size_t columns) {
  Fitting fits;
  while (fits.bytes < text.size()) {
    const std::string_view left = text.substr(fits.bytes);
    const std::size_t length = length_of_first(left);
    const std::size_t more = is_wide(left.substr(0, length)) ? 2 : 1;
    if (fits.columns + more > columns) break;
    fits.columns += more;
    fits.bytes += length;
  }
  return fits;
}

std::size_t columns_of(std::string_view text) {
  return fitting(text, std::string_view::npos).columns;
}

std::string padded_left(const std::string& text, std::size_t width) {
  const std::size_t columns = columns_of(text);
  return columns >= width ? text : std::string(width - columns, ' ') + text;
}

// The start of `text`, at most `columns` of it; ".." when something is missing.
std::string cut(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  return text.substr(0, fitting(text, columns - std::min<std::size_t>(columns, 2)).bytes) + "..";
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f}%", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

// Blocks and eighths of one, `share` of kBar long.
std::string bar(double share) {
  constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  if (!(share > 0)) return "";
  const auto eighths = static_cast<std::size_t>(std::lround(std::min(share, 1.0) * kBar * 8));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + std::string(kEighths[eighths % 8]);
}

struct Row {
  std::string self;
  std::string self_share;
  std::string total;
  std::string total_share;
  std::string name;
  std::string bar;
};

class Table {
 public:
  // `largest` is the own value that gets the longest bar.
  Table(const ValueType& type, std::int64_t whole, std::int64_t largest, const TopOptions& options)
      : type_(type), whole_(whole), largest_(largest), options_(options) {}

  void add(const FunctionTotal& function) {
    const double share =
        largest_ == 0 ? 0 : static_cast<double>(function.self) / static_cast<double>(largest_);
    rows_.push_back({.self = amount(function.self, function.self_error),
                     .self_share = percent(function.self, whole_),
                     .total = amount(function.total, function.total_error),
                     .total_share = percent(function.total, whole_),
                     .name = printable(function.function),
                     .bar = bar(share)});
  }

  std::string text() const {
    const std::size_t self = widest(&Row::self, 4);
    const std::size_t total = widest(&Row::total, 5);
    const std::size_t before_name = self + total + kShares;
    std::string out = line({.self = "self",
                            .self_share = "self%",
                            .total = "total",
                            .total_share = "total%",
                            .name = "function",
                            .bar = ""},
                           self, total);
    if (options_.colour) out = fmt::format("{}{}{}", kBold, out, kPlain);
    out += '\n';
    const std::size_t left = options_.width > before_name ? options_.width - before_name : 0;
    const bool bars = left >= kLeastName + kBar + 1;
    const std::size_t name_width =
        std::min(widest(&Row::name, 8), bars ? left - kBar - 1 : std::max<std::size_t>(left, 8));
    for (Row row : rows_) {
      if (options_.width == 0) {
        row.bar.clear();
      } else {
        row.name = cut(row.name, name_width);
        if (!bars) row.bar.clear();
      }
      if (!row.bar.empty()) row.name.append(name_width - columns_of(row.name) + 1, ' ');
      if (options_.colour) row.bar = fmt::format("{}{}{}", kDim, row.bar, kPlain);
      out += line(row, self, total) + row.bar + '\n';
    }
    return out;
  }

 private:
  std::string amount(std::int64_t value, double error) const {
    if (error > 0 && type_.unit == "bytes") return estimate_text(value, error);
    return value_text(value, type_.unit == "nanoseconds" ? "nanoseconds" : type_.unit);
  }

  std::size_t widest(std::string Row::*column, std::size_t least) const {
    for (const Row& row : rows_) least = std::max(least, columns_of(row.*column));
    return least;
  }

  static std::string line(const Row& row, std::size_t self, std::size_t total) {
    return fmt::format("{} {:>7} {}  {:>7}  {}", padded_left(row.self, self), row.self_share,
                       padded_left(row.total, total), row.total_share, row.name);
  }

  const ValueType& type_;
  std::int64_t whole_;
  std::int64_t largest_;
  const TopOptions& options_;
  std::vector<Row> rows_;
};

}  // namespace

std::string top_table(const Profile& profile, std::size_t value,
                      const std::vector<FunctionTotal>& functions, const TopOptions& options) {
  const ValueType& type = profile.value_types().at(value);
  const std::int64_t whole = profile.total().at(value);
  const std::size_t shown =
      options.limit == 0 ? functions.size() : std::min(options.limit, functions.size());
  std::int64_t largest = 0;
  for (const FunctionTotal& function : functions) largest = std::max(largest, function.self);
  Table table(type, whole, largest, options);
  for (std::size_t i = 0; i < shown; ++i) table.add(functions[i]);
  const bool titled = !profile.title.empty() && profile.title != type.name;
  std::string text = fmt::format("{}{}: {} in {}", titled ? printable(profile.title) + ", " : "",
                                 printable(type.name), value_text(whole, type.unit),
                                 plural(static_cast<std::int64_t>(functions.size()), "function"));
  if (options.width > 0) text = cut(text, options.width);
  text += "\n\n" + table.text();
  if (shown < functions.size()) {
    text += fmt::format("... {} more; --limit 0 shows all\n",
                        grouped(static_cast<std::int64_t>(functions.size() - shown)));
  }
  return text;
}

}  // namespace tidemark
