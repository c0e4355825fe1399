// SPDX-License-Identifier: Apache-2.0
// How much of TLS the chip does, the provider's setting `scope`, and what an OpenSSL configuration must say beside it,
// so that libssl and libcrypto come to the provider for as much (openssl-provider.md sections 6.1 and 6.2). The
// questions are those of `trustx setup check`; the lines that answer them are those of `trustx setup enable`.
#pragma once

#include "setup/openssl_configuration.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::cli {

// Scope is in the order of how much.
enum class Scope : std::uint8_t { signature, ephemeral, key_schedule };

// scope_names is what the setting takes, with | in between.
inline constexpr const char* scope_names = "signature|ephemeral|key-schedule";

std::optional<Scope> parse_scope(std::string_view text);
std::string to_string(Scope scope);

// scope_of is what a provider's section says. Nothing: a value that this program does not know.
std::optional<Scope> scope_of(const ProviderEntry& entry);

// goes_on_in_software tells whether a handshake does without the chip where it cannot have it.
bool goes_on_in_software(const ProviderEntry& entry);

// A name of the provider that sorts before those from which libssl takes groups otherwise.
inline constexpr const char* name_ahead = "a-trustx";
inline constexpr const char* groups_to_write = "P-256:P-384:P-521";
inline constexpr const char* properties_to_write = "?provider=trustx";

// sorts_behind and listed_behind give the provider from which libssl takes the groups in place of ours: the one whose
// name sorts before ours, and the one whose line is before ours. libcrypto keeps providers in the order of the lines
// until something asks for one by its name, and in that of the names from then on. nullptr: there is none.
const ProviderEntry* sorts_behind(const OpensslConfiguration& configuration, const ProviderEntry& entry);
const ProviderEntry* listed_behind(const OpensslConfiguration& configuration, const ProviderEntry& entry);

// prefers_trustx tells whether default_properties have an algorithm of ours taken wherever there is one, and say
// nothing else of providers, which libcrypto would not read.
bool prefers_trustx(std::string_view properties);

// unmet_property is one that default_properties demand of every algorithm, and ours do not have: the chip does nothing
// of TLS then. claims_fips is about the setting claim-fips. Empty: there is none.
std::string unmet_property(std::string_view properties, bool claims_fips);

// wanted_properties are default_properties that prefer trustx, with what else can stay.
std::string wanted_properties(std::string_view properties, bool claims_fips);

// fault_of_groups says what is wrong with a list of groups. Empty: the chip's come first, and TLS 1.2 can use it.
std::string fault_of_groups(const std::string& list);

// first_is_sha256 tells whether the first of a list of ciphers for TLS 1.2 is one of ECDHE whose keys are derived with
// SHA-256, the only hash of the chip. It asks libssl, which takes an empty list for its default.
bool first_is_sha256(const std::string& list);

// ciphers_to_write is a list with such ciphers in front of those of another one; empty: of libssl's default.
std::string ciphers_to_write(const std::string& list);

// fault_of_ciphers says why these cannot be put in front of a list. Empty: they can.
std::string fault_of_ciphers(const std::string& list);

// advised_ciphers is ciphers_to_write without what keeps these from the front: @STRENGTH, or all that excludes them.
std::string advised_ciphers(const std::string& list);

// fault_of_versions says what keeps programs from TLS 1.2, of which alone the chip derives keys. Empty: nothing does.
std::string fault_of_versions(const OpensslConfiguration& configuration);

// lines_of_tls are those outside of the provider's own section that a scope needs and this configuration does not have:
// default_properties, groups, ciphers. init is the section that openssl_conf names, claims_fips is about the setting
// claim-fips. Error: InputErrc::refused when the configuration decides otherwise.
Result<std::string> lines_of_tls(const OpensslConfiguration& configuration, Scope scope, const std::string& init,
                                 const std::string& name, bool claims_fips);

// lines_of_order are those that put a provider, which is activated, ahead of those that have groups, or were given this
// scope; of this configuration as it is. Error: InputErrc::refused as above.
Result<std::string> lines_of_order(const OpensslConfiguration& configuration, const ProviderEntry& entry, Scope scope,
                                   const std::string& name);

}  // namespace trustx::cli
