// `signoff compare` by itself, for tests that run it as a program.
#include <array>

#include "tools/signoff/compare/compare_verb.h"

int main(int argc, char** argv) {
  using namespace tidemark;
  static constexpr std::array<cli::Verb, 1> kVerbs = {signoff::kCompareVerb};
  return cli::run_tool({.name = "signoff", .summary = "Compares runs.", .verbs = kVerbs}, argc,
                       argv);
}
