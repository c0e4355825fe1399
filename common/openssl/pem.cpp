// SPDX-License-Identifier: Apache-2.0
#include "common/openssl/pem.hpp"

#include "common/text/as_bytes.hpp"

#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::openssl {
namespace {

constexpr const char* begin_mark = "-----BEGIN ";

}  // namespace

int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

Bio reading(std::span<const std::uint8_t> bytes) {
    // An empty view may have no address, which libcrypto refuses.
    return bytes.empty() ? writing() : must<Bio>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Bio writing() {
    return must<Bio>(BIO_new(BIO_s_mem()));
}

std::string written(BIO* bio) {
    char* data = nullptr;
    const auto length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

std::string pem_text(const char* label, std::span<const std::uint8_t> der) {
    const auto bio = writing();
    PEM_write_bio(bio.get(), label, "", der.data(), static_cast<long>(der.size()));
    return written(bio.get());
}

std::optional<std::vector<std::uint8_t>> pem_block(std::span<const std::uint8_t> text, const char* label) {
    const auto bio = reading(text);
    unsigned char* data = nullptr;
    long length = 0;
    const int found = PEM_bytes_read_bio(&data, &length, nullptr, label, bio.get(), refuse_passphrase, nullptr);
    const Memory owner{data};
    ERR_clear_error();
    return found == 1 ? std::optional{std::vector<std::uint8_t>(data, data + length)} : std::nullopt;
}

bool has_pem_label(std::span<const std::uint8_t> text, const char* label) {
    return text::as_text(text).find(begin_mark + std::string{label} + "-----") != std::string_view::npos;
}

bool looks_like_pem(std::span<const std::uint8_t> text) {
    return text::as_text(text).find(begin_mark) != std::string_view::npos;
}

std::span<const std::uint8_t> without_byte_order_mark(std::span<const std::uint8_t> text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    return text::as_text(text).starts_with(mark) ? text.subspan(mark.size()) : text;
}

X509Certificate read_certificate(BIO* pem) {
    return X509Certificate{PEM_read_bio_X509(pem, nullptr, refuse_passphrase, nullptr)};
}

Pkey read_private_key(BIO* pem, OSSL_LIB_CTX* libctx) {
    return Pkey{PEM_read_bio_PrivateKey_ex(pem, nullptr, refuse_passphrase, nullptr, libctx, nullptr)};
}

}  // namespace trustx::openssl
