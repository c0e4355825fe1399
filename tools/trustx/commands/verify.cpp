// SPDX-License-Identifier: Apache-2.0
// trustx verify: the chip verifies a signature, with a public key from outside or with a certificate that it holds.
#include "chip/chip_certificates.hpp"
#include "chip/ecdsa.hpp"
#include "cli/arguments.hpp"
#include "cli/message_digest.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/public_key_file.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct VerifyOptions {
    std::string signature;
    std::string public_key;
    std::string certificate;
    MessageOptions message;
};

constexpr const char* verify_examples =
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

Result<Verifier> stored_verifier(Chip& chip, ObjectId object) {
    TRY(const auto stored, stored_certificates(chip, object));
    if (stored.certificates.empty()) {
        return fail(InputErrc::nothing_there, title(object) + " holds no certificate");
    }
    if (stored.form != CertificateForm::der) {
        return fail(InputErrc::refused, title(object) +
                                            " holds a wrapped certificate, and the chip verifies only with "
                                            "a bare one; `trustx cert write --form der` stores it so");
    }
    TRY(const auto key, stored.certificates.front().public_key());
    return Verifier{.key = object, .curve = key.curve};
}

Result<Verifier> find_verifier(Chip& chip, const VerifyOptions& options) {
    if (options.public_key.empty()) {
        TRY(const auto object, parse_certificate_place(options.certificate));
        return stored_verifier(chip, object);
    }
    TRY(auto key, keys::read_public_key(options.public_key));
    const auto curve = key.curve;
    return Verifier{.key = std::move(key), .curve = curve};
}

Result<void> verify(const Context& context, const VerifyOptions& options) {
    if (options.public_key.empty() == options.certificate.empty()) {
        return fail(InputErrc::usage, "give either --public-key FILE or --certificate OBJECT to verify with");
    }
    TRY(const auto encoded, files::read_input(options.signature));
    TRY(const auto signature, parse_signature(encoded, files::input_name(options.signature)));
    TRY(auto chip, open_chip(context));
    TRY(const auto verifier, find_verifier(chip, options));
    TRY(const auto digest, message_digest(options.message, verifier.curve));
    const auto verified = chip.run(VerifySign{.digest = digest, .signature = signature, .key = verifier.key});
    if (!verified && verified.error() == ChipError::signature_verification_failure) {
        return fail(InputErrc::check_failed, verified.error().message());
    }
    TRYV(verified);
    return answer("Verified OK\n");
}

}  // namespace

void add_verify(Command& program) {
    const auto options = std::make_shared<VerifyOptions>();
    auto command = program.subcommand("verify", "Let the chip verify a signature", verify_examples);
    command.option("--signature", options->signature, "Signature in DER", "FILE").required();
    command.option("--public-key", options->public_key, "Public key, certificate or key file, in PEM or DER", "FILE");
    command.option("--certificate", options->certificate, "Object with a bare certificate, E0E1 to E0EF", "OBJECT");
    add_message_options(command, options->message);
    command.on_run([options](const Context& context) { return verify(context, *options); });
}

}  // namespace trustx::cli
