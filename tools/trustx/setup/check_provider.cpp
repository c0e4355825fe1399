// SPDX-License-Identifier: Apache-2.0
// Whether OpenSSL can load and start the provider.
#include "common/openssl/environment.hpp"
#include "setup/checks.hpp"
#include "setup/module_trial.hpp"

#include <filesystem>

#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {
namespace {

namespace fs = std::filesystem;
using openssl::LibraryContext;

std::string module_path(const ProviderEntry& entry) {
    const fs::path named = entry.module.value_or(entry.name + ".so");
    return named.is_absolute() ? named.string() : (fs::path{openssl::module_directory()} / named).string();
}

// check_module finds what cannot be loaded before it is loaded here: that may end the process.
bool check_module(CheckReport& report, const std::string& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        report.failed("module", InputErrc::malformed, "there is no " + path,
                      "install the provider there, or name its place with `module = /path/to/trustx.so` in the "
                      "provider's section");
        return false;
    }
    if (const auto tried = try_module(path); !tried) {
        report.failed("module", tried.error(),
                      "install the provider and its library libtrustx of one and the same version");
        return false;
    }
    report.ok("module", path);
    return true;
}

}  // namespace

LibraryContext check_provider(CheckReport& report, const std::string& path, const ProviderEntry& entry) {
    const auto module = module_path(entry);
    if (!check_module(report, module)) {
        return nullptr;
    }
    auto libctx = openssl::must<LibraryContext>(OSSL_LIB_CTX_new());
    ERR_clear_error();
    if (OSSL_LIB_CTX_load_config(libctx.get(), path.c_str()) != 1) {
        report.failed("provider", InputErrc::malformed, "OpenSSL stops reading " + path + ": " + openssl_errors(),
                      "correct what it names: OpenSSL stops at the first fault, and programs then continue without the "
                      "provider and without an error");
        return nullptr;
    }
    if (OSSL_PROVIDER_available(libctx.get(), entry.name.c_str()) != 1) {
        report.failed("provider", InputErrc::check_failed, "its module loads by itself, but not with " + path,
                      "correct the provider's section there");
        return nullptr;
    }
    report.ok("provider", "loads");
    return libctx;
}

}  // namespace trustx::cli
