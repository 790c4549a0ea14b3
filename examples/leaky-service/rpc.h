#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace leaky {

// What documents were added: at most 1000, the oldest make room.
class Workspace {
 public:
  std::uint64_t add(std::string content);
  std::size_t size() const;

  // The newest `limit` that contain `words`.
  std::deque<std::string> search(std::string_view words, std::size_t limit) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> documents_;
  std::uint64_t last_id_ = 0;
};

// The answer to a JSON-RPC 2.0 request or batch (https://www.jsonrpc.org/specification);
// empty: it was a notification. The methods:
//
//   search_workspace {"query": TEXT, "limit": NUMBER}  -> {"total": N, "results": [TEXT...]}
//   add_document {"content": TEXT}                     -> {"id": NUMBER}
//   list_collections                                   -> {"collections": [{"name", "documents"}]}
std::string answer_rpc(Workspace& workspace, std::string_view body);

}  // namespace leaky
