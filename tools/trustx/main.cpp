// SPDX-License-Identifier: Apache-2.0
// Entry of the program trustx.
#include "common/io/program_start.hpp"
#include "program.hpp"

#include <openssl/crypto.h>

int main(int argc, char** argv) {
    trustx::io::start_program();
    // Before anything else touches libcrypto: an openssl.cnf that activates the trustx provider must not load it into
    // the tool that finds out why it does not work.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    return trustx::cli::run(argc, argv);
}
