#include "tools/pressure/protocols/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <string>
#include <utility>

#include "lib/base/error.h"

namespace tidemark::pressure {
namespace {

int new_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<TlsContext*>(SSL_get_app_data(ssl))->keep(session);
  return 1;  // it is ours now
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string last_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

}  // namespace

TlsContext::TlsContext(load::Target target, bool verify, std::string_view protocol)
    : context_(SSL_CTX_new(TLS_client_method())), target_(std::move(target)) {
  if (context_ == nullptr) throw Error("OpenSSL: " + last_error());
  // A thousand connections that wait keep no buffers.
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read() for a record, not two.
  SSL_CTX_set_read_ahead(context_, 1);
  // A connection that ends without TLS's goodbye is what many servers do.
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, new_session);
  const std::string list = static_cast<char>(protocol.size()) + std::string(protocol);
  SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
  if (!verify) return;
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_default_verify_paths(context_) != 1) {
    throw Error("OpenSSL: no certificates to trust: " + last_error());
  }
}

TlsContext::~TlsContext() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

void TlsContext::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

TlsContext::Ssl TlsContext::open(int fd) {
  Ssl ssl(SSL_new(context_));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return nullptr;
  SSL_set_app_data(ssl.get(), this);
  const std::string name = target_.host.empty() ? "localhost" : target_.host;
  if (is_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    SSL_set1_host(ssl.get(), name.c_str());
  }
  if (session_ != nullptr) SSL_set_session(ssl.get(), session_);
  SSL_set_connect_state(ssl.get());
  return ssl;
}

void TlsContext::keep(ssl_session_st* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

}  // namespace tidemark::pressure
