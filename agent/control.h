#pragma once

// What a tool asks for in the header of the heap file, and the agent's own limit.

#include <cstdint>

#include "agent/heap_file.h"

namespace tidemark::agent {

// Does what the header's Control asks for; returns what the agent is to do.
heap_file::State read_control();

// Bytes between two samples, at present.
float sampling_mean();

// A sample was taken since `start_ns`.
void count_time(std::uint64_t start_ns);

// A sampled block was freed since `start_ns`.
void count_time_of_free(std::uint64_t start_ns);

}  // namespace tidemark::agent
