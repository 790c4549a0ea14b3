#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/http/answer_reader.h"
#include "lib/load/failure.h"
#include "lib/load/scenario.h"
#include "tools/pressure/beside/reconnect.h"
#include "tools/pressure/engine/beside.h"
#include "tools/pressure/protocols/transport.h"

namespace tidemark::pressure {

// Connections that are meant to last, one a client: each begins as a GET request, goes on
// with what its protocol says, and is opened again, after a while, when it was lost.
//
// Opening is counted under `label`: how long from the first try until the head of the
// answer was accepted, or why not. The loss of one that was open is counted there, too
// (kClosed, kReset, or what the protocol found wrong).
class LastingConnections {
 public:
  using Client = std::size_t;  // from 0 on

  // What is spoken. None of these is called inside a function of ours, but start().
  struct Speech {
    // Appends header lines to the request: "Accept: text/event-stream\r\n".
    std::function<void(Client, std::string& headers)> ask;
    // Whether the answer's head is what was asked for. REQUIRES for what it is given:
    // status() and header() only.
    std::function<load::Failure(Client, const http::AnswerReader& answer)> accept;
    // Bytes that follow. Anything but kNone ends the connection.
    std::function<load::Failure(Client, std::string_view bytes)> take;
    // It was open and is not any more.
    std::function<void(Client)> lost;
    // The least time to wait that the server asked for; none: 0.
    std::function<Time(Client)> retry;
    bool raw = false;  // what follows is no body of HTTP: after 101
  };

  struct Plan {
    std::string path;
    int clients = 1;
    load::Span backoff;
    LabelId label{};
  };

  LastingConnections(const BesideSetup& setup, Plan plan, Speech speech);
  LastingConnections(const LastingConnections&) = delete;
  LastingConnections& operator=(const LastingConnections&) = delete;
  ~LastingConnections();

  void start();
  void stop();  // closes all; nothing is counted any more

  bool is_open(Client client) const;
  void send(Client client, std::string_view bytes);  // REQUIRES: is_open(client)

  double connected_share() const { return attendance_.share(last_moment()); }
  load::Random& random() { return random_; }

 private:
  struct Line;

  void open_more();
  void open(Line& line);
  void read(Line& line);
  load::Failure read_head(Line& line, std::string_view bytes);
  load::Failure read_body(Line& line, std::string_view bytes);
  std::size_t put(Line& line, std::string_view bytes);
  void admit(Line& line);
  void end(Line& line, load::Failure failure);
  void lose(Line& line, load::Failure failure);
  void leave_door(Line& line);
  Tally::Moments moments(const Line& line) const;
  std::string request_of(Client client) const;
  Time last_moment() const;

  BesideSetup setup_;
  ClientContext context_;
  Plan plan_;
  Speech speech_;
  load::Random random_;
  std::deque<Line> lines_;
  std::deque<Line*> waiting_;  // to be opened, when there are fewer at the door
  int at_door_ = 0;            // are being opened
  Loop::TimerId door_timer_ = Loop::TimerId::kNone;
  Attendance attendance_;
  Time stopped_ = 0;  // 0: not yet
  std::function<void(std::string_view)> body_;
  Line* reading_ = nullptr;                       // whose body comes in
  load::Failure verdict_ = load::Failure::kNone;  // on it
  std::array<char, 64 << 10> room_;
};

}  // namespace tidemark::pressure
