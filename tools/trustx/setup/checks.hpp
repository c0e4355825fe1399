// SPDX-License-Identifier: Apache-2.0
// The steps of `trustx setup check`. Each writes into the report what it found.
#pragma once

#include "cli/context.hpp"
#include "common/openssl/handles.hpp"
#include "setup/check_report.hpp"
#include "setup/openssl_configuration.hpp"

#include <optional>
#include <string>

namespace trustx::cli {

// check_configuration gives what the file says, if it activates trustx.
std::optional<OpensslConfiguration> check_configuration(CheckReport& report, const std::string& path);

// check_provider gives a library context in which OpenSSL has loaded that configuration and the provider; nullptr: it
// could not. entry is trustx's in the configuration.
openssl::LibraryContext check_provider(CheckReport& report, const std::string& path, const ProviderEntry& entry);

// check_chip is true when the chip answers, found with the settings that the provider would use. entry is trustx's in
// the configuration, if there is one.
bool check_chip(CheckReport& report, const Context& context, const ProviderEntry* entry);

// check_signature signs once with a key file, as a program would.
void check_signature(CheckReport& report, OSSL_LIB_CTX* libctx, const std::string& key_file);

}  // namespace trustx::cli
