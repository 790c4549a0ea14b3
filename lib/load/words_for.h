#pragma once

#include <cstdint>
#include <string>

#include "lib/load/scenario.h"

namespace tidemark::load {

// Parts of a scenario in words, on one line each, safe for a terminal.
std::string words_for(const Request& request);
std::string words_for(const Beside& beside);
std::string words_for(const LaunchPlan& launch);
std::string words_for(const GuardPlan& guard);

std::string grouped(std::int64_t number);  // "1,234,567"
std::string clock_text(Duration time);     // since the beginning: " 2:00:00", "1d 02:00:00"

}  // namespace tidemark::load
