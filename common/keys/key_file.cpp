// SPDX-License-Identifier: Apache-2.0
#include "common/keys/key_file.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/time_text.hpp"

#include <trustx/object_id.hpp>

#include <algorithm>
#include <ctime>

namespace trustx::keys {
namespace {

std::string comment(const KeyReference& reference) {
    const auto* info = describe(reference.key);
    std::string lines =
        "# Reference to a private key in an OPTIGA Trust X chip. It holds no secret: the key stays in the chip.\n";
    lines += "# Key:     " + reference.key.hex() + (info ? " (" + std::string{info->name} + ")" : std::string{}) +
             ", " + std::string{curve_name(reference.public_key.curve)} + "\n";
    if (reference.coprocessor) {
        lines += "# Chip:    " + reference.coprocessor->hex() + "\n";
    }
    if (!reference.device.empty()) {
        lines += "# Device:  " + reference.device + "\n";
    }
    if (!reference.label.empty()) {
        lines += "# Label:   " + reference.label + "\n";
    }
    return lines + "# Created: " + text::time_text(std::time(nullptr)) + "\n";
}

}  // namespace

Result<void> check_label(const std::string& label) {
    const bool printable =
        std::none_of(label.begin(), label.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (!printable || label.size() > max_label) {
        return fail(InputErrc::usage, "--label must be one line of at most " + std::to_string(max_label) + " bytes");
    }
    return {};
}

std::string key_file_text(const KeyReference& reference) {
    return comment(reference) + openssl::pem_text(KeyReference::pem_label, reference.to_der());
}

Result<KeyReference> parse_key_file(ByteView content, const std::string& name) {
    const auto der = openssl::pem_block(content, KeyReference::pem_label);
    if (!der) {
        return fail(InputErrc::malformed, name + " is not a key file: it has no intact block \"BEGIN " +
                                              KeyReference::pem_label +
                                              "\"; `trustx key-file SLOT` makes one for a key in the chip");
    }
    auto reference = KeyReference::from_der(*der);
    return reference ? std::move(reference) : reference.failure(name);
}

}  // namespace trustx::keys
