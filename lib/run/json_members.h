#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

using Json = nlohmann::ordered_json;

// The text as JSON. Throws Error with the place; `what` is what it should hold: "a run".
Json parse_json(std::string_view name, std::string_view text, std::string_view what);

// Reads the members of one object. A member that is absent, or null, keeps its default,
// so that a reader of version 1 accepts what was added to it later; one of another type
// is an Error with its place. `name` and `object` must outlive it.
class JsonMembers {
 public:
  JsonMembers(std::string_view name, std::string where, const Json& object);

  // That it is in this format and of a version that we know; `file` is for the message.
  void require_format(std::string_view file, std::string_view format, std::int64_t version) const;

  bool has(const char* key) const { return find(key) != nullptr; }
  void read(const char* key, std::string& into) const;
  void read(const char* key, std::int64_t& into) const;
  void read(const char* key, std::uint64_t& into) const;
  void read(const char* key, int& into) const;
  void read(const char* key, double& into) const;
  void read(const char* key, std::optional<double>& into) const;
  void read(const char* key, std::optional<std::int64_t>& into) const;
  void read(const char* key, std::vector<std::string>& into) const;
  void read(const char* key, std::vector<double>& into) const;
  void read(const char* key, std::map<std::string, std::string>& into) const;
  void read(const char* key, std::map<std::string, std::int64_t>& into) const;

  // The members of an object in it; nothing when there is none.
  std::optional<JsonMembers> object(const char* key) const;
  // Of each object in a list; none when there is no list.
  std::vector<JsonMembers> objects(const char* key) const;

  // "file: limits[2].text", for messages.
  std::string place(std::string_view key) const;

  // Throws "name: expected `expected` as where.key, found ...".
  [[noreturn]] void fail(std::string_view key, std::string_view expected, const Json& found) const;

 private:
  const Json* find(const char* key) const;
  std::string path(std::string_view key) const;
  std::string text(std::string_view key, const Json& value) const;
  std::int64_t whole(std::string_view key, const Json& value) const;
  double number(std::string_view key, const Json& value) const;

  std::string_view name_;
  std::string where_;
  const Json* object_;
};

}  // namespace tidemark
