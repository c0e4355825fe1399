// SPDX-License-Identifier: Apache-2.0
// trustx derive: the PRF of TLS 1.2 on the chip, over a secret that it holds or agrees on.
#include "cli/arguments.hpp"
#include "cli/binary_answer.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct DeriveOptions {
    std::string secret;
    std::string key;
    std::string peer;
    std::string label;
    std::string seed;
    std::uint16_t length = 48;
    BinaryAnswer answer;
};

constexpr const char* derive_examples =
    R"(The key is derived with the PRF of TLS 1.2 and SHA-256 over label and seed. The secret is the content of an object, or is
agreed on by ECDH and then stays in a session of the chip. What comes out is SECRET: a file that is written is readable
for its owner alone.

Examples:
  trustx derive --secret F1D0 --label 'key expansion' --seed 00112233445566778899 --length 32 --out key.bin
  trustx derive --key E0F2 --peer peer.pem --label 'master secret' --seed 0011223344556677)";

struct Derivation {
    Bytes label_and_seed;
    std::uint16_t length;
};

Result<Derivation> parse(const DeriveOptions& options) {
    const bool agreed = !options.key.empty() && !options.peer.empty() && options.secret.empty();
    const bool stored = !options.secret.empty() && options.key.empty() && options.peer.empty();
    if (!agreed && !stored) {
        return fail(InputErrc::usage, "give either --secret OBJECT, or --key SLOT together with --peer FILE");
    }
    const auto seed = files::parse_hex(text::as_bytes(options.seed), "--seed");
    if (!seed) {
        return fail(InputErrc::usage, seed.error().operation());
    }
    const auto label = text::as_bytes(options.label);
    Derivation derivation{.label_and_seed = {label.begin(), label.end()}, .length = options.length};
    derivation.label_and_seed.insert(derivation.label_and_seed.end(), seed->begin(), seed->end());
    return derivation;
}

Result<SecretBytes> from_object(Chip& chip, const std::string& text, const Derivation& derivation) {
    TRY(const auto object, parse_object(text));
    if (describe(object)->kind == ObjectKind::key) {
        return fail(InputErrc::usage, "--secret: " + title(object) +
                                          " holds a private key; --key SLOT and --peer FILE derive from what is agreed "
                                          "with it");
    }
    return chip.run(
        DeriveKey{.secret = object, .label_and_seed = derivation.label_and_seed, .length = derivation.length});
}

// The shared secret never leaves the chip: it is in a session that nobody else uses meanwhile.
Result<SecretBytes> from_agreement(Chip& chip, const DeriveOptions& options, const Derivation& derivation) {
    TRY(const auto slot, parse_slot(options.key));
    TRY(const auto peer, keys::read_public_key(options.peer));
    TRY(const auto session, chip.device->lease_session());
    TRYV(chip.run(CalcSSec{.key = slot, .peer = peer, .session = session.object()}));
    return chip.run(DeriveKey{
        .secret = session.object(), .label_and_seed = derivation.label_and_seed, .length = derivation.length});
}

Result<void> derive(const Context& context, const DeriveOptions& options) {
    TRY(const auto derivation, parse(options));
    TRYV(options.answer.check());
    TRY(auto chip, open_chip(context));
    TRY(const auto key, options.secret.empty() ? from_agreement(chip, options, derivation)
                                               : from_object(chip, options.secret, derivation));
    return deliver(options.answer, key, files::Readers::owner);
}

}  // namespace

void add_derive(Command& program) {
    const auto options = std::make_shared<DeriveOptions>();
    auto command = program.subcommand("derive", "Derive a key from a secret in the chip", derive_examples);
    command.option("--secret", options->secret, "Data object that holds the secret", "OBJECT");
    command.option("--key", options->key, "Key slot to agree on a secret with, usage keyagree", "SLOT");
    command.option("--peer", options->peer, "Public key of the other side, for --key", "FILE");
    command.option("--label", options->label, "Text in front of the seed", "TEXT").may_be_empty();
    command.option("--seed", options->seed, "Seed in hexadecimal; label and seed together take 8 to 1024 bytes", "HEX")
        .may_be_empty();
    command.option("--length", options->length, "How many bytes, 16 to 256; default: 48", "N");
    add_binary_answer(command, options->answer);
    command.on_run([options](const Context& context) { return derive(context, *options); });
}

}  // namespace trustx::cli
