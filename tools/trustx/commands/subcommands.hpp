// SPDX-License-Identifier: Apache-2.0
// The subcommands, one file each. Each add_ function declares one on the command line; what the user chose becomes
// the task, which runs after the whole command line was understood.
#pragma once

#include "cli/context.hpp"

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace trustx::cli {

using Task = std::function<Outcome<void>(const Context&)>;

void add_info(CLI::App& program, Task& task);
void add_keygen(CLI::App& program, Task& task);
void add_key_file(CLI::App& program, Task& task);
void add_cert(CLI::App& program, Task& task);
void add_object(CLI::App& program, Task& task);
void add_objects(CLI::App& program, Task& task);
void add_metadata(CLI::App& program, Task& task);
void add_lifecycle(CLI::App& program, Task& task);
void add_pubkey(CLI::App& program, Task& task);
void add_sign(CLI::App& program, Task& task);
void add_verify(CLI::App& program, Task& task);
void add_hash(CLI::App& program, Task& task);
void add_ecdh(CLI::App& program, Task& task);
void add_derive(CLI::App& program, Task& task);
void add_auth(CLI::App& program, Task& task);
void add_anchor(CLI::App& program, Task& task);
void add_monitor(CLI::App& program, Task& task);
void add_reset(CLI::App& program, Task& task);
void add_random(CLI::App& program, Task& task);
void add_trace(CLI::App& program, Task& task);
void add_setup(CLI::App& program, Task& task);

// add_subcommand declares one with the help text that ends its --help: examples and what to know.
CLI::App& add_subcommand(CLI::App& parent, const std::string& name, const std::string& description,
                         const std::string& footer);

}  // namespace trustx::cli
