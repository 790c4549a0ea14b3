// The promises: memcheck XML is read at 300 MB/s of one processor or more and, on a file of 1 GB
// with 20,000 distinct errors, in less than 64 MB of resident memory; and faster
// than XML parsers that only walk it.
//
// The file is made from recorded ones: their errors over and over, each under a
// number of its own, with one address in 20,000 variants.
//
//   valgrind_xml_bench            the table, then the memory
//   valgrind_xml_bench --memory   the memory alone; a test runs this
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/contest.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "parsers/formats.h"

namespace tidemark {
namespace {

constexpr std::size_t kDistinct = 20'000;
constexpr std::int64_t kMaxMegabytes = 64;
constexpr double kMinSpeed = 300;
constexpr int kRounds = 3;

struct Sample {
  std::string head;  // up to the first error
  std::vector<std::string> errors;
  std::vector<std::string> leaks;
};

Sample recorded() {
  Sample sample;
  for (const char* name : {"memcheck-leaks-3.19.xml", "memcheck-redis-7.0-3.19.xml"}) {
    const File file = read_file(fmt::format("{}/valgrind-xml/{}", TIDEMARK_TEST_DATA, name));
    std::string_view text = file.bytes();
    if (sample.head.empty()) sample.head = text.substr(0, text.find("<error>"));
    constexpr std::string_view kEnd = "</error>\n";
    for (std::size_t at = text.find("<error>"); at != std::string_view::npos;
         at = text.find("<error>")) {
      const std::size_t end = text.find(kEnd, at) + kEnd.size();
      const std::string_view error = text.substr(at, end - at);
      const bool leak = error.find("<kind>Leak_") != std::string_view::npos;
      (leak ? sample.leaks : sample.errors).emplace_back(error);
      text.remove_prefix(end);
    }
  }
  return sample;
}

// Replaces what stands between the first `before` and the '<' after it.
void replace_value(std::string& text, std::string_view before, const std::string& value) {
  const std::size_t start = text.find(before) + before.size();
  text.replace(start, text.find('<', start) - start, value);
}

// A temporary file that is gone when its owner is.
class LargeFile {
 public:
  explicit LargeFile(std::size_t bytes)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("tidemark-bench.{}.{}.xml", ::getpid(), bytes)) {
    const Sample sample = recorded();
    std::ofstream out(path_, std::ios::binary);
    out << sample.head;
    std::size_t written = sample.head.size();
    std::size_t number = 0;
    const auto write_some = [&](const std::vector<std::string>& errors, std::size_t until) {
      while (written < until) {
        const std::size_t variant = number * 7919 % (kDistinct / 2);  // of errors, of leaks
        std::string error = errors[variant % errors.size()];
        replace_value(error, "<unique>", fmt::format("0x{:x}", number++));
        replace_value(error, "<ip>", fmt::format("0x{:X}", 0x5000000 + variant * 16));
        out << error << '\n';
        written += error.size() + 1;
      }
    };
    write_some(sample.errors, bytes / 10);
    out << "<status>\n  <state>FINISHED</state>\n  <time>1</time>\n</status>\n\n";
    write_some(sample.leaks, bytes);
    out << "<errorcounts>\n</errorcounts>\n\n</valgrindoutput>\n";
    out.close();
    if (!out) throw errno_error(path_.string());
  }
  LargeFile(const LargeFile&) = delete;
  LargeFile& operator=(const LargeFile&) = delete;
  ~LargeFile() { std::filesystem::remove(path_); }

  const std::filesystem::path& path() const { return path_; }
  double megabytes() const { return static_cast<double>(std::filesystem::file_size(path_)) / 1e6; }

 private:
  std::filesystem::path path_;
};

void read_it(const std::filesystem::path& path) {
  const Recording recording = parse(read_file(path));
  if (recording.partial || recording.findings.size() < kDistinct) std::abort();
}

struct Measured {
  double speed = 0;              // MB a second of processor time, the best
  std::int64_t largest_set = 0;  // MB
};

// Reads 1 GB in processes of their own, whose largest resident set is then known.
Measured read_gigabyte(int rounds) {
  const LargeFile file(1'000'000'000);
  Measured measured;
  for (int round = 0; round < rounds; ++round) {
    const pid_t child = ::fork();
    if (child < 0) throw errno_error("fork");
    if (child == 0) {
      read_it(file.path());
      ::_exit(0);
    }
    int status = 0;
    struct rusage usage {};
    if (::wait4(child, &status, 0, &usage) != child || status != 0) {
      throw Error("the process that reads 1 GB failed");
    }
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    const double took = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    measured.speed = std::max(measured.speed, file.megabytes() / took);
    measured.largest_set = std::max<std::int64_t>(measured.largest_set, usage.ru_maxrss / 1024);
  }
  fmt::print(
      "memcheck XML, 1 GB: {:.0f} MB/s of one processor (target {:.0f}), {} MB resident (target "
      "{})\n",
      measured.speed, kMinSpeed, measured.largest_set, kMaxMegabytes);
  return measured;
}

bool beats_its_peers() {
  const LargeFile file(100'000'000);
  const std::string path = file.path().string();
  const auto ours = [path] { read_it(path); };
  const char* const walk =
      "import sys, xml.etree.ElementTree as tree\n"
      "for _, element in tree.iterparse(sys.argv[1]):\n"
      "    if element.tag == 'error': element.clear()\n";
  return bench::run({{.job = "memcheck XML, xmllint --stream",
                      .megabytes = file.megabytes(),
                      .ours = ours,
                      .peer = {"xmllint", "--stream", "--noout", path},
                      .target = 2},
                     {.job = "memcheck XML, ElementTree.iterparse",
                      .megabytes = file.megabytes(),
                      .ours = ours,
                      .peer = {"python3", "-c", walk, path},
                      .target = 10}},
                    kRounds);
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  try {
    const bool memory_alone = argc > 1 && std::string_view(argv[1]) == "--memory";
    const bool fast = memory_alone || tidemark::beats_its_peers();
    const auto measured = tidemark::read_gigabyte(memory_alone ? 1 : tidemark::kRounds);
    const bool met = measured.largest_set < tidemark::kMaxMegabytes &&
                     (memory_alone || measured.speed >= tidemark::kMinSpeed);
    return fast && met ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "valgrind_xml_bench: %s\n", error.what());
    return 3;
  }
}
