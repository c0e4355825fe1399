// SPDX-License-Identifier: Apache-2.0
// trustx key-file: the key file for a key that is in the chip already.
#include "common/keys/key_file.hpp"

#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct KeyFileOptions {
    std::string slot;
    std::string out = "-";
    std::string label;
    bool trust_certificate = false;
};

constexpr const char* key_file_examples =
    R"(The chip does not tell the public key of a key that it holds. It is taken from the slot's certificate object
(E0E1 for E0F1), and one signature checks that certificate and key belong together. Without a certificate that
fits, the key is recovered from two signatures. Each signature is a private key use, which the chip's security
monitor counts. A key that may not sign (usage keyagree alone) cannot be proved: --trust-certificate.

Examples:
  trustx key-file E0F0 --out factory-key.pem
  trustx key-file device-key-2 --label "pump 7" --out key.pem)";

Result<void> key_file(const Context& context, const KeyFileOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRYV(KeyReference::check_label(options.label).during("--label"));
    TRY(auto chip, open_chip(context));
    TRY(auto file, files::OutputFile::create(options.out, keys::key_file_reserve));
    TRY(const auto uid, chip_uid(chip));
    TRY(auto key, find_public_key(context, chip, slot, options.trust_certificate));
    const KeyReference reference{.key = slot,
                                 .public_key = std::move(key),
                                 .coprocessor = uid,
                                 .device = context.device_name.value_or(""),
                                 .label = options.label};
    TRYV(file.write(keys::key_file_text(reference)));
    return file.commit();
}

}  // namespace

void add_key_file(Command& program) {
    const auto options = std::make_shared<KeyFileOptions>();
    auto command = program.subcommand("key-file", "Write the key file of a key that is in the chip", key_file_examples);
    command.argument("SLOT", options->slot, "Key slot, E0F0 to E0F3").required();
    command.option("-o,--out", options->out, "Key file to write; default: standard output", "FILE");
    command.option("--label", options->label, "Text for people, kept in the key file", "TEXT").may_be_empty();
    command.flag("--trust-certificate", options->trust_certificate,
                 "Take the public key of the certificate; no private key use, no proof");
    command.on_run([options](const Context& context) { return key_file(context, *options); });
}

}  // namespace trustx::cli
