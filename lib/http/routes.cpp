#include "lib/http/routes.h"

#include <algorithm>

namespace tidemark::http {
namespace {

// The segments between slashes: "/a/b" has two, "/" has one that is empty.
std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> out;
  while (true) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
    if (path.empty()) return out;
  }
}

// Whether `path` is met, and by which segments its stars.
bool meets(const std::vector<std::string_view>& segments, std::string_view path,
           std::vector<std::string_view>& stars) {
  const std::vector<std::string_view> wanted = segments_of(path);
  stars.clear();
  return std::ranges::equal(segments, wanted, [&](std::string_view segment, std::string_view want) {
    if (want != "*") return segment == want;
    stars.push_back(segment);
    return !segment.empty();
  });
}

}  // namespace

Match match(std::span<const Route> routes, std::string_view method, std::string_view target,
            Call& call) {
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  if (!path.starts_with('/')) return {.status = 400};
  auto query = parse_query(target.substr(std::min(question + 1, target.size())));
  auto decoded = percent_decoded(path);
  if (!query || !decoded) return {.status = 400};
  call.query = std::move(*query);
  call.path = std::move(*decoded);
  Match result{.status = 404};
  const std::vector<std::string_view> segments = segments_of(path);
  std::vector<std::string_view> stars;
  for (const Route& route : routes) {
    if (!meets(segments, route.path, stars)) continue;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) {
      // Decoded as a whole before, so each part can be.
      for (const std::string_view star : stars) call.stars.push_back(*percent_decoded(star));
      return {.route = &route};
    }
    result.status = 405;
    result.methods.push_back(route.method);
    if (route.method == "GET") result.methods.emplace_back("HEAD");
  }
  return result;
}

}  // namespace tidemark::http
