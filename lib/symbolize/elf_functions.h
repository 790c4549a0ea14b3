#pragma once

#include <deque>
#include <string>

#include "lib/symbolize/elf_file.h"
#include "lib/symbolize/symbol_table.h"

namespace tidemark {

// Adds the functions in the symbol table of `file`, or in its dynamic one when it
// has no other; hand-written code that has a label but no type is among them.
// False when there is neither. `file` must outlive the table.
bool add_functions(const ElfFile& file, SymbolTable& table);

// Adds the stubs through which `file` calls other libraries: "free@plt". Their
// names go to `names`, which must outlive the table.
void add_stubs(const ElfFile& file, SymbolTable& table, std::deque<std::string>& names);

}  // namespace tidemark
