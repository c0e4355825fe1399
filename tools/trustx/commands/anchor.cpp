// SPDX-License-Identifier: Apache-2.0
// trustx anchor: the certificates of authorities that the chip itself trusts.
#include "chip/chip_certificates.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

#include <memory>

#include <CLI/CLI.hpp>

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

Outcome<ObjectId> parse_anchor(const std::string& text) {
    auto object = parse_object(text);
    if (object && describe(*object)->kind != ObjectKind::trust_anchor) {
        return give_up(ExitCode::usage, title(*object) + " is not a trust anchor; there are " +
                                            title(object::trust_anchor_1) + " and " + title(object::trust_anchor_8));
    }
    return object;
}

Outcome<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_anchor(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto certificates, stored_certificates(chip, object));
    if (certificates.empty()) {
        return give_up(ExitCode::nothing_there, title(object) + " is empty; `trustx anchor write " + object.hex() +
                                                    " FILE` puts a certificate there");
    }
    TRY(auto file, OutputFile::create(options.file, 0));
    const auto& anchor = certificates.front();
    auto written = options.der ? file.write(anchor.der()) : file.write(as_bytes(anchor.pem()));
    return written ? file.commit() : written;
}

Outcome<Certificate> read_authority(const WriteOptions& options, ObjectId object) {
    TRY(const auto input, read_input(options.file));
    const auto name = input_name(options.file);
    TRY(auto certificates, parse_certificate_file(input, name));
    if (certificates.size() != 1) {
        return give_up(ExitCode::file, name + " has " + std::to_string(certificates.size()) +
                                           " certificates, and a trust anchor is one: give the root alone");
    }
    auto& certificate = certificates.front();
    TRYV(certificate.public_key());
    if (certificate.der().size() > describe(object)->max_size) {
        return give_up(ExitCode::usage, std::to_string(certificate.der().size()) + " bytes do not fit into " +
                                            title(object) + ", which takes " +
                                            std::to_string(describe(object)->max_size));
    }
    if (!certificate.is_authority() && !options.force) {
        return give_up(ExitCode::mismatch, name + " (" + summary(certificate) +
                                               ") is not an authority's certificate; --force writes it all the same");
    }
    return std::move(certificate);
}

// check_replacement refuses to lose an anchor by accident. Something else than a certificate is no anchor.
Outcome<void> check_replacement(Chip& chip, ObjectId object, bool force) {
    const auto present = stored_certificates(chip, object);
    if (!present && present.error().exit == ExitCode::unreachable) {
        return present.failure();
    }
    if (present && !present->empty() && !force) {
        return give_up(ExitCode::refused, title(object) + " holds " + summary(present->front()) +
                                              ", which would be replaced; repeat with --force");
    }
    return {};
}

Outcome<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_anchor(options.object));
    TRY(const auto authority, read_authority(options, object));
    TRY(auto chip, open_chip(context));
    if (auto meant = check_replacement(chip, object, options.force); !meant) {
        return meant;
    }
    const auto written =
        chip.with([&](LockedDevice& device) { return write_trust_anchor(device, object, authority.der()); });
    if (!written) {
        return written;
    }
    context.note("wrote " + title(object) + ": " + summary(authority));
    return {};
}

void add_read(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ReadOptions>();
    auto& command = add_subcommand(group, "read", "Print a trust anchor", read_examples);
    command.add_option("OBJECT", options->object, "Trust anchor, E0E8 or E0EF")->required();
    command.add_option("FILE", options->file, "File to write; default: standard output");
    command.add_flag("--der", options->der, "DER instead of PEM");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return read(context, *options); }; });
}

void add_write(CLI::App& group, Task& task) {
    const auto options = std::make_shared<WriteOptions>();
    auto& command =
        add_subcommand(group, "write", "Put an authority's certificate into a trust anchor", write_examples);
    command.add_option("OBJECT", options->object, "Trust anchor, E0E8 or E0EF")->required();
    command.add_option("FILE", options->file, "Certificate in PEM or DER; default: standard input");
    command.add_flag("--force", options->force, "Replace what is there; write what is no authority's");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return write(context, *options); }; });
}

}  // namespace

void add_anchor(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "anchor", "Read and write trust anchors",
                                   "`trustx anchor read --help` and `trustx anchor write --help` say more.");
    command.require_subcommand(1);
    add_read(command, task);
    add_write(command, task);
}

}  // namespace trustx::cli
