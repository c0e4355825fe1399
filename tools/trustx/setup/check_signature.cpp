// SPDX-License-Identifier: Apache-2.0
// What a program would do with a key file.
#include "common/openssl/pem.hpp"
#include "setup/checks.hpp"

#include <array>
#include <string_view>

#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {
namespace {

using openssl::DigestContext;

openssl::Pkey load_key(OSSL_LIB_CTX* libctx, const std::string& file) {
    const openssl::Bio bio{BIO_new_file(file.c_str(), "r")};
    return bio == nullptr ? nullptr : openssl::read_private_key(bio.get(), libctx);
}

bool sign_and_verify(OSSL_LIB_CTX* libctx, EVP_PKEY* key) {
    constexpr std::array<unsigned char, 12> message{'t', 'r', 'u', 's', 't', 'x', ' ', 's', 'e', 't', 'u', 'p'};
    std::array<unsigned char, 256> signature{};
    auto length = signature.size();
    const auto signer = openssl::must<DigestContext>(EVP_MD_CTX_new());
    const auto verifier = openssl::must<DigestContext>(EVP_MD_CTX_new());
    return EVP_DigestSignInit_ex(signer.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
           EVP_DigestSign(signer.get(), signature.data(), &length, message.data(), message.size()) == 1 &&
           EVP_DigestVerifyInit_ex(verifier.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
           EVP_DigestVerify(verifier.get(), signature.data(), length, message.data(), message.size()) == 1;
}

}  // namespace

void check_signature(CheckReport& report, OSSL_LIB_CTX* libctx, const std::string& key_file) {
    ERR_clear_error();
    const auto key = load_key(libctx, key_file);
    if (key == nullptr) {
        report.failed("signature", InputErrc::malformed,
                      "the key file " + key_file + " cannot be loaded: " + openssl_errors(),
                      "`trustx key-file SLOT --out " + key_file + "` writes it again");
        return;
    }
    const auto* provider = EVP_PKEY_get0_provider(key.get());
    if (provider == nullptr || std::string_view{OSSL_PROVIDER_get0_name(provider)} != "trustx") {
        report.failed("signature", InputErrc::check_failed, key_file + " holds a key in software, not one in the chip",
                      "name a file that `trustx keygen` or `trustx key-file` wrote");
        return;
    }
    if (!sign_and_verify(libctx, key.get())) {
        report.failed("signature", InputErrc::chip_failed, openssl_errors(),
                      "`trustx info` shows what is in the slots and whether the chip answers");
        return;
    }
    report.ok("signature", "the key of " + key_file + " signs, and the signature verifies; private key uses: 1");
}

}  // namespace trustx::cli
