// SPDX-License-Identifier: Apache-2.0
// Puts a sensor's reading on a CoAP server (RFC 7252) over DTLS whose cryptography the chip does, and prints what is
// there then. docs/dtls-client.md says what chip and server need.
//
// usage: coap_sensor SLOT HOST PORT RESOURCE READING
// for example: coap_sensor E0F1 server.example 5684 example_data 21.5
#include <trustx/device.hpp>
#include <trustx/dtls.hpp>
#include <trustx/settings.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using trustx::Bytes;
using trustx::Deadline;
using trustx::Result;

enum class Method : std::uint8_t { get = 1, put = 3 };

struct Answer {
    std::uint8_t code;  // 0x44: 2.04 changed; 0x45: 2.05 content
    std::string content;
};

// Client asks a CoAP server, one request after the other. A datagram may be lost, with DTLS as without, so a request
// is sent again until it is answered (RFC 7252 section 4.2). DTLS has thrown away forged and repeated records already.
class Client {
 public:
    Client(trustx::dtls::Connection& connection, trustx::Clock& clock) : connection_{connection}, clock_{clock} {}

    Result<Answer> ask(Method method, std::string_view resource, std::string_view content) {
        const auto request = encode(method, resource, content);
        auto patience = 2s;
        for (int attempt = 0; attempt < 4; ++attempt, patience *= 2) {
            if (const auto sent = connection_.send(request, Deadline::after(clock_, 10s)); !sent) {
                return sent.failure();
            }
            const auto until = Deadline::after(clock_, patience);
            while (!until.passed(clock_)) {
                const auto received = connection_.receive(until);
                if (!received) {
                    return received.failure();
                }
                if (const auto answer = *received ? decode(**received) : std::nullopt) {
                    return *answer;
                }
            }
        }
        return trustx::fail(trustx::DtlsError::peer_silent, "CoAP request");
    }

 private:
    // Header, token, options in ascending order (Uri-Path 11, Content-Format 12), FF, content.
    Bytes encode(Method method, std::string_view resource, std::string_view content) {
        ++id_;
        Bytes message{0x42, static_cast<std::uint8_t>(method), 0, id_, 't', id_};  // confirmable, a token of 2 bytes
        message.push_back(static_cast<std::uint8_t>(0xB0 | resource.size()));
        message.insert(message.end(), resource.begin(), resource.end());
        if (!content.empty()) {
            message.insert(message.end(), {0x10, 0xFF});  // text/plain
            message.insert(message.end(), content.begin(), content.end());
        }
        return message;
    }

    // An acknowledgement with the token is the answer; anything else is not for this request.
    [[nodiscard]] std::optional<Answer> decode(const Bytes& message) const {
        constexpr std::size_t header = 6;
        if (message.size() < header || message[0] != 0x62 || message[4] != 't' || message[5] != id_) {
            return std::nullopt;
        }
        const auto text = std::string{message.begin() + header, message.end()};
        const auto marker = text.find('\xFF');
        return Answer{.code = message[1], .content = marker == std::string::npos ? "" : text.substr(marker + 1)};
    }

    trustx::dtls::Connection& connection_;
    trustx::Clock& clock_;
    std::uint8_t id_ = 0;
};

// Where standard input, output or error is missing (`>&-`), the socket would get its number, and what is meant for
// standard output would be sent, in plaintext. The null device is opened the wrong way round: reads and writes fail.
void occupy_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

// connect_socket gives a UDP socket that leads to the server, or -1.
int connect_socket(const char* host, const char* port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    const int fd = ::socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const bool connected = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (!connected) {
        ::close(fd);
        return -1;
    }
    return fd;
}

Result<std::string> report(trustx::ObjectId slot, int socket, std::string_view resource, std::string_view reading) {
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return settings.failure();
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    const auto datagrams = trustx::dtls::use_udp_socket(socket);
    if (!datagrams) {
        return datagrams.failure();
    }
    trustx::SystemClock clock;
    trustx::dtls::Connection connection{
        *device, **datagrams, clock, {.key = slot, .certificate = trustx::paired_certificate(slot)}};
    if (const auto connected = connection.connect(Deadline::after(clock, 60s)); !connected) {
        return connected.failure();
    }
    Client client{connection, clock};
    const auto put = client.ask(Method::put, resource, reading);
    if (!put) {
        return put.failure();
    }
    const auto got = client.ask(Method::get, resource, "");
    if (!got) {
        return got.failure();
    }
    // The server then need not wait for a timeout. That it cannot be told changes nothing.
    static_cast<void>(connection.close(Deadline::after(clock, 1s)));
    return std::to_string(put->code >> 5) + ".0" + std::to_string(put->code & 31) + " " + got->content;
}

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_descriptors();
    const auto slot = argc == 6 ? trustx::ObjectId::parse(argv[1]) : trustx::ObjectId::parse("");
    constexpr std::size_t short_option = 12;  // what the length field of an option holds without an extension
    if (!slot || std::string_view{argv[4]}.size() > short_option) {
        std::fputs("usage: coap_sensor SLOT HOST PORT RESOURCE READING\n", stderr);
        return 2;
    }
    const int socket = connect_socket(argv[2], argv[3]);
    if (socket < 0) {
        std::fprintf(stderr, "coap_sensor: no way leads to %s port %s\n", argv[2], argv[3]);
        return 1;
    }
    const auto done = report(*slot, socket, argv[4], argv[5]);
    ::close(socket);
    if (!done) {
        std::fprintf(stderr, "coap_sensor: %s\n", done.error().message().c_str());
        return 1;
    }
    if (std::printf("%s\n", done->c_str()) < 0 || std::fflush(stdout) != 0) {
        std::perror("coap_sensor: write to standard output");
        return 1;
    }
    return 0;
}
