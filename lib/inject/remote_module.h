#pragma once

#include <optional>
#include <string_view>

#include "lib/inject/address_space.h"
#include "lib/inject/remote_memory.h"

namespace tidemark {

// A library in another process, read as its loader sees it: from memory, so that it is right
// also when the file was replaced or removed since. x86-64.
class RemoteModule {
 public:
  // The module whose first page is at `base`; nothing when that is no ELF file with a table
  // of symbols.
  static std::optional<RemoteModule> at(Address base, const RemoteMemory& memory);

  // The address of what it exports as `name`, whatever the version; nothing when there is
  // none, or when only the process itself could tell (an indirect function).
  std::optional<Address> symbol(std::string_view name) const;

 private:
  // The tables of the dynamic section; absolute addresses.
  struct Tables {
    Address symbols = 0;
    Address strings = 0;
    Address hash = 0;  // DT_GNU_HASH
  };
  RemoteModule(Address bias, const Tables& tables, const RemoteMemory& memory)
      : bias_(bias), tables_(tables), memory_(&memory) {}

  static std::optional<Tables> tables(Address dynamic, Address bias, const RemoteMemory& memory);
  std::optional<Address> address_of(std::uint32_t symbol, std::string_view name) const;

  Address bias_;
  Tables tables_;
  const RemoteMemory* memory_;
};

}  // namespace tidemark
