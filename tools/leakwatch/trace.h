#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/base/file.h"
#include "lib/verdict/sample.h"

namespace tidemark::leakwatch {

// When the process of each trace was started again, in seconds, in order.
using Restarts = std::map<std::string, std::vector<double>, std::less<>>;

// Reads "trace,t_seconds,event" lines, of which only restarts count. Throws Error
// with file and line.
Restarts read_restarts(const Input& input);

// Reads "t_seconds,rss_bytes[,requests]" and hands on each line as a sample, in
// the order of the file. An empty field, or one that is not a number but "nan", is
// unknown. Throws Error with file and line.
void read_trace(const Input& input, const std::vector<double>& restarts,
                const std::function<void(const verdict::Sample&)>& sink);

}  // namespace tidemark::leakwatch
