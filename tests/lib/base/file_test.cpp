#include "lib/base/file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file_writer.h"
#include "tests/lib/scratch.h"

namespace tidemark {
namespace {

TEST(File, ReadsBackWhatWasWrittenSmallAndMapped) {
  const Scratch directory;
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{3} << 20}) {
    const std::string contents(size, 'x');
    write_file(directory.path / "file", contents);
    EXPECT_EQ(read_file(directory.path / "file").bytes(), contents);
  }
}

TEST(File, LeavesNothingBesideAndNamesWhatIsMissing) {
  const Scratch directory;
  EXPECT_THROW(write_file(directory.path / "absent" / "file", "x"), Error);
  EXPECT_THROW(read_file(directory.path), Error);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path));
}

TEST(File, ForgottenPagesReadTheSame) {
  const Scratch directory;
  const std::string contents(std::size_t{3} << 20, 'y');
  write_file(directory.path / "file", contents);
  const File file = read_file(directory.path / "file");
  ASSERT_TRUE(file.input().mapped);
  forget(file.input(), file.bytes().size());
  EXPECT_EQ(file.bytes(), contents);
}

TEST(Decompress, GivesBackWhatGzipTook) {
  const std::string text(100'000, 'z');
  const Decompressed result = decompress(File("a.gz", gzip(text) + gzip("more")));
  EXPECT_EQ(result.file.bytes(), text + "more");
  EXPECT_EQ(result.damage, "");
}

TEST(Decompress, KeepsContentsInMemoryThatAreForgotten) {
  const std::string text(std::size_t{4} << 20, 'z');
  const Decompressed result = decompress(File("a.gz", gzip(text)));
  forget(result.file.input(), text.size());
  EXPECT_EQ(result.file.bytes(), text);
}

TEST(Decompress, SaysThatAStreamWasCut) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i);
  const std::string packed = gzip(text);
  const Decompressed result = decompress(File("a.gz", packed.substr(0, packed.size() / 2)));
  EXPECT_TRUE(text.starts_with(result.file.bytes()));
  EXPECT_NE(result.damage, "");
}

TEST(Decompress, KeepsMemoryBoundedByGoingToDisk) {
  const std::string text(std::size_t{100} << 20, '\0');
  EXPECT_EQ(decompress(File("a.gz", gzip(text))).file.bytes(), text);
}

TEST(FileWriter, LeavesTheOldFileUntilTheNewOneIsKept) {
  const Scratch directory;
  const auto path = directory.path / "file";
  write_file(path, "old");
  {
    FileWriter writer(path);
    writer.write("half");
    EXPECT_EQ(read_file(path).bytes(), "old");
  }
  EXPECT_EQ(read_file(path).bytes(), "old");
  FileWriter writer(path);
  writer.write("new ");
  writer.write("text");
  writer.keep();
  EXPECT_EQ(read_file(path).bytes(), "new text");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path), {}), 1);
}

}  // namespace
}  // namespace tidemark
