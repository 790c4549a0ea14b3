// The header of perf.data (checked against perf 6.1; tools/perf/Documentation/
// perf.data-file-format.txt in the kernel's sources is its specification):
//
//   "PERFILE2"  header size (104)  size of an attribute entry
//   attributes {offset, size}  data {offset, size}  event types {offset, size}
//   a bitmap of 256 features
//
// An attribute entry is a perf_event_attr and the {offset, size} of its ids. The
// features' {offset, size} follow the data, one for each bit. A stream's header is
// "PERFILE2" and its size, 16; records follow.
#include "parsers/perf_data_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr std::string_view kMagic = "PERFILE2";
constexpr std::string_view kOtherOrder = "2ELIFREP";
constexpr std::uint64_t kStreamHeader = 16;
constexpr std::size_t kFeatures = 256;
constexpr std::size_t kSection = 16;  // an offset and a size

enum Feature : std::uint8_t {
  kTracingData = 1,
  kBuildIds = 2,
  kVersion = 5,
  kArchitecture = 6,
  kCommandLine = 11,
  kEventNames = 12,
};

// A length, and that many bytes with a text that ends in NULs.
std::string_view read_text(PerfFields& fields) {
  const std::string_view padded = fields.take(fields.u32());
  return padded.substr(0, padded.find('\0'));
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

}  // namespace

PerfFile::PerfFile(const Input& input) : input_(input) { read_header(); }

bool PerfFile::has(Section section) const {
  return section.offset <= input_.bytes.size() &&
         section.size <= input_.bytes.size() - section.offset;
}

std::string_view PerfFile::bytes_of(Section section) const {
  return has(section) ? input_.bytes.substr(section.offset, section.size) : std::string_view();
}

void PerfFile::read_header() {
  Bytes bytes(input_.name, input_.bytes);
  const std::string_view magic = bytes.take(kMagic.size(), "'PERFILE2'");
  if (magic == kOtherOrder) {
    throw Error(fmt::format("{}: recorded on a big-endian machine, which is not read", input_.name),
                "run 'perf script' on such a machine and give its text to this tool");
  }
  if (magic != kMagic) {
    bytes.seek(0, "");
    bytes.fail("'PERFILE2'", "something else");
  }
  const std::uint64_t header_size = bytes.u64("the header's size");
  if (header_size == kStreamHeader) {
    data_offset_ = kStreamHeader;
    data_ = input_.bytes.substr(data_offset_);
    return;
  }
  const std::uint64_t entry_size = bytes.u64("the size of an attribute");
  Section attributes{.offset = bytes.u64("attributes"), .size = bytes.u64("attributes")};
  Section data{.offset = bytes.u64("the data's offset"), .size = bytes.u64("the data's size")};
  bytes.take(kSection, "event types");
  const std::string_view bitmap = bytes.take(kFeatures / 8, "the features");
  read_attributes(attributes, entry_size);
  if (data.offset > input_.bytes.size()) {
    bytes.seek(data.offset, "the data");
  }
  data_offset_ = data.offset;
  if (data.size == 0 || !has(data)) {
    finished_ = false;
    const std::string_view why =
        data.size == 0 ? "perf has not finished this file: the last samples may be missing, names "
                         "of events and build ids are"
                       : "the file is cut: its last samples, names of events and build ids are "
                         "missing";
    warnings_.push_back(fmt::format("{}: {}", input_.name, why));
    data_ = input_.bytes.substr(data.offset);
    return;
  }
  data_ = bytes_of(data);
  read_features(bitmap);
}

void PerfFile::read_attributes(Section section, std::uint64_t entry_size) {
  if (!has(section) || entry_size <= kSection || section.size < entry_size) {
    throw Error(
        fmt::format("{}+0x18: expected where the events are described, found {} bytes at "
                    "0x{:x} in entries of {}",
                    input_.name, section.size, section.offset, entry_size));
  }
  for (std::uint64_t at = 0; section.size - at >= entry_size; at += entry_size) {
    const std::string_view entry = bytes_of(section).substr(at, entry_size);
    events_.push_back(read_perf_event(entry.substr(0, entry_size - kSection)));
    PerfFields place(entry.substr(entry_size - kSection));
    const std::uint64_t offset = place.u64();
    PerfFields ids(bytes_of({.offset = offset, .size = place.u64()}));
    while (ids.rest().size() >= 8) event_ids_[ids.u64()] = events_.size() - 1;
  }
}

void PerfFile::read_features(std::string_view bitmap) {
  PerfFields places(input_.bytes.substr(data_offset_ + data_.size()));
  for (std::size_t feature = 0; feature < kFeatures; ++feature) {
    const auto byte = static_cast<unsigned char>(bitmap[feature / 8]);
    if ((byte >> feature % 8 & 1U) == 0) continue;
    const std::uint64_t offset = places.u64();
    const Section section{.offset = offset, .size = places.u64()};
    if (!places.ok() || !has(section)) {
      finished_ = false;
      warnings_.push_back(
          fmt::format("{}: the file is cut: it ends before what perf writes last (names of "
                      "events, build ids)",
                      input_.name));
      return;
    }
    take_feature(feature, bytes_of(section));
  }
}

void PerfFile::take_feature(std::uint64_t feature, std::string_view bytes) {
  PerfFields fields(bytes);
  switch (feature) {
    case kTracingData:
      tracing_data_ = bytes;
      break;
    case kBuildIds:
      take_build_ids(bytes);
      break;
    case kVersion:
      version_ = read_text(fields);
      break;
    case kArchitecture:
      architecture_ = read_text(fields);
      break;
    case kCommandLine:
      command_.clear();
      for (std::uint32_t left = fields.u32(); left > 0 && fields.ok(); --left) {
        command_ += command_.empty() ? "" : " ";
        command_ += read_text(fields);
      }
      break;
    case kEventNames:
      take_event_names(bytes);
      break;
    default:
      break;  // nothing that a profile shows
  }
}

void PerfFile::take_event_names(std::string_view bytes) {
  PerfFields fields(bytes);
  const std::uint32_t count = fields.u32();
  const std::uint32_t size = fields.u32();
  for (std::uint32_t i = 0; i < count && fields.ok(); ++i) {
    fields.take(size);
    const std::uint32_t ids = fields.u32();
    const std::string_view name = read_text(fields);
    // Events are in the order of the attributes; ids say so more surely.
    std::size_t event = i;
    for (std::uint32_t k = 0; k < ids && fields.ok(); ++k) {
      const auto found = event_ids_.find(fields.u64());
      if (found != event_ids_.end()) event = found->second;
    }
    if (fields.ok() && event < events_.size() && !name.empty()) events_[event].name = name;
  }
}

void PerfFile::take_build_ids(std::string_view bytes) {
  PerfRecords records(bytes);
  while (records.next()) take_build_id(records.record().misc, records.record().body);
}

void PerfFile::take_build_id(std::uint16_t misc, std::string_view body) {
  constexpr std::size_t kMost = 20;
  constexpr std::size_t kPadded = 24;
  PerfFields fields(body);
  fields.u32();  // a process: which kernel it ran on
  PerfFields id(fields.take(kPadded));
  const std::string_view digits = id.take(kMost);
  std::size_t size = kMost;
  if ((misc & kPerfBuildIdSize) != 0) size = std::min<std::size_t>(id.u8(), kMost);
  if (fields.ok()) build_ids_[std::string(fields.text())] = hexadecimal(digits.substr(0, size));
}

void PerfFile::take_attribute_record(std::string_view body) {
  PerfFields sizes(body);
  sizes.u32();
  const std::uint32_t size = sizes.u32();
  PerfFields fields(body);
  const std::string_view attribute = fields.take(size);
  if (!fields.ok() || size == 0) return;
  events_.push_back(read_perf_event(attribute));
  while (fields.rest().size() >= 8) event_ids_[fields.u64()] = events_.size() - 1;
}

void PerfFile::take_event_update(std::string_view body) {
  constexpr std::uint64_t kName = 2;
  PerfFields fields(body);
  const std::uint64_t kind = fields.u64();
  const auto found = event_ids_.find(fields.u64());
  if (kind == kName && found != event_ids_.end()) events_[found->second].name = fields.text();
}

bool PerfFile::learn(const PerfRecord& record) {
  switch (record.type) {
    case PerfType::kAttribute:
      take_attribute_record(record.body);
      return true;
    case PerfType::kEventUpdate:
      take_event_update(record.body);
      return true;
    case PerfType::kBuildId:
      take_build_id(record.misc, record.body);
      return true;
    case PerfType::kTracingData:
      tracing_data_ = record.extra;
      return true;
    case PerfType::kFeature: {
      PerfFields fields(record.body);
      const std::uint64_t feature = fields.u64();
      take_feature(feature, fields.rest());
      return true;
    }
    default:
      return false;
  }
}

std::size_t PerfFile::event_of(std::uint64_t id) const {
  const auto found = event_ids_.find(id);
  return found == event_ids_.end() ? events_.size() : found->second;
}

}  // namespace tidemark
