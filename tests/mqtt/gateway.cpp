// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include "support/build_tree.hpp"

#include <stdexcept>

namespace trustx::test {
namespace {

std::filesystem::path openssl_configuration() {
    return module_directory().parent_path() / "conf" / "openssl-trustx.cnf";
}

void demand(const Outcome& outcome, const std::string& what) {
    if (!outcome.ok()) {
        throw std::runtime_error(what + " failed: " + outcome.both());
    }
}

}  // namespace

Gateway::Gateway(CertificateAuthority& ca) {
    const auto made = make_key("E0F1", "gateway");
    key_ = made.key;
    request_ = made.request;
    certificate_ = ca.issue_client(request_);
    demand(run_ours("trustx", {"cert", "write", "E0E1", certificate_, "--key", key_}), "trustx cert write");
    chip_.reset_stats();
}

Gateway::Key Gateway::make_key(const std::string& slot, const std::string& name) {
    const Key made{directory_ / (name + ".pem"), directory_ / (name + ".csr")};
    demand(run_ours("trustx", {"keygen", slot, "--out", made.key}), "trustx keygen");
    demand(run_foreign("openssl", {"req", "-new", "-key", made.key, "-subj", "/CN=" + name, "-out", made.request}),
           "openssl req");
    return made;
}

std::map<std::string, std::string> Gateway::environment() const {
    return {{"TRUSTX_DEVICE", chip_.address()},
            {"TRUSTX_LOCK_DIRECTORY", directory_.path()},
            {"OPENSSL_CONF", openssl_configuration()}};
}

std::map<std::string, std::string> Gateway::foreign_environment() const {
    auto variables = environment();
    variables.merge(foreign_program_environment());
    return variables;
}

Outcome Gateway::run_ours(const std::string& name, const std::vector<std::string>& arguments,
                          ProcessOptions options) const {
    options.environment.merge(environment());
    return run(program(name), arguments, options);
}

Outcome Gateway::run_foreign(const std::string& name, const std::vector<std::string>& arguments,
                             ProcessOptions options) const {
    options.environment.merge(foreign_environment());
    return run(name, arguments, options);
}

int Gateway::key_uses() {
    const int uses = chip_.stats().at("private_key_uses").get<int>();
    chip_.reset_stats();
    return uses;
}

}  // namespace trustx::test
