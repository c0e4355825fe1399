// SPDX-License-Identifier: Apache-2.0
// What every command of the chip is made of: a request, the chip it works on, and its entry in the command table.
#pragma once

#include "model/base/clock.hpp"
#include "model/base/counters.hpp"
#include "model/base/result.hpp"
#include "model/base/timing.hpp"
#include "model/chip/chip_state.hpp"
#include "model/chip/security_monitor.hpp"
#include "model/chip/session.hpp"
#include "model/crypto/crypto.hpp"

#include <span>

namespace trustx::sim {

struct Request {
    std::uint8_t param;
    ByteView data;  // InData
};

// CommandContext is the chip as a command sees it.
struct CommandContext {
    ChipState& chip;
    ApplicationState& application;
    SecurityMonitor& monitor;
    Crypto& crypto;
    Counters& counters;
    Time now;
    const dtls::Decisions& dtls;
};

// Effort is what a request would cost, found out without running it.
struct Effort {
    Work work;
    bool is_event = false;  // for the security monitor: a stored key would be used, or a decryption fail
};
struct EffortContext {
    const ChipState& chip;
    const ApplicationState& application;
    Crypto& crypto;
    const dtls::Decisions& dtls;
};

// Command is an entry of the table in chip-commands.md section 2. run returns OutData. key_used names the stored
// private key that a request would use, for the delay of the security monitor; it may be absent. effort is there where
// more than Cmd, Param and size decide how long a request takes. torn is the InData
// that has the same effect as the first share of a request that power failed; absent when that share leaves no trace.
struct Command {
    Opcode opcode;
    const char* name;
    Outcome<Bytes> (*run)(CommandContext& context, const Request& request);
    bool writes_nvm = false;
    std::optional<ObjectId> (*key_used)(const ApplicationState& application, const Request& request) = nullptr;
    std::optional<Bytes> (*torn)(const ChipState& chip, const Request& request, double share) = nullptr;
    Effort (*effort)(const EffortContext& context, const Request& request) = nullptr;
};

std::span<const Command> commands();
// find_command is nullptr for a Cmd that the chip does not know.
const Command* find_command(std::uint8_t opcode);

Outcome<Bytes> open_application(CommandContext& context, const Request& request);
Outcome<Bytes> get_data_object(CommandContext& context, const Request& request);
Outcome<Bytes> set_data_object(CommandContext& context, const Request& request);
Outcome<Bytes> get_random(CommandContext& context, const Request& request);
Outcome<Bytes> set_auth_scheme(CommandContext& context, const Request& request);
Outcome<Bytes> set_auth_msg(CommandContext& context, const Request& request);
Outcome<Bytes> get_auth_msg(CommandContext& context, const Request& request);
Outcome<Bytes> calc_hash(CommandContext& context, const Request& request);
Outcome<Bytes> calc_sign(CommandContext& context, const Request& request);
Outcome<Bytes> verify_sign(CommandContext& context, const Request& request);
Outcome<Bytes> calc_ssec(CommandContext& context, const Request& request);
Outcome<Bytes> derive_key(CommandContext& context, const Request& request);
Outcome<Bytes> gen_key_pair(CommandContext& context, const Request& request);
Outcome<Bytes> proc_up_link_msg(CommandContext& context, const Request& request);
Outcome<Bytes> proc_down_link_msg(CommandContext& context, const Request& request);

std::optional<ObjectId> key_used_by_calc_sign(const ApplicationState& application, const Request& request);
std::optional<ObjectId> key_used_by_calc_ssec(const ApplicationState& application, const Request& request);
std::optional<ObjectId> key_used_by_get_auth_msg(const ApplicationState& application, const Request& request);

Effort effort_of_proc_up_link_msg(const EffortContext& context, const Request& request);
Effort effort_of_proc_down_link_msg(const EffortContext& context, const Request& request);

std::optional<Bytes> torn_set_data_object(const ChipState& chip, const Request& request, double share);

}  // namespace trustx::sim
