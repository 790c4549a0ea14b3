#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/lines.h"
#include "lib/model/frame.h"
#include "lib/model/profile.h"
#include "lib/model/recording.h"

namespace tidemark {

// The list of mapped files that gperftools, tcmalloc and jemalloc write after
// their stacks of bare addresses. Two forms of line are read:
//
//   55659585e000-55659585f000 r-xp 00001000 00:00 10954619    /tmp/prog
//   55659585e000-55659585f000: /tmp/prog (@1000) 5a8f3c0e
//
// The first is /proc/self/maps; only executable mappings of it are kept. The
// second is what other producers shorten it to, with a build id where known.
//
// Invariant: mappings() is in the order of addresses.
class ProcMaps {
 public:
  ProcMaps() = default;

  // Reads all lines that are left.
  explicit ProcMaps(Lines& lines);

  // Whether there was no line at all.
  bool empty() const { return lines_ == 0; }

  // What is wrong with the list, with its position; empty: nothing.
  const std::string& damage() const { return damage_; }

  // Tells `recording` when the list is missing, in the words of `missing`, or
  // damaged.
  void report(Recording& recording, std::string missing) const;

  const std::vector<Mapping>& mappings() const { return mappings_; }

  // The frame for `address`: module and offset are set when it lies in a mapping.
  Frame frame_at(std::uint64_t address) const;

 private:
  void add(const Lines& lines);

  std::vector<Mapping> mappings_;
  std::int64_t lines_ = 0;
  std::int64_t bad_ = 0;
  std::string damage_;
};

}  // namespace tidemark
