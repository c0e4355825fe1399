// SPDX-License-Identifier: Apache-2.0
// Checks key, certificate and CA file before anything is sent, because what Paho says about them afterwards is
// "connect failure". Loading the key reference and comparing it with the certificate takes no chip traffic.
#pragma once

#include "connection/error.hpp"

#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <string>

namespace trustx::mqtt {

// read_credential gives a file of at most 16 MiB; what was read is wiped. Errors are those of files.
trustx::Result<SecretBytes> read_credential(const std::string& path);

struct CredentialFiles {
    std::string key;
    std::string certificate;
    std::string certificate_name;  // the user's name for the certificate
    std::string ca;
    std::string key_name{};  // the user's names for those; empty: the files'
    std::string ca_name{};
};

struct Credentials {
    std::string common_name;  // of the certificate's subject; empty if it has none
    bool key_in_chip = false;
    std::string warning;  // something that will make a broker refuse the certificate, such as its dates; or empty
};

// check_credentials reports the first thing that is wrong.
Result<Credentials> check_credentials(const CredentialFiles& files);

// provider_is_loaded tells whether OpenSSL's configuration of this process activates the chip's provider.
bool provider_is_loaded();

// provider_remedy says how to load it, for the present environment.
std::string provider_remedy();

}  // namespace trustx::mqtt
