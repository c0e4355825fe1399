// SPDX-License-Identifier: Apache-2.0
// trustx auth: one-way authentication. The chip proves by a signature over a challenge that it holds the key of a
// certificate, and the certificate that an authority which is trusted issued it.
#include "chip/chip_certificates.hpp"
#include "chip/ecdsa.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/openssl/handles.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"
#include "common/x509/certificate_chain.hpp"
#include "common/x509/revocation_list.hpp"

#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <openssl/rand.h>

namespace trustx::cli {
namespace {

struct AuthOptions {
    std::string slot = "E0F0";
    std::string challenge;
    std::string authority;
    std::string revoked;
    bool any_issuer = false;
    bool json = false;
};

constexpr const char* auth_examples =
    R"(The chip signs the challenge with the key in the slot, which needs the usage auth: one private key use. The signature is
checked with the certificate object that belongs to the slot, and that certificate with those in --ca and the revocation
lists in --revoked, if given.

Examples:
  trustx auth --ca infineon-ca.pem
  trustx auth E0F1 --ca factory-ca.pem --challenge 000102030405060708090A0B0C0D0E0F
  trustx auth E0F1 --ca maker.pem --revoked maker-crl.pem
  trustx auth E0F1 --any-issuer --json | jq -r .response)";

// Proof is what the chip gave.
struct Proof {
    Bytes challenge;
    Signature response;
    std::vector<x509::Certificate> certificates;
    std::vector<std::string> chain;  // empty where any issuer is accepted
    std::string revoked;             // the lists that none of the chain is in; empty: not asked
};

Result<Bytes> choose_challenge(const std::string& hex) {
    constexpr std::size_t fresh_size = 32;
    Bytes challenge(fresh_size);
    if (hex.empty()) {
        if (RAND_bytes(challenge.data(), static_cast<int>(challenge.size())) != 1) {
            throw std::bad_alloc{};
        }
        return challenge;
    }
    auto given = files::parse_hex(text::as_bytes(hex), "--challenge");
    if (!given) {
        return fail(InputErrc::usage, given.error().operation());
    }
    if (given->size() < SetAuthMsg::min_challenge || given->size() > SetAuthMsg::max_challenge) {
        return fail(InputErrc::usage, "--challenge has " + std::to_string(given->size()) + " bytes; the chip takes " +
                                          std::to_string(SetAuthMsg::min_challenge) + " to " +
                                          std::to_string(SetAuthMsg::max_challenge));
    }
    return given;
}

Result<std::vector<x509::Certificate>> read_authorities(const std::string& path) {
    TRY(const auto content, files::read_input(path));
    return x509::parse_certificate_file(content, files::input_name(path));
}

// Nothing: nobody asked for lists.
Result<std::optional<x509::RevocationLists>> read_revocation_lists(const std::string& path) {
    if (path.empty()) {
        return std::optional<x509::RevocationLists>{};
    }
    TRY(const auto content, files::read_input(path));
    TRY(auto lists, x509::RevocationLists::parse(content, files::input_name(path)));
    return std::optional{std::move(lists)};
}

// The three commands belong together: one lock.
Result<Signature> respond(Chip& chip, ObjectId slot, const Bytes& challenge) {
    return without_traces(chip.with([&](LockedDevice& device) -> Result<Signature> {
        TRYV(device.run(SetAuthScheme{.key = slot}));
        TRYV(device.run(SetAuthMsg{.challenge = challenge}));
        return device.run(GetAuthMsg{});
    }));
}

// The chip signs SHA-256 of the challenge (chip-commands.md section 6.6).
Result<void> check_response(const Proof& proof, ObjectId slot) {
    TRY(const auto key, proof.certificates.front().public_key());
    Bytes digest(32);
    if (EVP_Digest(proof.challenge.data(), proof.challenge.size(), digest.data(), nullptr, EVP_sha256(), nullptr) !=
        1) {
        throw std::bad_alloc{};
    }
    if (!verifies(key, {.digest = digest, .signature = proof.response})) {
        return fail(InputErrc::check_failed,
                    "the response of " + title(slot) + " does not verify with the certificate (" +
                        x509::summary(proof.certificates.front()) + "): it is for another key");
    }
    return {};
}

Result<Proof> authenticate(Chip& chip, ObjectId slot, const AuthOptions& options) {
    TRY(auto challenge, choose_challenge(options.challenge));
    Proof proof{.challenge = std::move(challenge), .response = {}, .certificates = {}, .chain = {}, .revoked = {}};
    TRY(auto stored, stored_certificates(chip, *paired_certificate(slot)));
    if (stored.certificates.empty()) {
        return fail(InputErrc::nothing_there,
                    title(*paired_certificate(slot)) + " holds no certificate for " + title(slot));
    }
    proof.certificates = std::move(stored.certificates);
    if (!options.any_issuer) {
        TRY(const auto trusted, read_authorities(options.authority));
        TRY(const auto lists, read_revocation_lists(options.revoked));
        TRY(auto chain, x509::verify_chain(proof.certificates, trusted, lists ? &*lists : nullptr));
        proof.chain = std::move(chain);
        proof.revoked = lists ? lists->name() : "";
    }
    TRY(auto response, respond(chip, slot, proof.challenge));
    proof.response = std::move(response);
    TRYV(check_response(proof, slot));
    return proof;
}

std::string to_text(const Proof& proof) {
    std::string text = "challenge    " + to_hex(proof.challenge) + "\nresponse     " + to_hex(proof.response.der()) +
                       "\ncertificate  " + x509::summary(proof.certificates.front()) + "\n";
    for (std::size_t i = 1; i < proof.chain.size(); ++i) {
        text += (i == 1 ? "issued by    " : "             ") + proof.chain[i] + "\n";
    }
    if (!proof.revoked.empty()) {
        text += "not revoked  by the lists in " + text::printable(proof.revoked) + "\n";
    } else if (!proof.chain.empty()) {
        text += "revocation   not asked (--revoked)\n";
    }
    return text + (proof.chain.empty() ? "The chip holds the key of this certificate; who issued it was not checked.\n"
                                       : "The chip is authentic.\n");
}

nlohmann::ordered_json proof_json(const Proof& proof, ObjectId slot) {
    nlohmann::ordered_json json{{"object", slot.hex()},
                                {"challenge", to_hex(proof.challenge)},
                                {"response", to_hex(proof.response.der())},
                                {"issuer_checked", !proof.chain.empty()},
                                {"revocation_checked", !proof.revoked.empty()},
                                {"chain", proof.chain},
                                {"certificates", nlohmann::ordered_json::array()}};
    for (const auto& certificate : proof.certificates) {
        json["certificates"].push_back(certificate.pem());
    }
    return json;
}

Result<void> auth(const Context& context, const AuthOptions& options) {
    if (options.authority.empty() != options.any_issuer) {
        return fail(
            InputErrc::usage,
            "give either --ca FILE with the certificates that you trust, or --any-issuer to check the key alone");
    }
    if (!options.revoked.empty() && options.any_issuer) {
        return fail(InputErrc::usage, "--revoked needs --ca: a list is worth as much as who issued it");
    }
    TRY(const auto slot, parse_slot(options.slot));
    TRY(auto chip, open_chip(context));
    TRY(const auto proof, authenticate(chip, slot, options));
    return answer(options.json ? json_text(proof_json(proof, slot)) : to_text(proof));
}

}  // namespace

void add_auth(Command& program) {
    const auto options = std::make_shared<AuthOptions>();
    auto command = program.subcommand("auth", "Let the chip prove that it is authentic", auth_examples);
    command.argument("SLOT", options->slot, "Key slot; default: E0F0, the factory's");
    command.option("--ca", options->authority, "Certificates that are trusted, in PEM", "FILE");
    command.option("--revoked", options->revoked, "Certificate revocation lists of those who issued the chain", "FILE");
    command.flag("--any-issuer", options->any_issuer, "Check that key and certificate belong together, nothing else");
    command.option("--challenge", options->challenge,
                   "Challenge in hexadecimal, 8 to 256 bytes; default: 32 random ones", "HEX");
    command.flag("--json", options->json, "The same for programs, with certificates in PEM");
    command.on_run([options](const Context& context) { return auth(context, *options); });
}

}  // namespace trustx::cli
