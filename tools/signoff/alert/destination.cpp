#include "tools/signoff/alert/destination.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/base/lines.h"
#include "lib/http/webhook.h"
#include "lib/process/words.h"

namespace tidemark::signoff {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kVariable = "{env.";

std::string key_of(std::string_view text) { return fmt::format("{:016x}", hash_of(text)); }

// The text with each {env.NAME} replaced. Throws Error for a variable that is not set.
std::string with_environment(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find(kVariable); at != std::string_view::npos;
       at = text.find(kVariable)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) break;
    const std::string name(text.substr(at + kVariable.size(), end - at - kVariable.size()));
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
      throw Error(fmt::format("the environment has no {}", printable(name)));
    }
    out += text.substr(0, at);
    out += value;
    text.remove_prefix(end + 1);
  }
  return out + std::string(text);
}

// "https://HOST:PORT/...": without user, path and query.
std::string place_of_https(std::string_view url) {
  std::string_view rest = url.substr(kHttps.size());
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const bool more = end + 1 < rest.size();
  rest = rest.substr(0, end);
  rest.remove_prefix(rest.rfind('@') + 1);  // npos + 1 is 0
  return fmt::format("{}{}/{}", kHttps, printable(rest), more ? "..." : "");
}

// Neither blanks nor what would end the quotes that curl reads it in.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

void read_url(Destination& into, const std::string& url, std::string_view what) {
  if (url.starts_with(kHttps)) {
    into.kind = Destination::Kind::kHttps;
    into.place = place_of_https(url);
    if (!is_plain(url) || into.place.starts_with("https:///")) {
      throw UsageError(fmt::format("{}: expected https://HOST/PATH without blanks", what));
    }
    into.https = url;
    return;
  }
  into.kind = Destination::Kind::kHttp;
  try {
    into.http = http::parse_url(url, what);
  } catch (const Error&) {  // whose text has the URL
    throw UsageError(fmt::format("{}: this is no URL of a webhook", what),
                     "http://HOST:PORT/PATH, http://unix:SOCKET:/PATH, https://HOST/PATH, or "
                     "{env.NAME}, which has one");
  }
  into.place = http::place_of(*into.http);
}

Destination webhook_of(const std::string& text, std::size_t number) {
  Destination result{.kind = Destination::Kind::kHttp, .key = key_of("webhook " + text)};
  result.place = fmt::format("webhook[{}]", number);
  try {
    read_url(result, with_environment(text), fmt::format("webhook[{}]", number));
  } catch (const Error& error) {
    result.trouble = error.what();
  }
  return result;
}

Destination command_of(const std::string& line, std::size_t number) {
  Destination result{.kind = Destination::Kind::kCommand, .key = key_of("command " + line)};
  result.place = fmt::format("command[{}]", number);
  try {
    result.words = split_command(line, result.place);
    result.place = printable(result.words[0]);
  } catch (const Error& error) {
    result.trouble = error.what();
  }
  return result;
}

}  // namespace

std::vector<Destination> destinations_of(const AlertPlan& plan) {
  std::vector<Destination> all;
  for (std::size_t i = 0; i < plan.webhooks.size(); ++i) {
    all.push_back(webhook_of(plan.webhooks[i], i));
  }
  for (std::size_t i = 0; i < plan.commands.size(); ++i) {
    all.push_back(command_of(plan.commands[i], i));
  }
  return all;
}

void check_webhook(std::string_view text, std::string_view what) {
  if (text.find(kVariable) != std::string_view::npos) return;  // known when it is used
  Destination ignored;
  read_url(ignored, std::string(text), what);
}

std::string filled(std::string_view text, const std::map<std::string, std::string>& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find('{'), text.size());
    out += text.substr(0, at);
    text.remove_prefix(at);
    const std::size_t end = text.find('}');
    const auto found = end == std::string_view::npos
                           ? values.end()
                           : values.find(std::string(text.substr(1, end - 1)));
    if (text.empty()) break;
    out += found == values.end() ? "{" : found->second;
    text.remove_prefix(found == values.end() ? 1 : end + 1);
  }
  return out;
}

}  // namespace tidemark::signoff
