// SPDX-License-Identifier: Apache-2.0
// trustx sign: an ECDSA signature by a key in the chip, in the form that openssl verifies.
#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "cli/binary_answer.hpp"
#include "cli/message_digest.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct SignOptions {
    std::string slot;
    MessageOptions message;
    BinaryAnswer answer;
};

constexpr const char* sign_examples =
    R"(The message is hashed here; the chip signs the digest. One private key use. The signature is DER, as openssl has it.

Examples:
  trustx sign E0F1 message.txt --out message.sig
  openssl dgst -sha256 -verify public.pem -signature message.sig message.txt
  openssl dgst -sha384 -binary image | trustx sign E0F2 --hashed --base64)";

Result<void> sign(const Context& context, const SignOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRYV(options.answer.check());
    TRY(auto chip, open_chip(context));
    TRY(const auto curve, occupied_curve(chip, slot));
    TRY(const auto digest, message_digest(options.message, curve));
    TRY(const auto signature, chip.run(CalcSign{.key = slot, .digest = digest}));
    return deliver(options.answer, signature.der());
}

}  // namespace

void add_sign(Command& program) {
    const auto options = std::make_shared<SignOptions>();
    auto command = program.subcommand("sign", "Sign a file with a key in the chip", sign_examples);
    command.argument("SLOT", options->slot, "Key slot, E0F0 to E0F3").required();
    add_message_options(command, options->message);
    add_binary_answer(command, options->answer);
    command.on_run([options](const Context& context) { return sign(context, *options); });
}

}  // namespace trustx::cli
