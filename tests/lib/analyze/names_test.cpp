#include "lib/analyze/names.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

struct Row {
  const char* raw;
  const char* plain;
};

TEST(PlainFunction, DropsWhatChangesBetweenBuilds) {
  for (const Row& row : {
           Row{"main", "main"},
           Row{"int* mk<int>(int)", "mk"},
           Row{"void ns::f<std::vector<int> >(std::vector<int>&) [clone .isra.0]", "ns::f"},
           Row{"(anonymous namespace)::S::operator()(int) const",
               "(anonymous namespace)::S::operator()"},
           Row{"(anonymous namespace)::S::operator bool() const",
               "(anonymous namespace)::S::operator bool"},
           Row{"auto main::{lambda(auto:1)#1}::operator()<int>(int) const",
               "main::{lambda}::operator()"},
           Row{"f(int)::{lambda(int)#12}::operator()(int) const", "f::{lambda}::operator()"},
           Row{"main::$_0::operator()(int) const", "main::$_::operator()"},
           Row{"main::'lambda0'(int)::operator()(int) const", "main::'lambda'::operator()"},
           Row{"name[abi:cxx11](int)", "name"},
           Row{"std::ostream& operator<< <char>(std::ostream&, char)", "operator<<"},
           Row{"bool ns::operator< <int>(ns::A<int> const&, ns::A<int> const&)", "ns::operator<"},
           Row{"A::operator->()", "A::operator->"},
           Row{"operator new(unsigned long)", "operator new"},
           Row{"operator new[](unsigned long, std::nothrow_t const&)", "operator new[]"},
           Row{"ngx_http_core_run.part.0", "ngx_http_core_run"},
           Row{"parse.constprop.3.isra.1", "parse"},
           Row{"parse.cold", "parse"},
           Row{"malloc@plt", "malloc"},
           Row{"realloc@@GLIBC_2.2.5", "realloc"},
           Row{"non-virtual thunk to A::close()", "A::close"},
           Row{"core::fmt::write::h0123456789abcdef", "core::fmt::write"},
           Row{"decltype (g({parm#1})) ns::f<int>(int)", "ns::f"},
           Row{"A<(B)1, (char)62>::run(int (*)(int))", "A::run"},
           Row{"(below main)", "(below main)"},
           Row{"[unknown]", "[unknown]"},
           Row{"obj.method", "obj.method"},
           Row{"", ""},
       }) {
    EXPECT_EQ(plain_function(row.raw), row.plain) << row.raw;
  }
}

TEST(PlainFunction, TakesAnyBytes) {
  for (const char* raw : {"<", ">", "(", ")", "f(", "f<", "f<((", "{", "{lambda", "'", "operator",
                          "operator(", "[abi:", "@", "a)b>c]d", " ", "f >>= (", "\xff\xfe("}) {
    EXPECT_FALSE(plain_function(raw).empty()) << raw;
  }
}

TEST(PlainModule, DropsDirectoryAndVersion) {
  for (const Row& row : {
           Row{"/lib/x86_64-linux-gnu/libc.so.6", "libc"},
           Row{"/usr/lib/libc-2.36.so", "libc"},
           Row{"libstdc++.so.6.0.30", "libstdc++"},
           Row{"/opt/x/libfoo-bar.so", "libfoo-bar"},
           Row{"/usr/sbin/nginx", "nginx"},
           Row{"/tmp/python3.11 (deleted)", "python3.11"},
           Row{".so", ".so"},
           Row{"", ""},
       }) {
    EXPECT_EQ(plain_module(row.raw), row.plain) << row.raw;
  }
}

}  // namespace
}  // namespace tidemark
