#include "agent/config.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tidemark::agent {
namespace {

constexpr std::uint64_t kLargest = 1ULL << 50;

// A whole number below 2^50 with a unit of `units`, whose first one is a factor of 1.
struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr Unit kBytes[] = {{"", 1},
                           {"B", 1},
                           {"KiB", 1ULL << 10},
                           {"MiB", 1ULL << 20},
                           {"GiB", 1ULL << 30},
                           {"K", 1ULL << 10},
                           {"M", 1ULL << 20},
                           {"G", 1ULL << 30}};
constexpr Unit kCount[] = {{"", 1}};

bool parse_digits(std::string_view& text, std::uint64_t& value) {
  std::size_t digits = 0;
  value = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && value < kLargest)
    value = value * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
  text.remove_prefix(digits);
  return digits > 0 && value < kLargest;
}

template <std::size_t kUnits>
bool parse_number(std::string_view text, const Unit (&units)[kUnits], std::uint64_t& number) {
  std::uint64_t value = 0;
  if (!parse_digits(text, value)) return false;
  for (const Unit& unit : units) {
    if (text != unit.name || value > kLargest / unit.factor) continue;
    number = value * unit.factor;
    return true;
  }
  return false;
}

// "1%", "0.25%": in millionths.
bool parse_share(std::string_view text, std::uint32_t& ppm) {
  std::uint64_t whole = 0;
  if (!parse_digits(text, whole) || whole > 100) return false;
  std::uint64_t parts = whole * 10000;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    for (std::uint64_t place = 1000; !text.empty() && text.front() >= '0' && text.front() <= '9';
         place /= 10) {
      parts += static_cast<std::uint64_t>(text.front() - '0') * place;
      text.remove_prefix(1);
    }
  }
  ppm = static_cast<std::uint32_t>(parts);
  return text == "%";
}

bool set_file(std::string_view value, Config& config) {
  if (value.empty() || value.size() + 40 > sizeof config.file) return false;
  std::copy(value.begin(), value.end(), config.file);
  config.file[value.size()] = '\0';
  return true;
}

bool set_depth(std::string_view value, Config& config) {
  std::uint64_t depth = 0;
  if (!parse_number(value, kCount, depth) || depth == 0 || depth > kMaxDepth) return false;
  config.depth = static_cast<std::uint32_t>(depth);
  return true;
}

bool set_choice(std::string_view value, std::string_view yes, std::string_view no, bool& field) {
  field = value == yes;
  return value == yes || value == no;
}

bool set_mean(std::string_view value, Config& config) {
  return parse_number(value, kBytes, config.mean_bytes) && config.mean_bytes > 0;
}

struct Key {
  std::string_view name;
  bool (*set)(std::string_view value, Config& config);
  const char* otherwise;
};
constexpr Key kKeys[] = {
    {"file", set_file, "TIDEMARK_HEAP: file= is no path of < 984 bytes"},
    {"size",
     [](std::string_view value, Config& config) {
       return parse_number(value, kBytes, config.file_bytes);
     },
     "TIDEMARK_HEAP: size= is no number of bytes"},
    {"mean", set_mean, "TIDEMARK_HEAP: mean= is no number of bytes"},
    {"depth", set_depth, "TIDEMARK_HEAP: depth= is not 1 to 512"},
    {"seed",
     [](std::string_view value, Config& config) {
       return parse_number(value, kCount, config.seed);
     },
     "TIDEMARK_HEAP: seed= is no number"},
    {"overhead",
     [](std::string_view value, Config& config) {
       return parse_share(value, config.max_overhead_ppm);
     },
     "TIDEMARK_HEAP: overhead= is no percentage"},
    {"made",
     [](std::string_view value, Config& config) {
       return set_choice(value, "yes", "no", config.made);
     },
     "TIDEMARK_HEAP: made= is neither yes nor no"},
    {"threads",
     [](std::string_view value, Config& config) {
       return set_choice(value, "yes", "no", config.by_thread);
     },
     "TIDEMARK_HEAP: threads= is neither yes nor no"},
};

// Null, or what was expected.
const char* set(std::string_view name, std::string_view value, Config& config) {
  for (const Key& key : kKeys)
    if (key.name == name) return key.set(value, config) ? nullptr : key.otherwise;
  return "TIDEMARK_HEAP: there is a key that this agent does not know";
}

}  // namespace

const char* parse_config(const char* text, Config& config) {
  const char* problem = nullptr;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part(rest.data(), std::min(rest.find(','), rest.size()));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::size_t equals = std::min(part.find('='), part.size());
    std::string_view value = part;
    value.remove_prefix(std::min(equals + 1, part.size()));
    const Config before = config;
    const char* wrong = set({part.data(), equals}, value, config);
    if (wrong == nullptr) continue;
    config = before;
    if (problem == nullptr) problem = wrong;
  }
  constexpr std::uint64_t kSmallest = 1ULL << 20;
  config.file_bytes = std::max(config.file_bytes, kSmallest);
  if (problem == nullptr && config.file[0] == '\0')
    problem = "TIDEMARK_HEAP: there is no file=PREFIX";
  return problem;
}

}  // namespace tidemark::agent
