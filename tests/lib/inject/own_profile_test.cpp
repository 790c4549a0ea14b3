#include "lib/inject/own_profile.h"

#include <gmock/gmock.h>

namespace tidemark {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kTcmalloc = {"a.out", "libtcmalloc.so.4.5.10", "libc.so.6"};
const std::vector<std::string> kJemalloc = {"a.out", "libjemalloc.so.2", "libc.so.6"};

TEST(OwnProfile, OfTcmallocIsAskedForBySignal) {
  const auto state =
      own_profile("A=1\0HEAPPROFILE=dumps/web\0HEAPPROFILESIGNAL=40\0"s, kTcmalloc, "/srv");
  const auto marked =
      own_profile("HEAPPROFILE=\xAFtmp/web\0HEAPPROFILESIGNAL=40\0"s, kTcmalloc, "/srv");
  EXPECT_EQ(marked.profile->directory, "/tmp");
  ASSERT_TRUE(state.profile);
  EXPECT_EQ(state.profile->signal, 40);
  EXPECT_EQ(state.profile->directory, "/srv/dumps");
  EXPECT_EQ(state.profile->start, "web");
}

TEST(OwnProfile, OfTcmallocIsNoneWithoutASignal) {
  const auto state = own_profile("HEAPPROFILE=/tmp/web\0"s, kTcmalloc, "/");
  EXPECT_FALSE(state.profile);
  EXPECT_EQ(state.obstacle.what, "its tcmalloc profiles, but no signal asks it for a dump");
}

TEST(OwnProfile, OfJemallocComesByItself) {
  const auto state = own_profile("MALLOC_CONF=prof:true,lg_prof_interval:30,prof_prefix:/var/j\0"s,
                                 kJemalloc, "/");
  ASSERT_TRUE(state.profile);
  EXPECT_EQ(state.profile->asked, OwnProfile::Asked::kByItself);
  EXPECT_EQ(state.profile->directory, "/var");
}

TEST(OwnProfile, OfJemallocIsNoneWhenItIsOff) {
  const auto state = own_profile("MALLOC_CONF=narenas:2\0"s, kJemalloc, "/");
  EXPECT_FALSE(state.profile);
  EXPECT_EQ(state.obstacle.what, "its jemalloc does not profile: MALLOC_CONF has no prof:true");
}

TEST(OwnProfile, OfGlibcIsNone) {
  EXPECT_FALSE(own_profile("HEAPPROFILE=/tmp/web\0"s, {"a.out", "libc.so.6"}, "/").profile);
}

}  // namespace
}  // namespace tidemark
