#include "parsers/perf_script_scan.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace tidemark::perf_script {
namespace {

// In a buffer of exactly that size, so that a sanitizer sees a read past the end.
struct Copy {
  explicit Copy(std::string_view text) : bytes(new char[text.size()]), size(text.size()) {
    text.copy(bytes.get(), size);
  }
  const char* begin() const { return bytes.get(); }
  const char* end() const { return bytes.get() + size; }

  std::unique_ptr<char[]> bytes;
  std::size_t size;
};

std::ptrdiff_t length(const Scanned& scanned, const Copy& text) {
  return scanned.end == nullptr ? -1 : scanned.end - text.begin();
}

TEST(PerfScriptScan, FindsWhatThePortableOneFinds) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 150, ' ');
    for (char& c : text) c = "ab()) \n\r"[random() % 8];
    if (round % 2 == 0) std::erase(text, '\n');
    const Copy copy(text + (round % 3 == 0 ? ")\n\n" : ""));
    EXPECT_EQ(length(scanner().line(copy.begin(), copy.end()), copy),
              length(portable_scanner().line(copy.begin(), copy.end()), copy));
    EXPECT_EQ(length(scanner().frames(copy.begin(), copy.end()), copy),
              length(portable_scanner().frames(copy.begin(), copy.end()), copy));
  }
}

TEST(PerfScriptScan, EndsFramesAtTheLineThatIsNone) {
  const std::string_view text = "\t1 f (x)\n\t2 g (x)\n\nnext";
  const Scanned found = scanner().frames(text.data(), text.data() + text.size());
  EXPECT_EQ(found.end - text.data(), 18);
}

TEST(PerfScriptScan, HashesTheBytesAndNothingBehindThem) {
  const std::string run(77, 'x');
  for (const Scanner* any : {&scanner(), &portable_scanner()}) {
    const Copy one(run + "\nabc");
    const Copy other("__" + run + "\n" + std::string(60, 'z'));
    const Copy longer(run + "x\n");
    const auto hash = any->line(one.begin(), one.end()).hash;
    EXPECT_EQ(any->line(other.begin() + 2, other.end()).hash, hash);
    EXPECT_NE(any->line(longer.begin(), longer.end()).hash, hash);
  }
}

}  // namespace
}  // namespace tidemark::perf_script
