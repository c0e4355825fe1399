// SPDX-License-Identifier: Apache-2.0
// trustx attest: what this gateway measures of itself, signed by a key in the chip, and what an operator makes of it.
#include "commands/attest/subcommands.hpp"
#include "commands/subcommands.hpp"

namespace trustx::cli {
namespace {

constexpr const char* what_attest_is =
    R"(Evidence is a JSON Web Token with the claims of RFC 9711, signed by a key in the chip: one private key use. It says what
was measured: kernel, initrd, command line, device tree, root hashes of dm-verity, files and directories of the list,
the kernel's IMA log, the firmware's version, and the log of what was measured early in this start. The start of this
computer does not depend on the chip: it is evidence, and no secure boot (docs/integrity.md).

Examples:
  trustx attest --nonce 8c1fa6d0 --key E0F1 --measure /usr/local/lib/gateway --out evidence.jwt
  trustx attest --logged --nonce-file nonce             (no root: what `trustx attest measure` has measured)
  trustx attest golden evidence.jwt --ca factory-ca.pem --out golden.json
  trustx attest verify evidence.jwt --ca factory-ca.pem --nonce 8c1fa6d0 --max-age 5m --golden golden.json)";

}  // namespace

void add_attest(Command& program) {
    auto attest = program.subcommand("attest", "Give signed evidence of what this gateway is", what_attest_is);
    add_attest_measure(attest);
    add_attest_verify(attest);
    add_attest_golden(attest);
    add_attest_evidence(attest);
}

}  // namespace trustx::cli
