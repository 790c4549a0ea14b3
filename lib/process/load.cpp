#include "lib/process/load.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/process/command.h"
#include "lib/process/own_tool.h"
#include "lib/process/words.h"

namespace tidemark {
namespace {

// A load that ends sooner is a mistake (a wrong option, a refused connection
// that counts as success); repeating it would be a busy loop.
constexpr std::chrono::milliseconds kShortest{100};

std::string find_pressure() {
  if (const auto found = find_own_tool("pressure")) return found->string();
  throw Error("--load: a scenario needs `pressure`, which is neither beside this tool nor in PATH",
              "give the load as a command: --load \"redis-benchmark -p 6379 -n 1000\"");
}

}  // namespace

LoadCommand parse_load(const std::string& text) {
  std::vector<std::string> command = split_command(text, "--load");
  if (command[0].ends_with(".toml")) {
    if (!std::filesystem::exists(command[0])) {
      throw UsageError(fmt::format("--load: there is no file {}", tidemark::quoted(command[0])));
    }
    command.insert(command.begin(), {find_pressure(), "run"});
    return {.arguments = std::move(command), .scenario = true};
  }
  if (!find_program(command[0])) {
    throw UsageError(fmt::format("--load: no program {} in PATH", tidemark::quoted(command[0])));
  }
  return {.arguments = std::move(command)};
}

std::string_view scenario_trouble(const End& end) {
  constexpr std::array<std::string_view, 6> kMeanings = {"",
                                                         "a limit of the scenario was crossed",
                                                         "the scenario is wrong",
                                                         "the target failed under it",
                                                         "it was not a valid measurement",
                                                         "the guard of this machine stopped it"};
  if (end.kind != EndKind::kExited || end.code < 0) return "";
  const auto code = static_cast<std::size_t>(end.code);
  return code < kMeanings.size() ? kMeanings.at(code) : "";
}

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

}  // namespace tidemark
