// SPDX-License-Identifier: Apache-2.0
// trustx anchor: the certificates of authorities that the chip itself trusts.
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

struct ReadOptions {
    std::string object;
    std::string file = "-";
    bool der = false;
};

struct WriteOptions {
    std::string object;
    std::string file = "-";
    bool force = false;
};

constexpr const char* read_examples =
    R"(Examples:
  trustx anchor read E0E8 root.pem
  trustx anchor read trust-anchor-8 | openssl x509 -noout -subject)";

constexpr const char* write_examples =
    R"(A trust anchor is one certificate of an authority, on P-256 or P-384, stored bare because the chip verifies only so. An
anchor that is there already, and a certificate that is no authority's, need --force.

Examples:
  trustx anchor write E0E8 root.pem
  trustx anchor write E0EF new-root.pem --force)";

Result<ObjectId> parse_anchor(const std::string& text) {
    TRY(const auto object, parse_object(text));
    if (describe(object)->kind != ObjectKind::trust_anchor) {
        return fail(InputErrc::usage, title(object) + " is not a trust anchor; there are " +
                                          title(object::trust_anchor_1) + " and " + title(object::trust_anchor_8));
    }
    return object;
}

Result<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_anchor(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto certificates, stored_certificates(chip, object));
    if (certificates.empty()) {
        return fail(InputErrc::nothing_there, title(object) + " is empty; `trustx anchor write " + object.hex() +
                                                  " FILE` puts a certificate there");
    }
    const auto& anchor = certificates.front();
    return options.der ? files::write_file(options.file, anchor.der()) : files::write_file(options.file, anchor.pem());
}

Result<x509::Certificate> read_authority(const WriteOptions& options, ObjectId object) {
    TRY(const auto input, files::read_input(options.file));
    const auto name = files::input_name(options.file);
    TRY(auto certificates, x509::parse_certificate_file(input, name));
    if (certificates.size() != 1) {
        return fail(InputErrc::malformed, name + " has " + std::to_string(certificates.size()) +
                                              " certificates, and a trust anchor is one: give the root alone");
    }
    auto& certificate = certificates.front();
    TRYV(certificate.public_key());
    if (certificate.der().size() > describe(object)->max_size) {
        return fail(InputErrc::usage, std::to_string(certificate.der().size()) + " bytes do not fit into " +
                                          title(object) + ", which takes " +
                                          std::to_string(describe(object)->max_size));
    }
    if (!certificate.is_authority() && !options.force) {
        return fail(InputErrc::check_failed, name + " (" + x509::summary(certificate) +
                                                 ") is not an authority's certificate; --force writes it all the same");
    }
    return std::move(certificate);
}

// check_replacement refuses to lose an anchor by accident. Something else than a certificate is no anchor.
Result<void> check_replacement(Chip& chip, ObjectId object, bool force) {
    const auto present = stored_certificates(chip, object);
    if (!present && is_unreachable(present.error())) {
        return present.failure();
    }
    if (present && !present->empty() && !force) {
        return fail(InputErrc::refused, title(object) + " holds " + x509::summary(present->front()) +
                                            ", which would be replaced; repeat with --force");
    }
    return {};
}

Result<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_anchor(options.object));
    TRY(const auto authority, read_authority(options, object));
    TRY(auto chip, open_chip(context));
    TRYV(check_replacement(chip, object, options.force));
    TRYV(chip.with([&](LockedDevice& device) { return write_trust_anchor(device, object, authority.der()); }));
    context.note("wrote " + title(object) + ": " + x509::summary(authority));
    return {};
}

void add_read(Command& group) {
    const auto options = std::make_shared<ReadOptions>();
    auto command = group.subcommand("read", "Print a trust anchor", read_examples);
    command.argument("OBJECT", options->object, "Trust anchor, E0E8 or E0EF").required();
    command.argument("FILE", options->file, "File to write; default: standard output");
    command.flag("--der", options->der, "DER instead of PEM");
    command.on_run([options](const Context& context) { return read(context, *options); });
}

void add_write(Command& group) {
    const auto options = std::make_shared<WriteOptions>();
    auto command = group.subcommand("write", "Put an authority's certificate into a trust anchor", write_examples);
    command.argument("OBJECT", options->object, "Trust anchor, E0E8 or E0EF").required();
    command.argument("FILE", options->file, "Certificate in PEM or DER; default: standard input");
    command.flag("--force", options->force, "Replace what is there; write what is no authority's");
    command.on_run([options](const Context& context) { return write(context, *options); });
}

}  // namespace

void add_anchor(Command& program) {
    auto command = program.subcommand("anchor", "Read and write trust anchors",
                                      "`trustx anchor read --help` and `trustx anchor write --help` say more.");
    add_read(command);
    add_write(command);
}

}  // namespace trustx::cli
