// SPDX-License-Identifier: Apache-2.0
// Whether OpenSSL can load and start the provider.
#include "common/openssl/environment.hpp"
#include "setup/checks.hpp"

#include <filesystem>

#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {
namespace {

namespace fs = std::filesystem;
using openssl::LibraryContext;

std::string module_path(const ProviderEntry& entry) {
    const fs::path named = entry.module.value_or("trustx.so");
    return named.is_absolute() ? named.string() : (fs::path{openssl::module_directory()} / named).string();
}

bool check_module(CheckReport& report, const std::string& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        report.failed("module", InputErrc::malformed, "there is no " + path,
                      "install the provider there, or name its place with `module = /path/to/trustx.so` in the "
                      "provider's section");
        return false;
    }
    report.ok("module", path);
    return true;
}

// why_not_loaded asks for the module alone: loading a configuration reports no error for a module that does not load.
std::string why_not_loaded(const std::string& module) {
    const auto libctx = openssl::must<LibraryContext>(OSSL_LIB_CTX_new());
    OSSL_PROVIDER_set_default_search_path(libctx.get(), fs::path{module}.parent_path().c_str());
    ERR_clear_error();
    auto* provider = OSSL_PROVIDER_load(libctx.get(), fs::path{module}.stem().c_str());
    if (provider == nullptr) {
        return openssl_errors();
    }
    OSSL_PROVIDER_unload(provider);
    return "it loads by itself, but not with this configuration";
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
    if (OSSL_PROVIDER_available(libctx.get(), "trustx") != 1) {
        report.failed("provider", InputErrc::check_failed, "OpenSSL cannot start it: " + why_not_loaded(module),
                      "install the provider and its library libtrustx of one and the same version");
        return nullptr;
    }
    report.ok("provider", "loads");
    return libctx;
}

}  // namespace trustx::cli
