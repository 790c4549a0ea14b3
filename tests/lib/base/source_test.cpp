#include "lib/base/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "lib/base/file.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SourceLines, GivesTheLinesThatThereAre) {
  const Scratch directory;
  const std::string file = directory.path / "a.cpp";
  write_file(file, "one\ntwo\nthree\n");
  EXPECT_THAT(source_lines(file, 2, 9), ElementsAre("two", "three"));
  EXPECT_THAT(source_lines(file, 5, 9), IsEmpty());
}

TEST(SourceLines, ReadsNothingButSourceFiles) {
  const Scratch directory;
  write_file(directory.path / "secret", "password\n");
  std::filesystem::create_symlink(directory.path / "secret", directory.path / "link.c");
  ASSERT_EQ(::mkfifo((directory.path / "pipe.c").c_str(), 0600), 0);
  EXPECT_THAT(source_lines(directory.path / "secret", 1, 1), IsEmpty());
  EXPECT_THAT(source_lines(directory.path / "link.c", 1, 1), IsEmpty());
  EXPECT_THAT(source_lines(directory.path / "pipe.c", 1, 1), IsEmpty());
  EXPECT_THAT(source_lines(directory.path / "absent.c", 1, 1), IsEmpty());
  EXPECT_THAT(source_lines(directory.path, 1, 1), IsEmpty());
}

}  // namespace
}  // namespace tidemark
