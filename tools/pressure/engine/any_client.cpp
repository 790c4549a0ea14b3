#include "tools/pressure/engine/any_client.h"

#include <utility>

namespace tidemark::pressure {

using Kind = load::Target::Kind;

ClientMaker::ClientMaker(Loop& loop, const load::Scenario& scenario, const Addresses* addresses) {
  if (!scenario.target) return;  // nothing is asked then
  const load::Target& target = *scenario.target;
  context_ = {.loop = &loop, .target = &target, .load = &scenario.load, .addresses = addresses};
  if (target.tls) {
    const bool http2 = target.kind == Kind::kHttp2;
    context_.tls =
        std::make_shared<TlsContext>(target, scenario.load.verify_tls, http2 ? "h2" : "http/1.1");
  }
  if (target.kind == Kind::kHttp) context_.http = std::make_shared<HttpShared>(target);
}

std::unique_ptr<AnyClient> ClientMaker::make(Finished finished) const {
  switch (context_.target->kind) {
    case Kind::kHttp2:
      return std::make_unique<AnyClient>(std::in_place_type<Http2Client>, context_,
                                         std::move(finished));
    case Kind::kRedis:
      return std::make_unique<AnyClient>(std::in_place_type<RedisClient>, context_,
                                         std::move(finished));
    case Kind::kPostgres:
      return std::make_unique<AnyClient>(std::in_place_type<SqlClient>, context_,
                                         std::move(finished));
    case Kind::kTcp:
    case Kind::kUdp:
      return std::make_unique<AnyClient>(std::in_place_type<RawClient>, context_,
                                         std::move(finished));
    default:
      return std::make_unique<AnyClient>(std::in_place_type<Http1Client>, context_,
                                         std::move(finished));
  }
}

}  // namespace tidemark::pressure
