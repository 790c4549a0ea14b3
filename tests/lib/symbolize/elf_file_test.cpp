#include "lib/symbolize/elf_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

// A copy of the sample program, changed by what objcopy is told.
ElfFile changed(const Scratch& scratch, const std::string& options) {
  const std::string path = (scratch.path / "copy").string();
  EXPECT_EQ(std::system(fmt::format("objcopy {} {} {}", options, SAMPLE, path).c_str()), 0);
  std::string why;
  return std::move(ElfFile::open(path, why).value());
}

std::string output_of(const std::string& command) {
  std::string text(4096, '\0');
  FILE* const pipe = ::popen(command.c_str(), "r");
  text.resize(pipe == nullptr ? 0 : std::fread(text.data(), 1, text.size(), pipe));
  if (pipe != nullptr) ::pclose(pipe);
  return text;
}

TEST(ElfFile, ItsBuildIdIsTheOneThatReadelfShows) {
  const Scratch scratch;
  const std::string id = changed(scratch, "").build_id();
  EXPECT_EQ(id.size(), 40U);
  EXPECT_THAT(output_of(std::string("readelf -n ") + SAMPLE), testing::HasSubstr("ID: " + id));
}

TEST(ElfFile, TheBuildIdOfAFileWithoutSectionsIsInItsSegments) {
  std::string bytes(read_file(SAMPLE).bytes());
  Elf64_Ehdr head;
  std::memcpy(&head, bytes.data(), sizeof head);
  head.e_shoff = 0;
  head.e_shnum = 0;
  head.e_shstrndx = 0;
  std::memcpy(bytes.data(), &head, sizeof head);
  const Scratch scratch;
  EXPECT_EQ(ElfFile::of_bytes("copy", bytes).value().build_id(), changed(scratch, "").build_id());
}

TEST(ElfFile, WithoutTheNoteThereIsNoBuildId) {
  const Scratch scratch;
  EXPECT_EQ(changed(scratch, "--remove-section=.note.gnu.build-id").build_id(), "");
}

TEST(ElfFile, ADebugLinkIsANameAndAChecksum) {
  const Scratch scratch;
  const std::string debug = (scratch.path / "the.debug").string();
  ASSERT_EQ(std::system(fmt::format("printf 123456789 > {0}", debug).c_str()), 0);
  const auto link = changed(scratch, "--add-gnu-debuglink=" + debug).debug_link();
  ASSERT_TRUE(link);
  EXPECT_EQ(link->name, "the.debug");
  EXPECT_EQ(link->crc, 0xcbf43926U);  // what CRC-32 makes of these digits
  EXPECT_FALSE(changed(scratch, "").debug_link());
}

}  // namespace
}  // namespace tidemark
