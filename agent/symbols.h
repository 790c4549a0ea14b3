#pragma once

// Looks for functions by name in the loaded modules' own tables.
//
// Not with dlsym: where a name is missing, that allocates an error message and has it
// translated, which takes locks of the C library. The first allocation of a program may be made
// under one of them.

namespace tidemark::agent {

enum class Among {
  kAll,        // in the order in which the loader looks
  kOthers,     // without this library
  kFollowing,  // what comes after this library
};

// Null when there is none.
void* find_function(const char* name, Among among);

}  // namespace tidemark::agent
