// SPDX-License-Identifier: Apache-2.0
// What `trustx aws` has at hand: the chip, the account, the network and the files, put together for one run.
#pragma once

#include "aws/account/account.hpp"
#include "aws/control/api_client.hpp"
#include "aws/enrolment/enrolment.hpp"
#include "aws/enrolment/issuer.hpp"
#include "aws/enrolment/paho_port.hpp"
#include "aws/http/curl_client.hpp"
#include "chip/enrolment_chip.hpp"
#include "cli/context.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace trustx::cli {

// parse_wait reads "90", "90s", "10m" or "1h". InputErrc::usage.
Result<std::chrono::seconds> parse_wait(const std::string& text);

// broker_for is for what needs no account. port and clock must outlive it.
aws::Broker broker_for(const Context& context, aws::MqttPort& port, Clock& clock, std::chrono::seconds wait);

// region_in reads the region in the name of an endpoint of AWS IoT: "prefix-ats.iot.REGION.amazonaws.com". Empty: it is
// another name.
std::string region_in(const std::string& endpoint);

// load_provider makes this process's OpenSSL know keys in the chip, unless its configuration does that already.
// InputErrc::check_failed.
Result<void> load_provider(const Context& context);

// AwsSession is one run with an account. Where it is, it stays: its parts refer to each other.
class AwsSession {
 public:
    // open reads the account's files; nothing is sent. Errors: those of Account, and of open_chip.
    static Result<std::unique_ptr<AwsSession>> open(const Context& context, const aws::AccountOptions& options,
                                                    std::chrono::seconds wait);

    // use_authority is for methods in which AWS does not issue the certificate. Errors: those of open_authority.
    Result<void> use_authority(const aws::AuthorityFiles& files);

    AwsSession(const AwsSession&) = delete;
    AwsSession& operator=(const AwsSession&) = delete;

    [[nodiscard]] const std::string& region() const { return cloud_.endpoint().region; }
    [[nodiscard]] aws::Seams seams();

 private:
    AwsSession(const Context& context, Chip chip, const aws::Account& account, aws::ApiEndpoint endpoint,
               std::chrono::seconds wait);

    const Context& context_;
    std::chrono::seconds wait_;
    SystemClock clock_;
    Chip chip_;
    EnrolmentChip port_;
    aws::DiskStore files_;
    aws::Account account_;
    aws::CurlClient http_;
    aws::ApiClient cloud_;
    aws::PahoPort mqtt_;
    std::unique_ptr<aws::Issuer> issuer_;
};

}  // namespace trustx::cli
