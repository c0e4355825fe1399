// SPDX-License-Identifier: Apache-2.0
#include "certificate_authority.hpp"

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <stdexcept>
#include <vector>

namespace trustx::test {
namespace {

const std::vector<std::string> new_key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch"};

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

}  // namespace

std::string openssl(const std::vector<std::string>& arguments) {
    const auto outcome = run("openssl", arguments, {.without_environment = {"OPENSSL_CONF"}});
    if (!outcome.ok()) {
        throw std::runtime_error("openssl " + arguments.front() + " failed: " + outcome.both());
    }
    return outcome.out;
}

CertificateAuthority::CertificateAuthority(std::filesystem::path directory, std::string name)
    : directory_{std::move(directory)}, name_{std::move(name)} {
    openssl(std::vector<std::string>{"req", "-x509", "-days", "3650", "-subj", "/CN=" + name_, "-keyout",
                                     file("-key.pem"), "-out", certificate()} +
            new_key);
    std::filesystem::create_directory(file("-issued"));
    write_file(file("-index"), "");
    write_file(file("-serial"), "01\n");
    write_file(file(".cnf"),
               "[ca]\ndefault_ca = it\n[it]\ndatabase = " + file("-index").string() +
                   "\nserial = " + file("-serial").string() + "\nnew_certs_dir = " + file("-issued").string() +
                   "\ncertificate = " + certificate().string() + "\nprivate_key = " + file("-key.pem").string() +
                   "\ndefault_md = sha256\npolicy = any\nunique_subject = no\n"
                   "[any]\ncommonName = optional\n");
}

CertificateAuthority::Server CertificateAuthority::issue_server(const std::string& name,
                                                                const std::string& alternative_names,
                                                                const std::string& not_before,
                                                                const std::string& not_after) {
    const Server server{directory_ / (name + ".pem"), directory_ / (name + "-key.pem")};
    const auto request = directory_ / (name + ".csr");
    openssl(std::vector<std::string>{"req", "-new", "-subj", "/CN=" + name, "-keyout", server.key, "-out", request} +
            new_key);
    sign(request, server.certificate, "subjectAltName = " + alternative_names + "\nextendedKeyUsage = serverAuth\n",
         not_before, not_after);
    return server;
}

std::filesystem::path CertificateAuthority::issue_client(const std::filesystem::path& request,
                                                         const std::string& not_before, const std::string& not_after) {
    return issue(request, "keyUsage = critical,digitalSignature\nextendedKeyUsage = clientAuth\n", not_before,
                 not_after);
}

std::filesystem::path CertificateAuthority::issue(const std::filesystem::path& request, const std::string& extensions,
                                                  const std::string& not_before, const std::string& not_after) {
    const auto certificate = directory_ / (request.stem().string() + "-by-" + name_ + ".pem");
    sign(request, certificate, extensions, not_before, not_after);
    return certificate;
}

void CertificateAuthority::sign(const std::filesystem::path& request, const std::filesystem::path& certificate,
                                const std::string& extensions, const std::string& not_before,
                                const std::string& not_after) {
    write_file(file(".ext"), extensions);
    openssl({"ca", "-batch", "-notext", "-config", file(".cnf"), "-in", request, "-out", certificate, "-extfile",
             file(".ext"), "-startdate", not_before, "-enddate", not_after});
}

}  // namespace trustx::test
