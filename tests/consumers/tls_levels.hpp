// SPDX-License-Identifier: Apache-2.0
// How much of a TLS handshake the chip does (docs/provider.md, "How much of TLS the chip does"), with programs that
// know nothing of it: what can be combined, a handshake of each combination, and what it costs the chip.
#pragma once

#include "combinations.hpp"
#include "host.hpp"
#include "nginx.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// The provider's setting `scope`.
enum class Level { signature, ephemeral, key_schedule };
// What the program with the chip's key offers or accepts. Its peer has both versions, but for both_to_1_2.
enum class Offer { only_1_2, only_1_3, both, both_to_1_2 };
// The hash of the cipher suite: the peer has one suite only, AES-128-GCM or AES-256-GCM, in each version.
enum class Suite { sha256, sha384 };
// The program with the chip's key.
enum class Consumer { s_client, curl, mosquitto_pub, trustx_mqtt, s_server, mosquitto, nginx };
// What else is loaded besides our provider, whose section comes first by its name, and the default one. Of the openssl
// tool by its option, and in the configuration otherwise.
enum class Company { nobody, legacy };

struct Combination {
    Level level;
    Offer offer;
    Suite suite;
    std::string curve;  // of the certificates and of the group
    Consumer consumer;
    Company company;
};
std::string name_of(const Combination& combination);

// How many values each parameter has, for a Choice, and the combination of a choice. Level, offer and suite are one
// parameter: what a handshake costs depends on all three, so each program is to make every kind.
std::vector<std::size_t> numbers_of_values();
Combination combination_of(const Choice& choice);

// combinations_of is one for each level, program and offer on P-256, ephemeral keys first.
std::vector<Combination> combinations_of(const std::vector<Consumer>& consumers, const std::vector<Offer>& offers,
                                         Suite suite);

// written is a line for each command, for messages that can be read.
std::string written(const std::map<std::string, int>& commands);
// expected_commands is what the chip is to see of one handshake, and nothing else.
std::map<std::string, int> expected_commands(const Combination& combination);
// expected_suite is version and cipher suite as OpenSSL names them: "TLSv1.3", "TLS_AES_128_GCM_SHA256".
struct VersionAndSuite {
    std::string version;
    std::string suite;
};
VersionAndSuite expected_suite(const Combination& combination);

// An environment with a configuration for the program with the chip's key, made of our sample, and one for its peer.
Environment level_environment(const Host& host, const Combination& combination);
Environment peer_environment(const Host& host, const Combination& combination);

// curl_versions are the options by which curl offers what the combination says. It sets the lowest version in any case,
// and by that overrides the configuration.
Arguments curl_versions(const Combination& combination);
// serve_by_nginx is one worker with the chip's key that answers every request with this text.
Nginx serve_by_nginx(const Host& host, const Combination& combination, const Environment& environment,
                     const std::string& text);

// shake_hands runs the program and a peer, and lets them make one connection and send something through it. The
// programs must succeed. It gives what the one of them said who tells the version and the cipher suite; of an MQTT
// client neither it nor the broker does, so the broker has no other version than the expected one. host must have keys
// on the combination's curve. under is a program that runs the consumer, such as valgrind, with its options; not for
// mosquitto and nginx.
std::optional<std::string> shake_hands(const Host& host, const Combination& combination, const Arguments& under = {});

}  // namespace trustx::test
