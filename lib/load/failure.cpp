#include "lib/load/failure.h"

namespace tidemark::load {
namespace {

constexpr std::array<std::string_view, kFailures> kNames = {
    "none",     "connect", "name",        "tls",         "timeout", "reset", "closed", "garbage",
    "too long", "status",  "expectation", "descriptors", "lost",    "order", "storage"};

}  // namespace

std::string_view name_of(Failure failure) { return kNames.at(static_cast<std::size_t>(failure)); }

}  // namespace tidemark::load
