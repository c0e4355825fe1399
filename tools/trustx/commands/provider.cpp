// SPDX-License-Identifier: Apache-2.0
#include "commands/provider.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/environment.hpp"
#include "common/openssl/error_queue.hpp"
#include "common/try.hpp"
#include "connection/credentials.hpp"

#include <cstdlib>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {
namespace {

// A configuration that cannot be read keeps services from the key as well, so it is no reason to go on without.
Result<void> read_configuration(const std::string& file) {
    constexpr unsigned long flags = CONF_MFLAGS_DEFAULT_SECTION | CONF_MFLAGS_IGNORE_MISSING_FILE;
    ERR_clear_error();
    const bool read = CONF_modules_load_file_ex(nullptr, file.empty() ? nullptr : file.c_str(), nullptr, flags) > 0;
    const auto errors = openssl::take_errors();
    return read
               ? Result<void>{}
               : fail(InputErrc::malformed,
                      "OpenSSL cannot read its configuration " + (file.empty() ? openssl::configuration_file() : file) +
                          ": " + to_string(errors) + "; correct it, or name another file by OPENSSL_CONF");
}

}  // namespace

// The provider finds its chip by the settings; what the command line says it can only learn by the environment. This
// program starts without OpenSSL's configuration, which may say where the module is. With a provider loaded by hand
// libcrypto loads none by itself, so the default one comes with it.
Result<void> load_provider(const Context& context, const std::string& config) {
    if (context.device && ::setenv("TRUSTX_DEVICE", context.device->c_str(), 1) != 0) {
        return fail(errno_code(), "tell the provider where the chip is");
    }
    TRYV(read_configuration(config));
    if (mqtt::provider_is_loaded()) {
        return {};
    }
    if (OSSL_PROVIDER_load(nullptr, "default") != nullptr && OSSL_PROVIDER_load(nullptr, "trustx") != nullptr) {
        return {};
    }
    return fail(InputErrc::check_failed, "OpenSSL cannot load the trustx provider: " +
                                             to_string(openssl::take_errors()) + "; " + mqtt::provider_remedy());
}

}  // namespace trustx::cli
