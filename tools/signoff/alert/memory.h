#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "lib/base/file.h"
#include "tools/signoff/alert/event.h"

namespace tidemark::signoff {

// What each destination was told of one campaign, from night to night: a small file of its own,
// {"format": "tidemark-alert-memory", "version": 1, "campaign": "nightly", "told": [...]}, written
// beside and renamed after each delivery, so that whatever is killed nothing that was told is
// told again, but for the one that was being told.
//
// Two of the same campaign at once go one after the other: who has it keeps a lock.
class AlertMemory {
 public:
  // Waits for the lock for at most `patience`, and goes on without it then. A file that cannot be
  // read counts as empty: to tell twice is better than not to tell. What went wrong is in
  // warnings().
  AlertMemory(std::filesystem::path path, std::string campaign, std::chrono::milliseconds patience);

  // What the destination of that key was told; without problems when it was told nothing.
  Incident told(const std::string& key) const;

  // Keeps it, on disk when it returns. One that is not open is forgotten.
  void keep(const std::string& key, const Incident& incident);

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  void lock(std::chrono::milliseconds patience);
  void read();
  void write() const;

  std::filesystem::path path_;
  std::string campaign_;
  Descriptor lock_;
  std::map<std::string, Incident> told_;
  std::vector<std::string> warnings_;
};

// Where the memory of a campaign is: in a directory beside the history, one file for each name,
// flavour and scale, since a rehearsal says nothing about the night.
std::filesystem::path alert_memory_of(const std::filesystem::path& history,
                                      const SignoffResult& result);

}  // namespace tidemark::signoff
