#pragma once

#include <string_view>

namespace tidemark {

// Whether the whole of `text` matches `pattern`, in which '*' stands for any
// characters and '?' for any one. Takes time proportional to the product of the
// lengths at worst.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace tidemark
