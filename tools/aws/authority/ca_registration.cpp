// SPDX-License-Identifier: Apache-2.0
#include "aws/authority/ca_registration.hpp"

#include "aws/authority/verification.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace trustx::aws {
namespace {

template <ApiCall Call>
ApiResult<typename Call::Answer> send(const CaCalls& calls, const Call& call) {
    constexpr std::chrono::minutes patience{3};
    return calls.cloud.call(call, Deadline::after(calls.clock, patience));
}

// Sections 1.2 and 10.2: RSA of 2048 bits, or one of three curves.
bool aws_takes_key(const x509::Certificate& certificate) {
    constexpr int shortest_rsa = 2048;
    constexpr std::array curves{std::string_view{"prime256v1"}, std::string_view{"secp384r1"},
                                std::string_view{"secp521r1"}};
    auto* key = X509_get0_pubkey(certificate.handle());
    if (key == nullptr) {
        return false;
    }
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        return EVP_PKEY_get_bits(key) >= shortest_rsa;
    }
    std::array<char, 64> name{};
    std::size_t length = 0;
    return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
           std::ranges::find(curves, std::string_view{name.data(), length}) != curves.end();
}

Result<void> check_certificate(const x509::Certificate& certificate, const std::string& file, std::time_t now) {
    const auto unusable = [&](const std::string& why) {
        return fail(InputErrc::check_failed,
                    file + " (" + x509::summary(certificate, now) + ") cannot be registered: " + why);
    };
    if (!certificate.is_authority()) {
        return unusable("it is no authority's certificate, which has basicConstraints with CA:TRUE");
    }
    if (certificate.validity(now) != x509::Validity::valid) {
        return unusable("it is not valid at this time; check the clock of this computer, too");
    }
    return aws_takes_key(certificate)
               ? Result<void>{}
               : unusable("AWS IoT takes keys of RSA with at least 2048 bits, and on P-256, P-384 and P-521");
}

Result<void> check_proof(const CaRegistration& wanted) {
    if (!wanted.files.key.empty()) {
        return {};
    }
    if (wanted.provisioning) {
        return fail(InputErrc::refused,
                    "an authority whose key is not yours must not be used with a template: everybody who has a "
                    "certificate of it, such as all buyers of a vendor's chips, would become a thing of this account. "
                    "Use --jitr with an allow-list, or prove with --key that the authority is yours");
    }
    if (wanted.mode == CertificateMode::default_mode) {
        return fail(
            InputErrc::usage,
            "in the mode default AWS IoT wants a proof that the authority's key is yours: give it with --key; an "
            "authority whose key is elsewhere can be registered with --mode sni-only");
    }
    return {};
}

Result<std::string> proof(const CaCalls& calls, const CaRegistration& wanted, pki::Issuer* issuer) {
    if (wanted.mode == CertificateMode::sni_only || issuer == nullptr) {
        return std::string{};
    }
    TRY(const auto code, send(calls, GetRegistrationCode{}));
    return verification_certificate(*issuer, code).during("prove with a certificate that the authority's key is here");
}

bool registers(const CaRegistration& wanted) {
    return wanted.auto_registration || wanted.provisioning.has_value();
}

// bring_up_to_date gives an authority that is registered already what is wanted now.
Result<void> bring_up_to_date(const CaCalls& calls, const CaRegistration& wanted, const std::string& id) {
    TRY(const auto found, send(calls, DescribeCaCertificate{.id = id}));
    if (found.mode != wanted.mode) {
        return fail(InputErrc::check_failed, "the authority " + id +
                                                 " is registered in the other mode, which AWS IoT cannot change: "
                                                 "`trustx aws ca retire " +
                                                 id + " --delete` first");
    }
    TRYV(send(calls, UpdateCaCertificate{.id = id,
                                         .active = true,
                                         .auto_registration = registers(wanted),
                                         .registration = wanted.provisioning,
                                         .remove_registration = found.registration && !wanted.provisioning}));
    return {};
}

}  // namespace

Result<AuthorityForAccount> check_registration(const CaRegistration& wanted, std::time_t now) {
    const auto& files = wanted.files;
    TRYV(check_proof(wanted));
    TRY(const auto content, files::read_input(files.certificate));
    TRY(const auto chain, x509::parse_certificate_file(content, files.certificate));
    const auto& certificate = chain.front();
    TRYV(check_certificate(certificate, files.certificate, now));
    std::unique_ptr<pki::Issuer> issuer;
    if (!files.key.empty()) {
        TRY(issuer, pki::open_authority(files));
    }
    return AuthorityForAccount{.certificate_pem = certificate.pem(),
                               .certificate_id = pki::certificate_id(certificate),
                               .issuer = std::move(issuer)};
}

Result<CaCertificateDescription> register_ca(const CaCalls& calls, const CaRegistration& wanted,
                                             const AuthorityForAccount& authority) {
    TRY(const auto verification, proof(calls, wanted, authority.issuer.get()));
    const auto registered = send(calls, RegisterCaCertificate{.ca_certificate_pem = authority.certificate_pem,
                                                              .verification_certificate_pem = verification,
                                                              .mode = wanted.mode,
                                                              .active = true,
                                                              .auto_registration = registers(wanted),
                                                              .registration = wanted.provisioning});
    if (!registered) {
        if (registered.error() != ApiErrc::resource_already_exists) {
            return tl::unexpected<Error>{registered.error()};
        }
        TRYV(bring_up_to_date(calls, wanted, authority.certificate_id));
    }
    TRY(auto description, send(calls, DescribeCaCertificate{.id = authority.certificate_id}));
    return description;
}

Result<std::vector<CaCertificateDescription>> list_cas(const CaCalls& calls) {
    std::vector<CaCertificateDescription> all;
    ListCaCertificates call;
    do {
        TRY(const auto page, send(calls, call));
        for (const auto& each : page.items) {
            TRY(auto description, send(calls, DescribeCaCertificate{.id = each.id}));
            all.push_back(std::move(description));
        }
        call.marker = page.next;
    } while (!call.marker.empty());
    return all;
}

Result<void> retire_ca(const CaCalls& calls, const std::string& id, bool removed) {
    TRYV(send(calls, UpdateCaCertificate{.id = id, .active = false, .auto_registration = false}));
    if (removed) {
        TRYV(send(calls, DeleteCaCertificate{.id = id}));
    }
    return {};
}

}  // namespace trustx::aws
