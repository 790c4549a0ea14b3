#include "lib/model/finding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace tidemark {
namespace {

struct Words {
  std::string_view name;
  std::string_view code;
};

constexpr std::array<Words, 15> kWords = {{
    {.name = "definite leak", .code = "definite_leak"},
    {.name = "indirect leak", .code = "indirect_leak"},
    {.name = "possible leak", .code = "possible_leak"},
    {.name = "still reachable", .code = "reachable"},
    {.name = "in use", .code = "in_use"},
    {.name = "growth", .code = "growth"},
    {.name = "invalid access", .code = "invalid_access"},
    {.name = "uninitialised value", .code = "uninitialised"},
    {.name = "bad free", .code = "bad_free"},
    {.name = "bad call", .code = "bad_call"},
    {.name = "fatal", .code = "fatal"},
    {.name = "data race", .code = "race"},
    {.name = "lock order", .code = "lock_order"},
    {.name = "lock misuse", .code = "lock_misuse"},
    {.name = "other", .code = "other"},
}};

}  // namespace

std::string_view name_of(FindingKind kind) { return kWords[static_cast<std::size_t>(kind)].name; }

std::string_view code_of(FindingKind kind) { return kWords[static_cast<std::size_t>(kind)].code; }

bool is_leak(FindingKind kind) { return kind <= FindingKind::kGrowth; }

CallStack::CallStack(std::vector<Frame> frames) {
  std::vector<Shared> shared;
  shared.reserve(frames.size());
  for (Frame& frame : frames) shared.push_back(std::make_shared<const Frame>(std::move(frame)));
  frames_ = std::make_shared<const std::vector<Shared>>(std::move(shared));
}

CallStack::CallStack(std::vector<Shared> frames)
    : frames_(std::make_shared<const std::vector<Shared>>(std::move(frames))) {}

bool operator==(const CallStack& a, const CallStack& b) {
  return a.frames_ == b.frames_ || std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace tidemark
