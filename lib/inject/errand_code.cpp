#include "lib/inject/errand_code.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>

#include "lib/base/error.h"

namespace tidemark {
namespace {

constexpr std::uint32_t kStackBytes = 512 << 10;
constexpr std::size_t kCodeBytes = 1024;  // then a timespec, an empty set of signals, the texts
constexpr std::size_t kTextsAt = kCodeBytes + 3 * sizeof(std::uint64_t);
constexpr std::uint32_t kPauses = 8000;  // some 0.2 ms
constexpr std::uint64_t kComeHomeAfterSeconds = 2;

// Instructions, by their bytes. The registers that functions keep hold what must last: %rbx
// the stack that was mapped, %r12 the library, %r13 the function, %r14 what it gave, %r15 why
// there is none.
class Assembler {
 public:
  Assembler& bytes(std::initializer_list<unsigned char> code) {
    for (const unsigned char byte : code) code_.push_back(std::byte{byte});
    return *this;
  }

  template <typename T>
  Assembler& number(T value) {
    const std::size_t at = code_.size();
    code_.resize(at + sizeof(value));
    std::memcpy(code_.data() + at, &value, sizeof(value));
    return *this;
  }

  void rax(Address value) { bytes({0x48, 0xb8}).number(value); }
  void rdi(Address value) { bytes({0x48, 0xbf}).number(value); }
  void rsi(Address value) { bytes({0x48, 0xbe}).number(value); }
  void rdx(Address value) { bytes({0x48, 0xba}).number(value); }
  void r10(Address value) { bytes({0x49, 0xba}).number(value); }
  void r8(Address value) { bytes({0x49, 0xb8}).number(value); }
  void r9(Address value) { bytes({0x49, 0xb9}).number(value); }
  void rsp(Address value) { bytes({0x48, 0xbc}).number(value); }

  void call(Address function) {
    rax(function);
    bytes({0xff, 0xd0});  // call *%rax
  }

  void system_call(std::uint32_t number_of_it) {
    bytes({0xb8}).number(number_of_it).bytes({0x0f, 0x05});
  }

  // A jump to a place that land() will say.
  std::size_t jump(std::initializer_list<unsigned char> opcode) {
    bytes(opcode).number(std::int32_t{0});
    return code_.size();
  }
  void land(std::size_t jump) {
    const auto distance = static_cast<std::int32_t>(code_.size() - jump);
    std::memcpy(code_.data() + jump - sizeof(distance), &distance, sizeof(distance));
  }

  std::vector<std::byte> take() { return std::move(code_); }

 private:
  std::vector<std::byte> code_;
};

// Texts behind the code, by their addresses.
struct Texts {
  Address library;
  Address function;
  Address argument;
};

void load_and_call(Assembler& code, const Errand& errand, const ErrandSite& site,
                   const Texts& texts) {
  const bool only_if_there = errand.loading == Errand::Loading::kOnlyIfThere;
  code.rdi(texts.library);
  code.rsi(RTLD_NOW | (only_if_there ? RTLD_NOLOAD : 0));
  code.call(site.libc.dlopen);
  code.bytes({0x49, 0x89, 0xc4});                                // mov %rax, %r12
  const std::size_t no_library = code.bytes({0x48, 0x85, 0xc0})  // test %rax, %rax
                                     .jump({0x0f, 0x84});        // jz
  code.bytes({0x4c, 0x89, 0xe7});                                // mov %r12, %rdi
  code.rsi(texts.function);
  code.call(site.libc.dlsym);
  code.bytes({0x49, 0x89, 0xc5});  // mov %rax, %r13
  const std::size_t no_function = code.bytes({0x48, 0x85, 0xc0}).jump({0x0f, 0x84});
  code.rdi(texts.argument);
  code.bytes({0x41, 0xff, 0xd5});              // call *%r13
  code.bytes({0x49, 0x89, 0xc6});              // mov %rax, %r14
  const std::size_t well = code.jump({0xe9});  // jmp
  code.land(no_library);
  code.land(no_function);
  code.call(site.libc.dlerror);
  code.bytes({0x49, 0x89, 0xc7});  // mov %rax, %r15
  code.land(well);
}

std::vector<std::byte> instructions(const Errand& errand, const ErrandSite& site,
                                    const Texts& texts) {
  Assembler code;
  // xor %r13d, %r13d and so on
  code.bytes({0x45, 0x31, 0xed, 0x45, 0x31, 0xf6, 0x45, 0x31, 0xff});
  code.rdi(0);
  code.rsi(kStackBytes);
  code.rdx(PROT_READ | PROT_WRITE);
  code.r10(MAP_PRIVATE | MAP_ANONYMOUS);
  code.r8(~Address{0});
  code.r9(0);
  code.system_call(SYS_mmap);
  code.bytes({0x48, 0x89, 0xc3});  // mov %rax, %rbx
  // cmp $-4096, %rax; ja
  const std::size_t no_stack = code.bytes({0x48, 0x3d}).number(-4096).jump({0x0f, 0x87});
  code.bytes({0x48, 0x8d, 0xa3}).number(kStackBytes);  // lea kStackBytes(%rbx), %rsp
  load_and_call(code, errand, site, texts);
  code.rsp(site.stack);
  code.bytes({0x48, 0x89, 0xdf});  // mov %rbx, %rdi
  code.rsi(kStackBytes);
  code.system_call(SYS_munmap);
  code.land(no_stack);
  code.rax(site.mailbox);
  code.bytes({0xc7, 0x00}).number(std::uint32_t{1});  // movl $1, (%rax)
  // Awake for a moment: who is called back then need not wait for a processor once more.
  code.bytes({0xb9}).number(kPauses);                // mov $kPauses, %ecx
  code.bytes({0xf3, 0x90, 0xff, 0xc9, 0x75, 0xfa});  // pause; dec %ecx; jnz
  // rt_sigtimedwait with no signals: unlike poll and nanosleep it leaves alone what the kernel
  // remembers of a call of the thread's own that it is to go on with.
  code.rdi(site.page + kCodeBytes + 2 * sizeof(std::uint64_t));
  code.rsi(0);
  code.rdx(site.page + kCodeBytes);
  code.r10(sizeof(std::uint64_t));
  code.system_call(SYS_rt_sigtimedwait);
  code.system_call(SYS_rt_sigreturn);
  return code.take();
}

}  // namespace

std::vector<std::byte> errand_code(const Errand& errand, const ErrandSite& site) {
  const Address texts = site.page + kTextsAt;
  const Texts at = {.library = texts,
                    .function = texts + errand.library.size() + 1,
                    .argument = texts + errand.library.size() + errand.function.size() + 2};
  std::vector<std::byte> page = instructions(errand, site, at);
  page.resize(kTextsAt);
  std::memcpy(page.data() + kCodeBytes, &kComeHomeAfterSeconds, sizeof(kComeHomeAfterSeconds));
  for (const std::string* const text : {&errand.library, &errand.function, &errand.argument}) {
    const auto bytes = std::as_bytes(std::span(text->c_str(), text->size() + 1));
    page.insert(page.end(), bytes.begin(), bytes.end());
  }
  if (page.size() > kErrandBytes) throw Error("the paths for the target are too long");
  return page;
}

ErrandResult errand_result(const user_regs_struct& registers) {
  return {.function = registers.r13,
          .result = static_cast<std::int64_t>(registers.r14),
          .why_not = registers.r15};
}

}  // namespace tidemark
