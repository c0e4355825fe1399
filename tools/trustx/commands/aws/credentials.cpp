// SPDX-License-Identifier: Apache-2.0
// trustx aws credentials: temporary credentials of a role, by the gateway's certificate (aws-iot.md section 7.8).
#include "aws/account/role_credentials.hpp"
#include "aws/control/calls/operations.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/http/curl_client.hpp"
#include "aws/identity/identity.hpp"
#include "cli/output.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <cstdlib>
#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_credentials_does =
    R"TEXT(This replaces AWS secrets on the gateway: what is printed expires, and nothing of it is stored. Each run is a handshake,
which uses the private key once; programs ask again only when what they got expires.

In ~/.aws/config, for the program aws and for SDKs:
  [profile gateway]
  credential_process = trustx aws credentials --role-alias gateway-role --endpoint PREFIX.credentials.iot.REGION.amazonaws.com

Without --endpoint the account is asked for it, which needs other credentials; it never changes.

Examples:
  trustx aws credentials --role-alias gateway-role --endpoint PREFIX.credentials.iot.eu-central-1.amazonaws.com
  eval "$(trustx aws credentials --role-alias gateway-role --endpoint HOST --format env)")TEXT";

struct CredentialsOptions {
    std::string role_alias;
    std::string endpoint;
    std::string ca_file;
    std::string format = "process";
    AccountChoice account;
    DirectoryOptions directories;
};

constexpr const char* asking_variable = "TRUSTX_AWS_CREDENTIALS_ASKING";
constexpr std::chrono::minutes credentials_patience{1};

// The account's credentials may come from a credential_process that is this very command: without end, then.
Result<void> refuse_to_ask_itself() {
    if (::getenv(asking_variable) != nullptr) {
        return fail(
            InputErrc::usage,
            "this profile's credential_process is `trustx aws credentials` itself, which cannot ask the account "
            "for the endpoint: give it --endpoint");
    }
    return ::setenv(asking_variable, "1", 1) == 0 ? Result<void>{}
                                                  : fail(errno_code(), "tell a credential_process who asks");
}

Result<std::string> asked_endpoint(const Context& context, const AccountChoice& choice, const std::string& region) {
    TRYV(refuse_to_ask_itself());
    TRY(const auto session, CloudSession::open(context, {.profile = choice.profile,
                                                         .region = choice.region.empty() ? region : choice.region}));
    TRY(auto host, session->cloud().call(aws::DescribeEndpoint{.type = aws::EndpointType::credential_provider},
                                         Deadline::after(session->clock(), credentials_patience)));
    context.note("the endpoint is " + host + "; with --endpoint nobody has to be asked");
    return host;
}

Result<aws::Credentials> fetch_credentials(const Context& context, const CredentialsOptions& options) {
    TRY(const auto directories, directories_of(context, options.directories));
    files::DiskStore files;
    TRY(const auto identity, aws::load_identity(files, directories));
    if (!identity) {
        return fail(aws::EnrolmentErrc::nothing_begun,
                    directories.summary_file() + " does not exist: `trustx aws enroll` makes it");
    }
    auto host = options.endpoint;
    if (host.empty()) {
        TRY(host, asked_endpoint(context, options.account, identity->region));
    }
    TRY(const auto url, aws::parse_url("https://" + host));
    TRYV(load_provider(context));
    SystemClock clock;
    aws::CurlClient client{{.ca_file = options.ca_file.empty() ? directories.roots_file() : options.ca_file,
                            .certificate_file = directories.chain_file(),
                            .key_file = directories.key_file()},
                           clock};
    return aws::fetch_role_credentials(
        client, {.endpoint = url, .role_alias = options.role_alias, .thing_name = identity->thing},
        Deadline::after(clock, credentials_patience));
}

// Bytes, so that no copy is made for a terminal, whose characters were checked.
Result<void> print_credentials(const Context& context, const CredentialsOptions& options) {
    TRY(const auto credentials, fetch_credentials(context, options));
    if (is_terminal("-")) {
        context.note("these are secrets, and this is a terminal: whoever reads it can use them until they expire");
    }
    const auto text = options.format == "env" ? aws::environment_text(credentials) : aws::process_text(credentials);
    return answer(text::as_bytes(text.view()));
}

}  // namespace

void add_aws_credentials(Command& aws) {
    const auto options = std::make_shared<CredentialsOptions>();
    auto command =
        aws.subcommand("credentials", "Print temporary credentials for other services of AWS", what_credentials_does);
    command.option("--role-alias", options->role_alias, "The role alias, whose role they are for", "NAME").required();
    command.option("--endpoint", options->endpoint, "The account's credentials provider", "HOST[:PORT]");
    command.option("--ca", options->ca_file, "What its certificate is checked with; default: the roots of this gateway",
                   "FILE");
    command.option("--format", options->format, "For a credential_process, or for a shell; default: process", "FORMAT")
        .one_of({"process", "env"});
    add_account_options(command, options->account);
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return print_credentials(context, *options); });
}

}  // namespace trustx::cli
