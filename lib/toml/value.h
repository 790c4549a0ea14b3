#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/toml/node.h"

namespace tidemark {

// A value of a TOML file, its name there and its place, for those who turn files into
// something of their own: every access says what is expected, and anything else is a
// UsageError such as
//
//   soak.toml:9:30: load.stages[1].rate: expected a number of at least 0, found a text
//
// The file's name and the node must outlive it.
class TomlValue {
 public:
  TomlValue(std::string_view file, const TomlNode& node) : file_(file), node_(&node) {}

  const TomlNode& node() const { return *node_; }
  const std::string& path() const { return path_; }  // "load.stages[1].rate"
  std::string_view key() const { return key_; }      // "rate"; empty for an item of a list

  std::filesystem::path directory() const;  // of the file

  std::string place() const;  // "soak.toml:9:30"
  // "soak.toml:9:30: load.stages[1].rate"
  std::string what() const;
  [[noreturn]] void fail(std::string_view problem, std::string hint = "") const;
  // The same at the place of the key, for what is wrong with the whole.
  [[noreturn]] void fail_at_key(std::string_view problem, std::string hint = "") const;
  // For a name that must be one of `known`: names the one that was probably meant.
  [[noreturn]] void fail_unknown(std::string_view kind, std::string_view name,
                                 std::span<const std::string_view> known) const;

  // The key as a name of letters, digits, '-' and '_'.
  std::string key_name() const;

  bool is_text() const { return node_->kind == TomlNode::Kind::kText; }
  bool is_number() const { return node_->kind == TomlNode::Kind::kNumber; }
  bool is_list() const { return node_->kind == TomlNode::Kind::kList; }
  bool is_table() const { return node_->kind == TomlNode::Kind::kTable; }

  const std::string& text() const;  // may be empty
  const std::string& name() const;  // letters, digits, '-' and '_', at least one
  std::int64_t whole(std::int64_t low, std::int64_t high = INT64_MAX) const;
  double number(double low, double high) const;
  bool truth() const;
  std::string date() const;  // a day that there is, quoted or not: "2027-01-31"
  std::string_view choice(std::span<const std::string_view> words) const;

  // Texts that say a quantity: "30s", "1GiB", "85%" (as 0.85).
  std::chrono::nanoseconds duration() const;
  std::int64_t bytes() const;
  double share() const;

  std::vector<TomlValue> items(std::size_t most) const;    // of a list
  std::vector<TomlValue> members(std::size_t most) const;  // of a table, in the file's order

  // A list of texts, or a text alone; none is empty, and there is one at least.
  std::vector<std::string> texts(std::size_t most) const;

  // REQUIRES for get() and need(): only() or members() was called before, so it is a table.
  void only(std::span<const std::string_view> keys) const;
  std::optional<TomlValue> get(std::string_view key) const;
  TomlValue need(std::string_view key) const;

 private:
  [[noreturn]] void expected(std::string_view what) const;

  std::string_view file_;
  const TomlNode* node_;
  std::string path_;
  std::string_view key_;
  TomlPlace key_place_;
};

}  // namespace tidemark
