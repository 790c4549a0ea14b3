#pragma once

#include <string>
#include <string_view>

namespace tidemark {

// Names as a person would write them down, so that the same place has the same
// name in two builds, two compilers and two profilers.

// A function without its return type, parameters, template arguments, ABI tags,
// clone suffixes, symbol versions and the numbers of its lambdas:
//
//   "void ns::f<int>(std::vector<int>&) [clone .isra.0]"     "ns::f"
//   "(anonymous namespace)::g[abi:cxx11](int) const"         "(anonymous namespace)::g"
//   "main::{lambda(auto:1)#2}::operator()<int>(int) const"   "main::{lambda}::operator()"
//   "malloc@plt", "realloc@@GLIBC_2.2.5"                     "malloc", "realloc"
//
// Overloads thus share a name. Any bytes are allowed; the result is empty only
// when `function` is.
std::string plain_function(std::string_view function);

// A module's file name without directory, version and "(deleted)":
// "/usr/lib/libc-2.36.so" and "libc.so.6" are both "libc".
std::string plain_module(std::string_view path);

}  // namespace tidemark
