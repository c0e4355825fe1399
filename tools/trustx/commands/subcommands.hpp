// SPDX-License-Identifier: Apache-2.0
// The subcommands, one file each: each add_ function declares one on the command line.
#pragma once

#include "cli/command_line.hpp"
#include "cli/context.hpp"

namespace trustx::cli {

void add_info(Command& program);
void add_keygen(Command& program);
void add_key_file(Command& program);
void add_cert(Command& program);
void add_object(Command& program);
void add_objects(Command& program);
void add_metadata(Command& program);
void add_lifecycle(Command& program);
void add_pubkey(Command& program);
void add_sign(Command& program);
void add_verify(Command& program);
void add_hash(Command& program);
void add_ecdh(Command& program);
void add_derive(Command& program);
void add_dtls(Command& program);
void add_auth(Command& program);
void add_anchor(Command& program);
void add_monitor(Command& program);
void add_reset(Command& program);
void add_random(Command& program);
void add_trace(Command& program);
void add_setup(Command& program);
void add_aws(Command& program);
void add_provision(Command& program);
void add_attest(Command& program);
void add_firmware(Command& program);

}  // namespace trustx::cli
