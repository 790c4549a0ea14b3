#include "lib/base/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tidemark {

Error::Error(const std::string& message, std::string hint)
    : std::runtime_error(message), hint_(std::move(hint)) {}

Error errno_error(const std::string& what) { return errno_error(what, errno); }

Error errno_error(const std::string& what, int error_number) {
  return Error(what + ": " + std::generic_category().message(error_number));
}

}  // namespace tidemark
