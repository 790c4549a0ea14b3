#include "tools/leakwatch/watch/former.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/numbers.h"
#include "lib/process/proc.h"
#include "lib/run/series_db.h"
#include "lib/soak/row_columns.h"

namespace tidemark::leakwatch {
namespace {

constexpr std::int64_t kGapRows = 5;

std::string text_of(const soak::Texts& texts, const char* name) {
  const auto text = texts.find(name);
  return text == texts.end() ? "" : text->second;
}

}  // namespace

std::int64_t watched_between(std::int64_t passed_ms, std::int64_t every_ms) {
  return std::clamp<std::int64_t>(passed_ms, 0, (kGapRows + 1) * every_ms + 1000);
}

std::string this_boot() { return read_kernel_file("/proc/sys/kernel/random/boot_id").value_or(""); }

soak::Texts texts_of(const Remembered& target) {
  return {{"target_boot", this_boot()},
          {"target_pid", fmt::format("{}", target.main.pid)},
          {"target_ticks", fmt::format("{}", target.main.start_ticks)},
          {"target_command_line", target.command_line}};
}

Former read_former(const std::filesystem::path& directory, std::int64_t every_ms,
                   soak::SoakJudge& judge) {
  Former former;
  SeriesReader reader(directory / "series.db");
  soak::RowColumns columns;
  reader.read([&](const SeriesRow& row) {
    const soak::Values values = columns.of(reader, row);
    const auto life = values.get(soak::Column::kLife);
    if (!life) return;
    if (former.rows > 0) {
      former.watched_ms += watched_between(row.at_ms - former.last_ms, every_ms);
    }
    ++former.rows;
    former.last_ms = std::max(former.last_ms, row.at_ms);
    former.lives = static_cast<int>(std::clamp<std::int64_t>(*life, 0, INT32_MAX));
    judge.take(row.at_ms, values);
  });
  const soak::Texts& texts = reader.texts();
  former.known = texts.contains("target_boot");
  former.same_boot = !former.known || text_of(texts, "target_boot") == this_boot();
  former.target.command_line = text_of(texts, "target_command_line");
  former.target.main = {
      .pid = static_cast<pid_t>(to_number(text_of(texts, "target_pid")).value_or(0)),
      .start_ticks = to_unsigned(text_of(texts, "target_ticks")).value_or(0)};
  // After a boot pids and start times mean nothing any more.
  if (!former.same_boot) former.target.main = {};
  return former;
}

}  // namespace tidemark::leakwatch
