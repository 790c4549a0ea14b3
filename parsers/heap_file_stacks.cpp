#include "parsers/heap_file_stacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tidemark {
namespace {

namespace hf = heap_file;

constexpr unsigned kAddressBits = 48;
constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;

std::string build_id_of(const hf::Module& module) {
  std::string digits;
  const std::size_t size = std::min<std::size_t>(module.build_id_size, hf::kBuildIdBytes);
  for (std::size_t i = 0; i < size; ++i) digits += fmt::format("{:02x}", module.build_id[i]);
  return digits;
}

void add_where_free(std::map<std::uint64_t, Mapping>& mapped, Mapping mapping) {
  if (mapping.start >= mapping.end) return;
  const auto next = mapped.lower_bound(mapping.start);
  if (next != mapped.end() && next->second.start < mapping.end) return;
  if (next != mapped.begin() && std::prev(next)->second.end > mapping.start) return;
  mapped.emplace_hint(next, mapping.start, std::move(mapping));
}

}  // namespace

HeapFileStacks::HeapFileStacks(const HeapFileView& file, Profile& profile)
    : file_(file), profile_(profile), stacks_(file.nodes(), kUnknown), depths_(file.nodes()) {
  read_modules();
}

// A mapping's offset is that of its start, so that addresses and offsets of frames fit. What was
// unloaded comes last: where another module lies there now, it has no mapping, only its frames'
// module and offset.
void HeapFileStacks::read_modules() {
  modules_.resize(file_.modules());
  std::map<std::uint64_t, Mapping> mapped;  // by start, none overlapping
  std::vector<Mapping> gone;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    const hf::Module module = file_.module(i);
    if (module.ready != 1) continue;
    const auto shift = static_cast<std::uint64_t>(module.shift);
    modules_[i] = {
        .known = true, .path = text_in(module.path), .bias = module.bias, .shift = shift};
    Mapping mapping{.path = modules_[i].path,
                    .build_id = build_id_of(module),
                    .start = module.start,
                    .end = module.end,
                    .offset = module.start - module.bias + shift};
    if (module.gone_ns != 0) {
      gone.push_back(std::move(mapping));
    } else {
      add_where_free(mapped, std::move(mapping));
    }
  }
  for (Mapping& mapping : gone) add_where_free(mapped, std::move(mapping));
  for (auto& [start, mapping] : mapped) profile_.mappings.push_back(std::move(mapping));
}

StackId HeapFileStacks::stack(std::uint32_t node) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> way;  // number and place, innermost first
  StackId stack = kRoot;
  std::uint16_t depth = 0;
  while (node != 0) {
    if (node >= stacks_.size()) {
      broken(node);
      break;
    }
    if (stacks_[node] == kOnTheWay) {  // in a circle
      broken(node);
      break;
    }
    if (stacks_[node] != kUnknown) {
      stack = StackId{stacks_[node]};
      depth = depths_[node];
      break;
    }
    const hf::Node here = file_.node(node);
    if (here.caller < 2) {  // empty, or being written
      broken(node);
      break;
    }
    stacks_[node] = kOnTheWay;
    way.emplace_back(node, here.place);
    node = here.caller - 2;
  }
  for (std::size_t i = way.size(); i-- > 0;) {
    if (depth < kDeepest) {
      stack = profile_.push(stack, frame(way[i].second));
      ++depth;
    } else if (i == 0) {
      broken(way[i].first);
    }
    stacks_[way[i].first] = static_cast<std::uint32_t>(stack);
    depths_[way[i].first] = depth;
  }
  return stack;
}

FrameId HeapFileStacks::frame(std::uint64_t place) {
  const auto known = frames_.find(place);
  if (known != frames_.end()) return known->second;
  const FrameId made = profile_.intern(describe(place));
  frames_.emplace(place, made);
  return made;
}

Frame HeapFileStacks::describe(std::uint64_t place) {
  const std::uint64_t module = place >> kAddressBits;
  const std::uint64_t address = place & kAddress;
  if (module == hf::kThreadName) {
    const std::string name = file_.thread_name(address);
    return {.function = "thread " + (name.empty() ? fmt::format("[name {}]", address) : name)};
  }
  if (module == hf::kNoModule) return {.address = address};
  if (module >= modules_.size() || !modules_[module].known) {
    return {.function = fmt::format("[module {}]+0x{:x}", module, address)};
  }
  const Code& code = modules_[module];
  return {.module = code.path, .address = code.bias + address, .offset = address + code.shift};
}

void HeapFileStacks::broken(std::size_t node) {
  if (broken_++ == 0) first_broken_ = node;
}

std::vector<std::string> HeapFileStacks::warnings() const {
  if (broken_ == 0) return {};
  return {file_.at_node(first_broken_,
                        fmt::format("{} stacks end early: this link to a caller leads nowhere, "
                                    "in a circle, or through more than {} frames",
                                    broken_, kDeepest))};
}

}  // namespace tidemark
