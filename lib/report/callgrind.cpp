#include "lib/report/callgrind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/analyze/inclusive.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

using Values = std::vector<std::int64_t>;

// The names of one kind: "(1) name" where one comes first, then "(1)".
class Names {
 public:
  std::string of(const std::string& name) {
    const auto [found, fresh] = ids_.try_emplace(name, ids_.size() + 1);
    return fresh ? fmt::format("({}) {}", found->second, name) : fmt::format("({})", found->second);
  }

 private:
  std::map<std::string, std::size_t> ids_;
};

struct Function {
  std::string module;
  std::string file;
  std::string name;

  auto operator<=>(const Function&) const = default;
};

// A call from a line of one function to another.
struct Call {
  std::int64_t line = 0;
  std::size_t callee = 0;
  std::int64_t callee_line = 0;

  auto operator<=>(const Call&) const = default;
};

struct CallCost {
  std::int64_t stacks = 0;
  Values values;
};

struct Costs {
  std::map<std::int64_t, Values> of_line;
  std::map<Call, CallCost> of_calls;
};

void add(Values& to, const Values& values) {
  to.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = checked_add(to[i], values[i]);
}

class Writer {
 public:
  explicit Writer(const Profile& profile) : profile_(profile), order_(event_order(profile)) {
    for (std::uint32_t i = 0; i < profile.frames(); ++i) {
      function_of_frame_.push_back(function_id(profile.frame(FrameId{i})));
    }
    costs_.resize(functions_.size());
    sum_up();
  }

  std::string write() {
    header();
    std::vector<std::size_t> sorted(functions_.size());
    std::iota(sorted.begin(), sorted.end(), std::size_t{0});
    std::ranges::sort(sorted, {}, [&](std::size_t i) -> const Function& { return *functions_[i]; });
    for (const std::size_t id : sorted) add_function(id);
    out_ += "\ntotals:";
    add_values(totals_);
    return std::move(out_);
  }

 private:
  // The default value type first: what a reader shows unless asked.
  static std::vector<std::size_t> event_order(const Profile& profile) {
    std::vector<std::size_t> order(profile.value_types().size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto first = static_cast<std::ptrdiff_t>(
        std::min(profile.default_value, std::max<std::size_t>(order.size(), 1) - 1));
    std::rotate(order.begin(), order.begin() + first, order.begin() + first + 1);
    return order;
  }

  // A line holds one name, whatever is in it.
  static std::string on_a_line(const std::string& name) {
    return name.empty() ? "???" : printable(name);
  }

  std::size_t function_id(const Frame& frame) {
    const Function function{.module = on_a_line(frame.module),
                            .file = on_a_line(frame.file),
                            .name = on_a_line(name_of(frame))};
    const auto [found, fresh] = function_ids_.try_emplace(function, functions_.size());
    if (fresh) functions_.push_back(&found->first);
    return found->second;
  }

  std::size_t function_at(StackId stack) const {
    return function_of_frame_[static_cast<std::size_t>(profile_.leaf(stack))];
  }

  std::int64_t line_at(StackId stack) const {
    return std::max<std::int64_t>(profile_.frame(profile_.leaf(stack)).line, 0);
  }

  Values row(const std::int64_t* values) const {
    Values row;
    for (const std::size_t value : order_) row.push_back(std::max<std::int64_t>(values[value], 0));
    return row;
  }

  void sum_up() {
    const std::vector<std::int64_t> below = inclusive(profile_);
    const std::size_t width = order_.size();
    totals_.resize(width);
    for (std::uint32_t i = 0; i < profile_.stacks(); ++i) {
      const StackId stack{i};
      const auto self = profile_.self(stack);
      const bool any = std::ranges::any_of(self, [](std::int64_t value) { return value > 0; });
      if (any) add(totals_, row(self.data()));
      if (stack == kRoot) continue;
      if (any) add(costs_[function_at(stack)].of_line[line_at(stack)], row(self.data()));
      if (profile_.caller(stack) == kRoot || recurs(stack)) continue;
      const StackId caller = profile_.caller(stack);
      CallCost& cost = costs_[function_at(caller)].of_calls[{
          .line = line_at(caller), .callee = function_at(stack), .callee_line = line_at(stack)}];
      ++cost.stacks;
      add(cost.values, row(&below[i * width]));
    }
  }

  // Whether the last call of `stack` is on it further out as well, and counted there.
  bool recurs(StackId stack) const {
    const StackId caller = profile_.caller(stack);
    const std::size_t from = function_at(caller);
    const std::size_t to = function_at(stack);
    constexpr int kFarthest = 1000;  // deeper recursion is not worth the square of its depth
    StackId inner = caller;
    for (int i = 0; i < kFarthest && profile_.caller(inner) != kRoot; ++i) {
      const StackId outer = profile_.caller(inner);
      const bool same = function_at(inner) == to && function_at(outer) == from;
      if (same && line_at(inner) == line_at(stack) && line_at(outer) == line_at(caller)) {
        return true;
      }
      inner = outer;
    }
    return false;
  }

  void header() {
    out_ = "# callgrind format\nversion: 1\ncreator: tidemark\n";
    if (!profile_.title.empty())
      out_ += fmt::format("desc: Trigger: {}\n", printable(profile_.title));
    out_ += "positions: line\nevents:";
    for (const std::size_t value : order_) out_ += " " + event_name(value);
    out_ += '\n';
  }

  // A name of letters, digits and _ that no other event has.
  std::string event_name(std::size_t value) const {
    std::string name;
    for (const char c : profile_.value_types()[value].name) {
      name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    }
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
      name.insert(0, 1, '_');
    }
    const auto& types = profile_.value_types();
    const bool twice = std::ranges::count(types, types[value].name, &ValueType::name) > 1;
    return twice ? fmt::format("{}_{}", name, value) : name;
  }

  void add_values(const Values& values) {
    for (const std::int64_t value : values) fmt::format_to(std::back_inserter(out_), " {}", value);
    out_ += '\n';
  }

  void add_function(std::size_t id) {
    const Costs& costs = costs_[id];
    if (costs.of_line.empty() && costs.of_calls.empty()) return;
    const Function& function = *functions_[id];
    fmt::format_to(std::back_inserter(out_), "\nob={}\nfl={}\nfn={}\n",
                   modules_.of(function.module), files_.of(function.file),
                   names_.of(function.name));
    for (const auto& [line, values] : costs.of_line) {
      out_ += std::to_string(line);
      add_values(values);
    }
    for (const auto& [call, cost] : costs.of_calls) {
      const Function& callee = *functions_[call.callee];
      fmt::format_to(std::back_inserter(out_), "cob={}\ncfi={}\ncfn={}\ncalls={} {}\n{}",
                     modules_.of(callee.module), files_.of(callee.file), names_.of(callee.name),
                     cost.stacks, call.callee_line, call.line);
      add_values(cost.values);
    }
  }

  const Profile& profile_;
  std::vector<std::size_t> order_;  // of value types
  std::map<Function, std::size_t> function_ids_;
  std::vector<const Function*> functions_;
  std::vector<std::size_t> function_of_frame_;
  std::vector<Costs> costs_;
  Values totals_;
  std::string out_;
  Names modules_;
  Names files_;
  Names names_;
};

}  // namespace

std::string to_callgrind(const Profile& profile) { return Writer(profile).write(); }

}  // namespace tidemark
