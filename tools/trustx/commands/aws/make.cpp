// SPDX-License-Identifier: Apache-2.0
// trustx aws make: documents for an account, and for the programs of a gateway.
#include "commands/aws/make.hpp"

#include "aws/account/account.hpp"
#include "aws/identity/identity.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <filesystem>

namespace trustx::cli {
namespace {

constexpr const char* what_make_does =
    R"(What is made goes to standard output or into files; the account is not changed. On a gateway that is enrolled, values
that are not given are those of its identity.

Examples:
  trustx aws make policy --account 123456789012 --out policy.json
  trustx aws make bridge --out /etc/mosquitto/conf.d/aws.conf)";

constexpr mode_t document_mode = 0644;
constexpr mode_t program_mode = 0755;

Result<void> write_document(const std::string& path, const aws::NamedDocument& document) {
    TRY(auto file, files::OutputFile::create(path, document.text.size()));
    TRYV(file.write(document.text));
    TRYV(file.set_access(document.is_program ? program_mode : document_mode, std::nullopt));
    return file.commit();
}

}  // namespace

void add_scope_options(Command& command, ScopeOptions& options) {
    command.option("--account", options.account, "The account's 12 digits", "NUMBER");
    add_account_options(command, options.choice);
    add_directory_options(command, options.directories);
}

Result<std::optional<aws::Identity>> identity_here(const Context& context, const DirectoryOptions& options) {
    TRY(const auto directories, directories_of(context, options));
    files::DiskStore files;
    return aws::load_identity(files, directories);
}

Result<aws::PolicyScope> scope_of(const Context& context, const ScopeOptions& options) {
    TRY(const auto identity, identity_here(context, options.directories));
    aws::PolicyScope scope{.region = options.choice.region, .account = options.account};
    if (scope.account.empty()) {
        scope.account = identity ? identity->account : "";
    }
    if (scope.region.empty()) {
        scope.region = identity ? identity->region : "";
    }
    if (scope.region.empty()) {
        TRY(const auto account, aws::Account::load({.profile = options.choice.profile}, aws::process_environment()));
        TRY(scope.region, account.region());
    }
    if (scope.account.empty()) {
        return fail(InputErrc::usage,
                    "nothing here says which account is meant: give --account with its 12 digits, "
                    "which `aws sts get-caller-identity` prints");
    }
    scope.partition = aws::partition_of(scope.region);
    return scope;
}

void add_out_file(Command& command, std::string& out) {
    command.option("-o,--out", out, "Where it goes; default: standard output", "FILE");
}

Result<void> deliver_documents(const std::string& directory, const std::vector<aws::NamedDocument>& documents) {
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code) {
        return fail(InputErrc::unwritable, "cannot make the directory " + directory + ": " + code.message());
    }
    for (const auto& document : documents) {
        TRYV(write_document(directory + "/" + document.name, document));
    }
    return {};
}

void add_aws_make(Command& aws) {
    auto make = aws.subcommand("make", "Make policies, templates, functions and configuration", what_make_does);
    add_make_policy(make);
    add_make_claim_policy(make);
    add_make_template(make);
    add_make_role(make);
    add_make_allow_list(make);
    add_make_jitr(make);
    add_make_provisioning_hook(make);
    add_make_bridge(make);
    add_make_unit(make);
    add_make_greengrass_lite(make);
}

}  // namespace trustx::cli
