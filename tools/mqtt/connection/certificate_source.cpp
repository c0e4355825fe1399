// SPDX-License-Identifier: Apache-2.0
#include "connection/certificate_source.hpp"

#include "common/try.hpp"
#include "connection/credentials.hpp"
#include "connection/openssl_ptr.hpp"
#include "connection/tls_error.hpp"

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/mman.h>
#include <unistd.h>

namespace trustx::mqtt {
namespace {

constexpr std::string_view chip_scheme = "trustx:";

tl::unexpected<Error> fail_to_read(const std::string& uri, const std::vector<TlsError>& errors) {
    const auto what = "the certificate " + uri + " could not be read";
    if (!provider_is_loaded()) {
        return fail(Cause::provider_not_loaded, what + ": the trustx provider is not loaded", provider_remedy());
    }
    if (const auto* error = find_provider_error(errors)) {
        return fail(Cause::certificate, what + ": " + to_string(*error));
    }
    return fail(Cause::certificate, what + (errors.empty() ? ": there is none" : ": " + to_string(errors.back())),
                "write one with `trustx cert write OBJECT FILE`");
}

// certificates_as_pem reads every certificate behind a URI, in the order of the store: leaf first.
Result<std::string> certificates_as_pem(const std::string& uri) {
    ERR_clear_error();
    const OsslStorePtr store{OSSL_STORE_open(uri.c_str(), nullptr, nullptr, nullptr, nullptr)};
    if (!store) {
        return fail_to_read(uri, take_tls_errors());
    }
    OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_CERT);
    const BioPtr pem{BIO_new(BIO_s_mem())};
    while (OSSL_STORE_eof(store.get()) == 0) {
        const OsslStoreInfoPtr info{OSSL_STORE_load(store.get())};
        if (!info) {
            break;  // the end, or an error that is in the queue
        }
        if (OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_CERT) {
            PEM_write_bio_X509(pem.get(), OSSL_STORE_INFO_get0_CERT(info.get()));
        }
    }
    char* text = nullptr;
    const auto length = BIO_get_mem_data(pem.get(), &text);
    if (length <= 0) {
        return fail_to_read(uri, take_tls_errors());
    }
    ERR_clear_error();
    return std::string(text, static_cast<std::size_t>(length));
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<CertificateFile> CertificateFile::open(const std::string& source) {
    if (!source.starts_with(chip_scheme)) {
        return CertificateFile{source, -1};
    }
    TRY(const auto pem, certificates_as_pem(source));
    const int fd = ::memfd_create("trustx-certificate", MFD_CLOEXEC);
    CertificateFile file{"/proc/self/fd/" + std::to_string(fd), fd};
    if (fd < 0 || !write_all(fd, pem)) {
        return fail(Cause::certificate,
                    "the certificate could not be kept in memory: " + std::system_category().message(errno));
    }
    return file;
}

CertificateFile::CertificateFile(std::string path, int fd) : path_{std::move(path)}, fd_{fd} {}

CertificateFile::CertificateFile(CertificateFile&& other) noexcept
    : path_{std::move(other.path_)}, fd_{std::exchange(other.fd_, -1)} {}

CertificateFile& CertificateFile::operator=(CertificateFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(fd_, other.fd_);
    return *this;
}

CertificateFile::~CertificateFile() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

}  // namespace trustx::mqtt
