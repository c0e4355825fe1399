// SPDX-License-Identifier: Apache-2.0
// trustx-sim: puts a simulated OPTIGA Trust X behind a socket, and sends commands to one that runs.
#include "common/io/program_start.hpp"
#include "common/try.hpp"
#include "program/options.hpp"
#include "program/simulate.hpp"
#include "server/address.hpp"
#include "server/control.hpp"

#include <exception>
#include <iostream>

#include <openssl/crypto.h>

namespace trustx::sim {

namespace {

Result<void> print(const std::string& text) {
    if (!(std::cout << text << std::flush)) {
        return fail("cannot write to standard output");
    }
    return {};
}

Result<void> control(const Options& options) {
    TRY(const auto path, parse_address(options.control_address));
    TRY(const auto output, ask_simulator(path, options.control_command));
    return print(output);
}

Result<void> run(const Options& options) {
    switch (options.action) {
        case Options::Action::simulate:
            return simulate(options);
        case Options::Action::control:
            return control(options);
    }
    return fail("no such action");
}

int exit_status(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options) {
        return options.error();
    }
    const auto done = run(*options);
    if (!done) {
        std::cerr << "trustx-sim: " << done.error() << '\n';
        return 1;
    }
    return 0;
}

}  // namespace

}  // namespace trustx::sim

int main(int argc, char** argv) {
    trustx::io::start_program();
    // The configuration file may name the provider that uses a chip; the simulator must not load it.
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    try {
        return trustx::sim::exit_status(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "trustx-sim: " << error.what() << '\n';
        return 1;
    }
}
