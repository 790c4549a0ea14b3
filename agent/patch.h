#pragma once

// Import tables: how the calls of a program that runs already are led to the hooks.
//
// Each module calls what it imports through slots that the loader filled in. A slot that holds
// the function that we forward to, or that is still to be bound, is set to the hook; one that
// holds anything else belongs to somebody else and stays. What the program copied from a slot
// before (a pointer to free, kept in a structure) stays as it is too: those calls are not seen,
// and do no harm.
//
// Modules that are loaded later are found when they are first used: after a call of dlopen, at
// the next dlsym or sample. Both go through functions of ours that note it and then jump to the
// real ones, which so see the same caller: a wrapper that called them would change where dlopen
// looks (RUNPATH), what the new module sees, and what RTLD_NEXT means.

#include <cstdint>

namespace tidemark::agent {

// Sets all slots of all modules but the loader's, the allocator's and our own. Returns how
// many lead to hooks now. Takes the loader's lock. Does nothing when another thread is at it.
std::uint32_t patch_imports();

// The same for modules that came since: cheap when there was no call of dlopen for a while.
void patch_new_modules();

// Sets every slot that still leads to a hook back to what it was.
void restore_imports();

}  // namespace tidemark::agent
