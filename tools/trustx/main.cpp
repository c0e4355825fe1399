// SPDX-License-Identifier: Apache-2.0
// Entry of the program trustx.
#include "common/io/standard_descriptors.hpp"
#include "program.hpp"

#include <csignal>

#include <openssl/crypto.h>

int main(int argc, char** argv) {
    trustx::io::occupy_standard_descriptors();
    // Before anything else touches libcrypto: an openssl.cnf that activates the trustx provider must not load it into
    // the tool that finds out why it does not work.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    // A file size limit then shows as an error of the write, which can be reported, instead of ending the process.
    std::signal(SIGXFSZ, SIG_IGN);
    return trustx::cli::run(argc, argv);
}
