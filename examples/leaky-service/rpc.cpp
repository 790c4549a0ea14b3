#include "examples/leaky-service/rpc.h"

#include <boost/json/src.hpp>  // the library itself, in this one file
#include <optional>
#include <utility>

namespace leaky {
namespace {

namespace json = boost::json;

// An error that the specification gives a number.
struct Refusal {
  int code;
  std::string_view message;
};

constexpr Refusal kNotJson{-32700, "the request is not JSON"};
constexpr Refusal kNotRpc{-32600, "not a JSON-RPC 2.0 request"};
constexpr Refusal kNoMethod{-32601, "no such method"};
constexpr Refusal kWrongParams{-32602, "wrong params"};

json::value refuse(const Refusal& refusal, json::value id = nullptr) {
  return {{"jsonrpc", "2.0"},
          {"error", {{"code", refusal.code}, {"message", refusal.message}}},
          {"id", std::move(id)}};
}

std::string_view text_of(const json::object& params, std::string_view name) {
  const json::value* const value = params.if_contains(name);
  if (value == nullptr || !value->is_string()) throw kWrongParams;
  return {value->get_string().data(), value->get_string().size()};
}

json::value search(Workspace& workspace, const json::object& params) {
  const json::value* const limit = params.if_contains("limit");
  if (limit != nullptr && !limit->is_int64()) throw kWrongParams;
  const std::int64_t most = limit == nullptr ? 10 : std::max<std::int64_t>(limit->get_int64(), 0);
  json::array results;
  for (const std::string& one :
       workspace.search(text_of(params, "query"), static_cast<std::size_t>(most))) {
    results.emplace_back(one);
  }
  return {{"total", results.size()}, {"results", std::move(results)}};
}

json::value call(Workspace& workspace, std::string_view method, const json::object& params) {
  if (method == "search_workspace") return search(workspace, params);
  if (method == "add_document") {
    return {{"id", workspace.add(std::string(text_of(params, "content")))}};
  }
  if (method == "list_collections") {
    json::array collections;
    collections.push_back({{"name", "documents"}, {"documents", workspace.size()}});
    return {{"collections", std::move(collections)}};
  }
  throw kNoMethod;
}

// Nothing for a notification, which has no id.
std::optional<json::value> answer_one(Workspace& workspace, const json::value& request) {
  const json::object* const object = request.if_object();
  if (object == nullptr) return refuse(kNotRpc);
  const json::value* const id = object->if_contains("id");
  try {
    const json::value* const version = object->if_contains("jsonrpc");
    const json::value* const method = object->if_contains("method");
    if (version == nullptr || *version != "2.0" || method == nullptr || !method->is_string()) {
      throw kNotRpc;
    }
    const json::value* const params = object->if_contains("params");
    if (params != nullptr && !params->is_object()) throw kWrongParams;
    const json::string& name = method->get_string();
    json::value result = call(workspace, {name.data(), name.size()},
                              params == nullptr ? json::object() : params->get_object());
    if (id == nullptr) return {};
    return json::value{{"jsonrpc", "2.0"}, {"result", std::move(result)}, {"id", *id}};
  } catch (const Refusal& refusal) {
    return refuse(refusal, id == nullptr ? json::value() : *id);
  }
}

}  // namespace

std::uint64_t Workspace::add(std::string content) {
  const std::lock_guard lock(mutex_);
  documents_.push_back(std::move(content));
  if (documents_.size() > 1000) documents_.pop_front();
  return ++last_id_;
}

std::size_t Workspace::size() const {
  const std::lock_guard lock(mutex_);
  return documents_.size();
}

std::deque<std::string> Workspace::search(std::string_view words, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::deque<std::string> found;
  for (auto one = documents_.rbegin(); one != documents_.rend() && found.size() < limit; ++one) {
    if (one->find(words) != one->npos) found.push_back(*one);
  }
  return found;
}

std::string answer_rpc(Workspace& workspace, std::string_view body) {
  json::error_code error;
  const json::value request = json::parse({body.data(), body.size()}, error);
  if (error) return json::serialize(refuse(kNotJson));
  const json::array* const batch = request.if_array();
  if (batch == nullptr) {
    const std::optional<json::value> answer = answer_one(workspace, request);
    return answer ? json::serialize(*answer) : std::string();
  }
  if (batch->empty()) return json::serialize(refuse(kNotRpc));
  json::array answers;
  for (const json::value& one : *batch) {
    if (std::optional<json::value> answer = answer_one(workspace, one)) {
      answers.push_back(std::move(*answer));
    }
  }
  return answers.empty() ? std::string() : json::serialize(answers);
}

}  // namespace leaky
