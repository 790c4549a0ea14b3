#include "lib/symbolize/runtime_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <system_error>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/numbers.h"

namespace tidemark {
namespace {

constexpr std::string_view kJitdumpMagic("DTiJ", 4);  // 0x4A695444, as x86 writes it

// Reads numbers from the front of a record; false past the end.
template <typename Number>
bool take(std::string_view& bytes, Number& number) {
  if (bytes.size() < sizeof number) return false;
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return true;
}

// A function in a jitdump that was loaded, or moved.
struct Code {
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::uint64_t number = 0;
  std::string_view rest;  // a load: the name
};

// Process and thread, the address (a move: the old one first), the address again
// (a move: the new one), size, number.
std::optional<Code> read_code(std::string_view record, bool moved) {
  std::uint64_t threads = 0;
  std::uint64_t address = 0;
  std::uint64_t moved_from = 0;
  Code code;
  const bool whole = take(record, threads) && take(record, address) &&
                     (!moved || take(record, moved_from)) && take(record, code.start) &&
                     take(record, code.size) && take(record, code.number);
  if (!whole || code.size == 0) return std::nullopt;
  code.rest = record;
  return code;
}

}  // namespace

RuntimeCode RuntimeCode::read(const std::filesystem::path& path, std::string& why) {
  RuntimeCode code;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {  // a pipe would block
    why = error ? error.message() : "not a regular file";
    return code;
  }
  try {
    const File file = read_file(path);
    if (file.bytes().starts_with(kJitdumpMagic)) {
      code.parse_jitdump(file.bytes());
    } else {
      code.parse_map(file.bytes());
    }
    if (code.empty()) why = "it names no function";
  } catch (const Error& problem) {
    why = problem.what();
  }
  return code;
}

void RuntimeCode::parse_map(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) continue;
    const std::size_t second = line.find(' ', first + 1);
    if (second == std::string_view::npos) continue;
    const auto start = to_hex(line.substr(0, first));
    const auto size = to_hex(line.substr(first + 1, second - first - 1));
    if (!start || !size || *size == 0) continue;
    names_.emplace_back(line.substr(second + 1));
    table_.add({.start = *start, .size = *size, .name = names_.back()});
  }
  table_.settle(SymbolTable::Keep::kLast);
}

void RuntimeCode::parse_jitdump(std::string_view bytes) {
  constexpr std::uint32_t kLoad = 0;
  constexpr std::uint32_t kMove = 1;
  constexpr std::size_t kHeaderOfRecord = 16;
  std::uint32_t header_size = 0;
  std::string_view header = bytes.substr(std::min<std::size_t>(8, bytes.size()));
  if (!take(header, header_size) || header_size > bytes.size()) return;
  bytes.remove_prefix(header_size);
  std::map<std::uint64_t, std::string_view> functions;  // by the number of the code
  while (bytes.size() >= kHeaderOfRecord) {
    std::uint32_t id = 0;
    std::uint32_t size = 0;
    std::string_view sizes = bytes;
    take(sizes, id);
    take(sizes, size);
    if (size < kHeaderOfRecord || size > bytes.size()) break;
    const std::string_view record = bytes.substr(kHeaderOfRecord, size - kHeaderOfRecord);
    bytes.remove_prefix(size);
    if (id != kLoad && id != kMove) continue;
    const auto code = read_code(record, id == kMove);
    if (!code) continue;
    if (id == kLoad) {
      names_.emplace_back(code->rest.substr(0, code->rest.find('\0')));
      functions[code->number] = names_.back();
    }
    const auto name = functions.find(code->number);
    if (name == functions.end()) continue;
    table_.add({.start = code->start, .size = code->size, .name = name->second});
  }
  table_.settle(SymbolTable::Keep::kLast);
}

std::string_view RuntimeCode::function_at(std::uint64_t address) const {
  const std::size_t found = table_.find(address);
  return found == SymbolTable::kNone ? std::string_view() : table_.name(found);
}

}  // namespace tidemark
