// Any bytes are a scenario, whose words, needs and templates do not crash either, or a
// UsageError that names the file. To replay a finding: scenario_fuzz FILE.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/load/scenario_words.h"
#include "lib/load/template.h"

namespace {

using tidemark::load::Persona;
using tidemark::load::Request;

void render(const tidemark::load::Template& text) {
  // Up to 64 MiB may be asked for, which is right and slow.
  if (text.text().find("${text") != std::string::npos) return;
  if (text.text().find("${hex") != std::string::npos) return;
  tidemark::load::Random random(1);
  std::uint64_t sequence = 0;
  tidemark::load::Values values{.random = &random, .sequence = &sequence};
  std::string out;
  text.render(out, values);
}

}  // namespace

extern "C" {

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto scenario = tidemark::load::parse_scenario(
        {.name = "fuzz.toml", .bytes = {reinterpret_cast<const char*>(data), size}});
    if (tidemark::load::scenario_words(scenario).empty()) std::abort();
    if (tidemark::load::needs_of(scenario).empty()) std::abort();
    for (const Persona& persona : scenario.personas) {
      for (const Request& request : persona.mix) {
        if (const auto* http = std::get_if<tidemark::load::HttpRequest>(&request.action)) {
          render(http->path);
          render(http->body);
        }
      }
    }
  } catch (const tidemark::UsageError& error) {
    if (!std::string_view(error.what()).starts_with("fuzz.toml:")) std::abort();
  }
  return 0;
}
}
