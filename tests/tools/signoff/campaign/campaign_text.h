#pragma once

#include <filesystem>
#include <regex>
#include <string>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/lib/scratch.h"
#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// A target and nothing else; five lines.
inline const std::string kHead =
    "name = 'night'\n"
    "[target.app]\n"
    "command = ['/bin/sh', '-c', ':']\n"
    "load.normal = 'normal.toml'\n"
    "\n";

// A phase that does nothing, and ends well; four lines.
inline std::string phase(const std::string& name, const std::string& more = "") {
  return "[[phase]]\nname = '" + name + "'\ntool = 'command'\nargs = ['/bin/true']\n" + more;
}

inline Campaign campaign_from(const std::string& text) {
  const Scratch scratch;
  write_file(scratch.path / "c.toml", text);
  return read_campaign(scratch.path / "c.toml");
}

// "c.toml:6:9: ..." with its hint after a newline; paths without the directory of the test.
inline std::string error_from(const std::string& text) {
  try {
    campaign_from(text);
  } catch (const UsageError& error) {
    const std::regex directory("/[^ ]*/tidemark-[A-Za-z0-9]*/");
    const std::string what = std::regex_replace(error.what(), directory, "");
    return error.hint().empty() ? what : what + "\n" + error.hint();
  }
  return "no error";
}

}  // namespace tidemark::signoff
