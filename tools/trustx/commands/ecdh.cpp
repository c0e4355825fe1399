// SPDX-License-Identifier: Apache-2.0
// trustx ecdh: a shared secret of a key in the chip and somebody else's public key.
#include "cli/arguments.hpp"
#include "cli/binary_answer.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct EcdhOptions {
    std::string slot;
    std::string peer;
    BinaryAnswer answer;
};

constexpr const char* ecdh_examples =
    R"(The key needs the usage keyagree. The answer is the X coordinate, as `openssl pkeyutl -derive` gives it, and it is
SECRET: a file that is written is readable for its owner alone. One private key use.

Examples:
  trustx ecdh E0F2 peer.pem --out secret.bin
  openssl pkeyutl -derive -inkey peer-private.pem -peerkey chip-public.pem | cmp - secret.bin)";

Result<void> ecdh(const Context& context, const EcdhOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRYV(options.answer.check());
    TRY(const auto peer, keys::read_public_key(options.peer));
    TRY(auto chip, open_chip(context));
    TRY(const auto secret, chip.run(CalcSSec{.key = slot, .peer = peer}));
    return deliver(options.answer, secret, files::Readers::owner);
}

}  // namespace

void add_ecdh(Command& program) {
    const auto options = std::make_shared<EcdhOptions>();
    auto command = program.subcommand("ecdh", "Agree on a shared secret with a key in the chip", ecdh_examples);
    command.argument("SLOT", options->slot, "Key slot, E0F0 to E0F3").required();
    command.argument("PEER", options->peer, "Public key of the other side, in PEM or DER").required();
    add_binary_answer(command, options->answer);
    command.on_run([options](const Context& context) { return ecdh(context, *options); });
}

}  // namespace trustx::cli
