// SPDX-License-Identifier: Apache-2.0
#include "aws/account/account.hpp"

#include "aws/account/credential_process.hpp"
#include "aws/account/profile.hpp"
#include "common/text/lower_case.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace trustx::aws {
namespace {

// The settings by which other programs get the credentials of a profile: a browser, a device for codes, another role.
constexpr std::array login_settings{"role_arn", "web_identity_token_file", "sso_session", "sso_start_url",
                                    "login_session"};

struct Partition {
    std::string_view region_prefix;
    std::string_view name;
    std::string_view domain;
};
constexpr std::array partitions{
    Partition{"cn-", "aws-cn", "amazonaws.com.cn"}, Partition{"us-gov-", "aws-us-gov", "amazonaws.com"},
    Partition{"us-iso-", "aws-iso", "c2s.ic.gov"},  Partition{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
    Partition{"eusc-", "aws-eusc", "amazonaws.eu"}, Partition{"", "aws", "amazonaws.com"},
};

const Partition& partition_with(std::string_view region) {
    return *std::find_if(partitions.begin(), partitions.end(),
                         [region](const Partition& each) { return region.starts_with(each.region_prefix); });
}

// A service as AWS's variables and files name it.
struct ServiceNames {
    const char* variable;
    const char* group;
};

ServiceNames names_of(Service service) {
    return service == Service::iot ? ServiceNames{"AWS_ENDPOINT_URL_IOT", "iot"}
                                   : ServiceNames{"AWS_ENDPOINT_URL_IOT_DATA_PLANE", "iot_data_plane"};
}

bool is_true(const std::optional<std::string>& value) {
    return value && text::lower_case(*value) == "true";
}

std::optional<std::string> copy(std::optional<std::string_view> value) {
    return value ? std::optional{std::string{*value}} : std::nullopt;
}

// either is the first of two that has a value.
std::optional<std::string> either(std::optional<std::string> first, std::optional<std::string> second) {
    return first ? std::move(first) : std::move(second);
}

// export_command brings the credentials of a profile into the environment.
std::string export_command(const std::string& profile) {
    return "eval \"$(aws configure export-credentials --profile " + profile + " --format env)\"";
}

tl::unexpected<Error> fail_partial(const std::string& source, const char* missing) {
    return fail(AccountErrc::credentials_partial,
                "the credentials of the " + source + " lack " + missing + "; both belong together");
}

// Found is what one source has; without an identifier it has nothing.
Result<std::optional<Credentials>> complete(std::optional<std::string> id, SecretText secret, SecretText token,
                                            const std::string& source) {
    if (!id && secret.empty()) {
        return std::optional<Credentials>{};
    }
    if (!id) {
        return fail_partial(source, "the access key id");
    }
    if (secret.empty()) {
        return fail_partial(source, "the secret access key");
    }
    return std::optional{Credentials{.access_key_id = *std::move(id),
                                     .secret_access_key = std::move(secret),
                                     .session_token = std::move(token),
                                     .source = source}};
}

Result<std::optional<Credentials>> from_environment(const Environment& environment) {
    auto secret = environment("AWS_SECRET_ACCESS_KEY").value_or("");
    TRY(auto found, complete(environment("AWS_ACCESS_KEY_ID"), SecretText{secret},
                             SecretText{environment("AWS_SESSION_TOKEN").value_or("")}, "environment"));
    wipe(secret.data(), secret.size());
    if (found) {
        found->expiration = text::parse_time(environment("AWS_CREDENTIAL_EXPIRATION").value_or(""));
        found->account_id = environment("AWS_ACCOUNT_ID").value_or("");
    }
    return found;
}

using Lookup = std::optional<std::string_view> (Profile::*)(std::string_view) const;

Result<std::optional<Credentials>> from_file(const Profile& profile, Lookup find, const std::string& path) {
    const auto value = [&](const char* name) { return (profile.*find)(name).value_or(std::string_view{}); };
    const auto source = "profile `" + profile.name() + "` in " + path;
    TRY(auto found, complete(copy((profile.*find)("aws_access_key_id")), SecretText{value("aws_secret_access_key")},
                             SecretText{value("aws_session_token")}, source));
    if (found) {
        found->account_id = profile.find("aws_account_id").value_or("");
    }
    return found;
}

bool is_host_label(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
    });
}

}  // namespace

struct Account::Impl {
    AccountOptions options;
    Environment environment;
    Profile profile;
    mutable std::optional<Credentials> of_process;

    [[nodiscard]] Result<Credentials> find(const Clock& clock, WallTime now, const Deadline& deadline) const;
    [[nodiscard]] Result<void> check_needs_no_login() const;
    [[nodiscard]] Result<Credentials> ask_process(std::string_view command, const Clock& clock, WallTime now,
                                                  const Deadline& deadline) const;
    [[nodiscard]] std::optional<std::string> named_endpoint(Service service) const;
};

Result<void> Account::Impl::check_needs_no_login() const {
    for (const char* setting : login_settings) {
        if (profile.find(setting)) {
            return fail(
                AccountErrc::profile_needs_login,
                "profile `" + profile.name() + "` gets its credentials by a login or a role (" + setting +
                    "), which is left to the program aws; run `aws sso login` or what the profile needs, then `" +
                    export_command(profile.name()) + "`, and leave out the name of the profile");
        }
    }
    return {};
}

Result<Credentials> Account::Impl::ask_process(std::string_view command, const Clock& clock, WallTime now,
                                               const Deadline& deadline) const {
    if (!of_process || of_process->expired(now)) {
        TRY(of_process, credentials_of_process(command, clock, deadline));
        of_process->source = "credential_process of profile `" + profile.name() + "`";
    }
    return *of_process;
}

Result<Credentials> Account::Impl::find(const Clock& clock, WallTime now, const Deadline& deadline) const {
    if (options.profile.empty()) {
        TRY(auto found, from_environment(environment));
        if (found) {
            return *std::move(found);
        }
    }
    TRYV(check_needs_no_login());
    TRY(auto secret, from_file(profile, &Profile::in_credentials, profile.credentials_path()));
    if (secret) {
        return *std::move(secret);
    }
    if (const auto command = profile.find("credential_process")) {
        return ask_process(*command, clock, now, deadline);
    }
    TRY(auto configured, from_file(profile, &Profile::in_configuration, profile.configuration_path()));
    if (configured) {
        return *std::move(configured);
    }
    return fail(AccountErrc::no_credentials,
                "there are no AWS credentials: neither in the environment (AWS_ACCESS_KEY_ID) nor in profile `" +
                    profile.name() + "`; run `aws configure`, or `" + export_command(profile.name()) + "`");
}

std::optional<std::string> Account::Impl::named_endpoint(Service service) const {
    const auto [variable, group] = names_of(service);
    if (is_true(either(environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"),
                       copy(profile.find("ignore_configured_endpoint_urls"))))) {
        return std::nullopt;
    }
    const auto by_environment = either(environment(variable), environment("AWS_ENDPOINT_URL"));
    const auto by_profile =
        either(copy(profile.service_setting(group, "endpoint_url")), copy(profile.find("endpoint_url")));
    return either(by_environment, by_profile);
}

Result<Account> Account::load(const AccountOptions& options, const Environment& environment) {
    const auto by_environment = either(environment("AWS_DEFAULT_PROFILE"), environment("AWS_PROFILE"));
    const auto name = options.profile.empty() ? by_environment.value_or("") : options.profile;
    TRY(auto profile, Profile::load(name, environment));
    Account account;
    account.impl_ = std::make_shared<Impl>(Impl{options, environment, std::move(profile), {}});
    return account;
}

Result<Credentials> Account::credentials(const Clock& clock, WallTime now, const Deadline& deadline) const {
    TRY(auto credentials, impl_->find(clock, now, deadline));
    if (credentials.expired(now)) {
        const auto ended = text::time_text(std::chrono::system_clock::to_time_t(*credentials.expiration));
        return fail(AccountErrc::credentials_expired, "the credentials of the " + credentials.source + " expired at " +
                                                          ended + "; get others, for instance by `" +
                                                          export_command(profile()) + "`");
    }
    return credentials;
}

Result<std::string> Account::region() const {
    const auto by_environment = either(impl_->environment("AWS_REGION"), impl_->environment("AWS_DEFAULT_REGION"));
    const auto found = impl_->options.region.empty() ? either(by_environment, copy(impl_->profile.find("region")))
                                                     : std::optional{impl_->options.region};
    if (!found) {
        return fail(AccountErrc::no_region,
                    "no region is named: neither by an option, nor by AWS_REGION, nor in profile `" + profile() +
                        "`; name one, such as eu-central-1");
    }
    if (!is_host_label(*found)) {
        return fail(AccountErrc::region_invalid, "`" + *found + "` is no region; one is written like eu-central-1");
    }
    return *found;
}

Result<Url> Account::endpoint(Service service) const {
    if (const auto named = impl_->named_endpoint(service)) {
        auto url = parse_url(*named);
        if (!url) {
            return fail(AccountErrc::endpoint_invalid, "endpoint of AWS IoT: " + url.error().operation());
        }
        return *std::move(url);
    }
    if (service == Service::iot_data) {
        return fail(AccountErrc::endpoint_invalid,
                    "the endpoint of the data plane is not named, and depends on the account; ask DescribeEndpoint");
    }
    TRY(const auto name, region());
    Url url;
    url.host = "iot." + name + "." + std::string{partition_with(name).domain};
    return url;
}

std::string Account::ca_bundle() const {
    return either(impl_->environment("AWS_CA_BUNDLE"), copy(impl_->profile.find("ca_bundle"))).value_or("");
}

const std::string& Account::profile() const {
    return impl_->profile.name();
}

std::string partition_of(const std::string& region) {
    return std::string{partition_with(region).name};
}

}  // namespace trustx::aws
