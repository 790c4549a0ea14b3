// What holds for every format, shown on every sample below tests/data/<format>/.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/decompress.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr std::size_t kHead = 4096;

// How many bytes the prefixes of one sample may add up to; it sets the stride.
constexpr std::size_t kPrefixBudget = std::size_t{1} << 20;

// Prefixes up to this length are all tried: recognition and headers.
constexpr std::size_t kEveryByteUpTo = 300;

struct Sample {
  const Format* format;
  File file;
};

std::vector<Sample> samples_of(const Format& format) {
  const std::filesystem::path directory = std::filesystem::path(TIDEMARK_TEST_DATA) / format.name;
  std::vector<std::filesystem::path> paths;
  std::error_code missing;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory, missing)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.find(".expected") == std::string::npos) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  std::vector<Sample> samples;
  samples.reserve(paths.size());
  for (const auto& path : paths) {
    samples.push_back({.format = &format, .file = read_file(path)});
  }
  return samples;
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (const Format* format : formats()) {
    for (Sample& sample : samples_of(*format)) all.push_back(std::move(sample));
  }
  return all;
}

bool is_empty(const Recording& recording) {
  return recording.processes.empty() && recording.profiles.empty() && recording.series.empty() &&
         recording.findings.empty();
}

// Parses the first `length` bytes, in a buffer of exactly that size, so that a
// sanitizer sees a read past the end. "" when that gives a Recording or an Error.
std::string trouble_with_prefix(const Format& format, std::string_view bytes, std::size_t length) {
  const std::unique_ptr<char[]> copy(new char[length]);
  if (length > 0) std::memcpy(copy.get(), bytes.data(), length);
  try {
    const Recording recording =
        format.parse({.name = "input", .bytes = std::string_view(copy.get(), length)});
    return is_empty(recording) ? "gives an empty Recording" : "";
  } catch (const Error& error) {
    return std::string_view(error.what()).empty() ? "throws an Error without text" : "";
  } catch (const std::exception& other) {
    return fmt::format("throws something else: {}", other.what());
  }
}

TEST(EveryFormat, HasSamples) {
  ASSERT_FALSE(formats().empty());
  for (const Format* format : formats()) {
    EXPECT_FALSE(samples_of(*format).empty()) << "no sample in tests/data/" << format->name;
  }
}

TEST(EveryFormat, ClaimsItsOwnSamplesAndNoOther) {
  for (const Sample& sample : all_samples()) {
    const Decompressed whole = decompress(sample.file);
    const std::string_view head = whole.file.bytes().substr(0, kHead);
    for (const Format* format : formats()) {
      EXPECT_EQ(format->recognizes(head), format == sample.format)
          << format->name << " about " << sample.file.name();
    }
  }
}

TEST(EveryFormat, ReadsItsSamples) {
  for (const Sample& sample : all_samples()) {
    try {
      const Recording recording = parse(sample.file);
      EXPECT_FALSE(is_empty(recording)) << sample.file.name();
      EXPECT_FALSE(recording.producer.empty()) << sample.file.name();
    } catch (const std::exception& error) {
      ADD_FAILURE() << sample.file.name() << ": " << error.what();
    }
  }
}

TEST(EveryFormat, ReadsOrRefusesEachPrefixOfItsSamples) {
  for (const Sample& sample : all_samples()) {
    const Decompressed whole = decompress(sample.file);
    const std::string_view bytes = whole.file.bytes();
    const std::size_t stride = bytes.size() * (bytes.size() / 2) / kPrefixBudget + 1;
    for (std::size_t length = 0; length < bytes.size();
         length += length < kEveryByteUpTo ? 1 : stride) {
      const std::string trouble = trouble_with_prefix(*sample.format, bytes, length);
      ASSERT_EQ(trouble, "") << sample.file.name() << ", the first " << length << " bytes";
    }
  }
}

// How many prefixes of a compressed file are tried.
constexpr std::size_t kCuts = 50;

// "" when the first `length` bytes of a compressed sample give a Recording that
// says it is partial, or an Error.
std::string trouble_with_cut(const Sample& sample, std::size_t length) {
  try {
    const std::string bytes(sample.file.bytes().substr(0, length));
    return parse(File("input", bytes), sample.format->name).partial ? "" : "does not say it is cut";
  } catch (const Error&) {
    return "";
  } catch (const std::exception& other) {
    return fmt::format("throws something else: {}", other.what());
  }
}

// A compressed file that is cut: what was before the cut is read, and said to be partial.
TEST(EveryFormat, ReadsOrRefusesEachPrefixOfCompressedSamples) {
  for (const Sample& sample : all_samples()) {
    if (!is_compressed(sample.file.bytes())) continue;
    const std::size_t size = sample.file.bytes().size();
    for (std::size_t length = 1; length < size; length += size / kCuts + 1) {
      ASSERT_EQ(trouble_with_cut(sample, length), "")
          << sample.file.name() << ", the first " << length << " bytes";
    }
  }
}

// What fuzzing found once, in tests/data/fuzz: any format reads or refuses it.
TEST(EveryFormat, ReadsOrRefusesWhatFuzzingFound) {
  const std::filesystem::path directory = std::filesystem::path(TIDEMARK_TEST_DATA) / "fuzz";
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const File file = read_file(entry.path());
    for (const Format* format : formats()) {
      EXPECT_EQ(trouble_with_prefix(*format, file.bytes(), file.bytes().size()), "")
          << format->name << " of " << file.name();
    }
  }
}

// Data of no known format must not be taken for one.
TEST(EveryFormat, ClaimsNoOtherFiles) {
  for (const std::string_view text :
       {"", "\n", "hello world\n", "{}", "{\"a\": 1}", "<?xml version=\"1.0\"?>\n<html/>\n",
        "#!/bin/sh\nexit 0\n", "Chapter 1\nChapter 2\n", "a,b,c\n1,2,3\n", "\x7F\x45LF\2\1\1",
        "key: value\nother: 12\n", "for (i = 0; i < 3\n", "1\n2\n3\n"}) {
    const Format* const claimed = recognize(text);
    EXPECT_EQ(claimed, nullptr) << claimed->name << " about " << text;
  }
}

}  // namespace
}  // namespace tidemark
