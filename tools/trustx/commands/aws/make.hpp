// SPDX-License-Identifier: Apache-2.0
// What the subcommands of `trustx aws make` have in common. Nothing is sent but where one says so.
#pragma once

#include "aws/documents/deployment.hpp"
#include "aws/documents/policy.hpp"
#include "commands/aws/options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

void add_make_policy(Command& make);
void add_make_claim_policy(Command& make);
void add_make_template(Command& make);
void add_make_role(Command& make);
void add_make_bridge(Command& make);
void add_make_unit(Command& make);
void add_make_greengrass_lite(Command& make);
void add_make_jitr(Command& make);
void add_make_provisioning_hook(Command& make);
void add_make_allow_list(Command& make);

// ScopeOptions say where the names in a document are; empty: as the identity of this gateway, if it has one, or as
// AWS's programs choose.
struct ScopeOptions {
    std::string account;
    AccountChoice choice;
    DirectoryOptions directories;
};

void add_scope_options(Command& command, ScopeOptions& options);

// scope_of: InputErrc::usage where nothing says which account; those of load_identity and Account.
Result<aws::PolicyScope> scope_of(const Context& context, const ScopeOptions& options);

// identity_here is this gateway's, if it is enrolled.
Result<std::optional<aws::Identity>> identity_here(const Context& context, const DirectoryOptions& options);

// add_out_file is for documents of one file; the default is standard output.
void add_out_file(Command& command, std::string& out);

// deliver_documents writes files into a directory, which is made. InputErrc::unwritable.
Result<void> deliver_documents(const std::string& directory, const std::vector<aws::NamedDocument>& documents);

}  // namespace trustx::cli
