// Webhooks over http are ours (lib/http). TLS is left to curl, which knows the proxies and the
// certificates of the machine. Its URL comes from a file that only this process has: the command
// lines of processes are for all to read.
#include "tools/signoff/alert/delivery.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/lines.h"
#include "lib/base/numbers.h"
#include "lib/http/webhook.h"
#include "lib/process/command.h"

namespace tidemark::signoff {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Done = std::function<void(std::size_t, const Receipt&)>;

constexpr std::size_t kMostError = 200;

milliseconds left_until(Clock::time_point deadline) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds(0));
}

// A webhook and the letter that it has.
struct Posting {
  std::size_t letter = 0;
  http::Webhook webhook;
};

void wait_for(const std::vector<Posting>& postings) {
  std::vector<pollfd> events;
  Clock::time_point next = Clock::time_point::max();
  for (const Posting& posting : postings) {
    if (!posting.webhook.busy()) continue;
    posting.webhook.add_to(events);
    next = std::min(next, posting.webhook.next());
  }
  if (next == Clock::time_point::max()) return;
  const auto pause = static_cast<int>(std::min(left_until(next), milliseconds(60'000)).count());
  if (::poll(events.data(), events.size(), pause) < 0 && errno != EINTR) throw errno_error("poll");
}

Receipt receipt_of(const http::Webhook::News& news) {
  return {.delivered = news.what == http::Webhook::News::What::kDelivered,
          .attempts = news.attempts,
          .status = news.status,
          .error = news.why};
}

void post_http(const std::vector<Letter>& letters, const Pace& pace, Clock::time_point deadline,
               const Done& done) {
  std::vector<Posting> postings;
  const http::Patience patience{.first_pause = pace.first_pause,
                                .longest_pause = pace.each,
                                .answer = pace.answer,
                                .give_up = std::min(pace.each, left_until(deadline)),
                                .obeys_refusals = true};
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i].to->kind != Destination::Kind::kHttp) continue;
    postings.push_back({.letter = i, .webhook = http::Webhook(*letters[i].to->http, patience)});
    postings.back().webhook.post(letters[i].json,
                                 {{.name = "Idempotency-Key", .value = letters[i].id}});
  }
  const auto busy = [](const Posting& posting) { return posting.webhook.busy(); };
  while (std::ranges::any_of(postings, busy)) {
    for (Posting& posting : postings) {
      posting.webhook.advance(Clock::now());
      for (const http::Webhook::News& news : posting.webhook.news()) {
        if (news.what == http::Webhook::News::What::kFailed) continue;
        done(posting.letter, receipt_of(news));
      }
    }
    wait_for(postings);
  }
}

// A file without a name, for a program that we start: /proc/PID/fd/N.
class Unnamed {
 public:
  explicit Unnamed(const std::string& text) : fd_(::memfd_create("curl", MFD_CLOEXEC)) {
    if (!fd_) throw errno_error("memfd_create");
    if (::write(fd_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw errno_error("memfd");
    }
  }
  std::string path() const { return fmt::format("/proc/{}/fd/{}", ::getpid(), fd_.get()); }

 private:
  Descriptor fd_;
};

// One attempt. A status of 0: no answer, and `error` says why.
Receipt post_https_once(const Letter& letter, milliseconds time) {
  const std::string seconds = fmt::format("{:.3f}", static_cast<double>(time.count()) / 1000);
  const Unnamed secrets(fmt::format("url = \"{}\"\n", letter.to->https));
  // Redirections are not followed, and globs are not: a URL is one URL.
  const Finished curl = run_to_end({.arguments = {"curl",
                                                  "--disable",
                                                  "--config",
                                                  secrets.path(),
                                                  "--silent",
                                                  "--show-error",
                                                  "--globoff",
                                                  "--proto",
                                                  "=https",
                                                  "--max-time",
                                                  seconds,
                                                  "--header",
                                                  "Content-Type: application/json",
                                                  "--header",
                                                  "Idempotency-Key: " + letter.id,
                                                  "--data-binary",
                                                  "@" + letter.file.string(),
                                                  "--output",
                                                  "/dev/null",
                                                  "--write-out",
                                                  "%{http_code}"}},
                                   time + milliseconds(2'000));
  Receipt receipt;
  receipt.status = static_cast<int>(to_number(curl.output).value_or(0));
  receipt.delivered = receipt.status >= 200 && receipt.status < 300;
  if (receipt.delivered) return receipt;
  if (receipt.status != 0) {
    receipt.error = fmt::format("{}: answered with {}", letter.to->place, receipt.status);
    return receipt;
  }
  // "curl: (6) Could not resolve host: x": it names hosts, but never a path.
  const std::string said = printable(curl.errors.substr(0, curl.errors.find('\n')));
  receipt.error = fmt::format("{}: {}", letter.to->place,
                              said.empty() ? curl.end.why : said.substr(0, kMostError));
  return receipt;
}

bool worth_another(const Receipt& receipt) {
  const int status = receipt.status;
  return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

Receipt post_https(const Letter& letter, const Pace& pace, Clock::time_point deadline) {
  if (!find_program("curl")) {
    return {.error = fmt::format("{}: curl, which speaks TLS for us, is not installed",
                                 letter.to->place)};
  }
  std::minstd_rand random(std::random_device{}());
  milliseconds pause = pace.first_pause;
  Receipt receipt;
  for (int attempts = 1;; ++attempts) {
    receipt =
        post_https_once(letter, std::clamp(left_until(deadline), milliseconds(1), pace.answer));
    receipt.attempts = attempts;
    const std::int64_t most = std::max<std::int64_t>(pause.count(), 1);
    const milliseconds wait(std::uniform_int_distribution<std::int64_t>(most / 2, most)(random));
    if (receipt.delivered || !worth_another(receipt) || left_until(deadline) <= wait) break;
    std::this_thread::sleep_for(wait);
    pause *= 2;
  }
  return receipt;
}

void write_log(const std::filesystem::path& path, const Finished& finished) {
  if (!finished.output.empty() || !finished.errors.empty()) {
    write_file(path, finished.output + finished.errors);
  }
}

Receipt run_command(const Letter& letter, milliseconds limit) {
  Command command{.environment = letter.environment};
  for (const std::string& word : letter.to->words) {
    command.arguments.push_back(filled(word, letter.words));
  }
  const Finished finished = run_to_end(command, limit);
  write_log(letter.log, finished);
  Receipt receipt{.attempts = 1, .status = finished.end.code};
  receipt.delivered = finished.end.kind == EndKind::kExited && finished.end.code == 0;
  if (receipt.delivered) return receipt;
  receipt.error = finished.end.kind == EndKind::kExited
                      ? fmt::format("{} left with {}; {} has what it said", letter.to->place,
                                    finished.end.code, letter.log.filename().string())
                      : fmt::format("{}: {}", letter.to->place, finished.end.why);
  return receipt;
}

Receipt deliver_alone(const Letter& letter, const Pace& pace, Clock::time_point deadline) {
  const Clock::time_point own = std::min(deadline, Clock::now() + pace.each);
  if (left_until(own) == milliseconds(0)) {
    return {.error = letter.to->place + ": no time was left for it"};
  }
  try {
    return letter.to->is_command() ? run_command(letter, left_until(own))
                                   : post_https(letter, pace, own);
  } catch (const Error& error) {
    return {.attempts = 1, .error = error.what()};
  }
}

}  // namespace

void deliver(const std::vector<Letter>& letters, const Pace& pace, Clock::time_point deadline,
             const Done& done) {
  post_http(letters, pace, deadline, done);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (letters[i].to->kind == Destination::Kind::kHttp) continue;
    done(i, deliver_alone(letters[i], pace, deadline));
  }
}

}  // namespace tidemark::signoff
