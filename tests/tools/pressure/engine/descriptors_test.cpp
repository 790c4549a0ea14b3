#include <gmock/gmock.h>
#include <sys/resource.h>

#include "tests/tools/pressure/engine/drive.h"

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;
using load::Failure;

TEST(Descriptors, TheirLimitIsRaisedAndSaid) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low = {.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const Server server(answering(kOk));
  load::Scenario scenario = closed_load(server.url(), 20, 50ms);
  scenario.load.connections = 20;
  Drive drive(scenario);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(drive.warnings, testing::ElementsAre("our limit of open files was 64 and is 84 now"));
  EXPECT_EQ(drive.counts().failed(), 0);
}

// Whether 40 clients under a limit of 20 descriptors fail by it alone. Lowers the hard
// limit, which stays.
bool fails_by_descriptors(const std::string& url) {
  const rlimit low = {.rlim_cur = 20, .rlim_max = 20};
  setrlimit(RLIMIT_NOFILE, &low);
  Drive drive(closed_load(url, 40, 300ms));
  return drive.failures(Failure::kDescriptors) > 0 && drive.counts().done > 0 &&
         drive.failures(Failure::kDescriptors) == drive.counts().failed() &&
         drive.warnings.size() == 1;
}

TEST(Descriptors, BeyondTheHardLimitAreFailuresOfOurOwn) {
  const Server server(answering(kOk));
  EXPECT_EXIT(std::exit(fails_by_descriptors(server.url()) ? 0 : 1), testing::ExitedWithCode(0),
              "");
}

}  // namespace
}  // namespace tidemark::pressure
