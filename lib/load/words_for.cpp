#include "lib/load/words_for.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "lib/base/lines.h"
#include "lib/base/quantities.h"

namespace tidemark::load {
namespace {

constexpr std::size_t kLongest = 70;

std::string shortened(std::string_view text) {
  std::string line = printable(text.substr(0, text.find('\n')));
  if (line.size() > kLongest) line = line.substr(0, kLongest - 3) + "...";
  return line;
}

std::string span_text(const Span& span) {
  return span.low == span.high
             ? duration_text(span.low)
             : fmt::format("{} to {}", duration_text(span.low), duration_text(span.high));
}

std::string joined(const std::vector<std::string>& words) {
  return shortened(fmt::format("{}", fmt::join(words, " ")));
}

std::string number_of(int clients, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(clients), clients == 1 ? one : many);
}

struct ActionWords {
  std::string operator()(const HttpRequest& http) const {
    std::string line = shortened(fmt::format("{} {}", http.method, http.path.text()));
    if (!http.json_rpc) return line;
    constexpr std::string_view kMethod = "\"method\":";
    const std::string& body = http.body.text();
    const std::size_t at = body.find(kMethod) + kMethod.size();
    const std::size_t end = std::min(body.find(",\"params\"", at), body.size() - 1);
    return fmt::format("{}, JSON-RPC {}", line, shortened(body.substr(at, end - at)));
  }
  std::string operator()(const RedisCommand& redis) const {
    std::vector<std::string> words;
    for (const Template& word : redis.words) words.push_back(word.text());
    return joined(words);
  }
  std::string operator()(const SqlCommand& sql) const { return shortened(sql.text); }
  std::string operator()(const RawMessage& raw) const { return shortened(raw.send.text()); }
};

std::string expectation_words(const Request& request) {
  const Expectation& expect = request.expect;
  const bool sql = std::holds_alternative<SqlCommand>(request.action);
  std::vector<std::string> wanted;
  if (expect.status) {
    wanted.push_back(fmt::format("{}{}", *expect.status,
                                 !sql                  ? ""
                                 : *expect.status == 1 ? " row"
                                                       : " rows"));
  }
  if (!expect.contains.empty()) wanted.push_back(tidemark::quoted(expect.contains));
  if (expect.equals) {
    wanted.push_back(
        fmt::format("{} = {}", printable(expect.pointer), tidemark::quoted(*expect.equals)));
  } else if (!expect.pointer.empty()) {
    wanted.push_back(printable(expect.pointer));
  }
  return fmt::format("{}", fmt::join(wanted, " and "));
}

struct BesideWords {
  std::string operator()(const SseClients& sse) const {
    return fmt::format("{} from {}{}{}; comes back after {}",
                       number_of(sse.clients, "event stream", "event streams"), shortened(sse.path),
                       sse.ordered ? ", in order" : "", sse.lossless ? ", none lost" : "",
                       span_text(sse.backoff));
  }
  std::string operator()(const WebSocketClients& chat) const {
    std::string text = fmt::format("{} to {}", number_of(chat.clients, "WebSocket", "WebSockets"),
                                   shortened(chat.path));
    if (!chat.send.empty()) {
      text += fmt::format(", each sends {} every {}", shortened(chat.send.text()),
                          span_text(chat.every));
    }
    if (!chat.ack.empty()) {
      text += fmt::format("; \"{}\" acknowledges it within {}", printable(chat.ack),
                          duration_text(chat.timeout));
    }
    return text;
  }
  std::string operator()(const SqlClients& sql) const {
    return fmt::format("{} work off {}{}",
                       number_of(sql.clients, "PostgreSQL connection", "PostgreSQL connections"),
                       shortened(std::filesystem::path(sql.file).filename().string()),
                       sql.pipeline > 1 ? fmt::format(", {} under way on each", sql.pipeline) : "");
  }
  std::string operator()(const FileClients& files) const {
    constexpr std::string_view kWorks[] = {"edits files", "restructures files",
                                           "works in a git repository"};
    std::string text =
        fmt::format("{} in {}, each {} every {}", number_of(files.clients, "worker", "workers"),
                    shortened(files.directory), kWorks[static_cast<std::size_t>(files.kind)],
                    span_text(files.every));
    if (!files.visible.empty()) {
      text += fmt::format("; probes until {}", shortened(files.visible));
    }
    if (!files.queue.empty()) text += fmt::format("; reads {}", shortened(files.queue));
    return text;
  }
  std::string operator()(const Program& program) const {
    return fmt::format("runs {}{}", joined(program.command),
                       program.repeat ? ", again when it ends" : "");
  }
};

}  // namespace

std::string words_for(const Request& request) {
  std::string text = std::visit(ActionWords{}, request.action);
  const std::string expected = expectation_words(request);
  if (!expected.empty()) text += fmt::format("; expects {}", expected);
  if (request.think.high > Duration(0)) {
    text += fmt::format("; thinks {}", span_text(request.think));
  }
  return text;
}

std::string words_for(const Beside& beside) { return std::visit(BesideWords{}, beside.what); }

std::string words_for(const LaunchPlan& launch) {
  std::string text = joined(launch.command);
  if (launch.under != "none") text += fmt::format(", under {}", launch.under);
  text += fmt::format("; it has {} until {}", duration_text(launch.ready_within),
                      launch.ready_path.empty()
                          ? "it takes connections"
                          : fmt::format("GET {} answers", shortened(launch.ready_path)));
  return text;
}

std::string words_for(const GuardPlan& guard) {
  std::string text = fmt::format("the machine's memory is {:.3g} % used", 100 * guard.memory);
  if (guard.cpu) text += fmt::format(" or its CPUs are {:.3g} % busy", 100 * *guard.cpu);
  if (guard.disk_free > 0) {
    text += fmt::format(" or less than {} of the disk is free", exact_bytes_text(guard.disk_free));
  }
  return fmt::format("{} for {}", text, duration_text(guard.within));
}

std::string grouped(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    if (text[at - 4] == '-') break;
    text.insert(at - 3, 1, ',');
  }
  return text;
}

std::string clock_text(Duration time) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return fmt::format("{:3}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace tidemark::load
