// SPDX-License-Identifier: Apache-2.0
#include "key_file.hpp"

#include "openssl_handles.hpp"

#include <trustx/object_id.hpp>

#include <algorithm>
#include <array>
#include <ctime>

#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::cli {
namespace {

std::string today() {
    const auto now = std::time(nullptr);
    std::tm broken_down{};
    gmtime_r(&now, &broken_down);
    std::array<char, sizeof "2024-05-26 05:55:24 UTC" + 4> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &broken_down);
    return {text.data(), length};
}

std::string comment(const KeyReference& reference) {
    const auto* info = describe(reference.key);
    std::string text =
        "# Reference to a private key in an OPTIGA Trust X chip. It holds no secret: the key stays in the chip.\n";
    text += "# Key:     " + reference.key.hex() + (info ? " (" + std::string{info->name} + ")" : std::string{}) + ", " +
            std::string{curve_name(reference.public_key.curve)} + "\n";
    if (reference.coprocessor) {
        text += "# Chip:    " + reference.coprocessor->hex() + "\n";
    }
    if (!reference.device.empty()) {
        text += "# Device:  " + reference.device + "\n";
    }
    if (!reference.label.empty()) {
        text += "# Label:   " + reference.label + "\n";
    }
    return text + "# Created: " + today() + "\n";
}

}  // namespace

Outcome<void> check_label(const std::string& label) {
    const bool printable =
        std::none_of(label.begin(), label.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (!printable || label.size() > max_label) {
        return give_up(ExitCode::usage, "--label must be one line of at most " + std::to_string(max_label) + " bytes");
    }
    return {};
}

std::string key_file_text(const KeyReference& reference) {
    const auto der = reference.to_der();
    const auto bio = must<BioHandle>(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), KeyReference::pem_label, "", der.data(), static_cast<long>(der.size()));
    char* data = nullptr;
    const auto length = BIO_get_mem_data(bio.get(), &data);
    return comment(reference).append(data, static_cast<std::size_t>(length));
}

Outcome<KeyReference> parse_key_file(ByteView content, const std::string& name) {
    const auto bio = must<BioHandle>(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
    unsigned char* data = nullptr;
    long length = 0;
    const int found = PEM_bytes_read_bio(&data, &length, nullptr, KeyReference::pem_label, bio.get(), nullptr, nullptr);
    ERR_clear_error();
    if (found != 1) {
        return give_up(ExitCode::file, name + " is not a key file: it has no intact block \"BEGIN " +
                                           KeyReference::pem_label +
                                           "\"; `trustx key-file SLOT` makes one for a key in the chip");
    }
    auto reference = KeyReference::from_der(ByteView{data, static_cast<std::size_t>(length)});
    OPENSSL_free(data);
    if (!reference) {
        return give_up(reference.error(), name);
    }
    return std::move(*reference);
}

}  // namespace trustx::cli
