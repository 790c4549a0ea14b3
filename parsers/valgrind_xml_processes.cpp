#include "parsers/valgrind_xml_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

// The finding's first sight, without its process, stacks and counts.
Finding finding_from(const ErrorText& error) {
  Finding finding;
  finding.code = error.code;
  finding.message = error.message;
  finding.kind = kind_of(finding.code, finding.message);
  finding.bytes = error.bytes;
  finding.blocks = error.blocks;
  finding.indirect_bytes = error.indirect_bytes;
  finding.suppression = error.suppression;
  finding.thread =
      error.threads.empty() ? std::string(error.tid) : std::to_string(error.threads.front());
  if (!error.thread_name.empty()) finding.thread += fmt::format(" {}", error.thread_name);
  return finding;
}

}  // namespace

void Processes::open() {
  open_.push_back(families_.size());
  families_.push_back({.owner = owners_, .search_owner = owners_ + 1});
  owners_ += 2;
  if (open_.size() > 1) shared_ = true;
}

// The family that what comes next belongs to.
Processes::Family& Processes::family() {
  if (families_.empty()) open();
  if (!open_.empty()) return families_[open_.back()];
  Family& last = families_[last_closed_];
  last.unfinished = true;
  return last;
}

void Processes::pid(std::int64_t pid) {
  const auto nameless = std::find_if(open_.rbegin(), open_.rend(), [this](std::size_t i) {
    return families_[i].process.pid == 0;
  });
  if (nameless != open_.rend()) families_[*nameless].process.pid = pid;
}

void Processes::parent(std::int64_t pid) {
  if (!open_.empty()) families_[open_.back()].process.parent = pid;
}

void Processes::command(std::string command) {
  if (!open_.empty()) families_[open_.back()].process.command = std::move(command);
}

void Processes::finished() { family().reports.push_back({.owner = owners_++}); }

void Processes::close() {
  Family& ending = family();
  if (open_report(ending) == nullptr) finished();
  open_report(ending)->closed = true;
  ending.unfinished = false;
  if (open_.empty()) return;
  last_closed_ = open_.back();
  open_.pop_back();
}

// The report that is being written; null when none is.
Processes::Report* Processes::open_report(Family& family) {
  const auto found =
      std::ranges::find(family.reports.rbegin(), family.reports.rend(), false, &Report::closed);
  return found == family.reports.rend() ? nullptr : &*found;
}

void Processes::count(std::uint64_t unique, std::int64_t count) {
  if (Report* const report = open_report(family())) report->counts[unique] = count;
}

void Processes::announce(std::uint64_t thread, std::uint32_t stack) {
  family().threads[thread] = stack;
}

void Processes::add(const ErrorText& error) {
  Family& family = this->family();
  const std::uint32_t owner = owner_of(family, error);
  const std::uint32_t at = merge(owner, error);
  if (owner == family.owner) family.seen.push_back({.unique = error.unique, .finding = at});
}

void Processes::add_fatal(const ErrorText& error) {
  Finding& fatal = recording_->findings[merge(family().owner, error)];
  fatal.kind = FindingKind::kFatal;
  fatal.count = 1;
}

// Leaks belong to the report, or the leak search, that they stand in.
std::uint32_t Processes::owner_of(Family& family, const ErrorText& error) {
  if (error.loss_record == 0) return family.owner;
  if (Report* const report = open_report(family)) {
    report->leaks = true;
    return report->owner;
  }
  if (error.loss_record <= family.last_loss_record) ++family.search;
  family.last_loss_record = error.loss_record;
  return family.search_owner;
}

// The number of the finding that `error` is, or is one more of.
std::uint32_t Processes::merge(std::uint32_t owner, const ErrorText& error) {
  std::vector<std::uint32_t> stacks;
  std::uint64_t hash = hash_of(error.code, owner);
  for (const ErrorText::Part& part : error.parts) {
    stacks.push_back(part.stack);
    hash = (hash ^ part.stack) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29;
  }
  std::vector<Finding>& findings = recording_->findings;
  const std::uint32_t at = ids_.find_or_add(hash, [&](std::uint32_t i) {
    return keys_[i].owner == owner && findings[i].code == error.code && keys_[i].stacks == stacks;
  });
  if (at == findings.size()) {
    findings.push_back(finding_from(error));
    findings.back().stacks = stacks_of(family(), error);
    findings.back().pid = kUndecided;
    findings.back().count = error.loss_record == 0 ? 0 : 1;  // errors: decided at the end
    keys_.push_back({.owner = owner, .search = family().search, .stacks = std::move(stacks)});
    return at;
  }
  Finding& known = findings[at];
  if (owner == family().search_owner && keys_[at].search != family().search) {
    keys_[at].search = family().search;
    known.bytes = known.blocks = known.indirect_bytes = known.count = 0;
  }
  known.bytes = checked_add(known.bytes, error.bytes);
  known.blocks = checked_add(known.blocks, error.blocks);
  known.indirect_bytes = checked_add(known.indirect_bytes, error.indirect_bytes);
  if (error.loss_record != 0) ++known.count;
  return at;
}

// The stacks of `error`, then where each thread that it names was created.
std::vector<LabelledStack> Processes::stacks_of(const Family& family,
                                                const ErrorText& error) const {
  std::vector<LabelledStack> stacks;
  for (const ErrorText::Part& part : error.parts) {
    stacks.push_back({.label = std::string(part.label)});
    if (part.stack != ErrorText::kNoStack) stacks.back().frames = (*stacks_)[part.stack];
  }
  std::vector<std::uint64_t> threads = error.threads;
  std::ranges::sort(threads);
  threads.erase(std::unique(threads.begin(), threads.end()), threads.end());
  for (const std::uint64_t thread : threads) {
    const auto found = family.threads.find(thread);
    if (found == family.threads.end()) continue;
    stacks.push_back({.label = fmt::format("Thread #{} was created", thread),
                      .frames = (*stacks_)[found->second]});
  }
  return stacks;
}

Processes::Summary Processes::finish() {
  Summary summary{.shared = shared_, .any = !recording_->findings.empty()};
  pids_.assign(owners_, 0);
  last_search_.assign(owners_, kAnySearch);
  for (Family& family : families_) {
    const std::size_t before = recording_->processes.size();
    decide(family);
    attribute(family);
    for (std::size_t i = before; i < recording_->processes.size() && summary.whole; ++i) {
      summary.whole = recording_->processes[i].finished;
      summary.cut_pid = recording_->processes[i].pid;
    }
    summary.shared |= recording_->processes.size() > before + 1;
    summary.any |= family.process.pid != 0;
  }
  std::vector<Finding> kept;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    Finding& finding = recording_->findings[i];
    const std::uint32_t owner = keys_[i].owner;
    if (last_search_[owner] != kAnySearch && last_search_[owner] != keys_[i].search) continue;
    finding.count = std::max<std::int64_t>(finding.count, 1);
    if (finding.pid == kUndecided) finding.pid = pids_[owner];
    if (is_leak(finding.kind)) finding.message = leak_message(finding);
    kept.push_back(std::move(finding));
  }
  recording_->findings = std::move(kept);
  return summary;
}

// Which process wrote which report, and which leak searches count.
void Processes::decide(Family& family) {
  std::vector<Report>& reports = family.reports;
  const auto last = std::ranges::find(reports.rbegin(), reports.rend(), true, &Report::closed);
  family.own_report = static_cast<std::size_t>(reports.rend() - last) - 1;
  if (last == reports.rend()) family.own_report = 0;  // it only came to FINISHED, or not even
  const std::int64_t pid = family.process.pid;
  pids_[family.owner] = pid;
  const bool own = !reports.empty();
  family.process.finished = own && reports[family.own_report].closed;
  recording_->processes.push_back(family.process);
  ProcessRecord child{.pid = 0, .parent = pid, .command = family.process.command};
  for (std::size_t i = 0; i < reports.size(); ++i) {
    pids_[reports[i].owner] = i == family.own_report ? pid : 0;
    if (i == family.own_report) continue;
    child.finished = reports[i].closed;
    recording_->processes.push_back(child);
  }
  const bool counted = std::ranges::any_of(reports, std::logical_not<>(), &Report::closed);
  if (family.unfinished && !counted) {
    child.finished = false;
    recording_->processes.push_back(child);
  }
  // A search before the reports counts when no report repeats it.
  pids_[family.search_owner] = pid;
  const bool repeated = own && reports[family.own_report].leaks;
  last_search_[family.search_owner] = repeated ? kNoSearch : family.search;
}

// Which process each error that came before the reports belongs to, and how
// often it happened.
void Processes::attribute(Family& family) {
  std::ranges::stable_sort(family.seen, {}, &Seen::unique);
  const std::span<const Seen> seen(family.seen);
  for (std::size_t first = 0; first < seen.size();) {
    std::size_t end = first + 1;
    while (end < seen.size() && seen[end].unique == seen[first].unique) ++end;
    attribute(family, seen.subspan(first, end - first));
    first = end;
  }
}

// The same for the errors with one number.
void Processes::attribute(const Family& family, std::span<const Seen> same) {
  const std::uint64_t unique = same.front().unique;
  std::vector<const Report*> listing;
  for (const Report& report : family.reports) {
    if (report.counts.contains(unique)) listing.push_back(&report);
  }
  if (same.size() == 1) {
    // When several list it, it was there before they forked.
    const Report* report = listing.empty() ? nullptr : listing.front();
    const auto own = std::ranges::find_if(
        listing, [&](const Report* one) { return one == &family.reports[family.own_report]; });
    if (own != listing.end()) report = *own;
    const std::uint32_t owner = listing.size() == 1 ? report->owner : family.owner;
    happened(same.front(), report == nullptr ? 1 : report->counts.at(unique), pids_[owner]);
    return;
  }
  for (std::size_t i = 0; i < same.size(); ++i) {
    happened(same[i], i < listing.size() ? listing[i]->counts.at(unique) : 1, 0);
  }
}

void Processes::happened(const Seen& seen, std::int64_t count, std::int64_t pid) {
  Finding& finding = recording_->findings[seen.finding];
  finding.count = checked_add(finding.count, count);
  finding.pid = finding.pid == kUndecided || finding.pid == pid ? pid : 0;
}

}  // namespace tidemark
