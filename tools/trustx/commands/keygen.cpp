// SPDX-License-Identifier: Apache-2.0
// trustx keygen: a new key pair in a slot, and the key file that lets programs use it.
#include "chip/chip_certificates.hpp"
#include "chip/chip_contents.hpp"
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"

#include <trustx/key_generation.hpp>

#include <cstdio>
#include <memory>

namespace trustx::cli {
namespace {

struct KeygenOptions {
    std::string slot;
    std::string curve = "P-256";
    std::string usage = "sign,auth";
    std::string out = "-";
    std::string label;
    bool force = false;
};

constexpr const char* keygen_examples =
    R"(A slot that holds a key is refused unless --force is given: the old key is destroyed.
The key file holds no secret. It names the slot and carries the public key; give it to programs as their private key.

Examples:
  trustx keygen E0F1 --out key.pem
  trustx keygen device-key-3 --curve P-384 --usage sign,auth,keyagree --label "pump 7" --out pump.pem
  trustx keygen E0F1 | openssl pkey -pubout        (needs the trustx provider))";

Result<GenKeyPair> parse(const KeygenOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRY(const auto curve, parse_curve(options.curve));
    TRY(const auto usage, parse_usage(options.usage));
    TRYV(KeyReference::check_label(options.label).during("--label"));
    return GenKeyPair{.key = slot, .curve = curve, .usage = usage};
}

// loss names what is lost with the slot's key.
std::string loss(Chip& chip, const Metadata& metadata, ObjectId slot) {
    std::string text = "a key (" + key_text(metadata) + ") in " + title(slot);
    if (const auto certificate = paired_leaf(chip, slot)) {
        text +=
            ", with the certificate in " + title(*paired_certificate(slot)) + " (" + x509::summary(*certificate) + ")";
    }
    return text;
}

// occupied_slot names what a new key would destroy, and --force only where the chip would let it.
tl::unexpected<Error> occupied_slot(Chip& chip, const Metadata& metadata, ObjectId slot) {
    const auto refusal = why_no_new_key(chip, slot);
    return fail(
        InputErrc::refused,
        "there is " + loss(chip, metadata, slot) + ". " +
            (refusal.empty() ? "A new key would destroy the old one; choose another slot, or repeat with --force"
                             : refusal + "; choose another slot"));
}

Result<void> store(files::OutputFile& file, const std::string& text) {
    TRYV(file.write(text));
    return file.commit();
}

// rescue is for a file that failed although its space was claimed: the key exists now, and its public half is
// known nowhere else.
tl::unexpected<Error> rescue(const Error& error, bool stdout_failed, const std::string& text, ObjectId slot) {
    std::string message = error.operation() + ". The key pair in " + title(slot) + " exists";
    if (!stdout_failed && answer(text)) {
        return fail(error.code(), message + "; its key file was printed to standard output instead: save it");
    }
    say(message + "; its key file follows, save it:");
    std::fwrite(text.data(), 1, text.size(), stderr);  // not by say, which makes one line of it
    return tl::unexpected{error};
}

Result<void> keygen(const Context& context, const KeygenOptions& options) {
    TRY(const auto request, parse(options));
    TRY(auto chip, open_chip(context));
    TRY(auto file, files::OutputFile::create(options.out, keys::key_file_reserve));
    TRY(const auto uid, chip_uid(chip));
    const auto occupied = options.force ? OccupiedSlot::replace : OccupiedSlot::keep;
    TRY(const auto generated, chip.with([&](LockedDevice& device) { return generate_key(device, request, occupied); }));
    if (!generated.key) {
        return occupied_slot(chip, generated.before, request.key);
    }
    const KeyReference reference{.key = request.key,
                                 .public_key = *generated.key,
                                 .coprocessor = uid,
                                 .device = context.device_name.value_or(""),
                                 .label = options.label};
    const auto text = keys::key_file_text(reference);
    if (const auto stored = store(file, text); !stored) {
        return rescue(stored.error(), file.is_stdout(), text, request.key);
    }
    if (generated.before.key_algorithm) {
        context.note("destroyed: " + loss(chip, generated.before, request.key));
    }
    context.note("generated a key pair (" + key_text(request.curve, request.usage) + ") in " + title(request.key) +
                 (file.is_stdout() ? "" : "; key file: " + file.name()));
    return {};
}

}  // namespace

void add_keygen(Command& program) {
    const auto options = std::make_shared<KeygenOptions>();
    auto command =
        program.subcommand("keygen", "Generate a key pair in a slot and write its key file", keygen_examples);
    command.argument("SLOT", options->slot, "Key slot, E0F1 to E0F3; E0F0 is the factory's").required();
    command.option("--curve", options->curve, "P-256 (default) or P-384", "P-256|P-384");
    command.option("--usage", options->usage,
                   "What the key may do: sign, auth, keyagree (or enc, hostfw, devmgmt); default: sign,auth", "LIST");
    command.option("-o,--out", options->out, "Key file to write; default: standard output", "FILE");
    command.option("--label", options->label, "Text for people, kept in the key file", "TEXT").may_be_empty();
    command.flag("--force", options->force, "Destroy the key that is in the slot");
    command.on_run([options](const Context& context) { return keygen(context, *options); });
}

}  // namespace trustx::cli
