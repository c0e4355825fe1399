// SPDX-License-Identifier: Apache-2.0
// trustx aws make bridge, unit and greengrass-lite.
#include "aws/control/calls/operations.hpp"
#include "aws/documents/gateway_files.hpp"
#include "cli/context.hpp"
#include "commands/aws/make.hpp"
#include "commands/aws/session.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_make_bridge_does =
    R"(For mosquitto on this gateway. Unless topics are given, dt/THING/# goes out and cmd/THING/# comes in, which is what the
policy of `make policy` allows: AWS IoT closes a connection that wants more.

Examples:
  trustx aws make bridge --out /etc/mosquitto/conf.d/aws.conf
  trustx aws make bridge --thing gateway-1 --endpoint PREFIX-ats.iot.eu-central-1.amazonaws.com --publish 'dt/gateway-1/#')";

constexpr const char* what_make_unit_does =
    R"(A unit for systemd: the command gets the provider and the group trustx, and no other privilege.

Examples:
  trustx aws make unit --command '/usr/bin/telemetry --fast' --out telemetry.service)";

constexpr const char* what_make_greengrass_lite_does =
    R"(The configuration of Greengrass nucleus lite. Without --credentials-endpoint the account is asked for it.

Examples:
  trustx aws make greengrass-lite --role-alias gateway-role --credentials-endpoint \
    PREFIX.credentials.iot.eu-central-1.amazonaws.com --out /etc/greengrass/config.yaml)";

// AccessOptions say as what a program connects; empty: as this gateway.
struct AccessOptions {
    std::string thing;
    std::string endpoint;
    DirectoryOptions directories;
};

void add_access_options(Command& command, AccessOptions& options) {
    command.option("--thing", options.thing, "The thing's name; default: this gateway's", "NAME");
    command.option("--endpoint", options.endpoint, "The broker; default: this gateway's", "HOST[:PORT]");
    add_directory_options(command, options.directories);
}

Result<aws::BrokerAccess> access_of(const Context& context, const AccessOptions& options,
                                    const std::optional<aws::Identity>& identity) {
    TRY(const auto directories, directories_of(context, options.directories));
    if (!identity && (options.thing.empty() || options.endpoint.empty())) {
        return fail(InputErrc::usage, directories.summary_file() +
                                          " does not exist: enrol this gateway first, or give --thing and --endpoint");
    }
    auto endpoint = identity ? identity->endpoint : aws::Endpoint{};
    if (!options.endpoint.empty()) {
        TRY(endpoint, aws::Endpoint::parse(options.endpoint));
    }
    return aws::BrokerAccess{.endpoint = endpoint.host,
                             .port = endpoint.port,
                             .thing = options.thing.empty() ? identity->thing : options.thing,
                             .key_file = directories.key_file(),
                             .certificate_file = directories.chain_file(),
                             .roots_file = directories.roots_file()};
}

struct MakeBridgeOptions {
    std::string out = "-";
    AccessOptions access;
    std::vector<std::string> publish;
    std::vector<std::string> subscribe;
};

Result<void> make_bridge(const Context& context, const MakeBridgeOptions& options) {
    TRY(const auto identity, identity_here(context, options.access.directories));
    TRY(auto access, access_of(context, options.access, identity));
    aws::Bridge bridge{.access = std::move(access), .out = options.publish, .in = options.subscribe};
    if (bridge.out.empty() && bridge.in.empty()) {
        bridge.out = {"dt/" + bridge.access.thing + "/#"};
        bridge.in = {"cmd/" + bridge.access.thing + "/#"};
    }
    TRY(const auto text, aws::mosquitto_bridge(bridge));
    return files::write_file(options.out, text);
}

struct MakeUnitOptions {
    std::string out = "-";
    aws::ServiceUnit unit;
};

struct MakeGreengrassOptions {
    std::string out = "-";
    AccessOptions access;
    AccountChoice account;
    aws::GreengrassLite wanted;
};

Result<std::string> ask_for_credentials_endpoint(const Context& context, const AccountChoice& choice) {
    TRY(const auto session, CloudSession::open(context, {.profile = choice.profile, .region = choice.region}));
    constexpr std::chrono::minutes patience{1};
    TRY(auto host, session->cloud().call(aws::DescribeEndpoint{.type = aws::EndpointType::credential_provider},
                                         Deadline::after(session->clock(), patience)));
    return host;
}

Result<void> make_greengrass_lite(const Context& context, const MakeGreengrassOptions& options) {
    TRY(const auto identity, identity_here(context, options.access.directories));
    auto wanted = options.wanted;
    TRY(wanted.access, access_of(context, options.access, identity));
    auto choice = options.account;
    if (choice.region.empty()) {
        choice.region = identity ? identity->region : region_in(wanted.access.endpoint);
    }
    wanted.region = choice.region;
    if (wanted.credential_endpoint.empty()) {
        TRY(wanted.credential_endpoint, ask_for_credentials_endpoint(context, choice));
    }
    TRY(const auto text, aws::greengrass_lite(wanted));
    return files::write_file(options.out, text);
}

}  // namespace

void add_make_bridge(Command& make) {
    const auto options = std::make_shared<MakeBridgeOptions>();
    auto command = make.subcommand("bridge", "Make mosquitto's bridge to AWS IoT", what_make_bridge_does);
    command.option("--publish", options->publish, "Topics that go to AWS IoT, as mosquitto writes them", "FILTER");
    command.option("--subscribe", options->subscribe, "Topics that come from there", "FILTER");
    add_access_options(command, options->access);
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_bridge(context, *options); });
}

void add_make_unit(Command& make) {
    const auto options = std::make_shared<MakeUnitOptions>();
    auto& unit = options->unit;
    unit.description = "A program with a key in the chip";
    auto command = make.subcommand("unit", "Make a systemd unit for a program that uses the key", what_make_unit_does);
    command.option("--command", unit.command, "What it starts, with an absolute path", "COMMAND").required();
    command.option("--description", unit.description, "What it is", "TEXT");
    command.option("--bus", unit.bus, "The device of the chip's bus; default: /dev/i2c-1", "DEVICE");
    add_out_file(command, options->out);
    command.on_run([options](const Context& /*context*/) -> Result<void> {
        TRY(const auto text, aws::service_unit(options->unit));
        return files::write_file(options->out, text);
    });
}

void add_make_greengrass_lite(Command& make) {
    const auto options = std::make_shared<MakeGreengrassOptions>();
    auto& wanted = options->wanted;
    auto command = make.subcommand("greengrass-lite", "Make the configuration of Greengrass nucleus lite",
                                   what_make_greengrass_lite_does);
    command.option("--role-alias", wanted.role_alias, "The role alias of its components", "NAME").required();
    command.option("--credentials-endpoint", wanted.credential_endpoint, "Where they get credentials", "HOST");
    command.option("--root", wanted.root, "Its directory; default: /var/lib/greengrass", "DIRECTORY");
    add_access_options(command, options->access);
    add_account_options(command, options->account);
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_greengrass_lite(context, *options); });
}

}  // namespace trustx::cli
