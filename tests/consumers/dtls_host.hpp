// SPDX-License-Identifier: Apache-2.0
// The chip as a DTLS client, the program trustx that drives it, and servers of other people's to talk to.
#pragma once

#include "common/io/unique_fd.hpp"
#include "mqtt/certificate_authority.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace trustx::test {

using Arguments = std::vector<std::string>;
using Identity = CertificateAuthority::Server;

// Typist is the standard input of a program as a person at a keyboard has it: it says something now and then, and ends
// when it is told to.
class Typist {
 public:
    explicit Typist(const std::filesystem::path& pipe);

    // command runs a program with this input.
    [[nodiscard]] Arguments command(const std::string& program, const Arguments& arguments) const;
    void type(const std::string& text) const;
    void end() { keyboard_.reset(); }

 private:
    std::filesystem::path pipe_;
    UniqueFd keyboard_;
};

// Client is a running `trustx dtls connect`.
struct Client {
    Typist input;
    Process process;
};

// Server is a running server: its process, where it listens, and its input where it has one.
struct Server {
    std::string port;
    std::unique_ptr<Typist> input;
    std::unique_ptr<Process> process;

    [[nodiscard]] std::string address() const { return "localhost:" + port; }
};

// DtlsHost has a chip with a key in E0F1 that may authenticate, its certificate in E0E1, and in E0E8 the authority that
// issued it and the certificate of the servers, which is for localhost.
class DtlsHost {
 public:
    DtlsHost();

    // trustx runs the program on this chip, in the directory for files; must demands that it succeeds.
    Outcome trustx(const Arguments& arguments, std::optional<std::string> input = {}) const;
    std::string must(const Arguments& arguments) const;
    // connect starts `trustx dtls connect localhost:PORT --key E0F1 MORE...`.
    Client connect(const Server& server, const Arguments& more = {});
    // refused runs the same with an empty input, and demands this exit status and all of these words.
    void refused(const Server& server, int status, const std::vector<std::string>& words,
                 const Arguments& more = {}) const;

    // What servers can be, all with ECDHE-ECDSA-AES128-CCM8 unless told otherwise.
    Server openssl(const Arguments& more = {});
    Server openssl_as(const Identity& identity, const Arguments& more);
    Server gnutls(const Arguments& more = {});
    Server mbedtls(const std::string& clients);
    // coap is libcoap's with one of its TLS libraries; it listens for CoAP without DTLS on the port before.
    Server coap(const std::string& library);
    // unused has nobody who listens, silent somebody who says nothing.
    static Server unused();
    Server silent();
    // wait_for_hello returns when the silent server got a datagram.
    void wait_for_hello(const Server& server) const;

    // session_queue_numbers are those of the lock file, which change with everybody who waits for a session object.
    [[nodiscard]] std::string session_queue_numbers() const;

    [[nodiscard]] std::string path(const std::string& name) const { return (files_ / name).string(); }
    [[nodiscard]] std::map<std::string, std::string> environment() const;

    Simulator chip;

 private:
    [[nodiscard]] Typist typist(const std::string& name) const { return Typist{files_ / name}; }
    [[nodiscard]] ProcessOptions in_files() const;

    TempDir files_;
    std::map<std::string, UniqueFd> silent_;  // by port
    int count_ = 0;

 public:
    CertificateAuthority authority{files_.path(), "authority"};
    Identity server_identity{authority.issue_server("localhost", "DNS:localhost,IP:127.0.0.1,IP:::1")};
};

}  // namespace trustx::test
