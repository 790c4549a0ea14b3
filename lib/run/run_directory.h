#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lib/model/run.h"

namespace tidemark {

// The name of the file that makes a directory a run directory.
inline constexpr std::string_view kRunFile = "run.json";

// What to do with a former run in the directory that is asked for.
enum class FormerRun : std::uint8_t { kKeep, kReplace };

// A run directory that we write. run.json is there from the first moment and
// whole at any moment, so that a run whose writer died can still be read.
//
//   RunDirectory directory = RunDirectory::create(path, run, FormerRun::kKeep);
//   directory.run().notes.push_back(...);  directory.save();  ...  directory.end();
class RunDirectory {
 public:
  // Makes `path` and its raw/, or takes an empty directory, and writes run.json.
  // Fills in who writes, where and since when. Throws Error when `path` holds
  // anything else; a former run is removed when asked to, unless its writer
  // lives.
  static RunDirectory create(const std::filesystem::path& path, Run run, FormerRun former);

  // Goes on with a run whose writer died, or that ended. Throws Error when it is
  // none, or its writer lives.
  static RunDirectory resume(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path raw() const { return path_ / "raw"; }

  // Changes are kept by save().
  Run& run() { return run_; }
  const Run& run() const { return run_; }

  // Lists a file of the directory, given relative to it; once.
  void list(RunFile file);

  // Writes run.json. Throws Error.
  void save() const;

  // Sets the state to "ended", now, and saves.
  void end();

 private:
  RunDirectory(std::filesystem::path path, Run run);
  std::filesystem::path path_;
  Run run_;
};

// A run as its directory tells it.
struct StoredRun {
  std::filesystem::path directory;
  Run run;
  bool abandoned = false;  // it says "running", but its writer is no more: say so
};

// Reads `path`, a run directory or its run.json. Throws Error when it is
// neither, damaged, or of a later version.
StoredRun read_run(const std::filesystem::path& path);

// run.json and back; `name` is for messages.
std::string to_json(const Run& run);
Run run_from_json(std::string_view name, std::string_view text);

// Whether a path that a file names stays in the directory that it is relative to: it may come from
// anywhere. An empty one does not.
bool stays_inside(const std::filesystem::path& path);

}  // namespace tidemark
