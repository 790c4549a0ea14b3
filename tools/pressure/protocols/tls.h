#pragma once

#include <memory>
#include <string_view>

#include "lib/load/scenario.h"

struct ssl_ctx_st;
struct ssl_st;
struct ssl_session_st;

namespace tidemark::pressure {

// What the TLS connections to one target have in common: which certificates hold, what the
// target is called, and the session that the next connection resumes.
class TlsContext {
 public:
  // `protocol` is what is agreed on by ALPN: "http/1.1", "h2". Without `verify`, any
  // certificate will do. Throws Error: OpenSSL has no certificates to trust, or no memory.
  TlsContext(load::Target target, bool verify, std::string_view protocol);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  using Ssl = std::unique_ptr<ssl_st, Free>;

  // A client's side of a handshake on `fd`; nothing: no memory.
  Ssl open(int fd);

  // Keeps the session for the next connection.
  void keep(ssl_session_st* session);

 private:
  ssl_ctx_st* context_;
  ssl_session_st* session_ = nullptr;
  load::Target target_;
};

}  // namespace tidemark::pressure
