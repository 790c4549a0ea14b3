#include "tools/pressure/protocols/http2.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <variant>

#include "lib/base/numbers.h"
#include "tools/pressure/engine/verify.h"
#include "tools/pressure/protocols/fit.h"

namespace tidemark::pressure {
namespace {

using load::Failure;

// What a server may send before we take it: an answer's bytes are not waited for.
constexpr std::int32_t kWindow = 1 << 24;
constexpr int kMostTries = 3;
constexpr std::size_t kKeptBody = std::size_t{64} << 10;  // for the next answer

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
  };
  return {.name = bytes(name),
          .value = bytes(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* bytes, std::size_t length) {
  return {reinterpret_cast<const char*>(bytes), length};
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return small;
}

// HTTP/2 has no place for these (RFC 9113, 8.2.2); the host is :authority.
bool is_of_http1(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"};
  return std::ranges::find(kNames, name) != kNames.end();
}

const load::HttpRequest& request_of(const Call& call) {
  return std::get<load::HttpRequest>(call.request->action);
}

}  // namespace

// nghttp2 calls these inside mem_recv and mem_send; a stream that has ended for us has no
// user data any more.
struct Http2Client::Callbacks {
  static Stream* stream_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static void too_long(nghttp2_session* session, Stream& stream) {
    stream.state = Stream::State::kEnded;
    stream.failure = Failure::kTooLong;
    abandon(session, stream);
  }

  static void abandon(nghttp2_session* session, const Stream& stream) {
    nghttp2_session_set_stream_user_data(session, stream.id, nullptr);
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  }

  // NOLINTBEGIN(readability-function-size): the parameters are nghttp2's
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t /*flags*/, void* /*client*/) {
    Stream* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->header_bytes += name_length + value_length;
    if (stream->header_bytes > kLongestHeaders) {
      too_long(session, *stream);
      return 0;
    }
    if (view(name, name_length) == ":status") {
      stream->status = static_cast<int>(to_number(view(value, value_length)).value_or(0));
    } else if (stream->keeps_headers) {
      stream->headers.emplace_back(view(name, name_length), view(value, value_length));
    }
    return 0;
  }

  static int data(nghttp2_session* session, std::uint8_t /*flags*/, std::int32_t id,
                  const std::uint8_t* bytes, std::size_t length, void* /*client*/) {
    Stream* stream = stream_of(session, id);
    if (stream == nullptr || !stream->keeps_body) return 0;
    if (stream->body.size() + length > kLongestBody) {
      too_long(session, *stream);
    } else {
      stream->body += view(bytes, length);
    }
    return 0;
  }

  static int frame(nghttp2_session* session, const nghttp2_frame* frame, void* client) {
    if (frame->hd.type == NGHTTP2_GOAWAY) static_cast<Http2Client*>(client)->is_leaving_ = true;
    const bool counts = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    Stream* stream = counts ? stream_of(session, frame->hd.stream_id) : nullptr;
    if (stream != nullptr) stream->received += static_cast<std::int64_t>(frame->hd.length) + 9;
    return 0;
  }

  static int closed(nghttp2_session* session, std::int32_t id, std::uint32_t error, void* client) {
    Stream* stream = stream_of(session, id);
    if (stream != nullptr) static_cast<Http2Client*>(client)->closed(*stream, error);
    return 0;
  }

  static ssize_t body(nghttp2_session* /*session*/, std::int32_t /*id*/, std::uint8_t* to,
                      std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                      void* /*client*/) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t size = std::min(room, stream.sent.size() - stream.sent_to);
    std::memcpy(to, stream.sent.data() + stream.sent_to, size);
    stream.sent_to += size;
    if (stream.sent_to == stream.sent.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
  // NOLINTEND(readability-function-size)

  static nghttp2_session* session(Http2Client* client) {
    nghttp2_session_callbacks* callbacks = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return nullptr;
    const std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>
        owner(callbacks, nghttp2_session_callbacks_del);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, closed);
    nghttp2_session* made = nullptr;
    nghttp2_session_client_new(&made, callbacks, client);
    return made;
  }
};

void Http2Client::FreeSession::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

Http2Client::Http2Client(const ClientContext& context, Finished finished)
    : loop_(context.loop),
      target_(context.target),
      finished_(std::move(finished)),
      timeout_(context.load->timeout.count()),
      transport_(context, {.readable = [this] { readable(); },
                           .lost = [this](Failure failure) { lost(failure); }}),
      streams_(static_cast<std::size_t>(std::max(1, context.load->streams))) {
  const load::Target& target = *target_;
  const bool v6 = target.host.find(':') != std::string::npos;
  authority_ = target.host.empty() ? "localhost" : v6 ? "[" + target.host + "]" : target.host;
  if (!target.host.empty() && target.port != (target.tls ? 443 : 80)) {
    authority_ += fmt::format(":{}", target.port);
  }
}

Http2Client::~Http2Client() { loop_->cancel(settling_); }

bool Http2Client::has(Stream::State state) const {
  return std::ranges::any_of(streams_, [&](const Stream& one) { return one.state == state; });
}

int Http2Client::capacity() const {
  const auto is_free = [](const Stream& one) { return one.state == Stream::State::kFree; };
  return static_cast<int>(std::ranges::count_if(streams_, is_free));
}

void Http2Client::begin(const Call& call) {
  const auto place = std::ranges::find(streams_, Stream::State::kFree, &Stream::state);
  Stream& stream = *place;
  stream.state = Stream::State::kWaiting;
  stream.call = call;
  stream.begun = loop_->now();
  stream.tries = 0;
  stream.keeps_body = needs_body(*call.request);
  stream.keeps_headers = needs_headers(*call.request);
  stream.sent.clear();
  request_of(call).body.render(stream.sent, *call.values);
  if (is_leaving_) return;  // settle() takes it to the next connection
  if (session_ == nullptr) return open();
  submit(stream);
  if (!is_reading_) flush();
}

void Http2Client::open() {
  is_leaving_ = false;
  received_at_ = 0;
  transport_.open();
  session_.reset(Callbacks::session(this));
  const std::array<nghttp2_settings_entry, 2> settings = {
      {{.settings_id = NGHTTP2_SETTINGS_ENABLE_PUSH, .value = 0},
       {.settings_id = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, .value = kWindow}}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kWindow);
  for (Stream& stream : streams_) {
    if (stream.state == Stream::State::kWaiting) submit(stream);
  }
  if (!is_reading_) flush();
}

void Http2Client::submit(Stream& stream) {
  const load::HttpRequest& request = request_of(stream.call);
  head_.clear();
  std::string piece;
  const auto fill = [&](const load::Template& text) -> const std::string& {
    piece.clear();
    text.render(piece, *stream.call.values);
    return piece;
  };
  std::string path;
  append_fit_path(path, fill(request.path));
  head_.emplace_back(":method", request.method);
  head_.emplace_back(":scheme", target_->tls ? "https" : "http");
  head_.emplace_back(":authority", authority_);
  head_.emplace_back(":path", std::move(path));
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    std::string small = lower(name);
    std::string text;
    append_fit_value(text, fill(value));
    has_type = has_type || small == "content-type";
    if (small == "host") {
      head_[2].second = std::move(text);
    } else if (!is_of_http1(small)) {
      head_.emplace_back(std::move(small), std::move(text));
    }
  }
  if (request.json_rpc && !has_type) head_.emplace_back("content-type", "application/json");
  if (!stream.sent.empty()) {
    head_.emplace_back("content-length", std::to_string(stream.sent.size()));
  }
  std::vector<nghttp2_nv> pairs;
  pairs.reserve(head_.size());
  for (const auto& [name, value] : head_) pairs.push_back(pair_of(name, value));

  stream.status = 0;
  stream.received = 0;
  stream.header_bytes = 0;
  stream.failure = Failure::kNone;
  stream.sent_to = 0;
  stream.body.clear();
  stream.headers.clear();
  nghttp2_data_provider body{.source = {.ptr = &stream}, .read_callback = Callbacks::body};
  const std::int32_t id =
      nghttp2_submit_request(session_.get(), nullptr, pairs.data(), pairs.size(),
                             stream.sent.empty() ? nullptr : &body, &stream);
  if (id < 0) {
    is_leaving_ = true;  // there are no more stream numbers: on to the next connection
    return;
  }
  stream.id = id;
  stream.state = Stream::State::kUnderWay;
  ++stream.tries;
}

void Http2Client::flush() {
  const std::uint8_t* bytes = nullptr;
  while (session_ != nullptr) {
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size <= 0) break;
    out_ += view(bytes, static_cast<std::size_t>(size));
  }
  if (!out_.empty() && transport_.is_open()) transport_.write(out_);
  out_.clear();
  if (has(Stream::State::kEnded) || (is_leaving_ && !has(Stream::State::kUnderWay))) settle_later();
}

void Http2Client::readable() {
  std::array<char, 16384> room;
  is_reading_ = true;
  while (session_ != nullptr && transport_.is_open()) {
    const std::size_t size = transport_.read(room.data(), room.size());
    if (size == 0) break;
    received_at_ = loop_->refresh();
    const ssize_t taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(room.data()), size);
    if (taken < 0) {
      is_reading_ = false;
      return drop(Failure::kGarbage);
    }
    if (size < room.size()) break;
  }
  settle();
  is_reading_ = false;
  flush();
  if (session_ == nullptr || nghttp2_session_want_read(session_.get()) != 0 ||
      nghttp2_session_want_write(session_.get()) != 0) {
    return;
  }
  drop(is_leaving_ ? Failure::kClosed : Failure::kGarbage);
}

// Tells of the streams that ended, which nghttp2 must not be inside of, and leaves a
// connection on which nothing can be asked any more.
void Http2Client::settle() {
  for (Stream& stream : streams_) {
    if (stream.state == Stream::State::kEnded) finish(stream);
  }
  if (!is_leaving_ || has(Stream::State::kUnderWay) || has(Stream::State::kEnded)) return;
  transport_.close();
  session_.reset();
  is_leaving_ = false;
  if (has(Stream::State::kWaiting)) open();
}

void Http2Client::settle_later() {
  if (settling_ != Loop::TimerId::kNone) return;
  settling_ = loop_->at(loop_->now(), [this] {
    settling_ = Loop::TimerId::kNone;
    settle();
    flush();
  });
}

void Http2Client::closed(Stream& stream, std::uint32_t error) const {
  if (stream.state != Stream::State::kUnderWay) return;
  // What a GOAWAY says was not looked at may be asked again (RFC 9113, 6.8).
  const bool is_left = error == NGHTTP2_REFUSED_STREAM && is_leaving_;
  if (is_left && stream.tries < kMostTries) {
    stream.state = Stream::State::kWaiting;
    return;
  }
  stream.state = Stream::State::kEnded;
  if (error == NGHTTP2_NO_ERROR) {
    stream.failure = failure_of(stream);
  } else if (is_left) {
    stream.failure = Failure::kClosed;
  } else {
    stream.failure = error == NGHTTP2_PROTOCOL_ERROR ? Failure::kGarbage : Failure::kReset;
  }
}

Failure Http2Client::failure_of(const Stream& stream) {
  if (stream.status == 0) return Failure::kGarbage;
  const auto header = [&](std::string_view name) -> std::string_view {
    const auto found =
        std::ranges::find(stream.headers, lower(name),
                          [](const auto& one) -> const std::string& { return one.first; });
    return found == stream.headers.end() ? std::string_view() : found->second;
  };
  return verify(*stream.call.request,
                {.status = stream.status, .body = stream.body, .header = header},
                stream.call.values);
}

void Http2Client::finish(Stream& stream) {
  stream.state = Stream::State::kFree;
  if (stream.body.capacity() > kKeptBody) stream.body = {};
  finished_(stream.call.ticket, {.failure = stream.failure,
                                 .done = std::max(received_at_, stream.begun),
                                 .bytes = stream.received});
}

void Http2Client::lost(Failure failure) {
  drop(failure == Failure::kNone ? Failure::kClosed : failure);
}

// All that is under way ends with the connection. What begins meanwhile goes to the next.
void Http2Client::drop(Failure failure) {
  loop_->cancel(std::exchange(settling_, Loop::TimerId::kNone));
  transport_.close();
  session_.reset();
  is_leaving_ = false;
  const Time now = loop_->refresh();
  std::vector<std::pair<std::uint32_t, Outcome>> ended;
  for (Stream& stream : streams_) {
    if (stream.state == Stream::State::kFree) continue;
    if (stream.state != Stream::State::kEnded) {
      stream.failure = now - stream.begun >= timeout_ ? Failure::kTimeout : failure;
    }
    stream.state = Stream::State::kFree;
    ended.emplace_back(stream.call.ticket,
                       Outcome{.failure = stream.failure, .done = now, .bytes = stream.received});
  }
  for (const auto& [ticket, outcome] : ended) finished_(ticket, outcome);
}

void Http2Client::expire(Time now) {
  const auto is_over = [&](const Stream& one) {
    return one.state != Stream::State::kFree && now - one.begun >= timeout_;
  };
  const auto first = std::ranges::find_if(streams_, is_over);
  if (first == streams_.end()) return;
  if (session_ == nullptr || received_at_ < first->begun) return drop(Failure::kClosed);
  for (Stream& stream : streams_) {
    if (!is_over(stream)) continue;
    if (stream.state == Stream::State::kUnderWay) Callbacks::abandon(session_.get(), stream);
    if (stream.state != Stream::State::kEnded) stream.failure = Failure::kTimeout;
    stream.state = Stream::State::kEnded;
  }
  settle();
  flush();
}

void Http2Client::close() { drop(Failure::kClosed); }

std::optional<std::string> delayed_ack_note(const load::Histogram& response) {
  const std::int64_t median = response.at_percentile(50);
  if (median < 40 * kMillisecond || median > 48 * kMillisecond) return std::nullopt;
  return fmt::format(
      "half of the requests took about {} ms, which is how long Linux delays an "
      "acknowledgement: the server probably writes an answer in two pieces without "
      "TCP_NODELAY, and more streams a connection or that option would show its real speed",
      median / kMillisecond);
}

}  // namespace tidemark::pressure
