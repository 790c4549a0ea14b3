#include "tools/signoff/alert/memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/hash.h"
#include "lib/report/json_writer.h"
#include "lib/run/json_members.h"

namespace tidemark::signoff {
namespace {

constexpr std::string_view kFormat = "tidemark-alert-memory";
constexpr std::int64_t kVersion = 1;
constexpr std::size_t kLongestName = 40;
constexpr std::chrono::milliseconds kLook{20};

Incident incident_from(const JsonMembers& members) {
  Incident incident;
  members.read("id", incident.id);
  members.read("state", incident.state);
  members.read("since_ms", incident.since_ms);
  members.read("told_ms", incident.told_ms);
  for (const JsonMembers& each : members.objects("problems")) {
    Problem& problem = incident.problems.emplace_back();
    each.read("phase", problem.phase);
    each.read("rule", problem.rule);
  }
  std::ranges::sort(incident.problems);
  return incident;
}

void add_incident(JsonWriter& json, const std::string& key, const Incident& incident) {
  json.open('{').key("destination").text(key).key("id").text(incident.id);
  json.key("state").text(incident.state).key("since_ms").number(incident.since_ms);
  json.key("told_ms").number(incident.told_ms).key("problems").open('[');
  for (const Problem& problem : incident.problems) {
    json.open('{').key("phase").text(problem.phase).key("rule").text(problem.rule).close();
  }
  json.close().close();
}

}  // namespace

AlertMemory::AlertMemory(std::filesystem::path path, std::string campaign,
                         std::chrono::milliseconds patience)
    : path_(std::move(path)), campaign_(std::move(campaign)) {
  try {
    std::filesystem::create_directories(path_.parent_path());
    lock(patience);
    if (std::filesystem::exists(path_)) read();
  } catch (const Error& error) {
    warnings_.push_back(fmt::format("what was told before is not known: {}", error.what()));
    told_.clear();
  } catch (const std::filesystem::filesystem_error& error) {
    warnings_.push_back(fmt::format("{}: {}", path_.string(), error.code().message()));
  }
}

void AlertMemory::lock(std::chrono::milliseconds patience) {
  const std::string name = path_.string() + ".lock";
  lock_ = Descriptor(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock_) throw errno_error(name);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw errno_error(name);
    if (std::chrono::steady_clock::now() >= deadline) {
      warnings_.push_back(fmt::format("{}: another run has it; somebody may be told twice", name));
      return;
    }
    std::this_thread::sleep_for(kLook);
  }
}

void AlertMemory::read() {
  const File file = read_file(path_);
  const Json json = parse_json(file.name(), file.bytes(), "what was told of a campaign");
  const JsonMembers members(file.name(), "", json);
  members.require_format("what was told of a campaign", kFormat, kVersion);
  for (const JsonMembers& each : members.objects("told")) {
    std::string key;
    each.read("destination", key);
    told_[key] = incident_from(each);
  }
}

void AlertMemory::write() const {
  JsonWriter json;
  json.open('{').key("format").text(kFormat).key("version").number(kVersion);
  json.key("campaign").text(campaign_).key("told").open('[');
  for (const auto& [key, incident] : told_) add_incident(json, key, incident);
  json.close().close();
  write_file(path_, json.out() + "\n");
}

Incident AlertMemory::told(const std::string& key) const {
  const auto found = told_.find(key);
  return found == told_.end() ? Incident() : found->second;
}

void AlertMemory::keep(const std::string& key, const Incident& incident) {
  if (!incident.open() && !told_.contains(key)) return;
  if (incident.open()) {
    told_[key] = incident;
  } else {
    told_.erase(key);
  }
  try {
    write();
  } catch (const Error& error) {
    warnings_.push_back(fmt::format("what was told is not remembered: {}", error.what()));
  }
}

std::filesystem::path alert_memory_of(const std::filesystem::path& history,
                                      const SignoffResult& result) {
  std::string name = result.campaign.substr(0, kLongestName);
  std::ranges::replace_if(
      name,
      [](char c) {
        return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-';
      },
      '_');
  const std::uint64_t whole =
      hash_of(fmt::format("{}\n{}\n{}", result.campaign, result.flavour, result.scale));
  std::filesystem::path directory = history;
  directory += ".alerts";
  return directory / fmt::format("{}-{:016x}.json", name, whole);
}

}  // namespace tidemark::signoff
