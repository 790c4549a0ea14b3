#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lib/base/numbers.h"
#include "lib/load/scenario.h"
#include "tests/lib/process/actor.h"

namespace tidemark::pressure {

// The example service, which watches a directory.
class WatchingService {
 public:
  WatchingService()
      : tree_(Tree::start(
            {.arguments = {std::string(TIDEMARK_BUILD) + "/examples/leaky-service/leaky-service",
                           "--port", "0", "--watch", make_directory()}},
            {.output = scratch_.path / "output"})) {
    EXPECT_TRUE(eventually([&] {
      const std::string said = read_kernel_file(scratch_.path / "output").value_or("");
      const std::size_t line = said.find('\n');
      if (line == std::string::npos) return false;
      const std::size_t colon = said.rfind(':', line);
      port_ = to_number(said.substr(colon + 1, line - colon - 1)).value_or(0);
      return port_ > 0;
    }));
  }

  std::string directory() const { return scratch_.path / "watched"; }
  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

  // With one request, "search".
  load::Scenario scenario() const {
    load::Scenario scenario;
    scenario.target = load::parse_target("http://127.0.0.1:" + std::to_string(port_), "target");
    scenario.personas.push_back(
        {.mix = {{.name = "search",
                  .action = load::HttpRequest{
                      .path = load::Template("/search?q=${word}", "test", {})}}}});
    return scenario;
  }

 private:
  std::string make_directory() const {
    std::filesystem::create_directory(directory());
    return directory();
  }

  Scratch scratch_;
  std::int64_t port_ = 0;
  Tree tree_;
};

}  // namespace tidemark::pressure
