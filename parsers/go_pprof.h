#pragma once

#include <string_view>

namespace tidemark {

// Whether `head` starts the heap profile that a Go program writes as text, which
// starts as that of gperftools does.
bool is_go_heap(std::string_view head);

}  // namespace tidemark
