#include "tools/signoff/alert/alert.h"

#include <fmt/format.h>

#include <utility>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/report/json_writer.h"
#include "tools/signoff/alert/delivery.h"
#include "tools/signoff/alert/event.h"
#include "tools/signoff/alert/memory.h"
#include "tools/signoff/alert/message.h"

namespace tidemark::signoff {
namespace {

// What is to be done for one destination, and what became of it.
struct Matter {
  Destination to;
  Event event;
  Incident incident;  // once it was told
  Receipt receipt;
  std::int64_t at_ms = 0;
  bool settled = false;  // `receipt` is what became of it

  std::string outcome() const {
    if (!event.tell) return "not told";
    return receipt.delivered ? "delivered" : "failed";
  }
};

// As of the result's end: the same result makes the same letters, whenever they are sent.
Incident incident_after(const SignoffResult& result, const Event& event, Incident told) {
  const std::int64_t now = result.ended_ms > 0 ? result.ended_ms : now_ms();
  if (!told.open()) {
    told.id = fmt::format("{:016x}", hash_of(fmt::format("{}\n{}\n{}", result.campaign,
                                                         result.flavour, result.started_ms)));
    told.since_ms = now;
  }
  told.told_ms = now;
  if (event.over) return told;
  told.state = event.name;
  told.problems = problems_of(result);
  return told;
}

void remember(AlertMemory& memory, const Matter& matter) {
  if (matter.event.tell && !matter.receipt.delivered) return;
  if (matter.event.over) {
    memory.keep(matter.to.key, {});
  } else if (matter.event.tell) {
    memory.keep(matter.to.key, matter.incident);
  }
}

Matter matter_of(const Destination& to, const SignoffResult& result, const AlertPlan& plan,
                 const AlertMemory& memory) {
  Matter matter{.to = to};
  const Incident told = memory.told(to.key);
  matter.event = event_of(result, told, plan.on);
  matter.incident = incident_after(result, matter.event, told);
  if (matter.event.tell && !to.trouble.empty()) {
    matter.receipt.error = to.trouble;
    matter.settled = true;
  }
  return matter;
}

// The letter of the matter with that number, whose JSON is in a file by then.
Letter letter_of(const Matter& matter, std::size_t number, const SignoffResult& result,
                 const std::filesystem::path& directory) {
  const Message message{.result = result,
                        .event = matter.event,
                        .incident = matter.incident,
                        .directory = std::filesystem::absolute(directory).lexically_normal()};
  Letter letter{.to = &matter.to, .json = json_of(message)};
  letter.id = fmt::format("{}-{:016x}", matter.incident.id, hash_of(letter.json));
  letter.file = directory / fmt::format("alert-{}.json", number + 1);
  letter.log = directory / fmt::format("alert-{}.log", number + 1);
  letter.words = {{"event", matter.event.name},
                  {"state", std::string(name_of(result.state))},
                  {"campaign", result.campaign},
                  {"version", result.version},
                  {"text", text_of(message)},
                  {"json", std::filesystem::absolute(letter.file).string()},
                  {"dir", message.directory.string()},
                  {"report", (message.directory / "report.html").string()}};
  for (const auto& [name, value] : letter.words) {
    std::string variable = "TIDEMARK_SIGNOFF_" + name;
    for (char& c : variable) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    letter.environment[variable] = value;
  }
  write_file(letter.file, letter.json);
  return letter;
}

void add_matter(JsonWriter& json, const Matter& matter) {
  json.open('{').key("kind").text(matter.to.is_command() ? "command" : "webhook");
  json.key("to").text(matter.to.place).key("event").text(matter.event.name);
  json.key("outcome").text(matter.outcome());
  json.key("why").text(matter.event.tell ? matter.receipt.error : matter.event.why);
  json.key("at_ms").number(matter.at_ms);
  json.key("attempts").number(std::int64_t{matter.receipt.attempts});
  json.key("status").number(std::int64_t{matter.receipt.status});
  json.key("id").text(matter.incident.id);
  json.key("since_ms").number(matter.incident.since_ms).close();
}

void write_record(const std::filesystem::path& directory, const SignoffResult& result,
                  const std::vector<Matter>& matters, const std::vector<std::string>& warnings) {
  JsonWriter json;
  json.open('{').key("format").text("tidemark-alerts").key("version").number(std::int64_t{1});
  json.key("campaign").text(result.campaign).key("state").text(name_of(result.state));
  json.key("deliveries").open('[');
  for (const Matter& matter : matters) add_matter(json, matter);
  json.close().key("warnings").open('[');
  for (const std::string& warning : warnings) json.text(warning);
  json.close().close();
  write_file(directory / "alerts.json", json.out() + "\n");
}

// Sends what is to be sent, and remembers each as soon as it is.
void send(std::vector<Matter>& matters, AlertMemory& memory, const SignoffResult& result,
          const AlertTask& task) {
  const auto deadline = std::chrono::steady_clock::now() + task.time;
  std::vector<Letter> letters;
  std::vector<Matter*> senders;
  for (std::size_t i = 0; i < matters.size(); ++i) {
    Matter& matter = matters[i];
    if (!matter.event.tell) remember(memory, matter);
    if (!matter.event.tell || matter.settled) continue;
    letters.push_back(letter_of(matter, i, result, task.directory));
    senders.push_back(&matter);
  }
  // Half of it for each, so that one who hangs does not take all of it from the others.
  const Pace pace{.each = task.time / 2, .first_pause = task.first_pause};
  deliver(letters, pace, deadline, [&](std::size_t which, const Receipt& receipt) {
    Matter& matter = *senders[which];
    matter.receipt = receipt;
    matter.at_ms = now_ms();
    matter.settled = true;
    remember(memory, matter);
  });
}

std::vector<std::string> warnings_of(const std::vector<Matter>& matters) {
  std::vector<std::string> warnings;
  for (const Matter& matter : matters) {
    if (!matter.event.tell || matter.receipt.delivered) continue;
    warnings.push_back(fmt::format(
        "alert: nobody was told \"{}\" by {}: {}{}", matter.event.name,
        matter.to.is_command() ? "command" : "webhook", matter.receipt.error,
        matter.receipt.attempts > 1 ? fmt::format(", after {} attempts", matter.receipt.attempts)
                                    : ""));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> deliver_alerts(const SignoffResult& result, const AlertPlan& plan,
                                        const AlertTask& task) {
  std::vector<std::string> warnings;
  if (plan.webhooks.empty() && plan.commands.empty()) return warnings;
  try {
    AlertMemory memory(task.memory, result.campaign, task.time);
    std::vector<Matter> matters;
    for (const Destination& to : destinations_of(plan)) {
      matters.push_back(matter_of(to, result, plan, memory));
    }
    send(matters, memory, result, task);
    warnings = warnings_of(matters);
    for (const std::string& text : memory.warnings()) warnings.push_back("alert: " + text);
    write_record(task.directory, result, matters, warnings);
  } catch (const Error& error) {
    warnings.push_back(fmt::format("alert: {}", error.what()));
  }
  return warnings;
}

}  // namespace tidemark::signoff
