#include "tests/lib/report/sample_profiles.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark {
namespace {

constexpr std::string_view kPushBack =
    "std::vector<Row, std::allocator<Row> >::push_back(Row const&)";

StackId push_all(Profile& profile, std::initializer_list<Frame> frames) {
  StackId stack = kRoot;
  for (const Frame& frame : frames) stack = profile.push(stack, profile.intern(frame));
  return stack;
}

Frame named(std::string_view name) { return {.function = std::string(name)}; }

Frame in_server(std::string_view name, std::int64_t line) {
  return {.function = std::string(name),
          .file = "/src/server/main.cpp",
          .line = line,
          .module = "/opt/server"};
}

Frame in_libc(std::string_view name) {
  return {.function = std::string(name), .module = "/usr/lib/libc.so.6"};
}

}  // namespace

Profile sample_profile() {
  Profile profile({{"cpu", "nanoseconds"}, {"samples", "count"}});
  const Frame loop = in_server("main_loop(int)", 10);
  const Frame parse = in_server("parse(Request const&)", 40);
  const Frame one = named("server-100/101");
  const Frame two = named("server-100/102");
  const Frame client = named("client-200/200");
  const std::array<StackId, 10> turns = {
      push_all(profile, {one, loop, parse}),
      push_all(profile, {two, loop, in_server(kPushBack, 70)}),
      push_all(profile, {one, loop, parse}),
      push_all(profile, {client, in_libc("send")}),
      push_all(profile, {one, loop, parse, parse}),
      push_all(profile, {two, loop, in_server(kPushBack, 70), in_libc("malloc")}),
      push_all(profile, {one, loop, in_libc("read")}),
      push_all(profile, {one, loop, in_libc("write")}),
      push_all(profile,
               {one, loop, in_libc("poll"), {.function = "schedule", .module = "[kernel]"}}),
      push_all(profile, {client, in_libc("recv")}),
  };
  constexpr std::int64_t kEach = 1'000'000;
  constexpr std::int64_t kApart = 3'000'000;
  for (std::size_t i = 0; i < 1000; ++i) {
    const StackId stack = turns.at(i / 10 % 10);
    profile.add(stack, std::array<std::int64_t, 2>{kEach, 1});
    profile.timeline.push_back(
        {5'000'000'000 + static_cast<std::int64_t>(i) * kApart, stack, kEach});
  }
  return profile;
}

Profile difference_profile() {
  Profile profile({{"before", "count"}, {"after", "count"}});
  const auto add = [&](std::string_view leaf, std::int64_t before, std::int64_t after) {
    profile.add(push_all(profile, {named("main"), named("run"), named(leaf)}),
                std::array<std::int64_t, 2>{before, after});
  };
  add("parse", 100, 300);
  add("render", 200, 100);
  add("legacy", 50, 0);
  add("modern", 0, 80);
  add("steady", 400, 400);
  return profile;
}

Profile hostile_profile() {
  Profile profile(std::vector<ValueType>{{"samples\x1b[31m", "count"}});
  profile.title = "<img src=x onerror=alert(1)>";
  const std::vector<std::string> names = {
      "</script><script>document.title='owned'</script>",
      "<img src=x onerror=alert(1)>",
      "a\x1b[2Jb\x07",
      "left\xe2\x80\xaeright",
      "bad utf-8 \xff\xfe",
      "{{data}} {{script}}",
      "'\"><svg onload=alert(1)>&amp;",
      "__proto__",
      "constructor",
      std::string(100'000, 'x'),
      "line\nbreak\r;semi",
  };
  for (std::size_t i = 0; i < names.size(); ++i) {
    const StackId stack = push_all(
        profile, {named(names[0]), {.function = names[i], .file = names[1], .module = names[2]}});
    profile.add(stack, std::array<std::int64_t, 1>{static_cast<std::int64_t>(10 + i)});
  }
  return profile;
}

Profile profile_of(std::size_t stacks) {
  Profile profile(std::vector<ValueType>{{"samples", "count"}});
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same every time
  constexpr std::size_t kFunctions = 20'000;
  std::vector<FrameId> functions;
  for (std::size_t i = 0; i < kFunctions; ++i) {
    functions.push_back(profile.intern({.function = fmt::format("module{}::function_{}", i % 97, i),
                                        .module = fmt::format("/opt/lib/libmodule{}.so", i % 97)}));
  }
  // Few functions far out, many far in: as programs are.
  for (std::size_t added = 0; added < stacks;) {
    StackId stack = kRoot;
    const std::size_t depth = 4 + random() % 14;
    for (std::size_t level = 0; level < depth; ++level) {
      const std::size_t choices = level < 4 ? 3 + level * 4 : 40 + level * 200;
      stack = profile.push(stack, functions[(level * 1709 + random() % choices) % kFunctions]);
    }
    if (profile.self(stack)[0] == 0) ++added;
    profile.add(stack, std::array<std::int64_t, 1>{1 + static_cast<std::int64_t>(random() % 20)});
  }
  return profile;
}

Profile deep_profile(std::size_t frames) {
  Profile profile(std::vector<ValueType>{{"samples", "count"}});
  StackId stack = kRoot;
  for (std::size_t i = 0; i < frames; ++i) {
    stack = profile.push(stack, profile.intern(named(fmt::format("recurse_{}", i % 100))));
  }
  profile.add(stack, std::array<std::int64_t, 1>{7});
  return profile;
}

}  // namespace tidemark
