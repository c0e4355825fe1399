// SPDX-License-Identifier: Apache-2.0
// trustx cert and trustx anchor: certificates in and out of the chip's objects. The one knows all places for
// certificates, the other the trust anchors alone; both do the same with the same checks.
#include "chip/certificate_checks.hpp"
#include "chip/certificate_json.hpp"
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"
#include "pki/certificate_rules.hpp"
#include "setup/machine.hpp"

#include <trustx/objects.hpp>

#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

// Group is what tells the two apart.
struct Group {
    const char* name;
    Result<ObjectId> (*parse)(const std::string& text);
    const char* readable;  // objects, for help
    const char* writable;
    const char* read_examples;
    const char* write_examples;
};

struct ReadOptions {
    std::string object;
    std::string out = "-";
    bool der = false;
    bool json = false;
};

struct WriteOptions {
    std::string object;
    std::string file = "-";
    CertificateChecks checks;
    bool verify_anchors = false;
    std::string config;
};

const Group cert{
    .name = "cert",
    .parse = parse_certificate_place,
    .readable = "Certificate object, E0E0 to E0E3, or trust anchor, E0E8 or E0EF",
    .writable = "Certificate object, E0E1 to E0E3, or trust anchor, E0E8 or E0EF",
    .read_examples =
        R"(All certificates of a chain are printed in PEM, leaf first; --der gives the leaf alone.

Examples:
  trustx cert read E0E1 --out certificate.pem
  trustx cert read E0E0 | openssl x509 -noout -text)",
    .write_examples =
        R"(The input is PEM, with one certificate or a chain with the leaf first, or DER with one certificate.
Nothing is written before every check has passed; what was written is read back and compared. To replace the certificate
of another key needs --force, unless no key in the chip is that one any more and one is that of the new certificate: the
slots on their curves sign once each to show that. A trust anchor is one certificate of an authority (`trustx anchor write`).

Examples:
  trustx cert write E0E1 certificate.pem --key key.pem
  trustx cert write E0E2 chain.pem --form tls-identity --prove-key
  openssl x509 -in certificate.pem -outform DER | trustx cert write E0E1)"};

const Group anchor{
    .name = "anchor",
    .parse = parse_anchor,
    .readable = "Trust anchor, E0E8 or E0EF",
    .writable = "Trust anchor, E0E8 or E0EF",
    .read_examples = R"(Examples:
  trustx anchor read E0E8 --out root.pem
  trustx anchor read trust-anchor-8 | openssl x509 -noout -subject)",
    .write_examples =
        R"(A trust anchor is one certificate of an authority, on P-256 or P-384, stored bare because the chip verifies only so. In
place of another one it needs --force, as does a certificate that is no authority's, and one with another key, such as
an RSA root: the chip keeps that, and does not verify with it.

With --verify-anchors the configuration of `trustx setup enable` gets the setting of that name: every program of the machine
then has the chip verify what this key signed, and does not fall back to software.

Examples:
  trustx anchor write E0E8 root.pem
  trustx anchor write E0E8 root.pem --verify-anchors
  trustx anchor write E0EF new-root.pem --force)"};

std::string encode_json(const StoredCertificates& stored, ObjectId object) {
    auto json = nlohmann::ordered_json{
        {"object", object.hex()}, {"form", form_name(stored.form)}, {"certificates", nlohmann::ordered_json::array()}};
    for (const auto& certificate : stored.certificates) {
        auto entry = certificate_json(certificate);
        entry["pem"] = certificate.pem();
        json["certificates"].push_back(std::move(entry));
    }
    return json_text(json);
}

std::string encode_pem(const StoredCertificates& stored) {
    std::string text;
    for (const auto& certificate : stored.certificates) {
        text += certificate.pem();
    }
    return text;
}

Result<void> read(const Context& context, const Group& group, const ReadOptions& options) {
    TRY(const auto object, group.parse(options.object));
    TRYV(options.der ? check_binary_output(options.out) : Result<void>{});
    TRY(auto chip, open_chip(context));
    TRY(const auto stored, stored_certificates(chip, object));
    const auto& certificates = stored.certificates;
    if (certificates.empty()) {
        return fail(InputErrc::nothing_there, title(object) + " holds no certificate, it is empty; `trustx " +
                                                  group.name + " write " + object.hex() + " FILE` puts one there");
    }
    if (options.der) {
        TRYV(deliver_binary(options.out, certificates.front().der()));
    } else {
        TRYV(files::write_file(options.out, options.json ? encode_json(stored, object) : encode_pem(stored)));
    }
    const auto left_out = options.der ? certificates.size() - 1 : 0;
    context.note(
        title(object) + ": " + std::to_string(certificates.size()) + " certificate(s), " + form_text(stored.form) +
        (left_out > 0
             ? "; " + std::to_string(left_out) + " further certificate(s) are left out, which is not so without --der"
             : std::string{}));
    return {};
}

// check_verifying refuses a key that the chip does not verify with: it can be kept, without the setting.
Result<void> check_verifying(const WriteOptions& options, const CertificateFile& file) {
    const auto checked =
        options.verify_anchors ? pki::check_anchor_key(file.certificates.front(), file.name) : Result<void>{};
    return checked ? checked
                   : fail(checked.error().code(),
                          checked.error().operation() + "; --force without --verify-anchors writes it all the same");
}

// plan_setting is asked before anything is written: what cannot be done to the configuration leaves the chip alone.
Result<std::optional<ConfigurationChange>> plan_setting(const WriteOptions& options, ObjectId object,
                                                        const CertificateFile& file) {
    if (!options.verify_anchors) {
        return options.config.empty() ? Result<std::optional<ConfigurationChange>>{std::nullopt}
                                      : fail(InputErrc::usage, "--config is about --verify-anchors: give that, too");
    }
    const auto& certificate = file.certificates.front();
    TRY(auto change, plan_verify_anchor(options.config, {.object = object, .key_sha256 = certificate.key_sha256()}));
    return std::optional{std::move(change)};
}

Result<void> write(const Context& context, const Group& group, const WriteOptions& options) {
    TRY(const auto object, group.parse(options.object));
    TRY(const auto file, CertificateFile::read(options.file));
    TRYV(check_verifying(options, file));
    TRY(const auto content, certificate_content(context, object, file, options.checks));
    TRY(const auto setting, plan_setting(options, object, file));
    TRY(auto chip, open_chip(context));
    TRYV(check_certificates(context, chip, object, file, content, options.checks));
    TRYV(chip.with([&](LockedDevice& device) { return write_object(device, object, content); }));
    context.note("wrote " + std::to_string(content.size()) + " bytes to " + title(object) + ": " +
                 x509::summary(file.certificates.front()));
    return setting ? carry_out(context, *setting) : Result<void>{};
}

void add_read(Command& parent, const Group& group) {
    const auto options = std::make_shared<ReadOptions>();
    auto command = parent.subcommand("read", "Print the certificates in an object", group.read_examples);
    command.argument("OBJECT", options->object, group.readable).required();
    command.option("-o,--out", options->out, "File to write; default: standard output", "FILE");
    const auto der = command.flag("--der", options->der, "The leaf certificate in DER");
    command.flag("--json", options->json, "Everything about each certificate, for programs").excludes(der);
    command.on_run([options, &group](const Context& context) { return read(context, group, *options); });
}

Command add_write(Command& parent, const Group& group, const std::shared_ptr<WriteOptions>& options) {
    auto command = parent.subcommand("write", "Put certificates into an object", group.write_examples);
    command.argument("OBJECT", options->object, group.writable).required();
    command.argument("FILE", options->file, "Certificates in PEM or DER; default: standard input");
    command.flag("--force", options->checks.force,
                 "Write although another certificate is replaced, or a check says that this one is wrong there");
    command.on_run([options, &group](const Context& context) { return write(context, group, *options); });
    return command;
}

void add_key_options(Command& command, CertificateChecks& checks) {
    command
        .option("--form", checks.form,
                "der: one bare certificate (default for one); tls-identity: a wrapped chain (default for more)", "FORM")
        .one_of({"der", "tls-identity"});
    command.option("--key", checks.key_file,
                   "Key file that the certificate must belong to; refuses a certificate for another key or chip",
                   "FILE");
    command.flag("--prove-key", checks.prove_key,
                 "Let the paired slot sign, to check that the certificate is for its key; one private key use");
}

}  // namespace

void add_cert(Command& program) {
    auto command = program.subcommand("cert", "Read and write certificates",
                                      "`trustx cert read --help` and `trustx cert write --help` say more.");
    add_read(command, cert);
    const auto options = std::make_shared<WriteOptions>();
    auto write_command = add_write(command, cert, options);
    add_key_options(write_command, options->checks);
}

void add_anchor(Command& program) {
    auto command = program.subcommand("anchor", "Read and write trust anchors",
                                      "`trustx anchor read --help` and `trustx anchor write --help` say more.");
    add_read(command, anchor);
    const auto options = std::make_shared<WriteOptions>();
    auto write_command = add_write(command, anchor, options);
    write_command.flag(
        "--verify-anchors", options->verify_anchors,
        "Have the chip verify for this key: write the setting verify-anchors into the OpenSSL configuration");
    write_command.option("--config", options->config,
                         "That configuration; default: the one OpenSSL reads, or OPENSSL_CONF", "FILE");
}

}  // namespace trustx::cli
