// TLS with the real server.
#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/tools/pressure/engine/drive.h"
#include "tests/tools/pressure/engine/nginx.h"

namespace tidemark::pressure {
namespace {

using namespace std::chrono_literals;
using load::Failure;

// nginx with a certificate for 127.0.0.1 that nobody else has signed.
class TlsOnNginx : public testing::Test {
 protected:
  static std::string certificate(const Scratch& scratch) {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=tidemark -addext subjectAltName=IP:127.0.0.1 -keyout {0}/key -out {0}/cert "
        "2>{0}/log",
        scratch.path.string());
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
    return scratch.path / "cert";
  }

  load::Scenario scenario(bool verify) {
    load::Scenario made = closed_load(fmt::format("https://127.0.0.1:{}", port_), 4, 300ms);
    made.load.verify_tls = verify;
    return made;
  }

  Scratch scratch_;
  std::string certificate_ = certificate(scratch_);
  std::uint16_t port_ = free_port();
  Nginx nginx_{
      fmt::format("listen 127.0.0.1:{} ssl; ssl_certificate {}; ssl_certificate_key {}/key;", port_,
                  certificate_, scratch_.path.string())};
};

TEST_F(TlsOnNginx, ACertificateThatDoesNotHoldIsAFailure) {
  Drive drive(scenario(true));
  EXPECT_GT(drive.failures(Failure::kTls), 0);
  EXPECT_EQ(drive.failures(Failure::kTls), drive.counts().failed());
  EXPECT_EQ(drive.counts().done, 0);
}

TEST_F(TlsOnNginx, WithoutVerificationAnyCertificateWillDo) {
  Drive drive(scenario(false));
  EXPECT_GT(drive.counts().done, 20);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST_F(TlsOnNginx, ACertificateThatIsTrustedHolds) {
  ::setenv("SSL_CERT_FILE", certificate_.c_str(), 1);
  Drive drive(scenario(true));
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_GT(drive.counts().done, 20);
  EXPECT_EQ(drive.counts().failed(), 0);
}

TEST_F(TlsOnNginx, ACertificateForAnotherNameDoesNotHold) {
  ::setenv("SSL_CERT_FILE", certificate_.c_str(), 1);
  load::Scenario another = scenario(true);
  another.target = load::parse_target(fmt::format("https://localhost:{}", port_), "target");
  Drive drive(another);
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_GT(drive.failures(Failure::kTls), 0);
  EXPECT_EQ(drive.counts().done, 0);
}

TEST_F(TlsOnNginx, AServerThatClosesAfterEachAnswerIsUsedAllTheSame) {
  // Each connection of a server that closes them needs a handshake.
  load::Scenario one = scenario(false);
  one.load.stages[0].clients = 1;
  one.personas[0].mix[0].action =
      load::HttpRequest{.path = load::Template("/", "path", {}),
                        .headers = {{"Connection", load::Template("close", "header", {})}}};
  Drive drive(one);
  EXPECT_GT(drive.counts().done, 5);
  EXPECT_EQ(drive.counts().failed(), 0);
}

}  // namespace
}  // namespace tidemark::pressure
