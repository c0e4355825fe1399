// SPDX-License-Identifier: Apache-2.0
// PEM in memory. Nothing here asks for a passphrase: nobody is there to type one into a service, and neither references
// to keys nor certificates have any.
#pragma once

#include "common/openssl/handles.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trustx::openssl {

// reading lets libcrypto read bytes, which must outlive the result; writing collects what libcrypto writes, and written
// is that text.
Bio reading(std::span<const std::uint8_t> bytes);
Bio writing();
std::string written(BIO* bio);

// pem_text is a block with the label, such as "PUBLIC KEY".
std::string pem_text(const char* label, std::span<const std::uint8_t> der);

// pem_block is the DER in the first block with the label; nothing when none of them is intact.
std::optional<std::vector<std::uint8_t>> pem_block(std::span<const std::uint8_t> text, const char* label);

// has_pem_label says whether there is the first line of a block with the label.
bool has_pem_label(std::span<const std::uint8_t> text, const char* label);

// looks_like_pem says whether there is the first line of any block.
bool looks_like_pem(std::span<const std::uint8_t> text);

// without_byte_order_mark is the text behind the mark that editors of other systems put in front of UTF-8, and for
// which libcrypto overlooks the first block.
std::span<const std::uint8_t> without_byte_order_mark(std::span<const std::uint8_t> text);

// refuse_passphrase is the pem_password_cb for readers of PEM that are not here.
int refuse_passphrase(char* buffer, int size, int writing, void* data);

// read_certificate reads the first certificate. nullptr: the error queue says why.
X509Certificate read_certificate(BIO* pem);

// read_private_key reads a private key, or a reference to one that a provider understands. nullptr: the error queue
// says why.
Pkey read_private_key(BIO* pem, OSSL_LIB_CTX* libctx = nullptr);

}  // namespace trustx::openssl
