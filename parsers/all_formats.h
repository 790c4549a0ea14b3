#pragma once

#include "parsers/format.h"

namespace tidemark {

// Every format there is; one line each, in the order of formats.cpp. Each is
// defined in the file that bears its name (kTidemarkHeapFormat in agent_heap.cpp).
extern const Format kCallgrindFormat;
extern const Format kCollapsedFormat;
extern const Format kDhatFormat;
extern const Format kMassifFormat;
extern const Format kPerfDataFormat;
extern const Format kPerfScriptFormat;
extern const Format kGperfHeapFormat;
extern const Format kGperfCpuFormat;
extern const Format kJemallocHeapFormat;
extern const Format kPprofFormat;
extern const Format kValgrindXmlFormat;
extern const Format kMemcheckLogFormat;
extern const Format kHeaptrackFormat;
extern const Format kSanitizerFormat;
extern const Format kBpftraceFormat;
extern const Format kGdbFormat;
extern const Format kEuStackFormat;
extern const Format kDtraceFormat;
extern const Format kGoGoroutinesFormat;
extern const Format kGoPprofFormat;
extern const Format kPprofRawFormat;
extern const Format kPprofSymbolsFormat;
extern const Format kJstackFormat;
extern const Format kPySpyFormat;
extern const Format kCpuprofileFormat;
extern const Format kSpeedscopeFormat;
extern const Format kMacosSampleFormat;
extern const Format kTidemarkHeapFormat;
extern const Format kUprobesFormat;

}  // namespace tidemark
