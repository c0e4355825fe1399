// SPDX-License-Identifier: Apache-2.0
// trustx dtls: the chip as a DTLS client.
#include "commands/dtls/subcommands.hpp"
#include "commands/subcommands.hpp"

namespace trustx::cli {
namespace {

constexpr const char* what_dtls_is =
    R"(The chip does the handshake and protects each record: key, randoms and session keys never leave it. It needs a key whose
usage contains auth (E0F0 has one from the factory), and in E0E8 the certificate of the authority that issued the server's:
  trustx keygen E0F1 --usage sign,auth --out key.pem
  trustx anchor write E0E8 root.pem
  trustx dtls connect server.example:5684 --key E0F1)";

}  // namespace

void add_dtls(Command& program) {
    auto dtls = program.subcommand("dtls", "Talk DTLS with all cryptography in the chip", what_dtls_is);
    add_dtls_connect(dtls);
    add_dtls_bench(dtls);
}

}  // namespace trustx::cli
