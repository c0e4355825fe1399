// SPDX-License-Identifier: Apache-2.0
// The control socket: one line of JSON in, one line out, beside the bus and never on it. A request is
// {"command": ["fault", "reset,during=CalcSign"]}, a reply {"ok": true, "output": "..."} or {"ok": false, "error":
// "..."}.
#pragma once

#include "model/simulated_chip.hpp"
#include "server/paced_clock.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace trustx::sim {

// Control answers requests about one chip and its clock; both outlive it.
class Control {
 public:
    Control(SimulatedChip& chip, PacedClock& clock) : chip_{chip}, clock_{clock} {}
    [[nodiscard]] std::string answer(const std::string& request);

 private:
    SimulatedChip& chip_;
    PacedClock& clock_;
};

// ask_simulator is the client: it sends a command to a running simulator and gives its output.
Result<std::string> ask_simulator(const std::filesystem::path& bus_path, const std::vector<std::string>& command);

// check_control_command says whether there is such a command with so many arguments; what they say is the running
// simulator's to judge.
Result<void> check_control_command(const std::vector<std::string>& command);

// control_commands lists the commands with their arguments, for --help.
std::string control_commands();

}  // namespace trustx::sim
