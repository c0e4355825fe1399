// SPDX-License-Identifier: Apache-2.0
#include "common/keys/key_file.hpp"

#include "common/openssl/pem.hpp"

namespace trustx::keys {

std::string key_file_text(const KeyReference& reference) {
    return reference.comment() + openssl::pem_text(KeyReference::pem_label, reference.to_der());
}

Result<KeyReference> parse_key_file(ByteView content, const std::string& name) {
    const auto der = openssl::pem_block(content, KeyReference::pem_label);
    if (!der) {
        return fail(Errc::key_file_malformed,
                    name + ": no intact block \"BEGIN " + KeyReference::pem_label + "\" in it");
    }
    auto reference = KeyReference::from_der(*der);
    return reference ? std::move(reference) : reference.failure(name);
}

}  // namespace trustx::keys
