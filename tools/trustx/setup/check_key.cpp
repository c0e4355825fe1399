// SPDX-License-Identifier: Apache-2.0
// What a program would do with a key file.
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/openssl/pem.hpp"
#include "common/openssl/provider_reason.hpp"
#include "setup/checks.hpp"
#include "setup/closed_path.hpp"

#include <algorithm>
#include <array>

#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::cli {
namespace {

using openssl::DigestContext;

// Nothing here names the file as one to write to: it may hold something that is needed.
constexpr const char* make_one = "`trustx key-file SLOT --out NEW-FILE` makes a key file for a key that is in the chip";

// what_else says what a file is that is no key file.
Error what_else(const Bytes& content, const Error& no_key_file, const std::string& path) {
    const auto has = [&content](const char* label) { return openssl::has_pem_label(content, label); };
    if (has(PEM_STRING_X509)) {
        return Error{InputErrc::malformed, path + " holds a certificate, which goes with --cert"};
    }
    if (has(PEM_STRING_PKCS8INF) || has(PEM_STRING_ECPRIVATEKEY)) {
        return Error{InputErrc::check_failed, path + " holds a key in software, not one in the chip"};
    }
    if (has(PEM_STRING_PKCS8)) {
        return Error{InputErrc::malformed,
                     path + " cannot be loaded: it is encrypted, which a key file, without a secret, never is"};
    }
    return no_key_file;
}

// code_of is the code that the provider's entry stands for: that of the chip or the driver, or one of ours.
std::error_code code_of(const std::vector<openssl::QueuedError>& errors) {
    const auto found = std::ranges::find_if(errors, openssl::is_provider_error, &openssl::QueuedError::code);
    if (found == errors.end()) {
        return InputErrc::check_failed;
    }
    const int reason = found->reason_number();
    if (reason >= openssl::provider_reason_of_chip) {
        return static_cast<ChipError>(reason - openssl::provider_reason_of_chip);
    }
    if (reason >= openssl::provider_reason_of_driver) {
        return static_cast<Errc>(reason - openssl::provider_reason_of_driver);
    }
    switch (reason) {
        case openssl::provider_reason_setting_invalid:
            return Errc::setting_invalid;
        case openssl::provider_reason_key_file_malformed:
            return Errc::key_file_malformed;
        case openssl::provider_reason_usage_denied:
            return InputErrc::refused;
        case openssl::provider_reason_signature_wrong:
            return InputErrc::key_mismatch;
        default:
            return InputErrc::chip_failed;
    }
}

Error openssl_error(const std::string& what) {
    const auto errors = openssl::take_errors();
    const auto code = code_of(errors);
    const auto text = openssl::to_string(errors);
    return Error{code, text.empty() ? what : what + ": " + text};
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

// check_slot compares chip and key file without a private key use.
bool check_slot(CheckReport& report, ExaminedChip& examined, const KeyFile& key) {
    const auto& [path, reference] = key;
    const auto fail = [&report](std::error_code code, const std::string& finding, const std::string& remedy) {
        report.failed("key file", Error{code, finding}, remedy);
        return false;
    };
    if (reference.coprocessor && *reference.coprocessor != examined.uid) {
        const Error error{Errc::wrong_chip, path + " is for chip " + reference.coprocessor->hex() +
                                                ", and this is chip " + examined.uid.hex()};
        report.failed("key file", error, remedy_of(error));
        return false;
    }
    const auto slot = std::ranges::find(examined.slots, reference.key, &SlotState::slot);
    if (slot == examined.slots.end()) {
        return fail(InputErrc::malformed, path + " names " + title(reference.key) + ", which is no key slot", make_one);
    }
    const auto& metadata = slot->metadata;
    if (!metadata.key_algorithm) {
        return fail(InputErrc::nothing_there, path + " names " + title(reference.key) + ", which holds no key",
                    how_to_fill(examined.chip, reference.key));
    }
    if (*metadata.key_algorithm != reference.public_key.curve) {
        return fail(InputErrc::key_mismatch, path + " is for another key than the one in " + title(reference.key),
                    make_one);
    }
    constexpr auto signing = KeyUsage::sign | KeyUsage::authentication;
    if (metadata.key_usage && (*metadata.key_usage & signing) == KeyUsage::none) {
        return fail(InputErrc::refused,
                    title(reference.key) + " may not sign: its usage is " + to_string(*metadata.key_usage),
                    "use another slot; a new usage needs a new key (`trustx keygen --usage sign,auth`)");
    }
    report.ok("key file", path + " is for " + title(reference.key));
    return true;
}

std::string remedy_for(const Error& error) {
    if (error == InputErrc::key_mismatch) {
        return std::string{"the key in the slot is another one now: "} + make_one +
               ", and its certificate has to be renewed";
    }
    const auto remedy = remedy_of(error);
    return remedy.empty() ? "`trustx info` shows what is in the slots and whether the chip answers" : remedy;
}

}  // namespace

std::optional<KeyFile> check_key_file(CheckReport& report, const std::string& path) {
    const auto content = files::read_input(path);
    if (!content) {
        report.failed("key file", content.error().during(path + " cannot be loaded"),
                      remedy_for_reading(path, make_one));
        return std::nullopt;
    }
    auto reference = keys::parse_key_file(*content, path);
    if (!reference) {
        report.failed("key file", what_else(*content, reference.error(), path), make_one);
        return std::nullopt;
    }
    return KeyFile{.path = path, .reference = std::move(*reference)};
}

void check_signature(CheckReport& report, OSSL_LIB_CTX* libctx, ExaminedChip& examined, const KeyFile& key) {
    if (!check_slot(report, examined, key)) {
        report.skipped("signature", "chip and key file do not agree");
        return;
    }
    ERR_clear_error();
    const auto bio = openssl::must<openssl::Bio>(BIO_new_file(key.path.c_str(), "r"));
    const auto handle = openssl::read_private_key(bio.get(), libctx);
    if (handle == nullptr) {
        const auto error = openssl_error(key.path + " cannot be loaded");
        report.failed("signature", error, remedy_for(error));
    } else if (!sign_and_verify(libctx, handle.get())) {
        const auto error = openssl_error("with the key of " + key.path);
        report.failed("signature", error, remedy_for(error));
    } else {
        report.ok("signature", "the key of " + key.path + " signs, and the signature verifies; private key uses: 1");
    }
}

}  // namespace trustx::cli
