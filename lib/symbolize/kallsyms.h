#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "lib/symbolize/symbol_table.h"

namespace tidemark {

// The functions of a kernel and its modules, from the text of /proc/kallsyms:
//
//   ffffffff81000000 T _text
//   ffffffffc0a01000 t nf_hook	[nf_tables]
class Kallsyms {
 public:
  // Empty when the file cannot be read or hides the addresses; `why` then says so.
  static Kallsyms read(const std::filesystem::path& path, std::string& why);
  static Kallsyms parse(std::string text);

  bool empty() const { return table_.size() == 0; }

  // Where the kernel's own code starts; 0 when it is not named.
  std::uint64_t text() const { return text_address_; }

  // The function at `address`, and the module that it is of ("[nf_tables]"; empty
  // for the kernel's own). Empty when there is none.
  struct Function {
    std::string_view name;
    std::string_view module;
  };
  Function function_at(std::uint64_t address) const;

 private:
  std::shared_ptr<const std::string> text_;  // the names point into it
  SymbolTable table_;
  std::uint64_t text_address_ = 0;
};

// The build id of the running kernel, in hexadecimal digits; empty when unknown.
std::string running_kernel_build_id();

// The same of a module of it that is loaded: "[nf_tables]".
std::string running_module_build_id(std::string_view module);

}  // namespace tidemark
