// SPDX-License-Identifier: Apache-2.0
// The command line of trustx-mqtt. What is not a matter of one option, such as "nothing to publish and nothing to
// subscribe to", is checked here as well, so that the rest of the program can rely on it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trustx::mqtt {

struct Options {
    std::string host;
    std::uint16_t port = 8883;
    std::string alpn;  // empty: none is sent
    std::string ca_file;
    std::string key_file;
    std::string certificate;  // a file, or a URI such as trustx:E0E1
    std::string client_id;    // empty: the certificate's common name

    std::string topic;                   // to publish on; empty: nothing is published
    std::optional<std::string> message;  // absent: the lines of standard input
    unsigned repeat = 1;                 // how often `message` is sent
    std::string subscribe;               // topic filter; empty: nothing is subscribed to
    unsigned count = 0;                  // end after so many received messages; 0: no end
    int qos = 1;

    std::chrono::seconds keep_alive{60};
    bool persistent_session = false;
    unsigned max_attempts = 0;        // failed connection attempts in a row; 0: no end
    std::chrono::seconds timeout{0};  // for everything together; 0: none
    std::chrono::seconds connect_timeout{30};
    bool verbose = false;
};

// parse_options reads the command line. It gives an exit code instead of options when the program is to end at once,
// after a help text on standard output or a message on standard error.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace trustx::mqtt
