// SPDX-License-Identifier: Apache-2.0
// Who asks, where: credentials, region and endpoints as AWS's programs find them, by the same variables and files
// (aws-iot.md section 6.1). Nothing is stored.
#pragma once

#include "aws/account/account_error.hpp"
#include "aws/account/environment.hpp"
#include "aws/http/url.hpp"
#include "aws/signing/credentials.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace trustx::aws {

enum class Service : std::uint8_t {
    iot,       // the control plane
    iot_data,  // the data plane by HTTPS
};

struct AccountOptions {
    std::string profile{};  // empty: AWS_DEFAULT_PROFILE, AWS_PROFILE, `default`
    std::string region{};   // empty: AWS_REGION, AWS_DEFAULT_REGION, the profile's
};

// Account is a value: the files are read once, by load(). Copies share what credential_process answered.
class Account {
 public:
    // load reads the two files (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, or those in ~/.aws), which may be
    // missing. Errors: AccountErrc::profile_unknown for a profile that was asked for,
    // AccountErrc::configuration_malformed, InputErrc::unreadable.
    static Result<Account> load(const AccountOptions& options, const Environment& environment);

    // credentials are, in this order: the environment's (unless options name a profile), the profile's keys, the answer
    // of its credential_process, which is asked again when its answer has expired. Errors: AccountErrc.
    [[nodiscard]] Result<Credentials> credentials(const Clock& clock, WallTime now, const Deadline& deadline) const;

    // region: AccountErrc::no_region, AccountErrc::region_invalid.
    [[nodiscard]] Result<std::string> region() const;

    // endpoint is where requests to a service go: AWS_ENDPOINT_URL_IOT (AWS_ENDPOINT_URL_IOT_DATA_PLANE),
    // AWS_ENDPOINT_URL, the profile's `services` section, its endpoint_url, or AWS's own name for the region. The data
    // plane has no such name: AccountErrc::endpoint_invalid says that DescribeEndpoint gives it.
    [[nodiscard]] Result<Url> endpoint(Service service) const;

    // ca_bundle is a file of roots: AWS_CA_BUNDLE, or the profile's ca_bundle. Empty: the system's.
    [[nodiscard]] std::string ca_bundle() const;

    // profile is the name in use.
    [[nodiscard]] const std::string& profile() const;

 private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

// partition_of is the first part of a region's ARNs: "aws", "aws-cn", "aws-us-gov".
std::string partition_of(const std::string& region);

}  // namespace trustx::aws
