#include "tools/leakwatch/report/why.h"

namespace tidemark::leakwatch {

std::string with_sites(const verdict::LeakVerdict& verdict, const std::string& sites) {
  const bool grows =
      verdict.answer == verdict::Answer::kLeak || verdict.answer == verdict::Answer::kNotEnough;
  return grows && !sites.empty() ? verdict.text + "; " + sites : verdict.text;
}

}  // namespace tidemark::leakwatch
