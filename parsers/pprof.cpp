// pprof's profile.proto, as Go, google-pprof --proto, tcmalloc, perf_to_profile,
// Pyroscope and we write it. Specification:
// https://github.com/google/pprof/blob/main/proto/profile.proto
//
// A Profile message is tables that refer to each other: a sample is a list of
// location ids, innermost first, and one number per sample type; a location is
// an address in a mapping and the lines there, innermost inlined one first; a
// line is a function's id and a number; names are indexes of the string table,
// which mostly comes last. Fields may come in any order and repeated numbers
// packed or one by one.
//
// Labels tell samples of one stack apart; a Profile does not, and adds them up.
// The first comment is taken for the title, "pid 12" for the process.

#include <fmt/format.h>

#include <optional>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/error.h"
#include "lib/base/numbers.h"
#include "parsers/all_formats.h"

namespace tidemark {
namespace {

// The fields of the message Profile, by number.
enum ProfileField : std::uint32_t {
  kSampleType = 1,
  kSample = 2,
  kMapping = 3,
  kLocation = 4,
  kFunction = 5,
  kStringTable = 6,
  kTimeNanos = 9,
  kDurationNanos = 10,
  kPeriod = 12,
  kComment = 13,
  kDefaultSampleType = 14,
};
constexpr std::uint32_t kLastField = 15;  // doc_url, of 2024

// One field of a message: a number, or bytes (a message, a text, packed numbers).
struct Field {
  std::uint32_t number = 0;
  bool is_bytes = false;
  std::uint64_t value = 0;
  std::string_view bytes;
};

// Reads the next field; false at the end. Throws protozero::exception.
bool next_field(protozero::pbf_reader& reader, Field& field) {
  if (!reader.next()) return false;
  field = {.number = reader.tag()};
  switch (reader.wire_type()) {
    case protozero::pbf_wire_type::varint:
      field.value = reader.get_uint64();
      break;
    case protozero::pbf_wire_type::length_delimited: {
      const protozero::data_view view = reader.get_view();
      field.is_bytes = true;
      field.bytes = {view.data(), view.size()};
      break;
    }
    default:
      reader.skip();
  }
  return true;
}

// Calls `use` for each number of a repeated field, packed or not.
template <typename Use>
void each_number(const Field& field, Use use) {
  if (!field.is_bytes) {
    use(field.value);
    return;
  }
  const char* at = field.bytes.data();
  const char* const end = at + field.bytes.size();
  while (at != end) use(protozero::decode_varint(&at, end));
}

// Whether the bytes are a ValueType: two numbers, the indexes of two texts.
bool is_value_type(std::string_view bytes) {
  protozero::pbf_reader reader(bytes.data(), bytes.size());
  Field field;
  while (next_field(reader, field)) {
    if (field.is_bytes || field.number < 1 || field.number > 2) return false;
  }
  return true;
}

bool is_number_field(std::uint32_t number) {
  return number == 7 || number == 8 || number == kTimeNanos || number == kDurationNanos ||
         number == kPeriod || number == kDefaultSampleType || number == kLastField;
}

// There is no magic number. All fields that are whole in `head` must be ones of
// a Profile, and one a sample type.
bool recognizes(std::string_view head) {
  bool typed = false;
  try {
    protozero::pbf_reader reader(head.data(), head.size());
    Field field;
    while (next_field(reader, field)) {
      if (field.number < 1 || field.number > kLastField) return false;
      const bool repeated = field.number == kComment;
      if (!repeated && field.is_bytes == is_number_field(field.number)) return false;
      if (field.number != kSampleType) continue;
      if (!is_value_type(field.bytes)) return false;
      typed = true;
    }
  } catch (const protozero::end_of_buffer_exception&) {
    return typed;
  } catch (const protozero::exception&) {
    return false;
  }
  return typed;
}

// The entries of a table by their ids.
using Ids = std::unordered_map<std::uint64_t, std::uint32_t>;

struct Function {
  std::uint64_t name = 0;
  std::uint64_t file = 0;
};

// The frames of one location: part of Parser::frames_, innermost first.
struct Location {
  std::size_t first = 0;
  std::size_t count = 0;
};

class Parser {
 public:
  explicit Parser(const Input& input) : input_(input) {}

  Recording parse() {
    collect();
    profile_.emplace(value_types());
    for (const std::string_view message : mapping_messages_) add_mapping(message);
    for (const std::string_view message : function_messages_) add_function(message);
    for (const std::string_view message : location_messages_) add_location(message);
    each_whole_field([this](const Field& field) {
      if (field.number == kSample && field.is_bytes) add_sample(field.bytes);
    });
    describe();
    recording_.producer = "pprof";
    recording_.profiles.push_back(std::move(*profile_));
    return std::move(recording_);
  }

 private:
  [[noreturn]] void fail(std::string_view where, std::string_view problem) const {
    throw Error(
        fmt::format("{}+0x{:x}: {}", input_.name, where.data() - input_.bytes.data(), problem));
  }

  // Calls `use` for each field of the file, up to where it is cut.
  template <typename Use>
  void each_whole_field(Use use) {
    protozero::pbf_reader reader(input_.bytes.data(), input_.bytes.size());
    Field field;
    while (true) {
      try {
        if (!next_field(reader, field)) return;
      } catch (const protozero::end_of_buffer_exception&) {
        cut_ = true;
        return;
      } catch (const protozero::exception& error) {
        fail(last_, fmt::format("the field after this is not protobuf ({})", error.what()));
      }
      if (field.is_bytes) last_ = field.bytes;
      use(field);
    }
  }

  // Calls `use` for each field of `message`.
  template <typename Use>
  void each_field(std::string_view message, std::string_view what, Use use) const {
    try {
      protozero::pbf_reader reader(message.data(), message.size());
      Field field;
      while (next_field(reader, field)) use(field);
    } catch (const protozero::exception& error) {
      fail(message, fmt::format("a {} that is not protobuf ({})", what, error.what()));
    }
  }

  void collect() {
    last_ = input_.bytes.substr(0, 0);
    each_whole_field([this](const Field& field) {
      if (field.is_bytes) {
        collect_message(field);
      } else if (field.number == kDurationNanos) {
        duration_ns_ = static_cast<std::int64_t>(field.value);
      } else if (field.number == kDefaultSampleType) {
        default_type_ = field.value;
      } else if (field.number == kComment) {
        comments_.push_back(field.value);
      }
    });
    if (sample_types_.empty()) {
      fail(input_.bytes.substr(input_.bytes.size()),
           "expected a sample type, found the end of the file");
    }
    if (!cut_) return;
    recording_.partial = true;
    recording_.warnings.push_back(
        fmt::format("{}+0x{:x}: the file ends inside the field after this; what comes before is "
                    "whole, names may be missing",
                    input_.name, last_.data() + last_.size() - input_.bytes.data()));
  }

  void collect_message(const Field& field) {
    switch (field.number) {
      case kSampleType:
        sample_types_.push_back(field.bytes);
        break;
      case kMapping:
        mapping_messages_.push_back(field.bytes);
        break;
      case kLocation:
        location_messages_.push_back(field.bytes);
        break;
      case kFunction:
        function_messages_.push_back(field.bytes);
        break;
      case kStringTable:
        strings_.push_back(field.bytes);
        break;
      case kComment:
        try {
          each_number(field, [this](std::uint64_t text) { comments_.push_back(text); });
        } catch (const protozero::exception&) {
          fail(field.bytes, "a list of comments that is not protobuf");
        }
        break;
      default:
        break;
    }
  }

  // The text with that index. One that is missing from a cut file is empty.
  std::string_view text(std::uint64_t index, std::string_view where) const {
    if (index < strings_.size()) return strings_[index];
    if (cut_) return "";
    fail(where,
         fmt::format("text {} is used here, there are {} in the table", index, strings_.size()));
  }

  std::vector<ValueType> value_types() const {
    std::vector<ValueType> types;
    for (const std::string_view message : sample_types_) {
      ValueType type;
      each_field(message, "sample type", [&](const Field& field) {
        if (field.number == 1) type.name = text(field.value, message);
        if (field.number == 2) type.unit = text(field.value, message);
      });
      if (cut_ && type.name.empty()) {
        fail(last_, "the file ends before its table of texts: what it counts is not known");
      }
      types.push_back(std::move(type));
    }
    return types;
  }

  // Takes `id` for the next entry of a table.
  void number(Ids& ids, std::uint64_t id, std::string_view where, std::string_view what) const {
    if (id == 0) fail(where, fmt::format("a {} without an id", what));
    if (!ids.emplace(id, static_cast<std::uint32_t>(ids.size())).second) {
      fail(where, fmt::format("a second {} with the id {}", what, id));
    }
  }

  // The entry with that id; nothing for id 0, and for one that a cut file lacks.
  std::optional<std::uint32_t> find(const Ids& ids, std::uint64_t id, std::string_view where,
                                    std::string_view what) const {
    const auto found = ids.find(id);
    if (found != ids.end()) return found->second;
    if (id == 0 || cut_) return std::nullopt;
    fail(where, fmt::format("{} {} is used here and is not in the file", what, id));
  }

  void add_mapping(std::string_view message) {
    std::uint64_t id = 0;
    Mapping mapping;
    each_field(message, "mapping", [&](const Field& field) {
      if (field.number == 1) id = field.value;
      if (field.number == 2) mapping.start = field.value;
      if (field.number == 3) mapping.end = field.value;
      if (field.number == 4) mapping.offset = field.value;
      if (field.number == 5) mapping.path = text(field.value, message);
      if (field.number == 6) mapping.build_id = text(field.value, message);
    });
    number(mapping_ids_, id, message, "mapping");
    // One without a range says no more than the frames' own modules.
    if (mapping.end != 0) profile_->mappings.push_back(mapping);
    mappings_.push_back(std::move(mapping));
  }

  void add_function(std::string_view message) {
    std::uint64_t id = 0;
    std::uint64_t system_name = 0;
    Function function;
    each_field(message, "function", [&](const Field& field) {
      if (field.number == 1) id = field.value;
      if (field.number == 2) function.name = field.value;
      if (field.number == 3) system_name = field.value;
      if (field.number == 4) function.file = field.value;
    });
    number(function_ids_, id, message, "function");
    if (text(function.name, message).empty()) function.name = system_name;
    text(function.name, message);
    text(function.file, message);
    functions_.push_back(function);
  }

  static void place(Frame& frame, const Mapping& in) {
    frame.module = in.path;
    if (frame.address >= in.start && frame.address < in.end) {
      frame.offset = frame.address - in.start + in.offset;
    }
  }

  void add_location(std::string_view message) {
    std::uint64_t id = 0;
    Frame frame;
    std::uint64_t mapping = 0;
    std::vector<std::string_view> lines;
    each_field(message, "location", [&](const Field& field) {
      if (field.number == 1) id = field.value;
      if (field.number == 2) mapping = field.value;
      if (field.number == 3) frame.address = field.value;
      if (field.number == 4 && field.is_bytes) lines.push_back(field.bytes);
    });
    number(location_ids_, id, message, "location");
    if (const auto found = find(mapping_ids_, mapping, message, "mapping")) {
      place(frame, mappings_[*found]);
    }
    locations_.push_back({.first = frames_.size(), .count = lines.empty() ? 1 : lines.size()});
    if (lines.empty()) frames_.push_back(profile_->intern(frame));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      frame.inlined = i + 1 < lines.size();
      frames_.push_back(profile_->intern(with_line(frame, lines[i])));
    }
  }

  Frame with_line(Frame frame, std::string_view message) const {
    std::uint64_t function = 0;
    each_field(message, "line", [&](const Field& field) {
      if (field.number == 1) function = field.value;
      if (field.number == 2) frame.line = static_cast<std::int64_t>(field.value);
    });
    if (const auto found = find(function_ids_, function, message, "function")) {
      frame.function = text(functions_[*found].name, message);
      frame.file = text(functions_[*found].file, message);
    }
    return frame;
  }

  // Puts a location on the stack; false when the file was cut off before it.
  bool enter(std::uint64_t id, std::string_view message) {
    const auto location = find(location_ids_, id, message, "location");
    if (!location && !cut_) fail(message, "location 0 is used here");
    if (location) stack_.push_back(*location);
    return location.has_value();
  }

  void add_sample(std::string_view message) {
    values_.clear();
    stack_.clear();
    bool known = true;
    each_field(message, "sample", [&](const Field& field) {
      if (field.number == 1) {
        each_number(field, [&](std::uint64_t id) { known = enter(id, message) && known; });
      } else if (field.number == 2) {
        each_number(field, [&](std::uint64_t value) {
          values_.push_back(static_cast<std::int64_t>(value));
        });
      }
    });
    if (!known) return;
    if (values_.size() != sample_types_.size()) {
      fail(message, fmt::format("expected a sample with {} values, found {}", sample_types_.size(),
                                values_.size()));
    }
    const StackId stack = push(message);
    try {
      profile_->add(stack, values_);
    } catch (const Error& error) {
      fail(message, error.what());
    }
  }

  StackId push(std::string_view message) {
    // A few bytes can name a location of a million lines, over and over.
    constexpr std::size_t kMostPerByte = 32;
    StackId stack = kRoot;
    if (stack_.empty()) stack = profile_->push(kRoot, profile_->intern({}));
    for (std::size_t i = stack_.size(); i-- > 0;) {
      const Location& location = locations_[stack_[i]];
      pushed_ += location.count;
      if (pushed_ / kMostPerByte > input_.bytes.size()) {
        fail(message, "expected at most 32 frames a byte of the file up to here, found more");
      }
      for (std::size_t line = location.count; line-- > 0;) {
        stack = profile_->push(stack, frames_[location.first + line]);
      }
    }
    return stack;
  }

  void describe() {
    const std::vector<ValueType>& types = profile_->value_types();
    profile_->default_value = types.size() - 1;
    const std::string_view shown = text(default_type_, last_);
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (!shown.empty() && types[i].name == shown) profile_->default_value = i;
    }
    profile_->duration_ns = duration_ns_;
    for (const std::uint64_t comment : comments_) {
      constexpr std::string_view kPid = "pid ";
      const std::string_view line = text(comment, last_);
      const auto pid = line.starts_with(kPid) ? to_number(line.substr(kPid.size())) : std::nullopt;
      if (pid) {
        profile_->pid = *pid;
      } else if (profile_->title.empty()) {
        profile_->title = line;
      }
    }
  }

  const Input& input_;
  Recording recording_;
  std::optional<Profile> profile_;
  bool cut_ = false;
  std::string_view last_;  // the field of bytes that was read last

  std::vector<std::string_view> strings_;
  std::vector<std::string_view> sample_types_;
  std::vector<std::string_view> mapping_messages_;
  std::vector<std::string_view> function_messages_;
  std::vector<std::string_view> location_messages_;
  std::vector<std::uint64_t> comments_;
  std::uint64_t default_type_ = 0;
  std::int64_t duration_ns_ = 0;

  Ids mapping_ids_;
  Ids function_ids_;
  Ids location_ids_;
  std::vector<Mapping> mappings_;
  std::vector<Function> functions_;
  std::vector<Location> locations_;
  std::vector<FrameId> frames_;

  std::vector<std::uint32_t> stack_;  // the sample's locations, innermost first
  std::vector<std::int64_t> values_;
  std::size_t pushed_ = 0;
};

Recording parse(const Input& input) { return Parser(input).parse(); }

}  // namespace

constinit const Format kPprofFormat = {
    .name = "pprof",
    .summary = "pprof's profile.proto, compressed or not",
    .recognizes = recognizes,
    .parse = parse,
};

}  // namespace tidemark
