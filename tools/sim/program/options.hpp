// SPDX-License-Identifier: Apache-2.0
// The command line of trustx-sim.
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/result.hpp"
#include "model/base/timing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::sim {

struct Options {
    enum class Action { simulate, control };
    Action action = Action::simulate;

    // simulate
    std::string listen;  // with usbip it may be empty
    std::string usbip;   // empty: no export
    std::string nvm;     // empty: in memory only
    std::string profile;
    Bytes uid;  // empty: the profile's
    std::string timing = "none";
    std::uint32_t scl_khz = 400;
    AcknowledgeStyle acknowledge = AcknowledgeStyle::automatic;
    std::optional<std::uint64_t> seed;
    std::string clock = "real";
    std::vector<std::string> faults;
    int verbosity = 0;

    std::string control_address;
    std::vector<std::string> control_command;
};

// parse_options reads the command line. Where the program is to end at once (--help, a mistake), it has printed why and
// gives the exit status instead.
Result<Options, int> parse_options(int argc, char** argv);

}  // namespace trustx::sim
