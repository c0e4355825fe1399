// SPDX-License-Identifier: Apache-2.0
#include "attest/token.hpp"

#include "attest/base64.hpp"
#include "attest/digest.hpp"
#include "attest/error.hpp"
#include "attest/json.hpp"
#include "common/files/input_error.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>

namespace trustx::attest {
namespace {

constexpr std::size_t half = 32;  // bytes of r and of s
constexpr std::size_t most_certificates = 10;

constexpr std::size_t signature_letters = 86;  // of 64 bytes

Result<void> check_key(const x509::Certificate& certificate) {
    TRY(const auto key, certificate.public_key());
    if (key.curve != Curve::p256) {
        return fail(InputErrc::refused, "the certificate (" + x509::summary(certificate) +
                                            ") has a key on P-384, and ES256 is for P-256; use another slot");
    }
    return {};
}

Result<void> check_usage(const x509::Certificate& certificate) {
    if (!certificate.may_sign()) {
        return fail(InputErrc::refused, "the certificate (" + x509::summary(certificate) +
                                            ") is not for signatures: its key usage has no digitalSignature");
    }
    return {};
}

// Whether the media type is that of evidence, or of any JSON Web Token (RFC 7515 section 4.1.9): upper case counts as
// lower case.
bool is_type_of_ours(const nlohmann::json& type) {
    const auto name = type.is_string() ? text::lower_case(type.get<std::string>()) : std::string{};
    return name == "eat+jwt" || name == "application/eat+jwt" || name == "jwt";
}

bool verifies(const x509::Certificate& certificate, std::string_view signed_text, const Signature& signature) {
    const auto der = signature.der();
    const auto context = openssl::must<openssl::DigestContext>(EVP_MD_CTX_new());
    const auto data = text::as_bytes(signed_text);
    const bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                           X509_get0_pubkey(certificate.handle())) == 1 &&
                      EVP_DigestVerify(context.get(), der.data(), der.size(), data.data(), data.size()) == 1;
    openssl::take_errors();
    return good;
}

Bytes padded(const Bytes& number) {
    Bytes bytes(half - std::min(half, number.size()), 0);
    bytes.insert(bytes.end(), number.begin(), number.end());
    return bytes;
}

Bytes without_zeros(ByteView number) {
    const auto first = std::ranges::find_if(number, [](std::uint8_t byte) { return byte != 0; });
    return {first, number.end()};
}

class Reader {
 public:
    explicit Reader(const std::string& name) : name_{name} {}

    Result<Token> read(std::string_view text);

 private:
    [[nodiscard]] tl::unexpected<Error> wrong(const std::string& why) const {
        return fail(InputErrc::malformed, name_ + " is no evidence of this kind: " + why);
    }
    [[nodiscard]] Result<nlohmann::json> object(std::string_view part, const char* what) const;
    [[nodiscard]] Result<std::vector<x509::Certificate>> chain(const nlohmann::json& header) const;

    const std::string& name_;
};

Result<nlohmann::json> Reader::object(std::string_view part, const char* what) const {
    const auto bytes = from_base64url(part);
    auto json = bytes ? read_json(text::as_text(*bytes)) : nlohmann::json{};
    return json.is_object()
               ? Result<nlohmann::json>{std::move(json)}
               : wrong(std::string{what} +
                       " is no JSON object in base64url, is deeper than any has to be, or has a member twice");
}

Result<std::vector<x509::Certificate>> Reader::chain(const nlohmann::json& header) const {
    const auto found = header.find("x5c");
    if (found == header.end() || !found->is_array() || found->empty() || found->size() > most_certificates) {
        return wrong("its header has no certificates (x5c)");
    }
    std::vector<x509::Certificate> certificates;
    for (const auto& item : *found) {
        const auto der = item.is_string() ? from_base64(item.get<std::string>()) : std::nullopt;
        if (!der) {
            return wrong("a certificate of its header is not base64");
        }
        TRY(auto certificate, x509::Certificate::parse(*der, name_));
        certificates.push_back(std::move(certificate));
    }
    return certificates;
}

Result<Token> Reader::read(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
    text = text.substr(0, text.find_last_not_of(blank) + 1);
    const auto first = text.find('.');
    const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos ||
        text.size() > token_limit) {
        return wrong("it has not three parts with dots in between, or is too long");
    }
    TRY(const auto header, object(text.substr(0, first), "its header"));
    // The algorithm is ours to choose, and not that of whoever made the token (RFC 8725 section 3.1).
    if (header.value("alg", nlohmann::json{}) != "ES256" || header.contains("crit")) {
        return wrong("its header names another algorithm than ES256, or extensions");
    }
    // Another kind of token that the same key has signed is no evidence (RFC 8725 section 3.11).
    if (header.contains("typ") && !is_type_of_ours(header.at("typ"))) {
        return wrong("its header has another type (typ) than eat+jwt and JWT");
    }
    TRY(auto certificates, chain(header));
    TRYV(check_key(certificates.front()));
    const auto signature = from_base64url(text.substr(second + 1));
    if (!signature || signature->size() != 2 * half) {
        return wrong("its signature does not have 64 bytes");
    }
    const auto both = ByteView{*signature};
    if (!verifies(certificates.front(), text.substr(0, second),
                  {.r = without_zeros(both.first(half)), .s = without_zeros(both.last(half))})) {
        return fail(AttestErrc::forged, name_ + ": the signature is not that of its certificate (" +
                                            x509::summary(certificates.front()) +
                                            ") over these claims: something was changed");
    }
    TRY(auto claims, object(text.substr(first + 1, second - first - 1), "what it claims"));
    return Token{.claims = std::move(claims), .chain = std::move(certificates)};
}

}  // namespace

Result<std::string> sign_token(const nlohmann::ordered_json& claims, const std::vector<x509::Certificate>& chain,
                               const SignDigest& sign) {
    TRYV(check_key(chain.front()));
    TRYV(check_usage(chain.front()));
    auto certificates = nlohmann::ordered_json::array();
    for (const auto& certificate : chain) {
        certificates.push_back(to_base64(certificate.der()));
    }
    const nlohmann::ordered_json header{{"alg", "ES256"}, {"typ", "eat+jwt"}, {"x5c", certificates}};
    const auto signed_text =
        to_base64url(text::as_bytes(header.dump())) + "." + to_base64url(text::as_bytes(claims.dump()));
    // With the dot and the end of the line: what is longer is read by nobody.
    if (const auto size = signed_text.size() + signature_letters + 2; size > token_limit) {
        return fail(InputErrc::refused, "the evidence would have " + std::to_string(size) +
                                            " bytes, and no more than " + std::to_string(token_limit) +
                                            " can be verified; leave the names within directories out (`--brief`), or "
                                            "measure less");
    }
    TRY(const auto signature, sign(sha256(signed_text)));
    if (!verifies(chain.front(), signed_text, signature)) {
        return fail(InputErrc::key_mismatch, "the certificate (" + x509::summary(chain.front()) +
                                                 ") is for another key than the one that signed");
    }
    auto raw = padded(signature.r);
    const auto s = padded(signature.s);
    raw.insert(raw.end(), s.begin(), s.end());
    return signed_text + "." + to_base64url(raw);
}

Result<Token> read_token(std::string_view text, const std::string& name) {
    return Reader{name}.read(text);
}

}  // namespace trustx::attest
