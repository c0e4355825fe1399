// SPDX-License-Identifier: Apache-2.0
// Sends a message to a DTLS server and prints what comes back. The chip is the client: its key proves who we are, its
// trust anchor (object E0E8) who the server is, and it encrypts.
//
// usage: dtls_client HOST PORT MESSAGE [SECONDS]        for example: dtls_client 127.0.0.1 4433 "21.5 C"
//
// With SECONDS it stays connected for that long after the first answer. A server to try it with is in docs/dtls.md.
#include <trustx/dtls.hpp>
#include <trustx/settings.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using trustx::Deadline;
namespace dtls = trustx::dtls;

// Where standard input, output or error is missing (`>&-`), the socket would get its number, and what is meant for
// standard output would be sent, in plaintext. The null device is opened the wrong way round: reads and writes fail.
void occupy_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

// udp_to gives a socket that is connected to the server, or -1.
int udp_to(const char* host, const char* port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    int fd = -1;
    for (const addrinfo* one = found; one != nullptr && fd < 0; one = one->ai_next) {
        fd = ::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (fd >= 0 && ::connect(fd, one->ai_addr, one->ai_addrlen) != 0) {
            ::close(fd);
            fd = -1;
        }
    }
    ::freeaddrinfo(found);
    return fd;
}

// talk sends the message once more where no answer came: datagrams are lost, and DTLS does not repeat them.
trustx::Result<void> talk(int fd, std::string_view message, std::chrono::seconds stay) {
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return settings.failure();
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    auto socket = dtls::use_udp_socket(fd);
    if (!socket) {
        return socket.failure();
    }
    trustx::SystemClock clock;
    // Key E0F0 with its certificate in E0E0; the server's dates are checked against this computer's.
    dtls::Connection connection{*device, **socket, clock, dtls::Options{}};
    if (auto connected = connection.connect(Deadline::after(clock, 30s)); !connected) {
        return connected;
    }
    const trustx::Bytes payload{message.begin(), message.end()};
    for (int tries = 0; tries < 3; ++tries) {
        if (auto sent = connection.send(payload, Deadline::after(clock, 5s)); !sent) {
            return sent;
        }
        const auto answer = connection.receive(Deadline::after(clock, 2s));
        if (!answer) {
            return answer.failure();
        }
        if (*answer) {
            const std::string line{(*answer)->begin(), (*answer)->end()};
            if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fputc('\n', stdout) == EOF ||
                std::fflush(stdout) != 0) {
                return trustx::fail(std::error_code{errno, std::system_category()}, "write to standard output");
            }
            break;
        }
    }
    const auto more = connection.receive(Deadline::after(clock, stay));
    return more ? connection.close(Deadline::after(clock, 1s)) : more.failure();
}

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_descriptors();
    if (argc != 4 && argc != 5) {
        std::fputs("usage: dtls_client HOST PORT MESSAGE [SECONDS]\n", stderr);
        return 2;
    }
    const int fd = udp_to(argv[1], argv[2]);
    if (fd < 0) {
        std::fprintf(stderr, "dtls_client: no way to %s, port %s\n", argv[1], argv[2]);
        return 1;
    }
    const auto done = talk(fd, argv[3], std::chrono::seconds{argc == 5 ? std::atoi(argv[4]) : 0});
    ::close(fd);
    if (!done) {
        std::fprintf(stderr, "dtls_client: %s\n", done.error().message().c_str());
        return 1;
    }
    return 0;
}
