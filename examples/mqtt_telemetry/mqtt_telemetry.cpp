// SPDX-License-Identifier: Apache-2.0
// Sends each line of standard input as a message, with Paho C++ and a private key that stays in the chip. Nothing here
// knows the chip: the key file is a reference (`trustx keygen`, `trustx key-file`), which OpenSSL reads through the
// trustx provider.
//
//     export OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf
//     sensor | mqtt_telemetry ssl://broker.example:8883 gateway-1 ca.pem certificate.pem key.pem dt/gateway-1/climate
//
// A line is sent again until the broker has acknowledged or refused it. Each connection uses the key once, and the chip
// allows one use in five seconds in the long run: so connections are five seconds apart, and pauses double.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <fcntl.h>
#include <mqtt/async_client.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds shortest_pause{5};
constexpr seconds longest_pause{300};
constexpr seconds patience{30};      // for an answer of the broker
constexpr int first_refusal = 0x80;  // of the reason codes (MQTT 5.0 section 2.4)

// Where standard input, output or error is missing (`>&-`), a connection would get its number, and what is meant for
// standard output would be sent, in plaintext. The null device is opened the wrong way round: reads and writes fail.
void occupy_standard_descriptors() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) < 0) {
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

mqtt::connect_options connect_options(char** argv) {
    mqtt::ssl_options tls;
    tls.set_trust_store(argv[3]);
    tls.set_key_store(argv[4]);
    tls.set_private_key(argv[5]);
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);  // the broker's name must be in its certificate
    // Paho tries a second version of MQTT where none is set, which is a second handshake and use of the key. It
    // reconnects at its own pace if told to; this program has its own. No error handler: in Paho C++ 1.2.0 it is called
    // after it was destroyed.
    return mqtt::connect_options_builder()
        .mqtt_version(MQTTVERSION_5)
        .ssl(std::move(tls))
        .clean_start(true)
        .keep_alive_interval(seconds{60})
        .connect_timeout(patience)
        .automatic_reconnect(false)
        .finalize();
}

void wait_for(const mqtt::token_ptr& token) {
    if (!token->wait_for(patience)) {
        throw mqtt::timeout_error{};
    }
}

// Sender keeps a connection, as long as it can be kept.
class Sender {
 public:
    explicit Sender(char** argv)
        : client_{argv[1], argv[2], mqtt::create_options{MQTTVERSION_5}}, options_{connect_options(argv)} {}

    // send returns when the broker has acknowledged the message, or refused it.
    void send(const mqtt::message_ptr& message) {
        while (!try_to_send(message)) {
            std::this_thread::sleep_for(pause_);
            pause_ = std::min(pause_ * 2, longest_pause);
        }
        pause_ = shortest_pause;
    }

    void close() {
        if (client_.is_connected()) {
            wait_for(client_.disconnect());
        }
    }

 private:
    // What a broker accepts and closes again costs a use of the key each time, too.
    void connect() {
        std::this_thread::sleep_until(next_connection_);
        next_connection_ = Clock::now() + shortest_pause;
        wait_for(client_.connect(options_));
    }

    bool try_to_send(const mqtt::message_ptr& message) {
        try {
            if (!client_.is_connected()) {
                connect();
            }
            wait_for(client_.publish(message));
            return true;
        } catch (const mqtt::exception& error) {
            std::cerr << "mqtt_telemetry: " << error.what() << "\n";
            return client_.is_connected() && error.get_reason_code() >= first_refusal;
        }
    }

    mqtt::async_client client_;
    mqtt::connect_options options_;
    seconds pause_ = shortest_pause;
    Clock::time_point next_connection_ = Clock::now();
};

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_descriptors();
    if (argc != 7) {
        std::cerr << "usage: mqtt_telemetry URI CLIENT-ID CA-FILE CERTIFICATE-FILE KEY-FILE TOPIC\n";
        return EXIT_FAILURE;
    }
    try {
        Sender sender{argv};
        for (std::string line; std::getline(std::cin, line);) {
            sender.send(mqtt::make_message(argv[6], line, 1, false));
        }
        // std::cin reads by stdin, which knows an error from the end.
        const bool failed = std::ferror(stdin) != 0;
        sender.close();
        if (failed) {
            throw std::runtime_error{"standard input cannot be read"};
        }
        return EXIT_SUCCESS;
    } catch (const std::exception& error) {
        std::cerr << "mqtt_telemetry: " << error.what() << "\n";
        return EXIT_FAILURE;
    }
}
