#include "tools/pressure/protocols/raw.h"

#include <array>
#include <utility>

#include "tools/pressure/protocols/reply.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

const load::RawMessage& message_of(const Call& call) {
  return std::get<load::RawMessage>(call.request->action);
}

}  // namespace

RawClient::RawClient(const ClientContext& context, Finished finished)
    : context_(context),
      finished_(std::move(finished)),
      transport_(context,
                 {.readable = [this] { read(); }, .lost = [this](Failure why) { lost(why); }}),
      pending_(1),
      is_datagram_(context.target->kind == load::Target::Kind::kUdp) {}

void RawClient::begin(const Call& call) {
  if (!transport_.is_open()) transport_.open();
  pending_.push({.call = call, .since = context_.loop->now()});
  body_.clear();
  received_ = 0;
  out_.clear();
  message_of(call).send.render(out_, *call.values);
  transport_.write(out_);
}

void RawClient::read() {
  std::array<char, 65536> room;  // a datagram is read whole
  const std::size_t count = transport_.read(room.data(), room.size());
  if (count == 0) return;
  if (!pending_.empty()) return take({room.data(), count});
  // A late datagram is none of ours any more; a stream has lost its place.
  if (!is_datagram_) drop(Failure::kGarbage);
}

// It is closed; kNone: by the server, or by a datagram without a byte.
void RawClient::lost(Failure failure) {
  if (failure != Failure::kNone) return drop(failure);
  if (pending_.empty()) return;
  const load::RawMessage& message = message_of(pending_.front().call);
  const bool is_end = message.until.empty() && message.bytes == 0;
  if (is_end || is_datagram_) return answered();
  drop(Failure::kClosed);
}

void RawClient::take(std::string_view bytes) {
  const Call& call = pending_.front().call;
  const load::RawMessage& message = message_of(call);
  received_ += static_cast<std::int64_t>(bytes.size());
  if (received_ > static_cast<std::int64_t>(kLongestAnswer)) return drop(Failure::kTooLong);
  keep(bytes);
  if (message.bytes > 0 && received_ > message.bytes) return drop(Failure::kGarbage);
  const bool ended = !message.until.empty() && body_.ends_with(message.until);
  const bool counted = message.bytes > 0 && received_ == message.bytes;
  if (is_datagram_ || ended || counted) answered();
}

// All of the answer when something looks into it, else what its end is recognised by.
void RawClient::keep(std::string_view bytes) {
  const Call& call = pending_.front().call;
  const std::size_t end = message_of(call).until.size();
  if (looks_inside(*call.request)) {
    body_ += bytes;
  } else if (bytes.size() >= end) {
    body_ = bytes.substr(bytes.size() - end);
  } else {
    body_ += bytes;
    if (body_.size() > end) body_.erase(0, body_.size() - end);
  }
}

void RawClient::answered() {
  const Call call = pending_.pop().call;
  Outcome outcome{.done = context_.loop->refresh(), .bytes = received_};
  if (looks_inside(*call.request)) {
    // Bytes have no structure: the whole is all that a pointer can mean.
    const auto at = [this](std::string_view pointer) {
      return pointer.empty() ? std::optional(body_) : std::nullopt;
    };
    outcome.failure = check_reply(*call.request, {.text = body_, .at = at}, *call.values);
  }
  finished_(call.ticket, outcome);
}

void RawClient::drop(Failure failure) {
  transport_.close();
  pending_.fail_all(failure, context_.loop->refresh(), context_.load->timeout.count(), finished_);
}

void RawClient::expire(Time now) {
  if (!pending_.empty() && now - pending_.front().since >= context_.load->timeout.count()) {
    drop(Failure::kTimeout);
  }
}

void RawClient::close() { drop(Failure::kClosed); }

}  // namespace tidemark::pressure
