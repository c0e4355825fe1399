// SPDX-License-Identifier: Apache-2.0
// What a diagnosis reaches the world by. Tests put gateways, networks and brokers behind it that have one thing wrong.
#pragma once

#include "aws/control/api_client.hpp"
#include "aws/enrolment/mqtt_port.hpp"
#include "common/files/file_store.hpp"
#include "connection/probe.hpp"
#include "connection/reason_code.hpp"

#include <trustx/clock.hpp>
#include <trustx/key_reference.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws::doctor {

// Failure is an error with what to do about it, where that is known better than by its code; else empty.
struct Failure {
    Error error;
    std::string remedy = {};
};

template <class T>
using Checked = tl::expected<T, Failure>;

struct KeyFile {
    std::string path;
    KeyReference reference;
};

// GatewayPort is chip and provider. Errors: Errc, ChipError, InputErrc, and those of the system.
class GatewayPort {
 public:
    GatewayPort() = default;
    GatewayPort(const GatewayPort&) = delete;
    GatewayPort& operator=(const GatewayPort&) = delete;
    virtual ~GatewayPort() = default;

    // provider loads it as services do, by OpenSSL's configuration.
    virtual Checked<void> provider() = 0;
    // chip is the one that the key file is about, if it answers.
    virtual Checked<Uid> chip(const KeyFile& key) = 0;
    // signature makes one with the key file through the provider, and verifies it: one use of the private key.
    // InputErrc::nothing_there: the slot is empty; InputErrc::key_mismatch: it holds another key;
    // InputErrc::refused: the key may not sign; Errc::wrong_chip.
    virtual Checked<void> signature(const KeyFile& key) = 0;
    // certificates are those in an object in DER; none: it is empty, or holds none.
    virtual Result<std::vector<Bytes>> certificates(ObjectId object) = 0;
};

// NetworkPort is the way to the broker, up to TLS.
class NetworkPort {
 public:
    NetworkPort() = default;
    NetworkPort(const NetworkPort&) = delete;
    NetworkPort& operator=(const NetworkPort&) = delete;
    virtual ~NetworkPort() = default;

    virtual mqtt::ProbeResult probe(const mqtt::ProbeTarget& target) = 0;
    // service_time is the time of day by the control plane; nothing: it cannot be reached.
    virtual std::optional<WallTime> service_time() = 0;
};

// Meeting is what became of one connection, with MQTT 5.
struct Meeting {
    // `kept`: accepted, and not closed for as long as it was watched. `ended`: accepted, and then closed by the
    // broker. `refused`: by a code. `closed`: before CONNACK, without one.
    enum class End : std::uint8_t { kept, ended, refused, closed, late };

    End end = End::kept;
    std::optional<mqtt::ReasonCode> reason{};  // of MQTT 5
    int connack = 0;                           // of MQTT 3.1.1, if 1 to 7: from a broker that has no other
    std::vector<int> alerts{};                 // of TLS that the broker sent, by their numbers
    bool chip_failed = false;                  // the chip gave no signature
    std::string detail{};                      // words of TLS
};

class BrokerPort {
 public:
    BrokerPort() = default;
    BrokerPort(const BrokerPort&) = delete;
    BrokerPort& operator=(const BrokerPort&) = delete;
    virtual ~BrokerPort() = default;

    // meet makes one attempt, and keeps a connection for the time `watch` to see whether it is closed. One use of the
    // private key.
    virtual Meeting meet(const Presented& presented, std::chrono::milliseconds watch) = 0;
};

struct Seams {
    GatewayPort& gateway;
    files::FileStore& files;
    NetworkPort& network;
    BrokerPort& broker;
    Result<ApiClient*> cloud;  // an Error says why there is none
    Clock& clock;
    WallClock now;
};

}  // namespace trustx::aws::doctor
