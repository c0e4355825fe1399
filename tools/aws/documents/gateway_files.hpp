// SPDX-License-Identifier: Apache-2.0
// Configuration of programs on the gateway that connect to AWS IoT with a key in the chip (aws-iot.md section 9 and
// section 14, item 4).
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace trustx::aws {

// BrokerAccess is what a program needs to connect as the gateway.
struct BrokerAccess {
    std::string endpoint;  // HOST of the data plane
    std::uint16_t port = 8883;
    std::string thing;
    std::string key_file = "/etc/trustx/identity-key.pem";
    std::string certificate_file = "/etc/trustx/identity-chain.pem";
    std::string roots_file = "/etc/trustx/amazon-roots.pem";
};

// Bridge is a mosquitto broker that passes topics on; filters as mosquitto writes them: "dt/#".
struct Bridge {
    BrokerAccess access;
    std::vector<std::string> out{"dt/#"};
    std::vector<std::string> in{"cmd/#"};
};
Result<std::string> mosquitto_bridge(const Bridge& bridge);

// ServiceUnit is a systemd service whose program uses the identity by OpenSSL.
struct ServiceUnit {
    std::string description;
    std::string command;  // ExecStart
    std::string openssl_configuration = "/etc/trustx/openssl-trustx.cnf";
    std::string bus = "/dev/i2c-1";
    std::string lock_directory = "/run/lock/trustx";
};
Result<std::string> service_unit(const ServiceUnit& unit);

// GreengrassLite is the nucleus lite's config.yaml. It loads key and certificate by OpenSSL's store, so the key's name
// may also be a trustx: URI.
struct GreengrassLite {
    BrokerAccess access;
    std::string region;
    std::string credential_endpoint;  // HOST: DescribeEndpoint with EndpointType::credential_provider
    std::string role_alias;
    std::string root = "/var/lib/greengrass";
};
Result<std::string> greengrass_lite(const GreengrassLite& wanted);

}  // namespace trustx::aws
