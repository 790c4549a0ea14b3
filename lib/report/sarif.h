#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/analyze/site.h"

namespace tidemark {

enum class SarifLevel : std::uint8_t { kNote, kWarning, kError };

// What SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/) is told about one analysis.
// All texts are untrusted.
struct SarifLog {
  // A rule besides those of the kinds of findings, which are always there.
  struct Rule {
    std::string id;
    std::string name;   // a few words
    std::string about;  // a sentence
    SarifLevel level = SarifLevel::kError;
    std::string tag;
  };

  // Why a result does not count.
  struct Suppression {
    std::string justification;
  };

  // Something at a place in a file that a rule of `rules` is about.
  struct Remark {
    std::size_t rule = 0;  // index into `rules`
    SarifLevel level = SarifLevel::kError;
    std::string message;
    std::string file;  // empty: no place
    std::int64_t line = 0;
    std::int64_t column = 0;
    std::string fingerprint;  // equal for the same trouble in two logs
    std::optional<Suppression> suppression;
  };

  struct Finding {
    Site site;
    std::optional<Suppression> suppression;
  };

  struct Note {
    SarifLevel level = SarifLevel::kNote;
    std::string text;
  };

  std::string backend;  // the profiler; empty: none, or several
  std::string backend_version;
  std::string command;
  bool successful = true;
  std::optional<int> exit_code;
  std::optional<int> exit_signal;
  std::string exit_text;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  std::vector<Rule> rules;
  std::vector<Remark> remarks;
  std::vector<Finding> findings;
  std::vector<Note> notes;
};

// One run: the remarks in their order, then one result for each finding, with its stacks, and
// for those about threads with their code flows.
std::string to_sarif(const SarifLog& log);

}  // namespace tidemark
