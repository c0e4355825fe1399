// SPDX-License-Identifier: Apache-2.0
// The options that every command of trustx-mqtt has: the connection, when to give up, and what is told to whom.
#pragma once

#include "connection/connection.hpp"
#include "session/session.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace trustx::mqtt {

// LogTo is where messages go; automatic: to the journal where standard error is the journal.
enum class LogTo : std::uint8_t { automatic, text, journal };

struct Options {
    std::string host;
    std::uint16_t port = 8883;
    std::string alpn;  // empty: none is sent
    std::string ca;    // each a file, or a URI such as trustx:E0E8, trustx:E0F1, trustx:E0E1
    std::string key;
    std::string certificate;
    bool allow_software_key = false;
    std::string device;     // address of the chip; empty: as everywhere
    std::string client_id;  // empty: the certificate's common name
    bool aws = false;       // AWS IoT's limits hold; implied by the names of its endpoints

    Version version = Version::v3_1_1;
    std::chrono::seconds keep_alive{60};
    bool persistent_session = false;
    std::chrono::seconds session_expiry{std::chrono::hours{1}};
    std::uint16_t receive_maximum = 0;
    std::size_t max_in_flight = 20;
    std::optional<Will> will;

    std::chrono::seconds connect_timeout{30};
    Patience patience;

    bool verbose = false;
    bool quiet = false;
    LogTo log = LogTo::automatic;
    std::string status_file;
};

// add_options makes the options of the program itself; subcommands take them behind their name, too. `options` outlives
// the program's command line.
void add_options(CLI::App& program, Options& options);

// settle_options fills in what follows from other options, and checks what is not a matter of one. Throws
// CLI::ParseError.
void settle_options(CLI::App& program, Options& options);

// unnamed keeps CLI11's name of a rule out of --help, where the shells' completion reads what a value may be.
CLI::Validator unnamed(CLI::Validator rule);

}  // namespace trustx::mqtt
