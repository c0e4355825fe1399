// SPDX-License-Identifier: Apache-2.0
// trustx cert: certificates in and out of the chip's certificate objects and trust anchors.
#include "chip/certificate_checks.hpp"
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

#include <trustx/objects.hpp>

#include <memory>

#include <CLI/CLI.hpp>
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

Bytes spell(const std::vector<Certificate>& certificates, bool der) {
    if (der) {
        return certificates.front().der();
    }
    std::string text;
    for (const auto& certificate : certificates) {
        text += certificate.pem();
    }
    return {text.begin(), text.end()};
}

Bytes spell_json(const std::vector<Certificate>& certificates, ObjectId object) {
    auto json = nlohmann::ordered_json{{"object", object.hex()}, {"certificates", nlohmann::ordered_json::array()}};
    for (const auto& certificate : certificates) {
        auto entry = to_json(certificate);
        entry["pem"] = certificate.pem();
        json["certificates"].push_back(std::move(entry));
    }
    const auto text = json_text(json);
    return {text.begin(), text.end()};
}

Outcome<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_certificate_place(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto certificates, stored_certificates(chip, object));
    if (certificates.empty()) {
        return give_up(ExitCode::nothing_there, title(object) + " holds no certificate; `trustx cert write " +
                                                    object.hex() + " FILE` puts one there");
    }
    if (options.der && certificates.size() > 1) {
        context.note("the chain's " + std::to_string(certificates.size() - 1) +
                     " further certificate(s) are left out; without --der they are all there");
    }
    TRY(auto file, OutputFile::create(options.file, 0));
    auto written = file.write(options.json ? spell_json(certificates, object) : spell(certificates, options.der));
    return written ? file.commit() : written;
}

Outcome<CertificateForm> choose_form(const std::string& wanted, std::size_t count) {
    if (wanted == "der" && count > 1) {
        return give_up(ExitCode::usage, "--form der holds one certificate and the input has " + std::to_string(count) +
                                            "; use --form tls-identity, or give the leaf alone");
    }
    return wanted == "der" ? CertificateForm::der : CertificateForm::tls_identity;
}

Outcome<Bytes> encode(const std::vector<Certificate>& certificates, const std::string& wanted_form) {
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
    auto encoded = encode_certificate_object(content);
    if (!encoded) {
        return give_up(encoded.error());
    }
    return std::move(*encoded);
}

Outcome<void> check_size(ObjectId object, const Bytes& content, std::size_t count) {
    const auto size = describe(object)->max_size;
    if (content.size() > size) {
        return give_up(ExitCode::usage, std::to_string(content.size()) + " bytes do not fit into " + title(object) +
                                            ", which takes " + std::to_string(size) +
                                            (count > 1 ? "; leave out certificates that the peer has anyway" : ""));
    }
    return {};
}

Outcome<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_certificate_place(options.object));
    TRY(const auto input, read_input(options.file));
    TRY(const auto certificates, parse_certificate_file(input, input_name(options.file)));
    TRY(const auto content, encode(certificates, options.form));
    if (auto fits = check_size(object, content, certificates.size()); !fits) {
        return fits;
    }
    TRY(auto chip, open_chip(context));
    if (auto checked = check_certificates(context, chip, object, certificates, options.checks); !checked) {
        return checked;
    }
    if (auto stored = chip.with([&](LockedDevice& device) { return write_object(device, object, content); }); !stored) {
        return stored;
    }
    context.note("wrote " + std::to_string(content.size()) + " bytes to " + title(object) + ": " +
                 summary(certificates.front()));
    return {};
}

void add_read(CLI::App& cert, Task& task) {
    const auto options = std::make_shared<ReadOptions>();
    auto& command = add_subcommand(cert, "read", "Print the certificates in an object", read_examples);
    command.add_option("OBJECT", options->object, "Certificate object, E0E0 to E0E3, or trust anchor, E0E8 or E0EF")
        ->required();
    command.add_option("FILE", options->file, "File to write; default: standard output");
    auto* der = command.add_flag("--der", options->der, "The leaf certificate in DER");
    command.add_flag("--json", options->json, "Everything about each certificate, for programs")->excludes(der);
    command.callback(
        [options, &task] { task = [options](const Context& context) { return read(context, *options); }; });
}

void add_write(CLI::App& cert, Task& task) {
    const auto options = std::make_shared<WriteOptions>();
    auto& command = add_subcommand(cert, "write", "Put certificates into an object", write_examples);
    command.add_option("OBJECT", options->object, "Certificate object, E0E1 to E0E3, or trust anchor, E0E8 or E0EF")
        ->required();
    command.add_option("FILE", options->file, "Certificates in PEM or DER; default: standard input");
    command
        .add_option("--form", options->form,
                    "der: one bare certificate (default for one); tls-identity: a wrapped chain (default for more)")
        ->type_name("FORM")
        ->check(CLI::IsMember({"der", "tls-identity"}));
    command
        .add_option("--key", options->checks.key_file,
                    "Key file that the certificate must belong to; refuses a certificate for another key or chip")
        ->type_name("FILE");
    command.add_flag("--prove-key", options->checks.prove_key,
                     "Let the paired slot sign, to check that the certificate is for its key; one private key use");
    command.add_flag("--force", options->checks.force, "Write although the certificate does not belong to the key");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return write(context, *options); }; });
}

}  // namespace

void add_cert(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "cert", "Read and write certificates",
                                   "`trustx cert read --help` and `trustx cert write --help` say more.");
    command.require_subcommand(1);
    add_read(command, task);
    add_write(command, task);
}

}  // namespace trustx::cli
