#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/file.h"
#include "parsers/perf_data_event.h"
#include "parsers/perf_data_records.h"

namespace tidemark {

// The frame of a perf.data file: what was recorded and where the records are.
//
// A file has it in a header, with features (host, names of events, build ids) at
// its end, which perf writes last. A stream (`perf record -o -`) has the same as
// records among the others; learn() takes those.
class PerfFile {
 public:
  // Reads header and features. Throws Error when it is no perf.data file, or of
  // another byte order.
  explicit PerfFile(const Input& input);

  // Takes what `record` says of the recording; false when that is nothing.
  bool learn(const PerfRecord& record);

  // Where the records are, in the input.
  std::string_view data() const { return data_; }
  std::size_t data_offset() const { return data_offset_; }

  // Whether perf finished the file; else names and build ids may be missing.
  bool finished() const { return finished_; }

  const std::vector<PerfEvent>& events() const { return events_; }
  // The index of the event with that id; events().size() when there is none.
  std::size_t event_of(std::uint64_t id) const;

  const std::string& version() const { return version_; }
  const std::string& architecture() const { return architecture_; }
  const std::string& command() const { return command_; }
  const std::map<std::string, std::string>& build_ids() const { return build_ids_; }  // by path
  // The text that describes the fields of tracepoints.
  std::string_view tracing_data() const { return tracing_data_; }

  // What is wrong with the header or the features, with its position.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Section {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };

  void read_header();
  void read_attributes(Section section, std::uint64_t entry_size);
  void read_features(std::string_view bitmap);
  void take_feature(std::uint64_t feature, std::string_view bytes);
  void take_event_names(std::string_view bytes);
  void take_build_ids(std::string_view bytes);
  void take_build_id(std::uint16_t misc, std::string_view body);
  void take_attribute_record(std::string_view body);
  void take_event_update(std::string_view body);
  bool has(Section section) const;
  std::string_view bytes_of(Section section) const;

  Input input_;
  std::string_view data_;
  std::size_t data_offset_ = 0;
  bool finished_ = true;
  std::vector<PerfEvent> events_;
  std::unordered_map<std::uint64_t, std::size_t> event_ids_;
  std::string version_;
  std::string architecture_;
  std::string command_;
  std::map<std::string, std::string> build_ids_;
  std::string_view tracing_data_;
  std::vector<std::string> warnings_;
};

}  // namespace tidemark
