// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/gateway_files.hpp"

#include "aws/documents/names.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <initializer_list>
#include <string_view>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

// A line break would begin a setting of its own in each of these files, and what is no UTF-8 none of their readers
// takes.
Result<void> check_lines(std::initializer_list<std::string_view> values) {
    for (const auto value : values) {
        if (value.empty() || !text::is_printable(value)) {
            return fail(InputErrc::usage, "`" + std::string{value} +
                                              "` is empty, no UTF-8, or has a line break or another control character, "
                                              "and cannot stand in a configuration");
        }
    }
    return {};
}

Result<void> check_access(const BrokerAccess& access) {
    TRYV(check_lines({access.endpoint, access.key_file, access.certificate_file, access.roots_file}));
    return check_name(NameOf::thing, access.thing);
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(" ").append(value).append("\n");
}

// Nucleus lite reads each of these paths into 127 bytes (aws-iot.md section 14, item 4).
Result<void> check_paths(const BrokerAccess& access) {
    constexpr std::size_t longest_path = 126;
    for (const auto& path : {access.key_file, access.certificate_file, access.roots_file}) {
        if (path.size() > longest_path) {
            return fail(InputErrc::usage, "the path " + path + " has more than " + std::to_string(longest_path) +
                                              " bytes, which Greengrass nucleus lite does not read: move the identity");
        }
    }
    return {};
}

// quoted is a text as YAML takes it: JSON is a part of YAML.
std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump();
}

}  // namespace

Result<std::string> mosquitto_bridge(const Bridge& bridge) {
    const auto& access = bridge.access;
    TRYV(check_access(access));
    std::string text =
        "# A bridge to AWS IoT with the client key in the chip. What mosquitto does by default, a will and a\n"
        "# retained message on $SYS and the mark of a bridge, makes AWS close the connection.\n"
        "# The broker needs the provider: `trustx setup enable --service mosquitto`.\n";
    add_line(text, "connection", "aws");
    add_line(text, "address", access.endpoint + ":" + std::to_string(access.port));
    add_line(text, "remote_clientid", access.thing);
    add_line(text, "bridge_cafile", access.roots_file);
    add_line(text, "bridge_certfile", access.certificate_file);
    add_line(text, "bridge_keyfile", access.key_file);
    if (access.port == 443) {
        add_line(text, "bridge_alpn", "x-amzn-mqtt-ca");
    }
    text +=
        "bridge_protocol_version mqttv311\n"
        "cleansession true\n"
        "notifications false\n"
        "try_private false\n"
        "bridge_attempt_unsubscribe false\n"
        "restart_timeout 5 300\n";
    for (const auto& filter : bridge.out) {
        TRYV(check_lines({filter}));
        add_line(text, "topic", filter + " out 1");
    }
    for (const auto& filter : bridge.in) {
        TRYV(check_lines({filter}));
        add_line(text, "topic", filter + " in 1");
    }
    return text;
}

Result<std::string> service_unit(const ServiceUnit& unit) {
    TRYV(check_lines({unit.description, unit.command, unit.openssl_configuration, unit.bus, unit.lock_directory}));
    return "# A service with a key in the chip. Its only privilege is the group trustx.\n"
           "[Unit]\n"
           "Description=" +
           unit.description +
           "\n"
           "Wants=network-online.target time-sync.target\n"
           "After=network-online.target time-sync.target\n"
           "\n"
           "[Service]\n"
           "Environment=OPENSSL_CONF=" +
           unit.openssl_configuration +
           "\n"
           "ExecStart=" +
           unit.command +
           "\n"
           "DynamicUser=yes\n"
           "SupplementaryGroups=trustx\n"
           "DevicePolicy=closed\n"
           "DeviceAllow=" +
           unit.bus +
           " rw\n"
           "ProtectSystem=strict\n"
           "ReadWritePaths=-" +
           unit.lock_directory +
           "\n"
           "ProtectHome=yes\n"
           "PrivateTmp=yes\n"
           "NoNewPrivileges=yes\n"
           "CapabilityBoundingSet=\n"
           "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
           "SystemCallArchitectures=native\n"
           "Restart=on-failure\n"
           "RestartSec=10\n"
           "\n"
           "[Install]\n"
           "WantedBy=multi-user.target\n";
}

Result<std::string> greengrass_lite(const GreengrassLite& wanted) {
    const auto& access = wanted.access;
    TRYV(check_access(access));
    TRYV(check_paths(access));
    TRYV(check_lines({wanted.region, wanted.credential_endpoint, wanted.root}));
    TRYV(check_name(NameOf::role_alias, wanted.role_alias));
    return "---\n"
           "system:\n"
           "  privateKeyPath: " +
           quoted(access.key_file) +
           "\n"
           "  certificateFilePath: " +
           quoted(access.certificate_file) +
           "\n"
           "  rootCaPath: " +
           quoted(access.roots_file) +
           "\n"
           "  rootPath: " +
           quoted(wanted.root) +
           "\n"
           "  thingName: " +
           quoted(access.thing) +
           "\n"
           "services:\n"
           "  aws.greengrass.NucleusLite:\n"
           "    componentType: \"NUCLEUS\"\n"
           "    configuration:\n"
           "      awsRegion: " +
           quoted(wanted.region) +
           "\n"
           "      iotCredEndpoint: " +
           quoted(wanted.credential_endpoint) +
           "\n"
           "      iotDataEndpoint: " +
           quoted(access.endpoint) +
           "\n"
           "      iotRoleAlias: " +
           quoted(wanted.role_alias) +
           "\n"
           "      runWithDefault:\n"
           "        posixUser: \"gg_component:gg_component\"\n"
           "      greengrassDataPlanePort: \"8443\"\n";
}

}  // namespace trustx::aws
