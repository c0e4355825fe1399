// SPDX-License-Identifier: Apache-2.0
// trustx keygen: a new key pair in a slot, and the key file that lets programs use it.
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "key_file.hpp"
#include "output_file.hpp"

#include <trustx/key_generation.hpp>

#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

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

struct Request {
    ObjectId slot;
    Curve curve;
    KeyUsage usage;
};

constexpr const char* examples =
    R"(A slot that holds a key is refused unless --force is given: the old key is destroyed for ever.
The key file holds no secret. It names the slot and carries the public key; give it to programs as their private key.

Examples:
  trustx keygen E0F1 --out key.pem
  trustx keygen device-key-3 --curve P-384 --usage sign,auth,keyagree --label "pump 7" --out pump.pem
  trustx keygen E0F1 | openssl pkey -pubout        (needs the trustx provider))";

std::string describe_key(const Metadata& metadata) {
    return std::string{"a "} + std::string{curve_name(*metadata.key_algorithm)} + " key" +
           (metadata.key_usage ? " (usage " + to_string(*metadata.key_usage) + ")" : std::string{});
}

Outcome<Request> understand(const KeygenOptions& options) {
    TRY(const auto slot, parse_slot(options.slot));
    TRY(const auto curve, parse_curve(options.curve));
    TRY(const auto usage, parse_usage(options.usage));
    TRYV(check_label(options.label));
    return Request{.slot = slot, .curve = curve, .usage = usage};
}

// loss names what goes when the slot's key goes.
std::string loss(Chip& chip, const Metadata& metadata, ObjectId slot) {
    std::string text = describe_key(metadata) + " in " + title(slot);
    if (const auto certificate = paired_leaf(chip, slot)) {
        text += ", with the certificate in " + title(*paired_certificate(slot)) + " (" + summary(*certificate) + ")";
    }
    return text;
}

Outcome<void> store(OutputFile& file, const std::string& text) {
    auto written = file.write(as_bytes(text));
    return written ? file.commit() : written;
}

// rescue is for the file that failed although its space was claimed: the key exists now, and its public half is
// known nowhere else.
tl::unexpected<Failure> rescue(const Failure& failure, bool stdout_failed, const std::string& text, ObjectId slot) {
    std::string message = failure.message + ". The key pair in " + title(slot) + " exists";
    if (!stdout_failed && answer(std::string_view{text})) {
        return give_up(failure.exit, message + "; its key file was printed to standard output instead: save it");
    }
    message += "; its key file follows, save it:\n" + text;
    return give_up(failure.exit, message);
}

Outcome<void> keygen(const Context& context, const KeygenOptions& options) {
    TRY(const auto request, understand(options));
    TRY(auto chip, open_chip(context));
    TRY(auto file, OutputFile::create(options.out, key_file_reserve));
    TRY(const auto uid, chip_uid(chip));
    TRY(const auto generated, chip.with([&](LockedDevice& device) {
        return generate_key(device, {.key = request.slot, .curve = request.curve, .usage = request.usage},
                            options.force ? OccupiedSlot::replace : OccupiedSlot::keep);
    }));
    if (!generated.key) {
        return give_up(ExitCode::refused, "there is " + loss(chip, generated.before, request.slot) +
                                              ". A new key would destroy the old one for ever; choose another slot, "
                                              "or repeat with --force");
    }
    const KeyReference reference{.key = request.slot,
                                 .public_key = *generated.key,
                                 .coprocessor = uid,
                                 .device = context.device_name,
                                 .label = options.label};
    const auto text = key_file_text(reference);
    if (const auto stored = store(file, text); !stored) {
        return rescue(stored.error(), file.is_stdout(), text, request.slot);
    }
    if (generated.before.key_algorithm) {
        context.note("destroyed: " + loss(chip, generated.before, request.slot));
    }
    context.note("generated a " + std::string{curve_name(request.curve)} + " key pair in " + title(request.slot) +
                 ", usage " + to_string(request.usage) + (file.is_stdout() ? "" : "; key file: " + file.name()));
    return {};
}

}  // namespace

void add_keygen(CLI::App& program, Task& task) {
    const auto options = std::make_shared<KeygenOptions>();
    auto& command = add_subcommand(program, "keygen", "Generate a key pair in a slot and write its key file", examples);
    command.add_option("SLOT", options->slot, "Key slot, E0F1 to E0F3; E0F0 is the factory's")->required();
    command.add_option("--curve", options->curve, "P-256 (default) or P-384")->type_name("CURVE");
    command
        .add_option("--usage", options->usage,
                    "What the key may do: sign, auth, keyagree (or enc, hostfw, devmgmt); default: sign,auth")
        ->type_name("LIST");
    command.add_option("-o,--out", options->out, "Key file to write; default: standard output")->type_name("FILE");
    command.add_option("--label", options->label, "Text for people, kept in the key file")->type_name("TEXT");
    command.add_flag("--force", options->force, "Destroy the key that is in the slot");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return keygen(context, *options); }; });
}

}  // namespace trustx::cli
