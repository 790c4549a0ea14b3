#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/url.h"
#include "tools/signoff/campaign/campaign.h"

namespace tidemark::signoff {

// Who is told: a webhook, or a command of an AlertPlan.
struct Destination {
  enum class Kind { kHttp, kHttps, kCommand };
  Kind kind = Kind::kCommand;
  std::string key;                 // the same every night; says nothing of what it is made of
  std::string place;               // for people, without secrets: "http://HOST/...", "mail"
  std::optional<http::Url> http;   // of kHttp
  std::string https;               // of kHttps
  std::vector<std::string> words;  // of kCommand, with placeholders
  std::string trouble;             // why nobody can be told there; empty: nothing known

  bool is_command() const { return kind == Kind::kCommand; }
};

// All of a plan, in its order, webhooks first. {env.NAME} in the URL of a webhook is that variable
// of our environment, so that a secret need not stand in a file.
std::vector<Destination> destinations_of(const AlertPlan& plan);

// That `text` can be the URL of a webhook: http://HOST[:PORT]/PATH, http://unix:SOCKET:/PATH or
// https://..., or one with {env.NAME} in it. Throws UsageError, which has nothing of `text`.
void check_webhook(std::string_view text, std::string_view what);

// `text` with each {NAME} of `values` replaced; other braces stay.
std::string filled(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace tidemark::signoff
