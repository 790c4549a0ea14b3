#include "tools/pressure/protocols/frames.h"

#include <openssl/evp.h>
#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace tidemark::pressure {
namespace {

// RFC 6455, section 1.3.
constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(const unsigned char* bytes, int size) {
  std::array<unsigned char, 64> text{};  // for at most 45 bytes
  const int length = EVP_EncodeBlock(text.data(), bytes, size);
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

void fill(load::Random& random, std::uint8_t* bytes, std::size_t size) {
  while (size > 0) {
    const std::uint64_t word = random.next();
    const std::size_t part = std::min(size, sizeof word);
    std::memcpy(bytes, &word, part);
    bytes += part;
    size -= part;
  }
}

}  // namespace

// wslay's buffering is off: it keeps each fragment in a block of its own, so that a server
// that sends a message byte by byte would have us hold fifty times its length.
struct Frames::Context {
  load::Random* random;
  Message on_message;
  wslay_event_context_ptr context = nullptr;
  std::string_view input;
  std::string message;  // what came of the one under way
  std::string output;
  std::size_t written = 0;  // of `output`
  std::int64_t pongs = 0;
  State state = State::kOpen;
  bool in_control = false;  // the frame under way is a ping, a pong or a close
  bool feeding = false;

  Context(load::Random& randoms, Message sink) : random(&randoms), on_message(std::move(sink)) {
    const wslay_event_callbacks callbacks{.recv_callback = give,
                                          .send_callback = take,
                                          .genmask_callback = mask,
                                          .on_frame_recv_start_callback = begin_frame,
                                          .on_frame_recv_chunk_callback = add,
                                          .on_frame_recv_end_callback = nullptr,
                                          .on_msg_recv_callback = end_message};
    if (wslay_event_context_client_init(&context, &callbacks, this) != 0) throw std::bad_alloc();
    wslay_event_config_set_no_buffering(context, 1);
    wslay_event_config_set_max_recv_msg_length(context, kMostMessage);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { wslay_event_context_free(context); }

  static Context& of(void* user) { return *static_cast<Context*>(user); }

  // NOLINTNEXTLINE(readability-function-size): wslay's callback
  static ssize_t give(wslay_event_context_ptr context, std::uint8_t* buffer, std::size_t size,
                      int /*flags*/, void* user) {
    std::string_view& input = of(user).input;
    if (input.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t part = std::min(size, input.size());
    std::memcpy(buffer, input.data(), part);
    input.remove_prefix(part);
    return static_cast<ssize_t>(part);
  }

  // NOLINTNEXTLINE(readability-function-size): wslay's callback
  static ssize_t take(wslay_event_context_ptr /*context*/, const std::uint8_t* bytes,
                      std::size_t size, int /*flags*/, void* user) {
    of(user).output.append(reinterpret_cast<const char*>(bytes), size);
    return static_cast<ssize_t>(size);
  }

  static int mask(wslay_event_context_ptr /*context*/, std::uint8_t* buffer, std::size_t size,
                  void* user) {
    fill(*of(user).random, buffer, size);
    return 0;
  }

  static void begin_frame(wslay_event_context_ptr /*context*/,
                          const wslay_event_on_frame_recv_start_arg* frame, void* user) {
    of(user).in_control = wslay_is_ctrl_frame(frame->opcode);
  }

  static void add(wslay_event_context_ptr context, const wslay_event_on_frame_recv_chunk_arg* chunk,
                  void* user) {
    Context& inner = of(user);
    if (inner.in_control || inner.state != State::kOpen) return;
    if (inner.message.size() + chunk->data_length > kMostMessage) {
      inner.state = State::kTooLong;
      wslay_event_shutdown_read(context);
      wslay_event_queue_close(context, WSLAY_CODE_MESSAGE_TOO_BIG, nullptr, 0);
      return;
    }
    inner.message.append(reinterpret_cast<const char*>(chunk->data), chunk->data_length);
  }

  static void end_message(wslay_event_context_ptr /*context*/,
                          const wslay_event_on_msg_recv_arg* end, void* user) {
    Context& inner = of(user);
    if (inner.state != State::kOpen) return;
    if (end->opcode == WSLAY_PONG) ++inner.pongs;
    if (wslay_is_ctrl_frame(end->opcode)) return;
    inner.on_message(inner.message);
    constexpr std::size_t kSmall = 4096;
    if (inner.message.capacity() > kSmall) inner.message = {};
    inner.message.clear();
  }

  // What wslay says now that it has read.
  State state_after_reading() const {
    if (state != State::kOpen) return state;
    if (wslay_event_get_close_received(context) != 0) return State::kClosed;
    if (wslay_event_get_read_enabled(context) != 0) return State::kOpen;
    const bool too_long = wslay_event_get_status_code_sent(context) == WSLAY_CODE_MESSAGE_TOO_BIG;
    return too_long ? State::kTooLong : State::kBroken;
  }

  void flush() {
    if (feeding) return;  // feed() does it
    if (wslay_event_send(context) != 0 && state == State::kOpen) state = State::kBroken;
  }

  void queue(std::uint8_t opcode, std::string_view text) {
    const wslay_event_msg queued{.opcode = opcode,
                                 .msg = reinterpret_cast<const std::uint8_t*>(text.data()),
                                 .msg_length = text.size()};
    // After a close nothing can be queued; who sends finds that when it reads.
    if (wslay_event_queue_msg(context, &queued) == WSLAY_ERR_NOMEM) throw std::bad_alloc();
    flush();
  }
};

Frames::Frames(load::Random& random, Message on_message)
    : context_(std::make_unique<Context>(random, std::move(on_message))) {}
Frames::Frames(Frames&&) noexcept = default;
Frames& Frames::operator=(Frames&&) noexcept = default;
Frames::~Frames() = default;

Frames::State Frames::feed(std::string_view bytes) {
  Context& inner = *context_;
  if (inner.state != State::kOpen) return inner.state;
  inner.input = bytes;
  inner.feeding = true;
  const int result = wslay_event_recv(inner.context);
  inner.feeding = false;
  inner.input = {};
  inner.flush();
  if (result != 0 && inner.state == State::kOpen) inner.state = State::kBroken;
  return inner.state = inner.state_after_reading();
}

Frames::State Frames::state() const { return context_->state; }
std::int64_t Frames::pongs() const { return context_->pongs; }

void Frames::send(std::string_view text) { context_->queue(WSLAY_TEXT_FRAME, text); }
void Frames::ping() { context_->queue(WSLAY_PING, {}); }

void Frames::close(std::uint16_t code) {
  wslay_event_queue_close(context_->context, code, nullptr, 0);
  context_->flush();
}

std::string_view Frames::output() const {
  return std::string_view(context_->output).substr(context_->written);
}

void Frames::consume(std::size_t bytes) {
  Context& inner = *context_;
  inner.written += bytes;
  if (inner.written < inner.output.size()) return;
  inner.output.clear();
  inner.written = 0;
}

std::string websocket_key(load::Random& random) {
  std::array<std::uint8_t, 16> nonce{};
  fill(random, nonce.data(), nonce.size());
  return base64(nonce.data(), nonce.size());
}

std::string websocket_accept(std::string_view key) {
  std::string text(key);
  text += kAcceptGuid;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64(digest.data(), static_cast<int>(size));
}

}  // namespace tidemark::pressure
