#include "parsers/valgrind_xml_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "lib/base/lines.h"

namespace tidemark {
namespace {

constexpr std::size_t kForgetEvery = 4 << 20;
constexpr std::size_t kMaxRecord = 16 << 20;
constexpr std::size_t kMaxLine = 1 << 20;
constexpr std::size_t kLongestTag = 100;
constexpr std::size_t kMaxWarnings = 1000;
constexpr std::string_view kBlank = " \t\r\n";

std::size_t find(std::string_view text, std::string_view what, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* const found =
      ::memmem(text.data() + from, text.size() - from, what.data(), what.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

constexpr std::array<std::string_view, 3> kDocumentTags = {"?xml", "valgrindoutput",
                                                           "/valgrindoutput"};

bool is_document_tag(std::string_view name) {
  return std::ranges::find(kDocumentTags, name) != kDocumentTags.end();
}

// The name of the record that `text` starts; empty when it starts none.
std::string_view known_name(std::string_view text) {
  const auto starts = [text](std::string_view name) {
    return text.substr(1).starts_with(name) && text.starts_with('<');
  };
  const auto found = std::ranges::find_if(kDocumentTags, starts);
  return found == kDocumentTags.end() ? top_level_name(text) : *found;
}

// Whether another top-level tag stands at the start of a line inside `text`.
bool holds_another(std::string_view text) {
  for (std::size_t at = find(text, "\n<", 0); at != std::string_view::npos;
       at = find(text, "\n<", at + 1)) {
    if (!known_name(text.substr(at + 1, kLongestTag)).empty()) return true;
  }
  return false;
}

}  // namespace

std::string LineCounter::at(std::size_t offset, std::string_view message) {
  if (offset < counted_) {
    counted_ = 0;
    line_ = 1;
  }
  while (counted_ < offset) {
    const std::size_t length = std::min(offset - counted_, kForgetEvery);
    line_ += std::ranges::count(input_.bytes.substr(counted_, length), '\n');
    counted_ += length;
    if (length == kForgetEvery) forget(input_, counted_);
  }
  return fmt::format("{}:{}: {}", input_.name, line_, message);
}

bool Records::next(Record& record) {
  while (taken_apart_.empty() && !demixer_.idle()) take_line_apart();
  return next_taken_apart(record) || next_in_place(record);
}

bool Records::next_taken_apart(Record& record) {
  if (taken_apart_.empty()) return false;
  current_ = std::move(taken_apart_.front());
  taken_apart_.pop_front();
  if (current_.mixed) ++mixed_;
  record = {
      .name = current_.name, .text = current_.text, .offset = current_.offset, .rebuilt = true};
  return true;
}

bool Records::next_in_place(Record& record) {
  while (true) {
    forget_now_and_then();
    const std::string_view window = input_.bytes.substr(at_, kMaxRecord);
    if (window.empty()) return false;
    const std::size_t start = window.find_first_not_of(kBlank);
    at_ += std::min(start, window.size());
    if (start == std::string_view::npos) continue;
    const std::string_view name = known_name(input_.bytes.substr(at_, kLongestTag));
    if (name.empty()) {
      skip_unknown();
      continue;
    }
    const std::size_t end = end_of(name);
    record = {.name = name, .text = input_.bytes.substr(at_, end - at_), .offset = at_};
    const bool whole = end != std::string_view::npos;
    if (whole && (name == "error" || is_document_tag(name) || !holds_another(record.text))) {
      at_ = end;
      return true;
    }
    take_apart(record);
    return next(record);
  }
}

// Where the record that starts at at_ ends; npos when it does not.
std::size_t Records::end_of(std::string_view name) {
  const std::string_view bytes =
      input_.bytes.substr(0, at_ + std::min(kMaxRecord, input_.bytes.size() - at_));
  if (is_document_tag(name)) {
    const std::size_t end = bytes.substr(0, at_ + kLongestTag).find('>', at_);
    return end == std::string_view::npos ? end : end + 1;
  }
  const std::string tag = fmt::format("</{}>", name);
  std::size_t& searched = no_end_before_[name];
  const std::size_t end = find(bytes, tag, std::max(at_, searched));
  if (end != std::string_view::npos) return end + tag.size();
  searched = std::max(at_, bytes.size() - std::min(bytes.size(), tag.size()));
  return end;
}

// Where the line that starts at `at` ends, its newline included. Of a line that
// is longer than any of valgrind's, a part.
std::size_t Records::line_end(std::size_t at) const {
  const std::string_view line = input_.bytes.substr(at, kMaxLine);
  const std::size_t newline = line.find('\n');
  return at + (newline == std::string_view::npos ? line.size() : newline + 1);
}

// What stands where an element should: the program's own output, or an element
// of a later valgrind.
void Records::skip_unknown() {
  const std::size_t start = at_;
  do {
    at_ = line_end(at_);
    forget_now_and_then();
  } while (at_ < input_.bytes.size() && known_name(input_.bytes.substr(at_, kLongestTag)).empty());
  const std::string_view found =
      input_.bytes.substr(start, std::min<std::size_t>(at_ - start, 200));
  damage(start, fmt::format("expected an element of valgrind's, found {}; skipped {} bytes",
                            quoted(found.substr(0, found.find('\n'))), at_ - start));
}

void Records::take_apart(const Record& record) {
  if (record.rebuilt) {
    damage(record.offset, fmt::format("this <{}> is damaged; left out", record.name));
    return;
  }
  at_ = record.offset;
  take_line_apart();
}

void Records::take_line_apart() {
  const std::size_t start = at_;
  at_ = line_end(at_);
  forget_now_and_then();
  const std::string_view line = input_.bytes.substr(start, at_ - start);
  const std::string_view name = known_name(line);
  if (is_document_tag(name)) {
    taken_apart_.push_back({.name = std::string(name), .text = std::string(line), .offset = start});
  } else {
    demixer_.add(line, start);
  }
  for (Demixer::Element& whole : demixer_.take_whole()) taken_apart_.push_back(std::move(whole));
  for (const Demixer::Element& cut : demixer_.take_cut()) {
    damage(cut.offset, fmt::format("this <{}> has no end; left out", cut.name));
  }
  const bool cut = !line.ends_with('\n') && at_ == input_.bytes.size();
  for (const std::size_t stray : demixer_.take_stray()) {
    if (!cut) damage(stray, "this line belongs to no element; left out");
  }
  if (at_ < input_.bytes.size()) return;
  for (const Demixer::Element& open : demixer_.take_open()) {
    damage(open.offset,
           fmt::format("the file ends inside this <{}>, which is left out", open.name));
  }
}

void Records::forget_now_and_then() {
  if (at_ < forgotten_ + kForgetEvery) return;
  forget(input_, at_);
  forgotten_ = at_;
}

void Records::damage(std::size_t offset, std::string_view message) {
  damaged_ = true;
  warn(offset, message);
}

void Records::warn(std::size_t offset, std::string_view message) {
  if (warnings_.size() < kMaxWarnings) {
    warnings_.push_back(lines_.at(offset, message));
  } else {
    ++not_shown_;
  }
}

std::vector<std::string> Records::take_warnings() {
  if (not_shown_ != 0) {
    warnings_.push_back(fmt::format("{}: {} more places are damaged", input_.name, not_shown_));
  }
  return std::exchange(warnings_, {});
}

}  // namespace tidemark
