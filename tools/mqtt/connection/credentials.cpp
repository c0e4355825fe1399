// SPDX-License-Identifier: Apache-2.0
#include "connection/credentials.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/openssl/certificate.hpp"
#include "common/openssl/environment.hpp"
#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/openssl/provider_title.hpp"
#include "common/try.hpp"
#include "connection/tls_error.hpp"

#include <trustx/key_reference.hpp>
#include <trustx/secret.hpp>

#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::mqtt {
namespace {

// Role is what a file is for.
struct Role {
    Cause cause;
    const char* name;
    const char* remedy;
};
constexpr Role ca_role{Cause::ca_file, "the CA file", "give the file of the broker's CA"};
constexpr Role certificate_role{Cause::certificate, "the certificate",
                                "give a PEM file, or trustx:OBJECT for one in the chip"};
constexpr Role key_role{Cause::key_file, "the key file", "give a reference to a key in the chip"};

Result<SecretBytes> read_file(const Role& role, const std::string& path) {
    auto read = read_credential(path);
    return read ? Result<SecretBytes>{*std::move(read)}
                : fail(role.cause, role.name + (": " + read.error().message()), role.remedy);
}

Result<openssl::X509Certificate> load_certificate(const Role& role, const std::string& name, const std::string& path) {
    TRY(const auto content, read_file(role, path));
    ERR_clear_error();
    auto certificate = openssl::read_certificate(openssl::reading(content).get());
    ERR_clear_error();
    if (!certificate) {
        return fail(role.cause, role.name + (" " + name) + " has no certificate in PEM form", role.remedy);
    }
    return certificate;
}

tl::unexpected<Error> fail_to_load(const std::string& file, ByteView content,
                                   const std::vector<openssl::QueuedError>& errors) {
    const auto name = key_role.name + (" " + file);
    if (!openssl::has_pem_label(content, KeyReference::pem_label)) {
        return fail(
            Cause::key_file,
            name + " has no key in PEM form that can be used" + (errors.empty() ? "" : ": " + to_string(errors.back())),
            key_role.remedy);
    }
    if (!provider_is_loaded()) {
        return fail(Cause::provider_not_loaded,
                    name +
                        " refers to a key in the chip, but the trustx provider is not loaded (OpenSSL calls this "
                        "\"DECODER unsupported\")",
                    provider_remedy());
    }
    const auto* error = find_provider_error(errors);
    return fail(Cause::key_file,
                "the key reference " + file + " cannot be used" + (error == nullptr ? "" : ": " + to_string(*error)),
                "write it again");
}

Result<openssl::Pkey> load_key(const std::string& name, const std::string& path) {
    TRY(const auto content, read_file(key_role, path));
    ERR_clear_error();
    auto key = openssl::read_private_key(openssl::reading(content).get());
    const auto errors = openssl::take_errors();
    if (!key) {
        return fail_to_load(name, content, errors);
    }
    return key;
}

// A provider's name is that of its section, which may be another than "trustx" (openssl-provider.md section 6.1). What
// it calls itself is always the same.
bool is_ours(const OSSL_PROVIDER* provider) {
    const char* title = nullptr;
    std::array params{OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_NAME, const_cast<char**>(&title), 0),
                      OSSL_PARAM_construct_end()};
    return OSSL_PROVIDER_get_params(provider, params.data()) == 1 && title != nullptr &&
           std::string_view{title} == openssl::provider_title;
}

bool is_in_chip(const EVP_PKEY* key) {
    const auto* provider = EVP_PKEY_get0_provider(key);
    return provider != nullptr && is_ours(provider);
}

std::string common_name(const X509* certificate) {
    const auto* subject = X509_get_subject_name(certificate);
    const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0) {
        return {};
    }
    unsigned char* utf8 = nullptr;
    const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
    if (length < 0) {
        return {};
    }
    std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
    OPENSSL_free(utf8);
    return name;
}

std::string validity_warning(const X509* certificate, const std::string& name) {
    constexpr const char* advice = "; brokers will refuse it (is this computer's clock right?)";
    switch (openssl::validity(certificate, std::time(nullptr))) {
        case openssl::Validity::not_yet:
            return "the certificate " + name + " is not valid yet" + advice;
        case openssl::Validity::expired:
            return "the certificate " + name + " has expired" + advice;
        case openssl::Validity::valid:
            break;
    }
    return {};
}

}  // namespace

// A key need not be in a chip, so it is wiped.
trustx::Result<SecretBytes> read_credential(const std::string& path) {
    constexpr std::size_t limit = std::size_t{16} << 20;  // systems have one file for all CAs, of less than 1 MiB
    SecretBytes content;
    TRYV(files::for_each_piece(path, [&content, &path](ByteView piece) -> trustx::Result<void> {
        content.insert(content.end(), piece.begin(), piece.end());
        return content.size() > limit ? trustx::fail(InputErrc::malformed, path + " is longer than 16 MiB")
                                      : trustx::Result<void>{};
    }));
    return content;
}

bool provider_is_loaded() {
    bool found = false;
    const auto look = [](OSSL_PROVIDER* provider, void* answer) {
        *static_cast<bool*>(answer) |= is_ours(provider);
        return 1;
    };
    OSSL_PROVIDER_do_all(nullptr, look, &found);
    return found;
}

std::string provider_remedy() {
    const auto file = openssl::configuration_file();
    return (file.empty() ? std::string{openssl::no_configuration} : "OpenSSL reads its configuration from " + file) +
           "; set OPENSSL_CONF to one that activates the provider, such as /etc/trustx/openssl-trustx.cnf, and check "
           "with "
           "`openssl list -providers`";
}

Result<Credentials> check_credentials(const CredentialFiles& files) {
    TRYV(load_certificate(ca_role, files.ca_name.empty() ? files.ca : files.ca_name, files.ca));
    TRY(const auto certificate, load_certificate(certificate_role, files.certificate_name, files.certificate));
    const auto& key_name = files.key_name.empty() ? files.key : files.key_name;
    TRY(const auto key, load_key(key_name, files.key));
    const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!match) {
        return fail(Cause::key_mismatch,
                    "the key " + key_name + " does not belong to the certificate " + files.certificate_name,
                    "use the certificate that was issued for this key, or the key file of the certificate's slot");
    }
    return Credentials{.common_name = common_name(certificate.get()),
                       .key_in_chip = is_in_chip(key.get()),
                       .warning = validity_warning(certificate.get(), files.certificate_name)};
}

}  // namespace trustx::mqtt
