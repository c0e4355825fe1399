// SPDX-License-Identifier: Apache-2.0
// trustx verify: the chip verifies a signature, with a public key from outside or with a certificate that it holds.
#include "certificate.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "ecdsa.hpp"
#include "input_file.hpp"
#include "message_digest.hpp"
#include "public_key_file.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

struct VerifyOptions {
    std::string signature;
    std::string public_key;
    std::string certificate;
    MessageOptions message;
};

constexpr const char* examples =
    R"(A certificate in the chip must be stored bare (`trustx cert write --form der`), and may be a trust anchor. The chip
does the arithmetic; no private key is used. The signature is DER, as openssl has it.

Examples:
  trustx verify --public-key public.pem --signature message.sig message.txt
  trustx verify --certificate E0E8 --signature image.sig --digest sha384 image)";

// Verifier is what the chip is given to verify with, and its curve.
struct Verifier {
    std::variant<PublicKey, ObjectId> key;
    Curve curve;
};

Outcome<Verifier> stored_verifier(Chip& chip, ObjectId object) {
    TRY(const auto stored, chip.with([object](LockedDevice& device) { return read_certificates(device, object); }));
    if (stored.certificates.empty()) {
        return give_up(ExitCode::nothing_there, title(object) + " holds no certificate");
    }
    if (stored.form != CertificateForm::der) {
        return give_up(ExitCode::refused, title(object) +
                                              " holds a wrapped certificate, and the chip verifies only with "
                                              "a bare one; `trustx cert write --form der` stores it so");
    }
    TRY(const auto certificates, parse_stored_certificates(stored, object));
    const auto key = certificates.front().public_key();
    return key ? Outcome<Verifier>{Verifier{.key = object, .curve = key->curve}} : key.failure();
}

Outcome<Verifier> find_verifier(Chip& chip, const VerifyOptions& options) {
    if (options.public_key.empty()) {
        const auto object = parse_certificate_place(options.certificate);
        return object ? stored_verifier(chip, *object) : object.failure();
    }
    TRY(auto key, read_public_key(options.public_key));
    const auto curve = key.curve;
    return Verifier{.key = std::move(key), .curve = curve};
}

Outcome<void> verify(const Context& context, const VerifyOptions& options) {
    if (options.public_key.empty() == options.certificate.empty()) {
        return give_up(ExitCode::usage, "give either --public-key FILE or --certificate OBJECT to verify with");
    }
    TRY(const auto encoded, read_input(options.signature));
    TRY(const auto signature, parse_signature(encoded, input_name(options.signature)));
    TRY(auto chip, open_chip(context));
    TRY(const auto verifier, find_verifier(chip, options));
    TRY(const auto digest, message_digest(options.message, verifier.curve));
    const auto verified = chip.device->run(VerifySign{.digest = digest, .signature = signature, .key = verifier.key});
    if (!verified && verified.error() == ChipError::signature_verification_failure) {
        return give_up(ExitCode::mismatch, verified.error().message());
    }
    return verified ? answer(std::string_view{"Verified OK\n"}) : give_up(verified.error());
}

}  // namespace

void add_verify(CLI::App& program, Task& task) {
    const auto options = std::make_shared<VerifyOptions>();
    auto& command = add_subcommand(program, "verify", "Let the chip verify a signature", examples);
    command.add_option("--signature", options->signature, "Signature in DER")->type_name("FILE")->required();
    command.add_option("--public-key", options->public_key, "Public key, certificate or key file, in PEM or DER")
        ->type_name("FILE");
    command.add_option("--certificate", options->certificate, "Object with a bare certificate, E0E1 to E0EF")
        ->type_name("OBJECT");
    add_message_options(command, options->message);
    command.callback(
        [options, &task] { task = [options](const Context& context) { return verify(context, *options); }; });
}

}  // namespace trustx::cli
