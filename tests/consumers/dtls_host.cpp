// SPDX-License-Identifier: Apache-2.0
#include "dtls_host.hpp"

#include "device/lock_record.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::test {
namespace {

// Always given: newer libraries rate the suite lower than they allow (chip-dtls.md section 9).
constexpr const char* suite = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";

// bind_udp binds a socket on the loopback interface; port 0 is one that the kernel chooses.
UniqueFd bind_udp(std::uint16_t port) {
    UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    return ::bind(fd.get(), generic, sizeof address) == 0 ? std::move(fd) : UniqueFd{};
}

std::uint16_t port_of(const UniqueFd& socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::system_error(errno, std::system_category(), "getsockname");
    }
    return ntohs(address.sin_port);
}

std::uint16_t unused_udp_port() {
    return port_of(bind_udp(0));
}

// unused_pair is the first of two ports of which nobody uses either.
std::uint16_t unused_pair() {
    for (;;) {
        const auto first = bind_udp(0);
        if (bind_udp(static_cast<std::uint16_t>(port_of(first) + 1))) {
            return port_of(first);
        }
    }
}

// start_on_some_port is for servers that cannot choose a port themselves: somebody may take it before they do.
template <class Start>
Server start_on_some_port(Start start) {
    std::string trouble;
    for (int attempt = 0; attempt < 10; ++attempt) {
        try {
            return start();
        } catch (const std::runtime_error& error) {
            trouble = error.what();
        }
    }
    throw std::runtime_error(trouble);
}

}  // namespace

// Opened for both directions, so that neither this waits for a reader nor the reader sees an end before it was meant.
Typist::Typist(const std::filesystem::path& pipe) : pipe_{pipe} {
    if (::mkfifo(pipe.c_str(), 0600) != 0) {
        throw std::system_error(errno, std::system_category(), pipe);
    }
    keyboard_ = UniqueFd{::open(pipe.c_str(), O_RDWR | O_CLOEXEC)};
}

Arguments Typist::command(const std::string& program, const Arguments& arguments) const {
    Arguments shell{"-c", "exec \"$@\" <" + pipe_.string(), "sh", program};
    shell.insert(shell.end(), arguments.begin(), arguments.end());
    return shell;
}

void Typist::type(const std::string& text) const {
    if (::write(keyboard_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        throw std::system_error(errno, std::system_category(), "type");
    }
}

DtlsHost::DtlsHost() {
    must({"keygen", "E0F1", "--usage", "sign,auth", "--out", "key.pem"});
    must({"pubkey", "E0F1", "--out", "public.pem"});
    must({"anchor", "write", "E0E8", authority.certificate()});
    // A request for another key, which the authority exchanges: so no provider is needed.
    test::openssl({"req", "-new", "-subj", "/CN=sensor", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                   "-noenc", "-keyout", path("unused.key"), "-out", path("sensor.csr")});
    write_file(path("extensions"), "basicConstraints = critical,CA:FALSE\nextendedKeyUsage = clientAuth\n");
    test::openssl({"x509", "-req", "-in", path("sensor.csr"), "-force_pubkey", path("public.pem"), "-CA",
                   authority.certificate(), "-CAkey", path("authority-key.pem"), "-set_serial", "7", "-days", "3650",
                   "-extfile", path("extensions"), "-out", path("sensor.pem")});
    must({"cert", "write", "E0E1", "sensor.pem", "--key", "key.pem"});
    chip.reset_stats();
}

std::map<std::string, std::string> DtlsHost::environment() const {
    return {{"TRUSTX_DEVICE", chip.address()},
            {"TRUSTX_CONF", "/dev/null"},
            {"TRUSTX_LOCK_DIRECTORY", chip.directory().path().string()}};
}

ProcessOptions DtlsHost::in_files() const {
    return {.environment = environment(), .directory = files_.path()};
}

std::string DtlsHost::session_queue_numbers() const {
    for (const auto& entry : std::filesystem::directory_iterator{chip.directory().path()}) {
        if (entry.path().filename().string().starts_with("unix:")) {
            constexpr std::size_t size = 2 * sizeof(std::uint32_t);
            return read_file(entry.path()).substr(session_queue_numbers_at, size);
        }
    }
    throw std::runtime_error("there is no lock file");
}

Outcome DtlsHost::trustx(const Arguments& arguments, std::optional<std::string> input) const {
    auto options = in_files();
    options.input = std::move(input);
    return run(program("trustx"), arguments, options);
}

std::string DtlsHost::must(const Arguments& arguments) const {
    const auto outcome = trustx(arguments);
    CAPTURE(arguments, outcome.both());
    REQUIRE(outcome.ok());
    return outcome.out;
}

Client DtlsHost::connect(const Server& server, const Arguments& more) {
    auto input = typist("client-" + std::to_string(++count_));
    Arguments arguments{"dtls", "connect", server.address(), "--key", "E0F1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto command = input.command(program("trustx"), arguments);
    return {.input = std::move(input), .process = Process{"sh", command, in_files()}};
}

void DtlsHost::refused(const Server& server, int status, const std::vector<std::string>& words,
                       const Arguments& more) const {
    const bool own_key = std::ranges::find(more, "--key") != more.end();
    Arguments arguments{"dtls", "connect", server.address()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (!own_key) {
        arguments.insert(arguments.end(), {"--key", "E0F1"});
    }
    const auto outcome = trustx(arguments);
    INFO(outcome.both());
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    for (const auto& word : words) {
        CHECK_THAT(outcome.err, ContainsSubstring(word));
    }
}

Server DtlsHost::openssl(const Arguments& more) {
    return openssl_as(server_identity, more);
}

Server DtlsHost::openssl_as(const Identity& identity, const Arguments& more) {
    auto input = std::make_unique<Typist>(files_ / ("server-" + std::to_string(++count_)));
    Arguments arguments{"s_server", "-dtls1_2",   "-accept", "127.0.0.1:0",           "-cert",   identity.certificate,
                        "-key",     identity.key, "-CAfile", authority.certificate(), "-cipher", suite};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto process = std::make_unique<Process>("sh", input->command("openssl", arguments),
                                             ProcessOptions{.without_environment = {"OPENSSL_CONF"}});
    const auto line = process->wait_for_line("ACCEPT");
    return {.port = line.substr(line.rfind(':') + 1), .input = std::move(input), .process = std::move(process)};
}

Server DtlsHost::gnutls(const Arguments& more) {
    return start_on_some_port([&] {
        const auto port = std::to_string(unused_udp_port());
        Arguments arguments{"--udp",
                            "--echo",
                            "-p",
                            port,
                            "--x509certfile",
                            server_identity.certificate,
                            "--x509keyfile",
                            server_identity.key,
                            "--x509cafile",
                            authority.certificate()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto process = std::make_unique<Process>("gnutls-serv", arguments);
        process->wait_for_error_line("listening on IPv4 0.0.0.0 port " + port + "...done");
        return Server{.port = port, .input = nullptr, .process = std::move(process)};
    });
}

Server DtlsHost::mbedtls(const std::string& clients) {
    auto process = std::make_unique<Process>(
        program("consumer_mbedtls_server"),
        Arguments{"0", server_identity.certificate, server_identity.key, authority.certificate(), clients});
    const auto line = process->wait_for_line("listening on ");
    return {.port = line.substr(line.rfind(' ') + 1), .input = nullptr, .process = std::move(process)};
}

// Its list of suites has the chip's; that newer versions of OpenSSL allow it, only their configuration can say.
Server DtlsHost::coap(const std::string& library) {
    const auto low_level = path("low-level.cnf");
    write_file(low_level,
               "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n"
               "CipherString = DEFAULT:@SECLEVEL=0\n");
    return start_on_some_port([&] {
        const auto port = unused_pair();
        const auto secured = std::to_string(port + 1);
        auto process = std::make_unique<Process>(
            "stdbuf",
            Arguments{"-oL", "coap-server-" + library, "-A", "127.0.0.1", "-p", std::to_string(port), "-c",
                      server_identity.certificate, "-j", server_identity.key, "-C", authority.certificate(), "-d", "10",
                      "-v", "7"},
            ProcessOptions{.environment = {{"OPENSSL_CONF", low_level}}});
        process->wait_for_line("created DTLS endpoint 127.0.0.1:" + secured);
        return Server{.port = secured, .input = nullptr, .process = std::move(process)};
    });
}

Server DtlsHost::unused() {
    return {.port = std::to_string(unused_udp_port()), .input = nullptr, .process = nullptr};
}

Server DtlsHost::silent() {
    auto socket = bind_udp(0);
    auto port = std::to_string(port_of(socket));
    silent_.emplace(port, std::move(socket));
    return {.port = std::move(port), .input = nullptr, .process = nullptr};
}

void DtlsHost::wait_for_hello(const Server& server) const {
    pollfd polled{silent_.at(server.port).get(), POLLIN, 0};
    REQUIRE(::poll(&polled, 1, static_cast<int>(patience().count())) == 1);
}

}  // namespace trustx::test
