#include "tools/memprof/presets.h"

#include <gtest/gtest.h>

#include <csignal>

#include "lib/base/error.h"

namespace tidemark::memprof {
namespace {

TEST(Presets, AreChosenByTheExecutablesName) {
  const Preset* const preset = preset_for({"/usr/lib/postgresql/15/bin/postgres", "-D", "x"});
  ASSERT_NE(preset, nullptr);
  EXPECT_EQ(preset->name, "postgres");
  EXPECT_EQ(preset->stop_signal, SIGINT);
  EXPECT_EQ(preset_for({"./own-server"}), nullptr);
}

TEST(Presets, GiveMemcachedItsConnectionsAndValgrindsOwnFiles) {
  const Preset& preset = preset_named("memcached");
  EXPECT_EQ(open_files_for(preset, {"memcached"}), 1024U + 12);
  EXPECT_EQ(open_files_for(preset, {"memcached", "-c", "64"}), 64U + 12);
  EXPECT_EQ(open_files_for(preset, {"memcached", "-c64"}), 64U + 12);
  EXPECT_EQ(open_files_for(preset, {"memcached", "--conn-limit=64"}), 64U + 12);
}

TEST(Presets, LeaveOthersLimitsAlone) {
  EXPECT_EQ(open_files_for(preset_named("nginx"), {"nginx", "-c", "nginx.conf"}), 0U);
}

TEST(Presets, NameThoseThereAreWhenOneIsUnknown) {
  EXPECT_THROW(preset_named("ngingx"), UsageError);
}

}  // namespace
}  // namespace tidemark::memprof
