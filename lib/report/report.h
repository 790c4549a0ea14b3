#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/analyze/document.h"

namespace tidemark {

// Gives the lines `first` to `last` of a source file, as many as there are;
// nothing when the file cannot be read. Writers do no I/O, so the caller passes
// one (lib/base/source.h has one for files).
using SourceReader = std::function<std::vector<std::string>(const std::string& file,
                                                            std::int64_t first, std::int64_t last)>;

struct ReportOptions {
  bool colour = false;       // terminal escapes in text
  bool all_frames = false;   // show the frames of allocators and the runtime
  std::size_t width = 100;   // columns of text
  std::size_t most = 20;     // sites shown in text and markdown; 0: all
  std::size_t context = 3;   // source lines before and after the interesting one
  SourceReader source = {};  // empty: no source lines
};

// One way to write a Document. To add one, define a ReportFormat in its own file
// in this directory and list it in reports.cpp.
//
// Writers are pure: the same Document and options give the same text. Whatever
// bytes a Document holds, the text is well formed in its language, and none of
// them is markup, an escape sequence or a bidirectional override there. What a
// format cannot hold at all (pprof: a Document without a profile) is an Error.
struct ReportFormat {
  std::string_view name;       // for --format
  std::string_view summary;    // one line for --help
  std::string_view extension;  // of a file with it, with the dot: ".html"
  std::string (*write)(const Document& document, const ReportOptions& options);
};

// Every format there is; fixed order.
std::span<const ReportFormat* const> all_reports();

// Their names, as an option's choices: "text|html|json".
std::string report_choices();

// The format called `name`. Throws UsageError with the names there are.
const ReportFormat& report_named(std::string_view name);

}  // namespace tidemark
