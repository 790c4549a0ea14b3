#include "tests/agent/heap_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace tidemark::agent {
namespace {

using heap_file::Live;
using heap_file::Module;
using heap_file::Node;
using heap_file::Section;
using heap_file::Site;

double chance_of(const Live& live) {
  return -std::expm1(-static_cast<double>(live.size) / static_cast<double>(live.mean));
}

}  // namespace

HeapReader::HeapReader(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  bytes_ = content.str();
  if (bytes_.size() < heap_file::kHeaderBytes) throw std::runtime_error("no whole header");
  std::memcpy(&header_, bytes_.data(), sizeof header_);
  if (std::memcmp(header_.magic, heap_file::kMagic, sizeof header_.magic) != 0 ||
      header_.version != heap_file::kVersion || header_.file_size != bytes_.size())
    throw std::runtime_error("no heap file");
  modules_ = section<Module>(header_.modules);
  nodes_ = section<Node>(header_.nodes);
  for (const Site& site : section<Site>(header_.sites))
    if (site.node != 0) sites_.push_back(site);
  const auto keys = section<std::uint64_t>(header_.live_keys);
  const auto blocks = section<Live>(header_.live);
  for (std::size_t slot = 0; slot < keys.size(); ++slot) {
    if (keys[slot] == heap_file::kFreeKey) continue;
    const Live& block = blocks.at(slot);
    if (keys[slot] == heap_file::kKeyBeingWritten ||
        block.check != check_of(keys[slot], block, std::bit_cast<std::uint32_t>(block.mean)))
      ++torn_;
    else
      live_.push_back({keys[slot], block});
  }
}

template <class T>
std::vector<T> HeapReader::section(const Section& section) const {
  if (section.entry_size != sizeof(T) || section.offset > bytes_.size() ||
      section.count > (bytes_.size() - section.offset) / sizeof(T))
    throw std::runtime_error("a section outside the file");
  std::vector<T> entries(section.count);
  std::memcpy(static_cast<void*>(entries.data()), bytes_.data() + section.offset,
              section.count * sizeof(T));
  return entries;
}

std::vector<std::string> HeapReader::modules_of(const Site& site) const {
  std::vector<std::string> paths;
  for (std::uint32_t node = site.node; node > 0 && node < nodes_.size();
       node = nodes_[node].caller - 2) {
    const std::uint64_t module = nodes_[node].place >> 48;
    paths.emplace_back(module < modules_.size() ? modules_[module].path : "?");
  }
  return paths;
}

std::string HeapReader::contradiction(std::uint64_t in_flight) const {
  if (torn_ > in_flight) return fmt::format("{} torn blocks", torn_);
  // Differences of counters may be less than 0 for a moment.
  const auto far = [in_flight](std::uint64_t one, std::uint64_t other) {
    const auto difference = static_cast<std::int64_t>(one - other);
    return difference > static_cast<std::int64_t>(in_flight) ||
           -difference > static_cast<std::int64_t>(in_flight);
  };
  std::map<std::uint32_t, std::uint64_t> live_of;
  for (const LiveBlock& live : live_) ++live_of[live.block.site];
  std::map<std::uint32_t, std::uint64_t> samples_of;
  std::uint64_t samples = 0;
  std::uint64_t freed = 0;
  const auto sites = section<Site>(header_.sites);
  for (std::uint32_t number = 0; number < sites.size(); ++number) {
    const Site& site = sites[number];
    if (site.node == 0 || site.samples == 0) continue;
    if (site.node >= nodes_.size() || nodes_[site.node].site != number + 1)
      return fmt::format("site {} is not its node's", number);
    for (std::uint32_t node = site.node; node != 0; node = nodes_[node].caller - 2)
      if (node >= nodes_.size() || nodes_[node].caller < 2) return "a stack that leads nowhere";
    if (far(site.samples - site.freed, live_of[number]))
      return fmt::format("site {}: {} samples, {} freed, {} live", number, site.samples, site.freed,
                         live_of[number]);
    samples += site.samples;
    freed += site.freed;
  }
  if (far(samples, header_.samples)) return "samples";
  if (far(freed, header_.freed)) return "freed";
  if (far(samples - freed, live_.size())) return "live";
  return "";
}

double HeapReader::allocated_bytes() const {
  double sum = 0;
  for (const Site& site : sites_) sum += site.bytes;
  return sum;
}

double HeapReader::allocated_variance() const {
  double sum = 0;
  for (const Site& site : sites_) sum += site.bytes_variance;
  return sum;
}

double HeapReader::live_bytes() const {
  double sum = 0;
  for (const LiveBlock& live : live_)
    sum += static_cast<double>(live.block.size) / chance_of(live.block);
  return sum;
}

double HeapReader::live_variance() const {
  double sum = 0;
  for (const LiveBlock& live : live_) {
    const double p = chance_of(live.block);
    const auto size = static_cast<double>(live.block.size);
    sum += size * size * (1 - p) / (p * p);
  }
  return sum;
}

}  // namespace tidemark::agent
