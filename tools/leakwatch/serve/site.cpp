#include "tools/leakwatch/serve/site.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/report/page.h"
#include "tools/leakwatch/serve/metrics.h"
#include "tools/leakwatch/serve/soak_assets.h"
#include "tools/leakwatch/serve/soak_json.h"

namespace tidemark::leakwatch {
namespace {

namespace fs = std::filesystem;
using http::Answer;
using http::Call;

constexpr std::int64_t kMostColumns = 4000;
constexpr std::int64_t kUsualColumns = 1000;

Answer json(std::string body) {
  return {.type = "application/json; charset=utf-8", .body = std::move(body)};
}

// A file whose address changes with its contents.
Answer asset(std::string_view type, std::string_view body) {
  return {.type = std::string(type),
          .body = std::string(body),
          .headers = {{"Cache-Control", "max-age=31536000, immutable"}}};
}

Answer page(const Call&) {
  return {.type = "text/html; charset=utf-8",
          .body = filled(kSoakHtml, {{"css", std::string(kSoakCssSha256.substr(0, 16))},
                                     {"js", std::string(kSoakJsSha256.substr(0, 16))}})};
}

std::int64_t number_of(const Call& call, std::string_view name, std::int64_t fallback) {
  const auto found = call.query.find(name);
  if (found == call.query.end()) return fallback;
  const auto number = to_number(found->second);
  if (!number) throw UsageError(std::string(name) + ": expected a number of milliseconds");
  return *number;
}

Answer history(Soaks& soaks, std::size_t place, const Call& call) {
  const History& history = soaks.history(place);
  // Years, not ages: differences of these fit.
  constexpr std::int64_t kFarthest = std::int64_t{1} << 50;
  ChartRange range{.from_ms = number_of(call, "from", history.first_ms()),
                   .to_ms = number_of(call, "to", history.last_ms())};
  range.from_ms = std::clamp(range.from_ms, -kFarthest, kFarthest);
  range.to_ms = std::clamp(range.to_ms, range.from_ms + 1, kFarthest + 1);
  range.columns = static_cast<std::size_t>(
      std::clamp<std::int64_t>(number_of(call, "columns", kUsualColumns), 1, kMostColumns));
  return json(history_json(history, range));
}

// As it is in the directory: a small file of ours that is not a way to any other.
Answer sites(const fs::path& directory) {
  constexpr std::int64_t kMostBytes = 32 << 20;
  const fs::path path = directory / "sites.json";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    return {.status = 404, .body = "this soak has no allocation sites\n"};
  }
  if (!S_ISREG(status.st_mode) || status.st_size > kMostBytes) {
    throw Error(printable(path.string()) + ": not a file of at most 32 MiB");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::pread(file.get(), text.data(), text.size(), 0);
  if (count < 0) throw errno_error(printable(path.string()));
  text.resize(static_cast<std::size_t>(count));
  return json(std::move(text));
}

}  // namespace

std::vector<http::Header> headers_of_site() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
           "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

std::vector<http::Route> routes_of(Soaks& soaks, const Feed& feed,
                                   std::function<std::size_t()> viewers) {
  const auto with_soak = [&soaks](auto answer) {
    return [&soaks, answer](const Call& call) -> Answer {
      const auto place = soaks.find(call.stars[0]);
      if (!place) return {.status = 404, .body = "no soak of that name\n"};
      return answer(*place, call);
    };
  };
  const auto one = [&soaks](std::size_t place, const Call&) {
    return json(soak_json(soaks.all()[place]));
  };
  return {
      {.path = "/", .answer = page},
      {.path = "/soak.js",
       .answer = [](const Call&) { return asset("text/javascript; charset=utf-8", kSoakJs); }},
      {.path = "/soak.css",
       .answer = [](const Call&) { return asset("text/css; charset=utf-8", kSoakCss); }},
      {.path = "/api/soaks", .answer = [&](const Call&) { return json(soaks_json(soaks)); }},
      {.path = "/api/soaks/*", .answer = with_soak(one)},
      {.path = "/api/soaks/*/history",
       .answer = with_soak(
           [&soaks](std::size_t place, const Call& call) { return history(soaks, place, call); })},
      {.path = "/api/soaks/*/sites", .answer = with_soak([&soaks](std::size_t place, const Call&) {
                                       return sites(soaks.all()[place].directory);
                                     })},
      {.path = "/metrics",
       .answer =
           [&soaks, viewers = std::move(viewers)](const Call&) {
             return Answer{.type = "text/plain; version=0.0.4; charset=utf-8",
                           .body = metrics_text(soaks.all(), viewers())};
           }},
      {.path = "/events",
       .stream =
           [&](const Call& call) {
             // A page that comes back makes a new stream, which cannot send the header.
             const std::string last = call.last_event_id.empty()
                                          ? std::string(call.query_or("after", ""))
                                          : call.last_event_id;
             return http::Stream{.topic = std::string(Feed::kTopic),
                                 .first = feed.since(last, soaks_json(soaks))};
           }},
  };
}

}  // namespace tidemark::leakwatch
