#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {

// Writes one JSON document from its start to its end, for documents that are too large
// or too frequent to be built as a tree first:
//
//   JsonWriter json;
//   json.open('{').key("name").text(name).key("sizes").open('[').number(1).close().close();
//   use json.out();
//
// Text may be any bytes: what is not UTF-8, and control characters, become escapes that
// people can read (printable()).
class JsonWriter {
 public:
  JsonWriter& open(char bracket);  // '{' or '['
  JsonWriter& close();             // what was opened last
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(double value);  // null when it is not finite
  JsonWriter& truth(bool value);
  JsonWriter& null();

  // REQUIRES: everything is closed.
  const std::string& out() const { return out_; }

 private:
  void separate();

  std::string out_;
  std::vector<char> closing_;
  bool first_ = true;  // nothing was written yet in what was opened last
};

}  // namespace tidemark
