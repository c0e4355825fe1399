// SPDX-License-Identifier: Apache-2.0
// trustx cert: certificates in and out of the chip's certificate objects and trust anchors.
#include "chip/certificate_checks.hpp"
#include "chip/certificate_json.hpp"
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <trustx/objects.hpp>

#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct ReadOptions {
    std::string object;
    std::string file = "-";
    bool der = false;
    bool json = false;
};

struct WriteOptions {
    std::string object;
    std::string file = "-";
    std::string form;
    CertificateChecks checks;
};

constexpr const char* read_examples =
    R"(All certificates of a chain are printed in PEM, leaf first; --der gives the leaf alone.

Examples:
  trustx cert read E0E1 certificate.pem
  trustx cert read E0E0 | openssl x509 -noout -text)";

constexpr const char* write_examples =
    R"(The input is PEM, with one certificate or a chain with the leaf first, or DER with one certificate.
Nothing is written before every check has passed; what was written is read back and compared.

Examples:
  trustx cert write E0E1 certificate.pem --key key.pem
  trustx cert write E0E2 chain.pem --form tls-identity --prove-key
  openssl x509 -in certificate.pem -outform DER | trustx cert write E0E1)";

Bytes encode(const std::vector<x509::Certificate>& certificates, bool der) {
    if (der) {
        return certificates.front().der();
    }
    std::string text;
    for (const auto& certificate : certificates) {
        text += certificate.pem();
    }
    return {text.begin(), text.end()};
}

Bytes encode_json(const std::vector<x509::Certificate>& certificates, ObjectId object) {
    auto json = nlohmann::ordered_json{{"object", object.hex()}, {"certificates", nlohmann::ordered_json::array()}};
    for (const auto& certificate : certificates) {
        auto entry = certificate_json(certificate);
        entry["pem"] = certificate.pem();
        json["certificates"].push_back(std::move(entry));
    }
    const auto text = json_text(json);
    return {text.begin(), text.end()};
}

Result<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_certificate_place(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto certificates, stored_certificates(chip, object));
    if (certificates.empty()) {
        return fail(InputErrc::nothing_there, title(object) + " holds no certificate; `trustx cert write " +
                                                  object.hex() + " FILE` puts one there");
    }
    if (options.der && certificates.size() > 1) {
        context.note("the chain's " + std::to_string(certificates.size() - 1) +
                     " further certificate(s) are left out; without --der they are all there");
    }
    return files::write_file(options.file,
                             options.json ? encode_json(certificates, object) : encode(certificates, options.der));
}

Result<CertificateForm> choose_form(const std::string& wanted, std::size_t count) {
    if (wanted == "der" && count > 1) {
        return fail(InputErrc::usage, "--form der holds one certificate and the input has " + std::to_string(count) +
                                          "; use --form tls-identity, or give the leaf alone");
    }
    return wanted == "der" ? CertificateForm::der : CertificateForm::tls_identity;
}

Result<Bytes> encode_object(const std::vector<x509::Certificate>& certificates, const std::string& wanted_form) {
    std::vector<Bytes> ders;
    ders.reserve(certificates.size());
    for (const auto& certificate : certificates) {
        ders.push_back(certificate.der());
    }
    auto content = certificate_object(std::move(ders));
    if (!wanted_form.empty()) {
        TRY(const auto form, choose_form(wanted_form, certificates.size()));
        content.form = form;
    }
    TRY(auto encoded, encode_certificate_object(content));
    return encoded;
}

Result<void> check_size(ObjectId object, const Bytes& content, std::size_t count) {
    const auto size = describe(object)->max_size;
    if (content.size() > size) {
        return fail(InputErrc::usage, std::to_string(content.size()) + " bytes do not fit into " + title(object) +
                                          ", which takes " + std::to_string(size) +
                                          (count > 1 ? "; leave out certificates that the peer has anyway" : ""));
    }
    return {};
}

Result<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_certificate_place(options.object));
    TRY(const auto input, files::read_input(options.file));
    TRY(const auto certificates, x509::parse_certificate_file(input, files::input_name(options.file)));
    TRY(const auto content, encode_object(certificates, options.form));
    TRYV(check_size(object, content, certificates.size()));
    TRY(auto chip, open_chip(context));
    TRYV(check_certificates(context, chip, object, certificates, options.checks));
    TRYV(chip.with([&](LockedDevice& device) { return write_object(device, object, content); }));
    context.note("wrote " + std::to_string(content.size()) + " bytes to " + title(object) + ": " +
                 x509::summary(certificates.front()));
    return {};
}

void add_read(Command& cert) {
    const auto options = std::make_shared<ReadOptions>();
    auto command = cert.subcommand("read", "Print the certificates in an object", read_examples);
    command.argument("OBJECT", options->object, "Certificate object, E0E0 to E0E3, or trust anchor, E0E8 or E0EF")
        .required();
    command.argument("FILE", options->file, "File to write; default: standard output");
    const auto der = command.flag("--der", options->der, "The leaf certificate in DER");
    command.flag("--json", options->json, "Everything about each certificate, for programs").excludes(der);
    command.on_run([options](const Context& context) { return read(context, *options); });
}

void add_write(Command& cert) {
    const auto options = std::make_shared<WriteOptions>();
    auto command = cert.subcommand("write", "Put certificates into an object", write_examples);
    command.argument("OBJECT", options->object, "Certificate object, E0E1 to E0E3, or trust anchor, E0E8 or E0EF")
        .required();
    command.argument("FILE", options->file, "Certificates in PEM or DER; default: standard input");
    command
        .option("--form", options->form,
                "der: one bare certificate (default for one); tls-identity: a wrapped chain (default for more)", "FORM")
        .one_of({"der", "tls-identity"});
    command.option("--key", options->checks.key_file,
                   "Key file that the certificate must belong to; refuses a certificate for another key or chip",
                   "FILE");
    command.flag("--prove-key", options->checks.prove_key,
                 "Let the paired slot sign, to check that the certificate is for its key; one private key use");
    command.flag("--force", options->checks.force, "Write although the certificate does not belong to the key");
    command.on_run([options](const Context& context) { return write(context, *options); });
}

}  // namespace

void add_cert(Command& program) {
    auto command = program.subcommand("cert", "Read and write certificates",
                                      "`trustx cert read --help` and `trustx cert write --help` say more.");
    add_read(command);
    add_write(command);
}

}  // namespace trustx::cli
