#include "parsers/valgrind_xml_stacks.h"

#include <algorithm>
#include <utility>

#include "lib/base/hash.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::uint64_t kSecondSeed = 0x5EED;
constexpr std::uint32_t kNotAStack = 0xFFFFFFFF;

std::uint64_t hash_of_frame(const Frame& frame) {
  std::uint64_t hash = hash_of(frame.function, frame.address);
  hash = hash_of(frame.file, hash ^ static_cast<std::uint64_t>(frame.line));
  return hash_of(frame.module, hash);
}

// Takes each element of a <frame> once; false when one comes twice, so that two
// frames that were written into each other are noticed.
class FrameReader {
 public:
  std::optional<Frame> read(const pugi::xml_node& node) {
    for (const pugi::xml_node& field : node.children()) {
      if (!take(field.name(), field.child_value())) return std::nullopt;
    }
    if (!directory_.empty() && !frame_.file.starts_with('/')) {
      frame_.file = directory_ + "/" + frame_.file;
    }
    return std::move(frame_);
  }

 private:
  bool take(std::string_view name, const char* value) {
    if (name == "ip") return number(to_hex(value), frame_.address);
    if (name == "obj") return text(value, frame_.module);
    if (name == "fn") return text(value, frame_.function);
    if (name == "dir") return text(value, directory_);
    if (name == "file") return text(value, frame_.file);
    if (name == "line") return number(to_number(value), frame_.line);
    return name != "frame" && name != "stack" && name != "error";
  }

  static bool text(const char* value, std::string& field) {
    if (!field.empty()) return false;
    field = value;
    return true;
  }

  template <typename Number>
  static bool number(std::optional<Number> value, Number& field) {
    if (!value || field != 0) return false;
    field = *value;
    return true;
  }

  Frame frame_;
  std::string directory_;
};

}  // namespace

std::optional<std::uint32_t> StackTable::find_or_parse(std::string_view raw) {
  const Raw wanted{.check = hash_of(raw, kSecondSeed), .length = raw.size()};
  const std::uint32_t id = raw_ids_.find_or_add(hash_of(raw), [&](std::uint32_t i) {
    return raw_[i].check == wanted.check && raw_[i].length == wanted.length;
  });
  if (id == raw_.size()) {
    raw_.push_back(wanted);
    const std::optional<CallStack> stack = parse(raw);
    raw_.back().stack = stack ? intern(*stack) : kNotAStack;
  }
  if (raw_[id].stack == kNotAStack) return std::nullopt;
  return raw_[id].stack;
}

std::optional<CallStack> StackTable::parse(std::string_view raw) {
  scratch_ = raw;
  if (!document_.load_buffer_inplace(scratch_.data(), scratch_.size(), pugi::parse_default,
                                     pugi::encoding_utf8)) {
    return std::nullopt;
  }
  std::vector<CallStack::Shared> frames;
  for (const pugi::xml_node& child : document_.document_element().children()) {
    if (std::string_view(child.name()) != "frame") return std::nullopt;
    std::optional<Frame> frame = FrameReader().read(child);
    if (!frame) return std::nullopt;
    frames.push_back(intern(std::move(*frame)));
  }
  return CallStack(std::move(frames));
}

CallStack::Shared StackTable::intern(Frame frame) {
  const std::uint32_t id = frame_ids_.find_or_add(
      hash_of_frame(frame), [&](std::uint32_t i) { return *frames_[i] == frame; });
  if (id == frames_.size()) frames_.push_back(std::make_shared<const Frame>(std::move(frame)));
  return frames_[id];
}

std::uint32_t StackTable::intern(const CallStack& stack) {
  std::uint64_t hash = stack.size();
  for (const Frame& frame : stack) {
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(&frame)) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29;
  }
  const auto same = [&](std::uint32_t i) {
    return std::ranges::equal(
        stacks_[i], stack, {}, [](const Frame& frame) { return &frame; },
        [](const Frame& frame) { return &frame; });
  };
  const std::uint32_t id = stack_ids_.find_or_add(hash, same);
  if (id == stacks_.size()) stacks_.push_back(stack);
  return id;
}

}  // namespace tidemark
