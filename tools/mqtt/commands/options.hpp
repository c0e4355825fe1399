// SPDX-License-Identifier: Apache-2.0
// The options that every command of trustx-mqtt has: the connection, and when to give up.
#pragma once

#include "session/session.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace trustx::mqtt {

struct Options {
    std::string host;
    std::uint16_t port = 8883;
    std::string alpn;  // empty: none is sent
    std::string ca_file;
    std::string key_file;
    std::string certificate;  // a file, or a URI such as trustx:E0E1
    std::string client_id;    // empty: the certificate's common name

    std::chrono::seconds keep_alive{60};
    bool persistent_session = false;
    std::chrono::seconds connect_timeout{30};
    Patience patience;
    bool verbose = false;
};

// add_connection_options and add_patience_options make the options of the program itself; subcommands take them
// behind their name, too. `options` outlives the program's command line.
void add_connection_options(CLI::App& program, Options& options);
void add_patience_options(CLI::App& program, Options& options);

// check_options looks at what is not a matter of one option. Throws CLI::ParseError.
void check_options(const Options& options);

// unnamed keeps CLI11's name of a rule out of --help, where the shells' completion reads what a value may be.
CLI::Validator unnamed(CLI::Validator rule);

}  // namespace trustx::mqtt
