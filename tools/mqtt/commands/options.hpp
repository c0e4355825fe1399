// SPDX-License-Identifier: Apache-2.0
// The options that every command of trustx-mqtt has: the connection, when to give up, and what is told to whom.
#pragma once

#include "connection/connection.hpp"
#include "session/session.hpp"

#include <trustx/result.hpp>

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
    bool aws = false;       // AWS IoT's limits hold; implied by the names of its endpoints, and by an enrolment

    bool enrolled = false;       // what is missing is taken from the identity of an enrolled gateway
    std::string identity_dir;    // where that is; empty: as everywhere
    std::string enrolled_thing;  // its name; empty: nobody says that the gateway is a thing

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

// take_identity fills in what `trustx aws enroll` has left, where the options ask for it; what was given takes
// precedence. Errors: InputErrc::nothing_there for a gateway that is not enrolled; those of aws::load_identity and of
// resolve_values.
trustx::Result<void> take_identity(const CLI::App& program, Options& options);

// thing_for is the thing that a command is about if none was named.
inline const std::string& thing_for(const Options& options, const std::string& client_id) {
    return options.enrolled_thing.empty() ? client_id : options.enrolled_thing;
}

// settle_options fills in what follows from other options, and checks what is not a matter of one. Throws
// CLI::ParseError.
void settle_options(CLI::App& program, Options& options);

// unnamed keeps CLI11's name of a rule out of --help, where the shells' completion reads what a value may be.
CLI::Validator unnamed(CLI::Validator rule);

}  // namespace trustx::mqtt
