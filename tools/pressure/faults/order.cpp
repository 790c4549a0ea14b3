#include "tools/pressure/faults/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/base/quantities.h"

namespace tidemark::pressure {
namespace {

enum class Word : std::uint8_t { kNone, kCount, kShare, kBytes, kDelay, kPlace, kRestart };

// What a kind's first word is; a duration follows, or is all there is.
struct Grammar {
  std::string_view kind;
  Word first;
  std::chrono::seconds usual;  // how long without a duration; 0: it is over at once
};
constexpr std::array kGrammar = {
    Grammar{"pause", Word::kNone, std::chrono::seconds(1)},
    Grammar{"kill", Word::kRestart, std::chrono::seconds(0)},
    Grammar{"connections", Word::kCount, std::chrono::seconds(10)},
    Grammar{"reset", Word::kShare, std::chrono::seconds(0)},
    Grammar{"slow-readers", Word::kCount, std::chrono::seconds(10)},
    Grammar{"half-open", Word::kCount, std::chrono::seconds(10)},
    Grammar{"memory", Word::kBytes, std::chrono::seconds(30)},
    Grammar{"cpu", Word::kShare, std::chrono::seconds(30)},
    Grammar{"disk", Word::kNone, std::chrono::seconds(30)},
    Grammar{"fds", Word::kCount, std::chrono::seconds(30)},
    Grammar{"disk-full", Word::kPlace, std::chrono::seconds(10)},
    Grammar{"delay", Word::kDelay, std::chrono::seconds(30)},
    Grammar{"loss", Word::kShare, std::chrono::seconds(30)},
    Grammar{"dns", Word::kNone, std::chrono::seconds(30)},
};

std::optional<double> to_share(std::string_view word) {
  if (!word.ends_with('%')) return std::nullopt;
  const auto percent = to_double(word.substr(0, word.size() - 1));
  if (!percent || *percent <= 0 || *percent > 100) return std::nullopt;
  return *percent / 100;
}

bool read_first(Order& order, Word what, std::string_view word) {
  switch (what) {
    case Word::kNone:
      return false;
    case Word::kCount:
      order.count = to_number(word).value_or(0);
      return order.count > 0;
    case Word::kShare:
      order.share = to_share(word).value_or(0);
      return order.share > 0;
    case Word::kBytes:
      order.bytes = to_bytes(word).value_or(0);
      return order.bytes > 0;
    case Word::kDelay:
      order.delay = to_duration(word).value_or(load::Duration(0));
      return order.delay.count() > 0;
    case Word::kPlace:
      order.bytes = to_bytes(word).value_or(0);
      if (order.bytes <= 0) order.path = word;
      return true;
    case Word::kRestart:
      order.restart = word == "restart";
      return order.restart;
  }
  return false;
}

bool read(Order& order, const Grammar& grammar, const std::vector<std::string>& words) {
  std::size_t at = 0;
  const bool may_lack = grammar.first == Word::kNone || grammar.first == Word::kRestart;
  if (at < words.size() && grammar.first != Word::kNone) {
    if (!read_first(order, grammar.first, words[at++])) return false;
  } else if (!may_lack) {
    return false;
  }
  order.duration = grammar.usual;
  if (at < words.size()) {
    order.duration = to_duration(words[at++]).value_or(load::Duration(0));
    if (order.duration.count() <= 0 || grammar.usual.count() == 0) return false;
  }
  return at == words.size();
}

}  // namespace

Order order_of(const load::Injection& injection) {
  const auto* const grammar = std::ranges::find(kGrammar, injection.kind, &Grammar::kind);
  Order order{.text = injection.text, .kind = injection.kind};
  if (grammar == kGrammar.end() || !read(order, *grammar, injection.arguments)) {
    throw UsageError(
        fmt::format("not a fault that can be injected: {}", tidemark::quoted(injection.text)));
  }
  return order;
}

}  // namespace tidemark::pressure
