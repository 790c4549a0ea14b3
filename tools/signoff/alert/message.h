#pragma once

#include <filesystem>
#include <string>

#include "tools/signoff/alert/event.h"
#include "tools/signoff/result.h"

namespace tidemark::signoff {

// What is told of an event, and to whom it matters.
struct Message {
  const SignoffResult& result;
  const Event& event;
  const Incident& incident;         // as it is once this was told
  std::filesystem::path directory;  // of the campaign, absolute
};

// "nightly 1.4.2 failed: 2 rules do not hold": one line.
std::string text_of(const Message& message);

// {"format": "tidemark-alert", ...}: docs/signoff-ci.md describes it.
std::string json_of(const Message& message);

}  // namespace tidemark::signoff
