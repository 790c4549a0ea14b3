// OpenSSL, loaded when TLS or a WebSocket is first used. Its libraries take 1.7 MB of
// resident memory as soon as they are linked, a third of what a load driver needs that
// speaks plain HTTP.
//
// These are the functions of OpenSSL that we call, under their own names, so that its
// headers and macros hold; each hands on to the one of the library. They are not visible
// outside of the program (-fvisibility=hidden), which keeps them apart from the real ones
// for others that load it, like libpq.
#include <dlfcn.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>

#include "lib/base/error.h"

namespace {

void* library(const char* name) {
  void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return handle;
  throw tidemark::Error(fmt::format("load over TLS: {}", dlerror()), "apt-get install libssl3");
}

// What libssl needs of libcrypto is loaded with it.
template <typename Function>
Function* in_ssl(const char* name) {
  static void* const kLibrary = library("libssl.so.3");
  auto* const function = reinterpret_cast<Function*>(dlsym(kLibrary, name));
  if (function != nullptr) return function;
  throw tidemark::Error(fmt::format("libssl.so.3 has no {}", name));
}

}  // namespace

// Parameters are OpenSSL's in number, and have better names than in its headers.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,readability-function-size)

const SSL_METHOD* TLS_client_method() {
  static const auto kCall = in_ssl<decltype(TLS_client_method)>("TLS_client_method");
  return kCall();
}

SSL_CTX* SSL_CTX_new(const SSL_METHOD* method) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_new)>("SSL_CTX_new");
  return kCall(method);
}

void SSL_CTX_free(SSL_CTX* context) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_free)>("SSL_CTX_free");
  return kCall(context);
}

long SSL_CTX_ctrl(SSL_CTX* context, int command, long number, void* pointer) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_ctrl)>("SSL_CTX_ctrl");
  return kCall(context, command, number, pointer);
}

std::uint64_t SSL_CTX_set_options(SSL_CTX* context, std::uint64_t options) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_set_options)>("SSL_CTX_set_options");
  return kCall(context, options);
}

void SSL_CTX_sess_set_new_cb(SSL_CTX* context, int (*call)(SSL*, SSL_SESSION*)) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_sess_set_new_cb)>("SSL_CTX_sess_set_new_cb");
  return kCall(context, call);
}

int SSL_CTX_set_alpn_protos(SSL_CTX* context, const unsigned char* list, unsigned size) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_set_alpn_protos)>("SSL_CTX_set_alpn_protos");
  return kCall(context, list, size);
}

void SSL_CTX_set_verify(SSL_CTX* context, int mode, SSL_verify_cb verify) {
  static const auto kCall = in_ssl<decltype(SSL_CTX_set_verify)>("SSL_CTX_set_verify");
  return kCall(context, mode, verify);
}

int SSL_CTX_set_default_verify_paths(SSL_CTX* context) {
  static const auto kCall =
      in_ssl<decltype(SSL_CTX_set_default_verify_paths)>("SSL_CTX_set_default_verify_paths");
  return kCall(context);
}

void SSL_SESSION_free(SSL_SESSION* session) {
  static const auto kCall = in_ssl<decltype(SSL_SESSION_free)>("SSL_SESSION_free");
  return kCall(session);
}

SSL* SSL_new(SSL_CTX* context) {
  static const auto kCall = in_ssl<decltype(SSL_new)>("SSL_new");
  return kCall(context);
}

void SSL_free(SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_free)>("SSL_free");
  return kCall(ssl);
}

long SSL_ctrl(SSL* ssl, int command, long number, void* pointer) {
  static const auto kCall = in_ssl<decltype(SSL_ctrl)>("SSL_ctrl");
  return kCall(ssl, command, number, pointer);
}

int SSL_set_fd(SSL* ssl, int fd) {
  static const auto kCall = in_ssl<decltype(SSL_set_fd)>("SSL_set_fd");
  return kCall(ssl, fd);
}

int SSL_set_ex_data(SSL* ssl, int index, void* pointer) {
  static const auto kCall = in_ssl<decltype(SSL_set_ex_data)>("SSL_set_ex_data");
  return kCall(ssl, index, pointer);
}

void* SSL_get_ex_data(const SSL* ssl, int index) {
  static const auto kCall = in_ssl<decltype(SSL_get_ex_data)>("SSL_get_ex_data");
  return kCall(ssl, index);
}

int SSL_set1_host(SSL* ssl, const char* host) {
  static const auto kCall = in_ssl<decltype(SSL_set1_host)>("SSL_set1_host");
  return kCall(ssl, host);
}

X509_VERIFY_PARAM* SSL_get0_param(SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_get0_param)>("SSL_get0_param");
  return kCall(ssl);
}

int X509_VERIFY_PARAM_set1_ip_asc(X509_VERIFY_PARAM* parameters, const char* address) {
  static const auto kCall =
      in_ssl<decltype(X509_VERIFY_PARAM_set1_ip_asc)>("X509_VERIFY_PARAM_set1_ip_asc");
  return kCall(parameters, address);
}

int SSL_set_session(SSL* ssl, SSL_SESSION* session) {
  static const auto kCall = in_ssl<decltype(SSL_set_session)>("SSL_set_session");
  return kCall(ssl, session);
}

void SSL_set_connect_state(SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_set_connect_state)>("SSL_set_connect_state");
  return kCall(ssl);
}

int SSL_do_handshake(SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_do_handshake)>("SSL_do_handshake");
  return kCall(ssl);
}

int SSL_is_init_finished(const SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_is_init_finished)>("SSL_is_init_finished");
  return kCall(ssl);
}

int SSL_shutdown(SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_shutdown)>("SSL_shutdown");
  return kCall(ssl);
}

int SSL_read_ex(SSL* ssl, void* bytes, std::size_t size, std::size_t* got) {
  static const auto kCall = in_ssl<decltype(SSL_read_ex)>("SSL_read_ex");
  return kCall(ssl, bytes, size, got);
}

int SSL_write_ex(SSL* ssl, const void* bytes, std::size_t size, std::size_t* sent) {
  static const auto kCall = in_ssl<decltype(SSL_write_ex)>("SSL_write_ex");
  return kCall(ssl, bytes, size, sent);
}

int SSL_has_pending(const SSL* ssl) {
  static const auto kCall = in_ssl<decltype(SSL_has_pending)>("SSL_has_pending");
  return kCall(ssl);
}

int SSL_get_error(const SSL* ssl, int result) {
  static const auto kCall = in_ssl<decltype(SSL_get_error)>("SSL_get_error");
  return kCall(ssl, result);
}

void ERR_clear_error() {
  static const auto kCall = in_ssl<decltype(ERR_clear_error)>("ERR_clear_error");
  return kCall();
}

unsigned long ERR_peek_last_error() {
  static const auto kCall = in_ssl<decltype(ERR_peek_last_error)>("ERR_peek_last_error");
  return kCall();
}

const char* ERR_reason_error_string(unsigned long error) {
  static const auto kCall = in_ssl<decltype(ERR_reason_error_string)>("ERR_reason_error_string");
  return kCall(error);
}

const EVP_MD* EVP_sha1() {
  static const auto kCall = in_ssl<decltype(EVP_sha1)>("EVP_sha1");
  return kCall();
}

int EVP_Digest(const void* bytes, std::size_t size, unsigned char* digest, unsigned* digest_size,
               const EVP_MD* kind, ENGINE* engine) {
  static const auto kCall = in_ssl<decltype(EVP_Digest)>("EVP_Digest");
  return kCall(bytes, size, digest, digest_size, kind, engine);
}

int EVP_EncodeBlock(unsigned char* to, const unsigned char* from, int size) {
  static const auto kCall = in_ssl<decltype(EVP_EncodeBlock)>("EVP_EncodeBlock");
  return kCall(to, from, size);
}

// NOLINTEND(readability-inconsistent-declaration-parameter-name,readability-function-size)
