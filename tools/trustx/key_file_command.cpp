// SPDX-License-Identifier: Apache-2.0
// trustx key-file: the key file for a key that is in the chip already. The chip does not tell a public key, so it is
// taken from the certificate of the slot or recovered from signatures; in both cases a signature proves it.
#include "arguments.hpp"
#include "chip_certificates.hpp"
#include "key_file.hpp"
#include "key_proof.hpp"
#include "output.hpp"
#include "output_file.hpp"
#include "subcommands.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

struct KeyFileOptions {
    std::string slot;
    std::string out = "-";
    std::string label;
    bool trust_certificate = false;
};

constexpr const char* examples =
    R"(The chip does not tell the public key of a key that it holds. It is taken from the slot's certificate object
(E0E1 for E0F1), and one signature checks that certificate and key belong together. Without a certificate that
fits, the key is recovered from two signatures. Each signature is a private key use, which the chip's security
monitor counts. A key that may not sign (usage keyagree alone) cannot be proved: --trust-certificate.

Examples:
  trustx key-file E0F0 --out factory-key.pem
  trustx key-file device-key-2 --label "pump 7" --out key.pem)";

// occupied_curve finds which kind of key is in the slot.
Outcome<Curve> occupied_curve(Chip& chip, ObjectId slot) {
    const auto metadata = chip.run(GetMetadata{.object = slot});
    if (!metadata) {
        return metadata.failure();
    }
    if (!metadata->key_algorithm) {
        return give_up(ExitCode::nothing_there,
                       title(slot) + " holds no key; `trustx keygen " + slot.hex() + "` generates one");
    }
    return *metadata->key_algorithm;
}

// certified_key is what the slot's certificate claims; nothing when there is no usable one.
std::optional<PublicKey> certified_key(Chip& chip, ObjectId slot) {
    const auto certificate = paired_leaf(chip, slot);
    if (!certificate) {
        return std::nullopt;
    }
    const auto key = certificate->public_key();
    return key ? std::optional{*key} : std::nullopt;
}

Outcome<PublicKey> unproved(ObjectId slot, const std::optional<PublicKey>& certified) {
    if (!certified) {
        return give_up(ExitCode::nothing_there, "there is no usable certificate for " + title(slot) +
                                                    "; without --trust-certificate the public key is recovered from "
                                                    "signatures");
    }
    return *certified;
}

Outcome<PublicKey> recovered(const Context& context, Chip& chip, ObjectId slot, Curve curve,
                             const SignedDigest& first) {
    const auto second = sign_fresh(chip, slot, curve);
    if (!second) {
        return second.failure();
    }
    auto key = recover_public_key(curve, first, *second);
    if (!key) {
        return give_up(ExitCode::mismatch, "two signatures of " + title(slot) +
                                               " were not made with one and the same key. If another program generated "
                                               "a key just now, repeat; otherwise suspect the connection to the chip");
    }
    context.note("public key of " + title(slot) + " recovered from signatures; private key uses: 2");
    return std::move(*key);
}

Outcome<PublicKey> find_public_key(const Context& context, Chip& chip, ObjectId slot, bool trust_certificate) {
    const auto curve = occupied_curve(chip, slot);
    if (!curve) {
        return curve.failure();
    }
    const auto certified = certified_key(chip, slot);
    if (trust_certificate) {
        return unproved(slot, certified);
    }
    const auto proof = sign_fresh(chip, slot, *curve);
    if (!proof) {
        return proof.failure();
    }
    if (certified && verifies(*certified, *proof)) {
        context.note("public key of " + title(slot) + " taken from certificate " + paired_certificate(slot)->hex() +
                     " and checked; private key uses: 1");
        return *certified;
    }
    if (certified) {
        context.note("certificate " + paired_certificate(slot)->hex() + " does not belong to the key in " +
                     title(slot) + ": it is for another key");
    }
    return recovered(context, chip, slot, *curve, *proof);
}

Outcome<void> key_file(const Context& context, const KeyFileOptions& options) {
    const auto slot = parse_slot(options.slot);
    if (!slot) {
        return slot.failure();
    }
    if (auto label = check_label(options.label); !label) {
        return label;
    }
    auto chip = open_chip(context);
    if (!chip) {
        return chip.failure();
    }
    auto file = OutputFile::create(options.out, key_file_reserve);
    if (!file) {
        return file.failure();
    }
    const auto uid = chip_uid(*chip);
    if (!uid) {
        return uid.failure();
    }
    auto key = find_public_key(context, *chip, *slot, options.trust_certificate);
    if (!key) {
        return key.failure();
    }
    const KeyReference reference{.key = *slot,
                                 .public_key = std::move(*key),
                                 .coprocessor = *uid,
                                 .device = context.device_name,
                                 .label = options.label};
    auto written = file->write(as_bytes(key_file_text(reference)));
    return written ? file->commit() : written;
}

}  // namespace

void add_key_file(CLI::App& program, Task& task) {
    const auto options = std::make_shared<KeyFileOptions>();
    auto& command = add_subcommand(program, "key-file", "Write the key file of a key that is in the chip", examples);
    command.add_option("SLOT", options->slot, "Key slot, E0F0 to E0F3")->required();
    command.add_option("-o,--out", options->out, "Key file to write; default: standard output")->type_name("FILE");
    command.add_option("--label", options->label, "Text for people, kept in the key file")->type_name("TEXT");
    command.add_flag("--trust-certificate", options->trust_certificate,
                     "Take the certificate's word for it; no private key use, no proof");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return key_file(context, *options); }; });
}

}  // namespace trustx::cli
