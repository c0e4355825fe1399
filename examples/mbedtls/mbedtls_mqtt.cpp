// SPDX-License-Identifier: Apache-2.0
// Publishes and subscribes with mbed TLS, a private key and a certificate that are in the chip, and no OpenSSL in the
// process. docs/mbedtls.md says what of TLS the chip does here, and what it cannot.
//
//     sensor | mbedtls_mqtt E0F1 broker.example 8883 ca.pem gateway-1 publish dt/gateway-1/climate
//     mbedtls_mqtt E0F1 broker.example 8883 E0E8 gateway-1 subscribe 'cmd/gateway-1/#' 10
//
// Each line is a message of its own; one that comes is acknowledged when it is printed. One connection is one use of
// the key, of which the chip allows one in five seconds in the long run: whatever starts this program again must leave
// that much time. Which chip: TRUSTX_DEVICE, /etc/trustx/trustx.conf.
#include "failure.hpp"
#include "mqtt.hpp"

#include <trustx/settings.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

namespace {

constexpr const char* usage =
    "usage: mbedtls_mqtt [OPTION]... SLOT HOST PORT CA CLIENT-ID publish TOPIC\n"
    "       mbedtls_mqtt [OPTION]... SLOT HOST PORT CA CLIENT-ID subscribe FILTER COUNT\n"
    "  --timeout SECONDS     how long the broker may take for an answer; default 30\n"
    "  --keep-alive SECONDS  after which silence the broker may give the connection up; default 60\n"
    "SLOT is the key's: E0F0 to E0F3. CA is a file, or a trust anchor of the chip: E0E8 or E0EF\n";

struct Arguments {
    trustx::ObjectId slot;
    std::string host;
    std::string port;
    std::string authority;
    std::string client_id;
    std::string topic;
    unsigned count = 0;  // of messages to wait for; 0: publish
    unsigned timeout = 30;
    unsigned keep_alive = 60;
};

std::optional<unsigned> positive(std::string_view text) {
    constexpr unsigned largest = UINT16_MAX;  // what MQTT has for seconds
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number > 0 && number <= largest
               ? std::optional{number}
               : std::nullopt;
}

std::optional<Arguments> parse(std::span<char*> words) {
    Arguments arguments;
    while (words.size() > 2 && std::string_view{words[0]}.starts_with("--")) {
        const std::string_view option{words[0]};
        const auto seconds = positive(words[1]);
        if (!seconds || (option != "--timeout" && option != "--keep-alive")) {
            return std::nullopt;
        }
        (option == "--timeout" ? arguments.timeout : arguments.keep_alive) = *seconds;
        words = words.subspan(2);
    }
    if (words.size() < 7) {
        return std::nullopt;
    }
    const auto slot = trustx::ObjectId::parse(words[0]);
    const std::string_view what{words[5]};
    if (!slot || !trustx::paired_certificate(*slot)) {
        return std::nullopt;
    }
    arguments.slot = *slot;
    arguments.host = words[1];
    arguments.port = words[2];
    arguments.authority = words[3];
    arguments.client_id = words[4];
    arguments.topic = words[6];
    if (what == "subscribe" && words.size() == 8 && positive(words[7])) {
        arguments.count = *positive(words[7]);
        return arguments;
    }
    return what == "publish" && words.size() == 7 ? std::optional{arguments} : std::nullopt;
}

// Where standard input, output or error is missing (`>&-`), the connection would get its number, and what is meant for
// standard output would be sent, in plaintext. The null device is opened the wrong way round: reads and writes fail.
void occupy_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

// Reads standard input while the connection is kept alive; a last line needs no line break.
void publish_lines(MqttClient& client, const std::string& topic) {
    const auto largest = MqttClient::largest_payload(topic);
    std::string line;
    std::array<char, 4096> block{};
    for (;;) {
        client.wait_for_input(STDIN_FILENO);
        const auto size = read(STDIN_FILENO, block.data(), block.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            throw Failure{std::string{"read standard input: "} + std::strerror(errno)};
        }
        if (size == 0) {
            break;
        }
        for (std::string_view rest{block.data(), static_cast<std::size_t>(size)};;) {
            const auto end = rest.find('\n');
            line += rest.substr(0, end);
            if (line.size() > largest) {
                throw Failure{"a line of more than " + std::to_string(largest) +
                              " bytes is too large for this program"};
            }
            if (end == std::string_view::npos) {
                break;
            }
            client.publish({.topic = topic, .payload = line});
            line.clear();
            rest.remove_prefix(end + 1);
        }
    }
    if (!line.empty()) {
        client.publish({.topic = topic, .payload = line});
    }
}

void print(const Message& message) {
    const auto text = message.topic + ' ' + message.payload + '\n';
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Failure{std::string{"write to standard output: "} + std::strerror(errno)};
    }
}

void print_messages(MqttClient& client, const Arguments& arguments) {
    client.subscribe(arguments.topic);
    for (unsigned i = 0; i < arguments.count; ++i) {
        const auto message = client.next();
        print(message);
        client.acknowledge(message);
    }
}

void add_authority(Certificates& trusted, trustx::Device& device, const std::string& name) {
    const auto object = trustx::ObjectId::parse(name);
    const auto* info = object ? trustx::describe(*object) : nullptr;
    if (info != nullptr && info->kind == trustx::ObjectKind::trust_anchor) {
        trusted.add_object(device, *object);
    } else {
        trusted.add_file(name);
    }
}

void communicate(const Arguments& arguments) {
    const auto settings = value_of(trustx::resolve_settings({}));
    const auto device = trustx::Device::open(settings.address, settings.options);
    Certificates own;
    own.add_object(*device, *trustx::paired_certificate(arguments.slot));
    Certificates trusted;
    add_authority(trusted, *device, arguments.authority);
    ChipRandom random{*device};
    ChipKey key{*device, arguments.slot, own.get()->pk};

    const std::chrono::seconds patience{arguments.timeout};
    const trustx::SystemClock clock;
    TlsConnection connection{own, key, trusted, random};
    connection.connect(arguments.host, arguments.port, trustx::Deadline::after(clock, patience));
    MqttClient client{connection, patience, static_cast<std::uint16_t>(arguments.keep_alive)};
    client.connect(arguments.client_id);
    if (arguments.count > 0) {
        print_messages(client, arguments);
    } else {
        publish_lines(client, arguments.topic);
    }
    client.disconnect();
}

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is a failure of the write
    const auto words = std::span{argv, static_cast<std::size_t>(argc)}.subspan(1);
    if (words.size() == 1 && std::string_view{words[0]} == "--help") {
        std::fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    const auto arguments = parse(words);
    if (!arguments) {
        std::fputs(usage, stderr);
        return 2;
    }
    try {
        communicate(*arguments);
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mbedtls_mqtt: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
