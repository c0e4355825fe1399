// SPDX-License-Identifier: Apache-2.0
// trustx aws: from a chip without identity to a thing of AWS IoT that its broker accepts.
#include "commands/aws/subcommands.hpp"
#include "commands/subcommands.hpp"

namespace trustx::cli {
namespace {

constexpr const char* what_aws_is =
    R"(A journal is written before each step, so that an enrolment that was interrupted, by whatever, is resumed where it was;
until it has ended, abandon takes back what it did. The certificate becomes active last, after every check.

Account and credentials are found as AWS's programs find them: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL_IOT,
AWS_CA_BUNDLE and the like, and ~/.aws. Nothing of them is stored. TRUSTX_AWS_IDENTITY and TRUSTX_AWS_STATE name other
directories than /etc/trustx and /var/lib/trustx.

Examples:
  trustx aws plan --method csr --thing gateway-1
  trustx aws enroll --method csr --thing gateway-1 --slot E0F1
  trustx aws status
  trustx aws connect --wait 10m
  trustx aws rotate
  trustx aws retire --plan)";

}  // namespace

void add_aws(Command& program) {
    auto aws = program.subcommand("aws", "Enrol this gateway with AWS IoT", what_aws_is);
    add_aws_plan(aws);
    add_aws_enroll(aws);
    add_aws_resume(aws);
    add_aws_status(aws);
    add_aws_abandon(aws);
    add_aws_connect(aws);
    add_aws_request(aws);
    add_aws_approve(aws);
    add_aws_install(aws);
    add_aws_activate(aws);
    add_aws_bulk(aws);
    add_aws_ca(aws);
    add_aws_make(aws);
    add_aws_credentials(aws);
    add_aws_doctor(aws);
    add_aws_rotate(aws);
    add_aws_retire(aws);
}

}  // namespace trustx::cli
