#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/load/scenario.h"
#include "tools/pressure/engine/loop.h"
#include "tools/pressure/engine/tally.h"
#include "tools/pressure/files/desk.h"

namespace tidemark::pressure {

// What is asked whether a marker shows; one of:
//
//   "search has ${marker}"        the mix's request "search", in which ${marker}, or else
//                                 ${word}, stands for it: its answer must contain it
//   "command: grep -q ${marker} index.txt"   ends with 0 when it does
//
//   Question question = ...;  auto asked = question.ask(marker);
//   while (!asked->answer()) { ... }
class Question {
 public:
  // One that is under way.
  class Asked {
   public:
    // Whether the marker shows; nothing while there is no answer. A question that fails
    // is answered with no, and trouble() says why.
    std::optional<bool> answer();
    const std::string& trouble() const;
    Asked(Asked&&) noexcept;
    Asked& operator=(Asked&&) noexcept;
    ~Asked();

   private:
    friend class Question;
    struct State;
    explicit Asked(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };

  // Throws UsageError that names `what` ("beside.edit.visible").
  Question(std::string_view text, std::string_view what, const load::Scenario& scenario);
  Question(Question&&) noexcept;
  Question& operator=(Question&&) noexcept;
  ~Question();

  Asked ask(const std::string& marker);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Measures how long a change takes until the service shows it: writes a file with a fresh
// marker, asks in growing intervals (a tenth of what was waited so far, 10 ms to 1 s)
// until it shows, counts that as NAME.visible, and after a pause does it again. One that
// does not show within 60 s is a time-out.
class Probe {
 public:
  struct Setup {
    Tally* tally = nullptr;
    std::string label;  // "edit.visible"
    load::Span every;   // between two markers
    std::uint64_t seed = 1;
  };
  // Throws Error.
  Probe(Setup setup, Question question, const std::filesystem::path& directory);

  // Shows that the probe works: a marker that was never written must not show, and one that
  // was must, within `limit`. Throws Error that says which did not hold; `give_up` is asked
  // meanwhile.
  void prove(const std::function<bool()>& give_up, Time limit);

  // As in work.h.
  Time step();

 private:
  std::string new_marker();
  bool ask_now(const std::string& marker, const std::function<bool()>& give_up);
  int write(const std::string& marker);

  Setup setup_;
  Question question_;
  Desk desk_;
  load::Random random_;
  int written_ = 0;
  std::string marker_;  // that is waited for; empty: none
  Time since_ = 0;
  std::optional<Question::Asked> asked_;
  std::string trouble_;
};

}  // namespace tidemark::pressure
