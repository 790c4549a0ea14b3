#include "tools/memprof/uprobes/entry_code.h"

// Only what compilers put at the start of functions is decoded; whatever else ends the search.
//
//   malloc of jemalloc 5.3    48 81 ff 00 10 00 00   cmp $0x1000,%rdi   7 bytes, changes flags
//                             0f 87 ...              ja                 probed: offset 7

namespace tidemark::memprof {
namespace {

constexpr unsigned kRsi = 6;
constexpr unsigned kRdi = 7;
constexpr unsigned kRdx = 2;
constexpr std::size_t kLongest = 15;  // bytes of one instruction

struct Instruction {
  std::size_t length = 0;
  std::optional<unsigned> written;  // the register it changes, by its number
};

class Decoder {
 public:
  explicit Decoder(std::string_view code) : code_(code) {}

  bool emulated() const {
    std::size_t at = 0;
    if ((byte(at) & 0xF0U) == 0x40 && byte(at) != 0x48) ++at;  // push %r12 has one
    const unsigned op = byte(at);
    if (op >= 0x50 && op <= 0x57) return true;  // push
    if (at != 0) return false;
    return (op >= 0x70 && op <= 0x7F) || op == 0xE8 || op == 0xE9 || op == 0xEB || op == 0x90 ||
           (op == 0x0F && (byte(1) & 0xF0U) == 0x80);
  }

  std::optional<Instruction> decode() {
    if (code_.starts_with("\xF3\x0F\x1E\xFA")) return Instruction{.length = 4};  // endbr64
    if (byte(at_) == 0x64) ++at_;                                                // %fs:
    if ((byte(at_) & 0xF0U) == 0x40) rex_ = byte(at_++);
    const unsigned op = byte(at_++);
    switch (op) {
      case 0x38:
      case 0x39:
      case 0x3A:
      case 0x3B:
      case 0x84:
      case 0x85:  // cmp, test
        return with_operands(0, Written::kNothing);
      case 0x80:
      case 0x83:
        return with_operands(1, compares() ? Written::kNothing : Written::kMemory);
      case 0x81:
      case 0xC7:
        return with_operands(4, op == 0x81 && compares() ? Written::kNothing : Written::kMemory);
      case 0x01:
      case 0x09:
      case 0x21:
      case 0x29:
      case 0x31:
      case 0x89:
        return with_operands(0, Written::kMemory);
      case 0x03:
      case 0x0B:
      case 0x23:
      case 0x2B:
      case 0x33:
      case 0x63:
      case 0x8B:
      case 0x8D:
        return with_operands(0, Written::kRegister);
      default:
        return std::nullopt;
    }
  }

 private:
  enum class Written : std::uint8_t { kNothing, kRegister, kMemory };

  unsigned byte(std::size_t at) const {
    return at < code_.size() ? static_cast<unsigned char>(code_[at]) : 0;
  }
  bool compares() const { return (byte(at_) >> 3U & 7U) == 7; }

  std::optional<Instruction> with_operands(std::size_t immediate, Written written) {
    const unsigned modrm = byte(at_++);
    const unsigned mode = modrm >> 6U;
    const unsigned base = modrm & 7U;
    if (mode != 3 && base == 4) {
      const unsigned scaled = byte(at_++);
      if (mode == 0 && (scaled & 7U) == 5) at_ += 4;
    }
    if (mode == 1) at_ += 1;
    if (mode == 2 || (mode == 0 && base == 5)) at_ += 4;
    Instruction found{.length = at_ + immediate};
    if (written == Written::kRegister) found.written = (modrm >> 3U & 7U) | (rex_ & 4U) << 1U;
    if (written == Written::kMemory && mode == 3) found.written = base | (rex_ & 1U) << 3U;
    return found;
  }

  std::string_view code_;
  std::size_t at_ = 0;
  unsigned rex_ = 0;
};

}  // namespace

ProbePoint probe_point(std::string_view code) {
  for (std::size_t at = 0; at + kLongest <= code.size();) {
    Decoder decoder(code.substr(at));
    if (decoder.emulated()) return {.offset = at, .emulated = true};
    const std::optional<Instruction> next = decoder.decode();
    if (!next || next->written == kRdi || next->written == kRsi || next->written == kRdx) break;
    at += next->length;
  }
  return {};
}

}  // namespace tidemark::memprof
