// SPDX-License-Identifier: Apache-2.0
// What the subcommands of `trustx aws` have at hand: chip, account, network and files, put together for one run.
#pragma once

#include "aws/account/account.hpp"
#include "aws/control/api_client.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/paho_port.hpp"
#include "aws/http/curl_client.hpp"
#include "chip/enrolment_chip.hpp"
#include "cli/context.hpp"
#include "commands/provider.hpp"
#include "pki/issuer.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace trustx::cli {

// broker_for is for what needs no account. port and clock must outlive it.
aws::Broker broker_for(const Context& context, aws::MqttPort& port, Clock& clock, std::chrono::seconds wait);

// region_in reads the region in the name of an endpoint of AWS IoT: "prefix-ats.iot.REGION.amazonaws.com". Empty: it is
// another name.
std::string region_in(const std::string& endpoint);

// tell_enrolled says where services find what they need.
void tell_enrolled(const Context& context, const aws::Directories& directories);

// tell_rotated says what has to be done after a rotation: to services, and to a certificate that this gateway could not
// end. Errors: those of the journal.
Result<void> tell_rotated(const Context& context, const aws::Directories& directories);

// carried_on_by is the subcommand that carries on with what has not ended. `connect` is with the identity in use, which
// in a rotation is the old one.
const char* carried_on_by(const aws::Journal& journal);
// ways_on names that subcommand, and the one that takes it back, if anything can.
std::string ways_on(const aws::Journal& journal);

// tell_unfinished says what can be done about an enrolment that has not ended, where one has failed.
void tell_unfinished(const Context& context, const aws::Directories& directories, const Error& error);

// CloudSession is one run with an account and without a chip: an operator's. Where it is, it stays: its parts refer to
// each other.
class CloudSession {
 public:
    // open reads the account's files; nothing is sent. Errors: those of Account.
    static Result<std::unique_ptr<CloudSession>> open(const Context& context, const aws::AccountOptions& options);

    CloudSession(const CloudSession&) = delete;
    CloudSession& operator=(const CloudSession&) = delete;

    [[nodiscard]] const std::string& region() const { return cloud_.endpoint().region; }
    [[nodiscard]] const aws::Account& account() const { return account_; }
    [[nodiscard]] aws::ApiClient& cloud() { return cloud_; }
    [[nodiscard]] SystemClock& clock() { return clock_; }

 private:
    CloudSession(const Context& context, const aws::Account& account, aws::ApiEndpoint endpoint);

    SystemClock clock_;
    aws::Account account_;
    aws::CurlClient http_;
    aws::ApiClient cloud_;
};

// OperatorSession is one run with an account and without a chip, with everything that approvals reach.
class OperatorSession {
 public:
    // open reads the account's files; nothing is sent. Errors: those of Account.
    static Result<std::unique_ptr<OperatorSession>> open(const Context& context, const aws::AccountOptions& options);

    // use_authority is for methods in which AWS does not issue the certificate. Errors: those of open_authority.
    Result<void> use_authority(const pki::AuthorityFiles& files);

    OperatorSession(const OperatorSession&) = delete;
    OperatorSession& operator=(const OperatorSession&) = delete;

    [[nodiscard]] CloudSession& cloud() { return *cloud_; }
    [[nodiscard]] files::DiskStore& files() { return files_; }
    [[nodiscard]] aws::Seams seams();

 private:
    OperatorSession(const Context& context, std::unique_ptr<CloudSession> cloud)
        : context_{context}, cloud_{std::move(cloud)} {}

    const Context& context_;
    std::unique_ptr<CloudSession> cloud_;
    files::DiskStore files_;
    std::unique_ptr<pki::Issuer> issuer_;
};

// GatewaySession is one run with an account and a chip, with everything that enrolment reaches.
class GatewaySession {
 public:
    // open reads the account's files; nothing is sent. Errors: those of Account, and of open_chip.
    static Result<std::unique_ptr<GatewaySession>> open(const Context& context, const aws::AccountOptions& options,
                                                        std::chrono::seconds wait);

    // open_without_account is for a gateway whose operator has it. Errors: those of open_chip.
    static Result<std::unique_ptr<GatewaySession>> open_without_account(const Context& context,
                                                                        std::chrono::seconds wait);

    // use_authority is for methods in which AWS does not issue the certificate. Errors: those of open_authority.
    Result<void> use_authority(const pki::AuthorityFiles& files);

    GatewaySession(const GatewaySession&) = delete;
    GatewaySession& operator=(const GatewaySession&) = delete;

    // region is the account's; where there is none, there is no region either.
    [[nodiscard]] std::string region() const { return cloud_ ? cloud_->region() : std::string{}; }
    [[nodiscard]] aws::Seams seams();

 private:
    // cloud is nothing where there is no account.
    GatewaySession(const Context& context, Chip chip, std::unique_ptr<CloudSession> cloud, std::chrono::seconds wait);

    const Context& context_;
    std::chrono::seconds wait_;
    SystemClock clock_;
    std::unique_ptr<CloudSession> cloud_;
    aws::ApiClient offline_;
    Chip chip_;
    EnrolmentChip port_;
    files::DiskStore files_;
    aws::PahoPort mqtt_;
    std::unique_ptr<pki::Issuer> issuer_;
};

}  // namespace trustx::cli
