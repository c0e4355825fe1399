// SPDX-License-Identifier: Apache-2.0
// The subcommands of `trustx aws`, one file each, and what several of them share.
#pragma once

#include "cli/command_line.hpp"

namespace trustx::cli {

void add_aws_plan(Command& aws);
void add_aws_enroll(Command& aws);
void add_aws_resume(Command& aws);
void add_aws_status(Command& aws);
void add_aws_abandon(Command& aws);
void add_aws_connect(Command& aws);
void add_aws_request(Command& aws);
void add_aws_approve(Command& aws);
void add_aws_install(Command& aws);
void add_aws_activate(Command& aws);
void add_aws_bulk(Command& aws);
void add_aws_ca(Command& aws);
void add_aws_make(Command& aws);
void add_aws_credentials(Command& aws);
void add_aws_doctor(Command& aws);
void add_aws_rotate(Command& aws);
void add_aws_retire(Command& aws);

}  // namespace trustx::cli
