// SPDX-License-Identifier: Apache-2.0
// The command set of Trust X.
#include "model/command/command.hpp"

#include <algorithm>
#include <array>

namespace trustx::sim {

namespace {

constexpr std::array<Command, 15> table{{
    {Opcode::open_application, "OpenApplication", open_application},
    {Opcode::get_data_object, "GetDataObject", get_data_object},
    {Opcode::set_data_object, "SetDataObject", set_data_object, true, nullptr, torn_set_data_object},
    {Opcode::get_random, "GetRandom", get_random},
    {Opcode::set_auth_scheme, "SetAuthScheme", set_auth_scheme},
    {Opcode::set_auth_msg, "SetAuthMsg", set_auth_msg},
    {Opcode::get_auth_msg, "GetAuthMsg", get_auth_msg, false, key_used_by_get_auth_msg},
    {Opcode::calc_hash, "CalcHash", calc_hash},
    {Opcode::calc_sign, "CalcSign", calc_sign, false, key_used_by_calc_sign},
    {Opcode::verify_sign, "VerifySign", verify_sign},
    {Opcode::calc_ssec, "CalcSSec", calc_ssec, false, key_used_by_calc_ssec},
    {Opcode::derive_key, "DeriveKey", derive_key},
    {Opcode::gen_key_pair, "GenKeyPair", gen_key_pair, true},
    {Opcode::proc_up_link_msg, "ProcUpLinkMsg", proc_up_link_msg, false, nullptr, nullptr, effort_of_proc_up_link_msg},
    {Opcode::proc_down_link_msg, "ProcDownLinkMsg", proc_down_link_msg, false, nullptr, nullptr,
     effort_of_proc_down_link_msg},
}};

}  // namespace

std::span<const Command> commands() {
    return table;
}

const Command* find_command(std::uint8_t opcode) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const Command& command) {
        return static_cast<std::uint8_t>(command.opcode) == opcode;
    });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace trustx::sim
