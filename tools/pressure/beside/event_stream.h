#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::pressure {

// One event, valid during the call that hands it over.
struct StreamEvent {
  std::string_view name;  // empty: "message"
  std::string_view data;
  std::string_view id;  // the last that was set, by this event or by one before
};

// Reads text/event-stream as it comes in, in pieces of any size
// (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation):
//
//   id: 7
//   data: {"seq":7,
//   data: "at_ms":1700000000000}
//   (an empty line: here the event is whole, its data is two lines)
//
// Lines end with CR, LF or CRLF. A line or an event that is too long ends the reading: no
// server can make us keep more than kMostLine + kMostEvent.
class EventStream {
 public:
  static constexpr std::size_t kMostLine = 256 << 10;
  static constexpr std::size_t kMostEvent = 1 << 20;

  using Sink = std::function<void(const StreamEvent& event)>;

  // False, from then on: a line or an event is too long. `sink` must not call back.
  bool feed(std::string_view bytes, const Sink& sink);

  // A new connection: what is not whole is dropped, the last id and retry() stay.
  void restart();

  // What goes into Last-Event-ID; empty: no event had one.
  const std::string& last_id() const { return last_id_; }

  // How long the server wants us to wait before we connect again, in milliseconds.
  std::optional<std::int64_t> retry() const { return retry_; }

 private:
  bool end_line(std::string_view rest, const Sink& sink);
  bool take_line(std::string_view line, const Sink& sink);
  bool take_field(std::string_view name, std::string_view value);
  void dispatch(const Sink& sink);

  std::string line_;  // the beginning of one that is not whole
  std::string data_;  // of the event under way; each line with a '\n'
  std::string name_;
  std::string id_;
  std::string last_id_;
  std::optional<std::int64_t> retry_;
  bool at_start_ = true;   // nothing was read: a byte order mark is none of the text
  bool after_cr_ = false;  // a '\n' now belongs to the '\r' before it
  bool too_long_ = false;
};

}  // namespace tidemark::pressure
