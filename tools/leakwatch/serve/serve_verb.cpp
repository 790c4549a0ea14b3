#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/http/server.h"
#include "lib/process/interrupts.h"
#include "lib/verdict/explain.h"
#include "tools/leakwatch/serve/feed.h"
#include "tools/leakwatch/serve/site.h"
#include "tools/leakwatch/serve/soak_json.h"
#include "tools/leakwatch/serve/soaks.h"
#include "tools/leakwatch/verbs.h"

namespace tidemark::leakwatch {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLookTime{250};
constexpr milliseconds kLongestLook{150};  // then viewers have a turn
constexpr milliseconds kStateTime{5000};   // what changes with every row need not be sent with each
constexpr std::size_t kMostRowsAtOnce = 300;  // more is a reason to ask for the history again
constexpr std::size_t kShortestToken = 16;

struct Place {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

// "9797", "127.0.0.1:9797", "[::1]:9797".
Place place_of(std::string_view text) {
  Place place;
  std::string_view port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) {
      address = address.substr(1, address.size() - 2);
    }
    if (address != "localhost") place.address = address;
    port = text.substr(colon + 1);
  }
  const auto number = to_number(port);
  if (!number || *number < 0 || *number > 65'535 || place.address.empty()) {
    throw UsageError(fmt::format("--listen: expected ADDRESS:PORT or PORT, found {}", quoted(text)),
                     "127.0.0.1:9797, or 0 for any free port");
  }
  place.port = static_cast<std::uint16_t>(*number);
  return place;
}

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw errno_error("getrandom");
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::string token_of(const std::string& path) {
  const File file = read_file(path);
  std::string_view text = file.bytes();
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const bool plain = std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (text.size() < kShortestToken || !plain) {
    throw UsageError(fmt::format("{}: expected one line of at least {} letters, digits, - and _",
                                 printable(path), kShortestToken));
  }
  return std::string(text);
}

http::ServerSettings settings_of(const cli::Args& args) {
  const Place place = place_of(args.value("--listen"));
  http::ServerSettings settings{.address = place.address,
                                .port = place.port,
                                .hosts = args.values("--host"),
                                .headers = headers_of_site()};
  settings.token_to_read = !is_loopback(place.address);
  if (args.given("--token-file")) {
    settings.token = token_of(args.value("--token-file"));
    settings.token_to_read = true;
  } else if (settings.token_to_read) {
    settings.token = random_token();
  }
  return settings;
}

// Tells viewers what changed.
class Reporter {
 public:
  Reporter(http::Server& server, Soaks& soaks, Feed& feed)
      : server_(server), soaks_(soaks), feed_(feed) {}

  void look() {
    const auto start = Clock::now();
    do {
      for (const News& news : soaks_.look()) tell(news);
    } while (!soaks_.complete() && Clock::now() - start < kLongestLook);
  }

 private:
  struct Told {
    std::string state;
    Clock::time_point at;
  };

  void tell(const News& news) {
    const ShownSoak& soak = soaks_.all()[news.soak];
    if (news.soak >= told_.size()) told_.resize(news.soak + 1);
    Told& told = told_[news.soak];
    if (!news.rows.empty() && news.rows.size() <= kMostRowsAtOnce) {
      publish("rows", rows_json(soak.id, news.rows, soaks_.history(news.soak)));
    }
    std::string state = state_of(soak);
    if (news.changed && (state != told.state || Clock::now() - told.at > kStateTime)) {
      told = {.state = std::move(state), .at = Clock::now()};
      publish("soak", soak_json(soak));
    }
    if (news.began_anew || news.rows.size() > kMostRowsAtOnce) {
      publish("reload", rows_json(soak.id, {}, {}));
    }
  }

  // What a viewer must know at once.
  static std::string state_of(const ShownSoak& shown) {
    if (!shown.soak) return shown.problem;
    const soak::Soak& soak = *shown.soak;
    return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", shown.problem, shown.sites_ms,
                       soak::words(soak.state), soak.why, soak.verdict.text, soak.events.size(),
                       soak.troubles.size(), soak.lives);
  }

  void publish(std::string name, std::string data) {
    server_.publish(Feed::kTopic, feed_.add(std::move(name), std::move(data)));
  }

  http::Server& server_;
  Soaks& soaks_;
  Feed& feed_;
  std::vector<Told> told_;
};

// Where to look, on standard output, so that a script can read it; then what is there.
void announce(const http::ServerSettings& settings, std::uint16_t port, const Soaks& soaks) {
  const bool six = settings.address.find(':') != std::string::npos;
  const std::string query = settings.token_to_read ? "?token=" + settings.token : "";
  fmt::print("http://{}{}{}:{}/{}\n", six ? "[" : "", settings.address, six ? "]" : "", port,
             query);
  (void)std::fflush(stdout);
  fmt::print(stderr, "leakwatch: {} {}; Ctrl-C ends\n", soaks.all().size(),
             soaks.all().size() == 1 ? "soak" : "soaks");
}

}  // namespace

int serve_verb(const cli::Args& args) {
  std::vector<std::filesystem::path> places(args.operands().begin(), args.operands().end());
  Soaks soaks(std::move(places));
  Feed feed;
  const http::ServerSettings settings = settings_of(args);
  const http::Server* running = nullptr;
  http::Server server(settings, routes_of(soaks, feed, [&running] { return running->streams(); }));
  running = &server;
  Reporter reporter(server, soaks, feed);
  reporter.look();
  const Interrupts interrupts;
  server.when_readable(interrupts.fd(), [&server] { server.stop(); });
  server.every(kLookTime, [&reporter] { reporter.look(); });
  announce(settings, server.port(), soaks);
  server.run();
  return cli::kOk;
}

}  // namespace tidemark::leakwatch
