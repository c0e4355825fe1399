// SPDX-License-Identifier: Apache-2.0
// The control socket: one line of JSON in, one line out, beside the bus and never on it. A request is
// {"command": ["stats"]}, a reply {"ok": true, "output": "..."} or {"ok": false, "error": "..."}.
#pragma once

#include "../simulated_chip.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace trustx::sim {

// Control answers requests about one chip.
class Control {
 public:
    explicit Control(SimulatedChip& chip) : chip_(chip) {}
    [[nodiscard]] std::string answer(const std::string& request);

 private:
    SimulatedChip& chip_;
};

// run_control_client is the program's side: it sends a command to a running simulator, prints the output on standard
// output or the error on standard error, and returns the exit status.
int run_control_client(const std::filesystem::path& bus_path, const std::vector<std::string>& command);

// control_commands lists the commands, for --help.
std::string control_commands();

}  // namespace trustx::sim
