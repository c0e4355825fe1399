// SPDX-License-Identifier: Apache-2.0
// trustx attest, without a subcommand: evidence, signed by a key in the chip.
#include "attest/evidence.hpp"

#include "attest/error.hpp"
#include "attest/log.hpp"
#include "attest/token.hpp"
#include "chip/chip_certificates.hpp"
#include "chip/chip_public_key.hpp"
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "commands/attest/options.hpp"
#include "commands/attest/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"

#include <ctime>
#include <filesystem>
#include <memory>

namespace trustx::cli {
namespace {

struct EvidenceOptions {
    MeasuringOptions measuring{};
    std::string key{};
    std::string certificate{};
    std::string nonce{};
    std::string nonce_file{};
    std::string firmware{};
    std::string ima_log{};
    std::string out = "-";
    bool logged = false;
    bool brief = false;
};

// Signer is the key in the chip that signs, and what proves whose it is.
struct Signer {
    Chip chip;
    ObjectId slot;
    Uid uid;
    std::vector<x509::Certificate> chain;
};

constexpr const char* factory_key = "E0F0";

// The key is a slot, or a key file, which names chip and slot.
Result<std::pair<ObjectId, std::optional<KeyReference>>> key_of(const std::string& text) {
    std::error_code ignored;
    if (!std::filesystem::exists(text, ignored)) {
        TRY(const auto slot, parse_slot(text));
        return std::pair{slot, std::optional<KeyReference>{}};
    }
    TRY(const auto content, files::read_input(text));
    TRY(auto reference, keys::parse_key_file(content, text));
    const auto slot = reference.key;
    return std::pair{slot, std::optional{std::move(reference)}};
}

Result<std::vector<x509::Certificate>> certificates_for(Chip& chip, ObjectId slot, const std::string& file) {
    if (!file.empty()) {
        TRY(const auto content, files::read_input(file));
        return x509::parse_certificate_file(content, files::input_name(file));
    }
    TRY(auto stored, stored_certificates(chip, *paired_certificate(slot)));
    if (stored.certificates.empty()) {
        return fail(InputErrc::nothing_there, title(*paired_certificate(slot)) + " holds no certificate for " +
                                                  title(slot) + ", by which others could verify; give one by --cert");
    }
    return std::move(stored.certificates);
}

Result<Signer> signer_of(Context context, const EvidenceOptions& options, const attest::Settings& settings) {
    const auto& named = !options.key.empty() ? options.key : settings.key;
    TRY(const auto key, key_of(named.empty() ? factory_key : named));
    const auto& [slot, reference] = key;
    if (reference) {
        context.key_device = reference->device;
    }
    TRY(auto chip, open_chip(context));
    TRY(const auto uid, chip_uid(chip));
    if (reference && reference->coprocessor && *reference->coprocessor != uid) {
        return fail(Errc::wrong_chip, "the key file " + named + " names the chip " + reference->coprocessor->hex() +
                                          ", and this is " + uid.hex());
    }
    TRY(const auto curve, occupied_curve(chip, slot));
    if (curve != Curve::p256) {
        return fail(InputErrc::refused, title(slot) +
                                            " holds a key on P-384, and evidence is signed by ES256, which is "
                                            "for P-256; use another slot");
    }
    TRY(auto chain,
        certificates_for(chip, slot, options.certificate.empty() ? settings.certificate : options.certificate));
    return Signer{.chip = std::move(chip), .slot = slot, .uid = uid, .chain = std::move(chain)};
}

// take_log adds the log of this start. One that was changed is part of the evidence.
Result<attest::Log> take_log(const std::string& path, attest::Evidence& evidence) {
    TRY(auto log, attest::read_log(path, evidence.boot_id));
    for (const auto& entry : log.entries) {
        evidence.log.push_back(entry.line);
    }
    evidence.log_broken = log.broken;
    return log;
}

Result<attest::Evidence> from_log(const EvidenceOptions& options) {
    attest::Evidence evidence;
    const auto roots = roots_of(options.measuring);
    TRY(evidence.boot_id, attest::boot_id_of(roots));
    TRY(const auto log, take_log(options.measuring.log, evidence));
    if (log.entries.empty() && log.broken.empty()) {
        return fail(InputErrc::nothing_there, options.measuring.log +
                                                  " has no entry of this start; `trustx attest measure` makes one, "
                                                  "as root");
    }
    if (!log.entries.empty()) {
        evidence.components = log.entries.back().components;
    }
    return evidence;
}

Result<attest::Evidence> from_measurement(const Context& context, const EvidenceOptions& options,
                                          const attest::Settings& settings, attest::Measurement& found) {
    Bytes ima_log;
    TRY(found, attest::measure_system(roots_of(options.measuring), settings.measured, measuring_program(), &ima_log));
    for (const auto& note : found.notes) {
        context.note(note);
    }
    attest::Evidence evidence;
    evidence.boot_id = found.boot_id;
    evidence.uptime = found.uptime;
    evidence.components = std::move(found.components);
    if (!options.brief) {
        evidence.trees = std::move(found.trees);
    }
    if (found.ima) {
        evidence.ima = attest::summary_of(*found.ima);
    }
    TRYV(take_log(options.measuring.log, evidence));
    if (!options.ima_log.empty()) {
        if (!found.ima) {
            return fail(InputErrc::nothing_there,
                        "the kernel has no IMA log, or shows it to root alone; its command "
                        "line needs ima_policy=tcb or another policy");
        }
        TRYV(files::write_file(options.ima_log, ima_log));
    }
    return evidence;
}

// Who should know the version may not yet: a slot that its maker wrote has none for RAUC, and before D-Bus runs nobody
// asks RAUC. The evidence then has no version, which golden values with one notice.
Result<void> name_firmware(const Context& context, const attest::Roots& roots, const attest::FirmwareSource& source,
                           attest::Evidence& evidence) {
    auto version = attest::firmware_version(roots, source, measuring_program());
    if (version) {
        evidence.firmware = *std::move(version);
    } else if (!source.text.empty()) {
        return tl::unexpected{version.error()};
    } else {
        context.note("the evidence names no version of the firmware: " + version.error().operation());
    }
    return {};
}

Result<void> give_evidence(const Context& context, const EvidenceOptions& options) {
    if (options.logged && !(options.measuring.measure.empty() && options.ima_log.empty())) {
        return fail(InputErrc::usage, "with --logged nothing is measured: leave --measure and --ima-log out");
    }
    TRY(const auto nonce, nonce_of(options.nonce, options.nonce_file));
    TRY(auto settings, settings_of(options.measuring));
    if (!options.firmware.empty()) {
        settings.firmware = {.text = options.firmware};
    }
    TRY(auto file, files::OutputFile::create(options.out, attest::log_limit));
    TRY(auto signer, signer_of(context, options, settings));
    attest::Measurement found;
    TRY(auto evidence, options.logged ? from_log(options) : from_measurement(context, options, settings, found));
    TRYV(name_firmware(context, roots_of(options.measuring), settings.firmware, evidence));
    evidence.nonce = nonce.value_or("");
    evidence.issued = std::time(nullptr);
    evidence.uid = signer.uid.hex();
    TRY(const auto token, attest::sign_token(attest::claims_of(evidence), signer.chain, [&](ByteView digest) {
            return signer.chip.run(CalcSign{.key = signer.slot, .digest = Bytes{digest.begin(), digest.end()}});
        }));
    TRYV(file.write(token + "\n"));
    TRYV(file.commit());
    // The operator gets evidence of that, too; who runs this must not overlook it.
    if (!evidence.log_broken.empty()) {
        return fail(attest::AttestErrc::log_broken,
                    options.measuring.log + ": " + evidence.log_broken + "; the evidence says so");
    }
    return tell_incomplete(context, found);
}

}  // namespace

void add_attest_evidence(Command& attest) {
    const auto options = std::make_shared<EvidenceOptions>();
    attest.option("--nonce", options->nonce, "What the operator sent, 8 to 88 characters: proof that this is new",
                  "TEXT");
    attest.option("--nonce-file", options->nonce_file, "The same, as the first line of a file", "FILE");
    attest.option("--key", options->key, "Key on P-256 that signs; default: that of the configuration, else E0F0",
                  "SLOT|FILE");
    attest.option("--cert", options->certificate,
                  "Certificate for it, with its chain; default: that of the configuration, else the chip's", "FILE");
    add_measuring_options(attest, options->measuring);
    attest.option("--firmware-version", options->firmware, "Which firmware this is; default: as the configuration says",
                  "TEXT");
    attest.flag("--logged", options->logged, "Measure nothing: take the last entry of the log. That needs no root");
    attest.flag("--brief", options->brief, "Of directories one digest each, without the names below");
    attest.option("--ima-log", options->ima_log, "Write the kernel's log that the evidence is about, too", "FILE");
    attest.option("-o,--out", options->out, "Where the evidence goes; default: standard output", "FILE");
    attest.on_run([options](const Context& context) { return give_evidence(context, *options); });
    attest.may_stand_alone();
}

}  // namespace trustx::cli
