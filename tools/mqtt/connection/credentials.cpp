// SPDX-License-Identifier: Apache-2.0
#include "connection/credentials.hpp"

#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "connection/tls_error.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <sys/stat.h>

namespace trustx::mqtt {
namespace {

constexpr const char* provider_name = "trustx";
constexpr const char* reference_label = "TRUSTX PRIVATE KEY";

std::string errno_text() {
    return std::system_category().message(errno);
}

// Role is what a file is for.
struct Role {
    Cause cause;
    const char* name;
    const char* remedy;
};
constexpr Role ca_role{Cause::ca_file, "the CA file ", "give the file of the broker's CA with --ca"};
constexpr Role certificate_role{Cause::certificate, "the certificate ",
                                "give the PEM file, or trustx:OBJECT, with --cert"};
constexpr Role key_role{Cause::key_file, "the key file ", "write it with `trustx keygen` or `trustx key-file`"};

Result<std::string> read_text(const Role& role, const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
        return fail(role.cause, role.name + path + " is a directory", role.remedy);
    }
    errno = 0;
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    if (!file.is_open() || (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf()))) {
        return fail(role.cause, role.name + path + " cannot be read: " + errno_text(), role.remedy);
    }
    return text.str();
}

Result<openssl::X509Certificate> load_certificate(const Role& role, const std::string& name, const std::string& path) {
    TRY(const auto text, read_text(role, path));
    ERR_clear_error();
    auto certificate = openssl::read_certificate(openssl::reading(text::as_bytes(text)).get());
    ERR_clear_error();
    if (!certificate) {
        return fail(role.cause, role.name + name + " has no certificate in PEM form", role.remedy);
    }
    return certificate;
}

tl::unexpected<Error> fail_to_load(const std::string& path, const std::string& text,
                                   const std::vector<openssl::QueuedError>& errors) {
    if (text.find("PRIVATE KEY-----") == std::string::npos) {
        return fail(Cause::key_file, "the key file " + path + " has no key in PEM form",
                    "write one with `trustx key-file SLOT --out " + path + "`");
    }
    if (!openssl::has_pem_label(text::as_bytes(text), reference_label)) {
        return fail(
            Cause::key_file,
            "the key file " + path + " cannot be used" + (errors.empty() ? "" : ": " + to_string(errors.back())),
            "expected is a reference to a key in the chip, as `trustx key-file` writes it");
    }
    if (!provider_is_loaded()) {
        return fail(Cause::provider_not_loaded,
                    "the key file " + path +
                        " refers to a key in the chip, but the trustx provider is not loaded (OpenSSL calls this "
                        "\"DECODER unsupported\")",
                    provider_remedy());
    }
    const auto* error = find_provider_error(errors);
    return fail(Cause::key_file,
                "the key reference " + path + " cannot be used" + (error == nullptr ? "" : ": " + to_string(*error)),
                "write it again with `trustx key-file SLOT --out " + path + "`");
}

Result<openssl::Pkey> load_key(const std::string& path) {
    TRY(const auto text, read_text(key_role, path));
    ERR_clear_error();
    auto key = openssl::read_private_key(openssl::reading(text::as_bytes(text)).get());
    const auto errors = openssl::take_errors();
    if (!key) {
        return fail_to_load(path, text, errors);
    }
    return key;
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
    if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
        return "the certificate " + name + " is not valid yet" + advice;
    }
    if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
        return "the certificate " + name + " has expired" + advice;
    }
    return {};
}

}  // namespace

bool provider_is_loaded() {
    return OSSL_PROVIDER_available(nullptr, provider_name) == 1;
}

std::string provider_remedy() {
    const char* conf = std::getenv("OPENSSL_CONF");
    if (conf == nullptr || *conf == '\0') {
        return "set OPENSSL_CONF to a configuration that activates it, such as /etc/trustx/openssl-trustx.cnf, and "
               "check with `openssl list -providers`";
    }
    return std::string{"OPENSSL_CONF is "} + conf +
           "; check with `openssl list -providers` that this file exists, activates trustx and names the right module";
}

Result<Credentials> check_credentials(const CredentialFiles& files) {
    TRYV(load_certificate(ca_role, files.ca, files.ca));
    TRY(const auto certificate, load_certificate(certificate_role, files.certificate_name, files.certificate));
    TRY(const auto key, load_key(files.key));
    const bool match = X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    if (!match) {
        return fail(Cause::key_mismatch,
                    "the key " + files.key + " does not belong to the certificate " + files.certificate_name,
                    "use the certificate that was issued for this key, or the key file of the certificate's slot");
    }
    return Credentials{common_name(certificate.get()), validity_warning(certificate.get(), files.certificate_name)};
}

}  // namespace trustx::mqtt
