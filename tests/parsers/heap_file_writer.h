#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "agent/heap_file.h"

namespace tidemark {

// Makes a heap file as the agent would, in memory. Everything may be changed before bytes().
//
//   HeapFileWriter file;
//   file.site(file.call(file.call(0, file.place(0, 0x1100)), file.place(0, 0x1200)));
//   file.block(0, 1000);  file.bytes()
class HeapFileWriter {
 public:
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  static constexpr std::uint64_t kOpened = 1000 * kSecond;

  heap_file::Header header{};
  std::vector<heap_file::Module> modules;
  std::vector<heap_file::Node> nodes{1};
  std::vector<heap_file::Site> sites;
  std::vector<std::uint64_t> keys;
  std::vector<heap_file::Live> lives;
  std::vector<heap_file::ThreadName> names;

  HeapFileWriter() {
    std::memcpy(header.magic, heap_file::kMagic, sizeof header.magic);
    header.version = heap_file::kVersion;
    header.state = static_cast<std::uint32_t>(heap_file::State::kSampling);
    header.pid = 4711;
    header.parent_pid = 4700;
    header.origin = static_cast<std::uint32_t>(heap_file::Origin::kPreloaded);
    header.opened_ns = kOpened;
    header.last_ns = kOpened + 100 * kSecond;
    header.mean_bytes = 524288;
    copy("server --port 1", header.command);
    module("/opt/server", 0x555500000000);
  }

  template <std::size_t kSize>
  static void copy(std::string_view text, char (&field)[kSize]) {
    std::memcpy(field, text.data(), std::min(text.size(), kSize - 1));
  }

  std::size_t module(std::string_view path, std::uint64_t bias) {
    heap_file::Module module{.ready = 1, .build_id_size = 4, .build_id = {0xab, 0xcd, 0, 0x12}};
    module.bias = bias;
    module.start = bias + 0x1000;
    module.end = bias + 0x9000;
    copy(path, module.path);
    modules.push_back(module);
    return modules.size() - 1;
  }

  static std::uint64_t place(std::uint64_t module, std::uint64_t address) {
    return module << 48 | address;
  }

  // The number of a node for `place` called by node `caller` (0: the root).
  std::uint32_t call(std::uint32_t caller, std::uint64_t place) {
    nodes.push_back({.place = place, .caller = caller + 2, .site = 0});
    return static_cast<std::uint32_t>(nodes.size() - 1);
  }

  // The number of a new site at `node`.
  std::uint32_t site(std::uint32_t node) {
    sites.push_back({});
    sites.back().node = node;
    nodes.at(node).site = static_cast<std::uint32_t>(sites.size());
    return static_cast<std::uint32_t>(sites.size() - 1);
  }

  static double chance(double size, double mean) { return -std::expm1(-size / mean); }

  // A sampled block that lives, `age_ns` old; counted in its site too.
  void block(std::uint32_t site, std::uint64_t size, std::uint64_t age_ns = kSecond) {
    count(site, size);
    const double p = chance(static_cast<double>(size), static_cast<double>(header.mean_bytes));
    sites.at(site).live_bytes += static_cast<double>(size) / p;
    sites.at(site).live_objects += 1 / p;
    heap_file::Live live{.size = size,
                         .born_ns = header.last_ns - age_ns,
                         .mean = static_cast<float>(header.mean_bytes),
                         .site = site,
                         .tid = 4711};
    const std::uint64_t address = 0x7f0000001000 + keys.size() * 0x1000;
    live.check = heap_file::check_of(address, live, std::bit_cast<std::uint32_t>(live.mean));
    keys.push_back(address);
    lives.push_back(live);
  }

  // A sampled block that was freed in the age bucket `age`.
  void freed(std::uint32_t site, std::uint64_t size, std::size_t age) {
    count(site, size);
    const double p = chance(static_cast<double>(size), static_cast<double>(header.mean_bytes));
    heap_file::Site& sums = sites.at(site);
    ++header.freed;
    ++sums.freed;
    sums.freed_bytes += static_cast<double>(size) / p;
    sums.freed_objects += 1 / p;
    ++sums.freed_at_age[age];
    sums.freed_bytes_at_age[age] += static_cast<double>(size) / p;
  }

  std::string bytes() const {
    std::string body;
    heap_file::Header full = header;
    full.modules = put(body, modules);
    full.nodes = put(body, nodes);
    full.sites = put(body, sites);
    full.live_keys = put(body, keys);
    full.live = put(body, lives);
    full.thread_names = put(body, names);
    full.file_size = heap_file::kHeaderBytes + body.size();
    std::string head(heap_file::kHeaderBytes, '\0');
    std::memcpy(head.data(), &full, sizeof full);
    return head + body;
  }

 private:
  void count(std::uint32_t site, std::uint64_t size) {
    const auto bytes = static_cast<double>(size);
    const double p = chance(bytes, static_cast<double>(header.mean_bytes));
    heap_file::Site& sums = sites.at(site);
    ++header.samples;
    ++sums.samples;
    sums.bytes += bytes / p;
    sums.objects += 1 / p;
    sums.bytes_variance += bytes * bytes * (1 - p) / (p * p);
    sums.objects_variance += (1 - p) / (p * p);
  }

  template <class Entry>
  static heap_file::Section put(std::string& body, const std::vector<Entry>& entries) {
    const heap_file::Section section{.offset = heap_file::kHeaderBytes + body.size(),
                                     .count = entries.size(),
                                     .entry_size = sizeof(Entry)};
    body.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(Entry));
    return section;
  }
};

}  // namespace tidemark
