// SPDX-License-Identifier: Apache-2.0
// trustx pubkey: the public key of a slot, as openssl takes it.
#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "output_file.hpp"
#include "public_key_file.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

struct PubkeyOptions {
    std::string slot;
    std::string out = "-";
    bool der = false;
    bool trust_certificate = false;
};

constexpr const char* examples =
    R"(The chip does not tell the public key of a key that it holds: see `trustx key-file --help` for how it is found, and
how many private key uses that takes.

Examples:
  trustx pubkey E0F1 --out public.pem
  trustx pubkey E0F0 | openssl pkey -pubin -noout -text)";

Outcome<void> pubkey(const Context& context, const PubkeyOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRY(auto chip, open_chip(context));
    TRY(const auto key, find_public_key(context, chip, slot, options.trust_certificate));
    TRY(auto file, OutputFile::create(options.out, 0));
    auto written = options.der ? file.write(key.subject_public_key_info()) : file.write(as_bytes(public_key_pem(key)));
    return written ? file.commit() : written;
}

}  // namespace

void add_pubkey(CLI::App& program, Task& task) {
    const auto options = std::make_shared<PubkeyOptions>();
    auto& command = add_subcommand(program, "pubkey", "Print the public key of a slot", examples);
    command.add_option("SLOT", options->slot, "Key slot, E0F0 to E0F3")->required();
    command.add_option("-o,--out", options->out, "File to write; default: standard output")->type_name("FILE");
    command.add_flag("--der", options->der, "DER instead of PEM");
    command.add_flag("--trust-certificate", options->trust_certificate,
                     "Take the certificate's word for it; no private key use, no proof");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return pubkey(context, *options); }; });
}

}  // namespace trustx::cli
