// SPDX-License-Identifier: Apache-2.0
// trustx pubkey: the public key of a slot, as openssl takes it.
#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/output_file.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct PubkeyOptions {
    std::string slot;
    std::string out = "-";
    bool der = false;
    bool trust_certificate = false;
};

constexpr const char* pubkey_examples =
    R"(The chip does not tell the public key of a key that it holds: see `trustx key-file --help` for how it is found, and
how many private key uses that takes.

Examples:
  trustx pubkey E0F1 --out public.pem
  trustx pubkey E0F0 | openssl pkey -pubin -noout -text)";

Result<void> pubkey(const Context& context, const PubkeyOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRYV(options.der ? check_binary_output(options.out) : Result<void>{});
    TRY(auto chip, open_chip(context));
    TRY(const auto key, find_public_key(context, chip, slot, options.trust_certificate));
    return options.der ? deliver_binary(options.out, key.subject_public_key_info())
                       : files::write_file(options.out, keys::public_key_pem(key));
}

}  // namespace

void add_pubkey(Command& program) {
    const auto options = std::make_shared<PubkeyOptions>();
    auto command = program.subcommand("pubkey", "Print the public key of a slot", pubkey_examples);
    command.argument("SLOT", options->slot, "Key slot, E0F0 to E0F3").required();
    command.option("-o,--out", options->out, "File to write; default: standard output", "FILE");
    command.flag("--der", options->der, "DER instead of PEM");
    command.flag("--trust-certificate", options->trust_certificate,
                 "Take the public key of the certificate; no private key use, no proof");
    command.on_run([options](const Context& context) { return pubkey(context, *options); });
}

}  // namespace trustx::cli
