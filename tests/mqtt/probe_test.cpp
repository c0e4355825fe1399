// SPDX-License-Identifier: Apache-2.0
// How far a probe gets, and what it never does.
#include "connection/probe.hpp"

#include "common/io/unique_fd.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/socket.h>

using namespace trustx;
using namespace trustx::mqtt;

namespace {

// Listener is a port at which connections are taken, and nothing is said.
struct Listener {
    Listener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket.get(), 1) == 0);
        REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port = ntohs(address.sin_port);
    }
    UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t port = 0;
};

openssl::X509Certificate self_signed() {
    const openssl::Pkey key{EVP_EC_gen("P-256")};
    openssl::X509Certificate certificate{X509_new()};
    X509_set_pubkey(certificate.get(), key.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    return certificate;
}

std::string in_pem(X509* certificate, const EVP_CIPHER* cipher) {
    const auto bio = openssl::writing();
    std::string passphrase = "secret";
    REQUIRE(PEM_ASN1_write_bio(reinterpret_cast<i2d_of_void*>(i2d_X509), PEM_STRING_X509, bio.get(), certificate,
                               cipher, reinterpret_cast<unsigned char*>(passphrase.data()),
                               static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
    return openssl::written(bio.get());
}

}  // namespace

TEST_CASE("a probe asks nobody for the passphrase of a certificate", "[probe]") {
    const Listener listener;
    const test::TempDir directory;
    const auto certificate = self_signed();
    test::write_file(directory / "ca.pem", in_pem(certificate.get(), nullptr));
    test::write_file(directory / "encrypted.pem", in_pem(certificate.get(), EVP_aes_128_cbc()));
    const auto result = probe({.host = "127.0.0.1",
                               .port = listener.port,
                               .ca_file = directory / "ca.pem",
                               .alpn = {},
                               .certificate_file = directory / "encrypted.pem",
                               .key_file = directory / "key.pem"},
                              std::chrono::seconds{20});
    CHECK(result.obstacle == ProbeResult::Obstacle::tls);
    CHECK_FALSE(result.tls_errors.empty());
    CHECK(std::ranges::none_of(result.tls_errors,
                               [](const auto& error) { return error.library_number() == ERR_LIB_UI; }));
}

TEST_CASE("a probe tells by the system's number why there is no TCP connection", "[probe]") {
    std::uint16_t port = 0;
    {
        const Listener listener;
        port = listener.port;
    }
    const auto result =
        probe({.host = "127.0.0.1", .port = port, .ca_file = {}, .alpn = {}, .certificate_file = {}, .key_file = {}},
              std::chrono::seconds{20});
    CHECK(result.obstacle == ProbeResult::Obstacle::tcp);
    CHECK(result.system_error == ECONNREFUSED);
}
