#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "lib/soak/columns.h"
#include "lib/verdict/leak_judge.h"

namespace tidemark::soak {

// What a soak was asked for; kept in series.db as texts, so that whoever reads
// the soak judges as the watcher did.
struct SoakSettings {
  double gate_bytes_per_day = 50e6;
  std::optional<std::int64_t> limit_bytes;  // of memory; the smallest of those that hold
  std::int64_t every_ms = 1000;
  std::int64_t for_ms = 0;  // 0: until it is stopped
  // So many times faster than life: a second counts as so many. For soaks that
  // apply the load of a day in minutes, and say so.
  double compress = 1;

  friend bool operator==(const SoakSettings&, const SoakSettings&) = default;
};

using Texts = std::map<std::string, std::string>;
Texts texts_of(const SoakSettings& settings);
// What is missing keeps its default. Throws Error, with `name`, when one is no
// number.
SoakSettings settings_from(const Texts& texts, const std::string& name);

// The verdict about a soak, fed with the rows of series.db: by the watcher as it
// takes them, by readers as they replay them, with the same result.
class SoakJudge {
 public:
  explicit SoakJudge(const SoakSettings& settings);

  // The columns that the row at `at_ms` has. Rarely read ones (heap) count until
  // they are read again.
  void take(std::int64_t at_ms, const Values& row);

  // Times of the verdict are seconds since the epoch.
  verdict::LeakVerdict verdict() const;
  // The first look that was sure of a leak; seconds since the epoch.
  std::optional<double> first_alarm_s() const;
  const verdict::Oddities& oddities() const { return judge_.blocks().oddities(); }
  // How long it was watched, in hours of the judge's clock.
  double hours() const { return judge_.blocks().now_h(); }

 private:
  double real_s(double judged_s) const;

  SoakSettings settings_;
  verdict::LeakJudge judge_;
  Values latest_;
  std::optional<double> start_s_;
};

}  // namespace tidemark::soak
