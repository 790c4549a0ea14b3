#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/url.h"

namespace tidemark::http {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Url url;
  std::string method = "GET";
  std::vector<Header> headers = {};  // besides Host, Connection and Content-Length
  std::string body = {};
  std::chrono::milliseconds time{5000};            // for everything, from the connection on
  std::size_t most_bytes = std::size_t{16} << 20;  // of the answer's body
  bool head_only = false;  // the answer's first lines are all that is wanted
};

struct Response {
  int status = 0;
  std::string reason;  // "Not Found"
  std::vector<Header> headers;
  std::string body;

  // The first value of a header, in any case; empty: it has none.
  std::string_view header(std::string_view name) const;
};

// The answer, whatever its status. Redirections are not followed. Throws Error: nobody
// listens, no answer in time, an answer that is not HTTP, cut off or too long.
Response fetch(const Request& request);

// The body of what GET answers with a status of 200 to 299. Throws Error for any other, too.
std::string get(const Url& url, std::chrono::milliseconds time = std::chrono::seconds(5));

// One request and its answer without ever waiting, for who has other things to do:
//
//   Exchange exchange(request);
//   while (!exchange.advance()) { poll() for exchange.fd(), or look after other things }
//   use exchange.response();
//
// A host that is not an address in digits or localhost is looked up first, which may take
// as long as the resolver takes; localhost means both of its addresses.
class Exchange {
 public:
  explicit Exchange(Request request);  // Throws Error.
  Exchange(Exchange&&) noexcept;
  Exchange& operator=(Exchange&&) noexcept;
  ~Exchange();

  // Does what can be done now; whether the answer is there. Throws Error as fetch() does,
  // also when the time is over.
  bool advance();

  // What to poll() for, and how long at most. REQUIRES: advance() returned false.
  int fd() const;
  short events() const;
  std::chrono::milliseconds time_left() const;

  // REQUIRES: advance() returned true.
  const Response& response() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemark::http
