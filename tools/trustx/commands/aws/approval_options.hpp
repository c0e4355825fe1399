// SPDX-License-Identifier: Apache-2.0
// Options of those who approve requests of gateways, for one or for many.
#pragma once

#include "aws/fleet/approvals.hpp"
#include "cli/command_line.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"

#include <memory>
#include <string>

namespace trustx::cli {

struct ApprovalOptions {
    std::string method = "csr";
    aws::Order order;
    AccountChoice account;
};

void add_approval_options(Command& command, ApprovalOptions& options);

// wishes_of is the order without thing and slot. InputErrc::usage.
Result<aws::Order> wishes_of(const ApprovalOptions& options);

// open_operator opens the session for it, with the authority where the method needs one.
Result<std::unique_ptr<OperatorSession>> open_operator(const Context& context, const AccountChoice& account,
                                                       const aws::Order& wishes);

}  // namespace trustx::cli
