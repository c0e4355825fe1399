// SPDX-License-Identifier: Apache-2.0
#include "commands/provider.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/error_queue.hpp"
#include "connection/credentials.hpp"

#include <cstdlib>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {

// The provider finds its chip by the settings; what the command line says it can only learn by the environment. This
// program starts without OpenSSL's configuration, which may say where the module is. With a provider loaded by hand
// libcrypto loads none by itself, so the default one comes with it.
Result<void> load_provider(const Context& context, const std::string& config) {
    if (context.device && ::setenv("TRUSTX_DEVICE", context.device->c_str(), 1) != 0) {
        return fail(errno_code(), "tell the provider where the chip is");
    }
    CONF_modules_load_file_ex(nullptr, config.empty() ? nullptr : config.c_str(), nullptr,
                              CONF_MFLAGS_DEFAULT_SECTION | CONF_MFLAGS_IGNORE_MISSING_FILE);
    if (mqtt::provider_is_loaded()) {
        ERR_clear_error();
        return {};
    }
    if (OSSL_PROVIDER_load(nullptr, "default") != nullptr && OSSL_PROVIDER_load(nullptr, "trustx") != nullptr) {
        return {};
    }
    return fail(InputErrc::check_failed, "OpenSSL cannot load the trustx provider: " +
                                             to_string(openssl::take_errors()) + "; " + mqtt::provider_remedy());
}

}  // namespace trustx::cli
