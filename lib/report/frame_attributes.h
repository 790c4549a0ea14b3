#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/file.h"

namespace tidemark {

// What a user adds to the drawing of one function: flamegraph.pl's --nameattr.
struct FrameAttributes {
  std::string title;                                          // instead of the usual one
  std::string href;                                           // makes it a link
  std::vector<std::pair<std::string, std::string>> of_group;  // id, class, and those of g_extra
  std::vector<std::pair<std::string, std::string>> of_link;   // target, and those of a_extra
};

using AttributesByName = std::map<std::string, FrameAttributes, std::less<>>;

// Reads lines of a function and its attributes, separated by tabs:
//
//   main<TAB>href=https://example.com/main<TAB>class=mine<TAB>g_extra=style="stroke:red"
//
// Known are id, class, title, href, target, and g_extra and a_extra, which hold
// name="value" pairs for the group and the link. Throws UsageError.
AttributesByName parse_attributes(const Input& input);

}  // namespace tidemark
