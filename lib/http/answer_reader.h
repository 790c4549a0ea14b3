#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tidemark::http {

// Reads answers to HTTP/1.1 requests (RFC 9112) one after the other, from whatever pieces
// they come in. Interim answers (1xx) are passed over. An answer may be anything: memory
// is bounded by the limits, and reading by what is put in.
//
//   AnswerReader reader(limits);
//   reader.expect(wanted);  put(bytes)... until state() is not kMore;  expect(...) again
class AnswerReader {
 public:
  struct Limits {
    std::size_t head = std::size_t{64} << 10;      // the status line and all headers
    std::uint64_t body = std::uint64_t{1} << 30;   // one that is passed over
    std::size_t kept_body = std::size_t{4} << 20;  // one that is kept
  };
  // What the request was, and what its answer is needed for.
  struct Wanted {
    bool to_head = false;  // the answer to HEAD: it has no body
    bool headers = false;
    bool body = false;
    // Is handed the body as it comes, however long it is, instead of keeping it; stays
    // until the answer is over.
    const std::function<void(std::string_view piece)>* pieces = nullptr;
  };
  enum class State : std::uint8_t { kMore, kDone, kGarbage, kTooLong };

  AnswerReader();
  explicit AnswerReader(const Limits& limits);
  AnswerReader(AnswerReader&&) noexcept;
  AnswerReader& operator=(AnswerReader&&) noexcept;
  ~AnswerReader();

  // Begins the next answer.
  void expect(Wanted wanted);

  // How many of `bytes` belong to this answer, all of them when more is needed. What is
  // behind them is the next answer's.
  std::size_t put(std::string_view bytes);

  // The connection was closed. An answer that ends that way is done, any other stays
  // what it was.
  void end();

  State state() const { return state_; }
  bool begun() const { return begun_; }  // a byte of this answer was put in

  // The head is whole: status() and header() may be asked already. Only known when
  // `pieces` or `headers` are wanted.
  bool has_head() const;

  // REQUIRES: state() is kDone, for all below.
  int status() const { return in_full_ ? full_status() : status_; }
  bool keeps_alive() const { return keeps_alive_; }
  // Valid until the next expect(), or until the bytes last put in are gone.
  std::string_view body() const { return whole_.empty() ? std::string_view(kept_) : whole_; }
  // The first value of a header, in any case; empty: there is none.
  std::string_view header(std::string_view name) const;

 private:
  struct Full;

  int full_status() const;
  std::size_t put_body(std::string_view bytes);
  std::size_t put_full(std::string_view bytes);
  bool advance(std::string_view& rest);
  void fail(State state) { state_ = state; }

  Limits limits_;
  Wanted wanted_;
  State state_ = State::kDone;
  bool begun_ = false;
  bool keeps_alive_ = false;
  bool in_full_ = false;  // the full parser has this answer
  bool in_body_ = false;  // of an answer whose head was the usual one
  int status_ = 0;
  std::uint64_t left_ = 0;  // of that body
  std::string_view whole_;  // a body that was in one piece with its head
  std::string kept_;
  std::unique_ptr<Full> full_;
};

}  // namespace tidemark::http
