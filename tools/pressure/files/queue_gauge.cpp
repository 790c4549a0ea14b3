#include "tools/pressure/files/queue_gauge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/http/client.h"
#include "lib/process/proc.h"
#include "tools/pressure/engine/json.h"
#include "tools/pressure/files/work.h"

namespace tidemark::pressure {
namespace {

constexpr Time kPoll = 5 * kMillisecond;

// "name 17" or "name{label="x"} 17", as Prometheus' text has it.
std::optional<double> metric_in(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    const char after = line[name.size()];
    const std::size_t end = after == '{' ? line.rfind('}') : name.size() - 1;
    if ((after != ' ' && after != '{') || end == std::string_view::npos) continue;
    const auto words = fields(line.substr(end + 1));
    if (!words.empty()) return to_double(words.front());
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> number_in(std::string_view answer, std::string_view pointer) {
  const std::optional<Json> json = Json::parse(answer);
  if (!json) return metric_in(answer, pointer);
  const std::string full =
      pointer.starts_with('/') ? std::string(pointer) : fmt::format("/{}", pointer);
  const std::optional<std::string> text = json->text_at(full);
  return text ? to_double(*text) : std::nullopt;
}

struct QueueGauge::State {
  http::Request request;
  std::string pointer;
  Sink sink;
  std::optional<http::Exchange> exchange;
  Time asked = 0;
};

QueueGauge::QueueGauge(std::string_view text, std::string_view what, const load::Target& target,
                       Sink sink)
    : state_(std::make_unique<State>()) {
  const std::size_t hash = text.find('#');
  if (!text.starts_with('/') || hash == std::string_view::npos || hash + 1 == text.size()) {
    throw UsageError(fmt::format("{}: expected \"/PATH#POINTER\", found {}", what,
                                 tidemark::quoted(std::string(text))));
  }
  if (target.kind != load::Target::Kind::kHttp || target.tls) {
    throw UsageError(fmt::format("{}: a queue's depth is asked by plain HTTP/1.1 only", what));
  }
  state_->request.url = {.host = target.host,
                         .port = target.port,
                         .socket = target.socket,
                         .target = target.prefix + std::string(text.substr(0, hash))};
  state_->pointer = text.substr(hash + 1);
  state_->sink = std::move(sink);
}

QueueGauge::QueueGauge(QueueGauge&&) noexcept = default;
QueueGauge::~QueueGauge() = default;

double QueueGauge::read() {
  const http::Response response = http::fetch(state_->request);
  if (const auto value = number_in(response.body, state_->pointer)) return *value;
  throw Error(fmt::format("no number at {} in the answer to GET {} (status {})",
                          tidemark::quoted(state_->pointer), state_->request.url.target,
                          response.status));
}

Time QueueGauge::step() {
  State& state = *state_;
  try {
    if (!state.exchange) {
      state.asked = clock_now();
      state.exchange.emplace(state.request);
    }
    if (!state.exchange->advance()) return clock_now() + kPoll;
    const auto value = number_in(state.exchange->response().body, state.pointer);
    if (value && state.sink) state.sink(*value);
  } catch (const Error&) {  // it is counted nowhere: a series with a gap says it
  }
  state.exchange.reset();
  return std::max(state.asked + kSecond, clock_now() + kPoll);
}

}  // namespace tidemark::pressure
