// SPDX-License-Identifier: Apache-2.0
// trustx aws connect.
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/error.hpp"
#include "commands/aws/options.hpp"
#include "commands/aws/session.hpp"
#include "commands/aws/subcommands.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_connect_does =
    R"(One attempt after the other until the broker accepts the gateway or the time is up; nothing is published. Each costs one
use of the private key. No AWS credentials are needed. An enrolment that has only waited for this ends with it.

Examples:
  trustx aws connect
  trustx aws connect --wait 10m)";

struct ConnectOptions {
    std::string wait = "0";
    std::string timeout = "30";
    DirectoryOptions directories;
};

Result<void> connect(const Context& context, const ConnectOptions& options) {
    TRY(const auto wait, parse_wait(options.wait));
    TRY(const auto timeout, parse_wait(options.timeout));
    TRY(const auto directories, directories_of(context, options.directories));
    files::DiskStore files;
    TRY(const auto identity, aws::load_identity(files, directories));
    if (!identity) {
        return fail(
            aws::EnrolmentErrc::nothing_begun,
            directories.summary_file() + " does not exist: `trustx aws enroll` or `trustx aws install` makes it");
    }
    TRYV(load_provider(context));
    SystemClock clock;
    aws::PahoPort port{clock};
    const auto journal = aws::JournalFile{files, directories.state}.load();
    auto broker = broker_for(context, port, clock, wait);
    broker.attempt = timeout;
    TRYV(aws::connect(broker, directories, *identity, journal ? *journal : std::nullopt));
    const auto concluded = aws::conclude(files, directories);
    if (!concluded) {
        context.note("the journal cannot be ended: " + concluded.error().message());
    }
    context.note("the broker " + identity->endpoint.text() + " accepts " + identity->thing);
    return {};
}

}  // namespace

void add_aws_connect(Command& aws) {
    const auto options = std::make_shared<ConnectOptions>();
    auto command = aws.subcommand("connect", "Prove that the broker accepts this gateway", what_connect_does);
    command.option("--wait", options->wait, "How long to go on trying; default: one attempt", "TIME");
    command.option("--timeout", options->timeout, "How long one attempt may take; default: 30", "TIME");
    add_directory_options(command, options->directories);
    command.on_run([options](const Context& context) { return connect(context, *options); });
}

}  // namespace trustx::cli
