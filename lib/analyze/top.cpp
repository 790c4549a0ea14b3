#include "lib/analyze/top.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "lib/analyze/inclusive.h"
#include "lib/base/numbers.h"
#include "lib/model/callees.h"

namespace tidemark {
namespace {

// Walks the tree from the root, down before sideways, with the number of times
// that each function is on the current stack.
class Walk {
 public:
  Walk(const Profile& profile, std::size_t value_type)
      : profile_(profile), type_(value_type), totals_(inclusive(profile, value_type)) {
    name_frames();
    sum_variances();
  }

  std::vector<FunctionTotal> run() && {
    const Callees callees(profile_);
    std::vector<std::int64_t> active(functions_.size());
    StackId at = callees.first(kRoot);
    while (at != kRoot) {
      enter(static_cast<std::size_t>(at), active);
      if (callees.first(at) != kRoot) {
        at = callees.first(at);
        continue;
      }
      while (at != kRoot) {
        --active[function_of(static_cast<std::size_t>(at))];
        if (callees.next(at) != kRoot) break;
        at = profile_.caller(at);
      }
      if (at != kRoot) at = callees.next(at);
    }
    for (FunctionTotal& function : functions_) {
      function.self_error = std::sqrt(function.self_error);
      function.total_error = std::sqrt(function.total_error);
    }
    return std::move(functions_);
  }

 private:
  static StackId id(std::size_t stack) { return StackId{static_cast<std::uint32_t>(stack)}; }

  std::size_t function_of(std::size_t stack) const {
    return function_of_frame_[static_cast<std::size_t>(profile_.leaf(id(stack)))];
  }

  void name_frames() {
    std::map<std::pair<std::string, std::string>, std::size_t> known;
    for (std::size_t i = 0; i < profile_.frames(); ++i) {
      const Frame& frame = profile_.frame(FrameId{static_cast<std::uint32_t>(i)});
      std::string name = name_of(frame);
      const auto [entry, fresh] = known.try_emplace({name, frame.file}, functions_.size());
      if (fresh) {
        functions_.push_back(
            {.function = std::move(name), .file = frame.file, .module = frame.module});
      }
      function_of_frame_.push_back(entry->second);
    }
  }

  void sum_variances() {
    if (!profile_.sampled()) return;
    variances_.resize(profile_.stacks());
    for (std::size_t i = profile_.stacks(); i-- > 1;) {
      variances_[i] += profile_.variance(id(i), type_);
      variances_[static_cast<std::size_t>(profile_.caller(id(i)))] += variances_[i];
    }
  }

  void enter(std::size_t stack, std::vector<std::int64_t>& active) {
    const std::size_t index = function_of(stack);
    FunctionTotal& function = functions_[index];
    function.self = checked_add(function.self, profile_.self(id(stack))[type_]);
    if (!variances_.empty()) function.self_error += profile_.variance(id(stack), type_);
    if (active[index]++ > 0) return;
    function.total = checked_add(function.total, totals_[stack]);
    if (!variances_.empty()) function.total_error += variances_[stack];
  }

  const Profile& profile_;
  std::size_t type_;
  std::vector<std::int64_t> totals_;
  std::vector<double> variances_;  // inclusive; empty for an exact profile
  std::vector<FunctionTotal> functions_;
  std::vector<std::size_t> function_of_frame_;
};

}  // namespace

std::vector<FunctionTotal> top(const Profile& profile, std::size_t value_type) {
  std::vector<FunctionTotal> functions = Walk(profile, value_type).run();
  std::erase_if(functions, [](const FunctionTotal& f) { return f.self == 0 && f.total == 0; });
  std::ranges::sort(functions, [](const FunctionTotal& a, const FunctionTotal& b) {
    return std::tie(b.self, b.total, a.function, a.file) <
           std::tie(a.self, a.total, b.function, b.file);
  });
  return functions;
}

}  // namespace tidemark
