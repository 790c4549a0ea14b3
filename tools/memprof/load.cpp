#include "tools/memprof/load.h"

#include <fmt/format.h>

#include <utility>

namespace tidemark::memprof {
namespace {

// A load that ends sooner is a mistake (a wrong option, a refused connection
// that counts as success); repeating it would be a busy loop.
constexpr std::chrono::milliseconds kShortest{100};

}  // namespace

Load::Load(Plan plan) : plan_(std::move(plan)) { start(); }

void Load::start() {
  ++rounds_;
  started_ = Clock::now();
  std::filesystem::path output = plan_.output;
  if (rounds_ > 1) output += fmt::format(".{}", rounds_ % 2);  // the first, and the last two
  tree_ = Tree::start({.arguments = plan_.command}, {.output = output, .errors = output});
}

bool Load::running() {
  if (!tree_) return false;
  end_ = tree_->ended();
  if (!end_) return true;
  tree_.reset();
  const bool well = end_->kind == EndKind::kExited && end_->code == 0;
  if (!plan_.repeat || !well || Clock::now() - started_ < kShortest) return false;
  start();
  end_.reset();
  return true;
}

void Load::stop() {
  if (!tree_) return;
  end_ = tree_->stop({.grace = std::chrono::seconds(5)});
  tree_.reset();
}

}  // namespace tidemark::memprof
