// SPDX-License-Identifier: Apache-2.0
#include "common/openssl/environment.hpp"

#include <cstdlib>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

namespace trustx::openssl {

std::string configuration_file() {
    char* name = CONF_get1_default_config_file();
    std::string file = name == nullptr ? "" : name;
    OPENSSL_free(name);
    return file;
}

std::string own_configuration_file() {
    return std::string{X509_get_default_cert_area()} + "/openssl.cnf";
}

std::string module_directory() {
    const char* chosen = ::secure_getenv("OPENSSL_MODULES");
    const char* directory = chosen != nullptr ? chosen : OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
    return directory == nullptr ? "" : directory;
}

}  // namespace trustx::openssl
