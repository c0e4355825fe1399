// SPDX-License-Identifier: Apache-2.0
// The proof that a key and its certificate serve their purpose: a TLS handshake with client authentication, in memory.
#pragma once

#include "common/openssl/handles.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/key_reference.hpp>
#include <trustx/result.hpp>

#include <string>
#include <vector>

namespace trustx::provisioning {

// HandshakePort is the seam: whoever can turn a reference into a key that OpenSSL uses.
class HandshakePort {
 public:
    HandshakePort() = default;
    HandshakePort(const HandshakePort&) = delete;
    HandshakePort& operator=(const HandshakePort&) = delete;
    virtual ~HandshakePort() = default;

    // prove lets the key of a chip authenticate with its chain, leaf first, to a server that trusts `trusted`, and
    // gives the version of TLS. InputErrc::check_failed with OpenSSL's reason.
    virtual Result<std::string> prove(const KeyReference& key, const std::vector<x509::Certificate>& chain,
                                      const std::vector<x509::Certificate>& trusted) = 0;
};

// shake_hands is prove for a key that OpenSSL has already: client and server are both in this process, the server with
// a key and a certificate that are made for it.
Result<std::string> shake_hands(EVP_PKEY* key, const std::vector<x509::Certificate>& chain,
                                const std::vector<x509::Certificate>& trusted);

// ProviderHandshake reads the reference as a program reads a key file: the provider has to be loaded.
class ProviderHandshake final : public HandshakePort {
 public:
    Result<std::string> prove(const KeyReference& key, const std::vector<x509::Certificate>& chain,
                              const std::vector<x509::Certificate>& trusted) override;
};

}  // namespace trustx::provisioning
