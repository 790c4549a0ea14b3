// Tells of a result as `signoff run` does at its end, with the times that a test has:
//
//   tell_alerts DIRECTORY HISTORY TIME_MS PAUSE_MS [on=EVENT | webhook=URL | command=LINE]...
//
// DIRECTORY has signoff.json. Prints the warnings.
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "lib/base/error.h"
#include "tools/signoff/alert/alert.h"
#include "tools/signoff/alert/memory.h"
#include "tools/signoff/report/result_json.h"

using namespace tidemark::signoff;

int main(int argc, char** argv) try {
  const std::span words(argv, static_cast<std::size_t>(argc));
  if (words.size() < 5) return 2;
  const SignoffResult result = read_result(words[1]);
  AlertPlan plan;
  for (const std::string_view word : words.subspan(5)) {
    const std::string value(word.substr(word.find('=') + 1));
    if (word.starts_with("on=")) plan.on.push_back(value);
    if (word.starts_with("webhook=")) plan.webhooks.push_back(value);
    if (word.starts_with("command=")) plan.commands.push_back(value);
  }
  const AlertTask task{.directory = words[1],
                       .memory = alert_memory_of(words[2], result),
                       .time = std::chrono::milliseconds(std::atoi(words[3])),
                       .first_pause = std::chrono::milliseconds(std::atoi(words[4]))};
  for (const std::string& warning : deliver_alerts(result, plan, task)) {
    std::printf("%s\n", warning.c_str());
  }
  return 0;
} catch (const tidemark::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 3;
}
