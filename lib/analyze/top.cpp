#include "lib/analyze/top.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "lib/analyze/inclusive.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// The stacks called by each stack, as lists through one array.
class Callees {
 public:
  explicit Callees(const Profile& profile) : first_(profile.stacks()), next_(profile.stacks()) {
    for (std::size_t i = profile.stacks(); i-- > 1;) {
      const auto caller =
          static_cast<std::size_t>(profile.caller(StackId{static_cast<std::uint32_t>(i)}));
      next_[i] = first_[caller];
      first_[caller] = i;
    }
  }

  // 0: none, since nothing calls the root.
  std::size_t first(std::size_t stack) const { return first_[stack]; }
  std::size_t next(std::size_t stack) const { return next_[stack]; }

 private:
  std::vector<std::size_t> first_;
  std::vector<std::size_t> next_;
};

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
    std::size_t at = callees.first(0);
    while (at != 0) {
      enter(at, active);
      if (callees.first(at) != 0) {
        at = callees.first(at);
        continue;
      }
      while (at != 0) {
        --active[function_of(at)];
        if (callees.next(at) != 0) break;
        at = static_cast<std::size_t>(profile_.caller(id(at)));
      }
      if (at != 0) at = callees.next(at);
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
