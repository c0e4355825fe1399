// SPDX-License-Identifier: Apache-2.0
// trustx attest verify and golden: for the operator, without a chip.
#include "attest/verification.hpp"
#include "cli/context.hpp"
#include "cli/output.hpp"
#include "commands/attest/options.hpp"
#include "commands/attest/subcommands.hpp"
#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/counted.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <trustx/uid.hpp>

#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct VerifyEvidenceOptions {
    std::string evidence{};
    JudgingOptions judging{};
    std::string nonce{};
    std::string nonce_file{};
    std::string max_age{};
    std::string golden{};
    std::string earlier{};
    std::string uid{};
    std::string signer{};
    bool json = false;
};

struct GoldenOptions {
    std::vector<std::string> evidence{};
    JudgingOptions judging{};
    std::string out = "-";
};

constexpr const char* verify_evidence_examples =
    R"(No chip is needed. The signature is checked with the certificate in the evidence, that certificate with those in --ca;
then nonce and age, the log of the gateway's start, and each measured value against --golden. All that is wrong is
listed. How it ends says what counts most: 14 the signature, 12 the certificate, 5 another chip, 15 nonce or age, 16
the log was changed, 17 other values than the golden ones, 0 nothing.

An authority has issued certificates for other chips, too: Infineon's, for each Trust X there is. Which gateway it is,
is known by its own certificate (--signer: `trustx cert read` on that gateway), or by --uid where an authority of yours
writes the chip's UID into the subject, as `trustx provision` asks for.

Examples:
  trustx attest verify evidence.jwt --ca factory-ca.pem --signer gateway.pem --nonce-file nonce --golden golden.json
  trustx attest verify evidence.jwt --ca factory-ca.pem --max-age 1h --previous earlier.jwt --json)";

constexpr const char* golden_examples =
    R"(The evidence is of gateways that are as they should be. With several, each value of any of them is allowed.

Examples:
  trustx attest golden evidence.jwt --ca factory-ca.pem --out golden.json
  trustx attest golden slot-a.jwt slot-b.jwt --ca factory-ca.pem --out golden.json)";

const char* kind_name(attest::AttestErrc kind) {
    switch (kind) {
        case attest::AttestErrc::forged:
            return "forged";
        case attest::AttestErrc::untrusted:
            return "untrusted";
        case attest::AttestErrc::not_fresh:
            return "not-fresh";
        case attest::AttestErrc::log_broken:
            return "log-broken";
        case attest::AttestErrc::differs:
            return "differs";
        case attest::AttestErrc::other_chip:
            return "other-chip";
    }
    return "";
}

// Question is what a program is told was not asked, and what a person is told, with the option that asks it.
std::pair<const char*, const char*> question_names(attest::Question question) {
    switch (question) {
        case attest::Question::issuer:
            return {"issuer", "who issued its certificate (--ca)"};
        case attest::Question::freshness:
            return {"freshness", "when it was made (--nonce, --max-age)"};
        case attest::Question::chip:
            return {"chip", "of which chip it is (--signer, --uid)"};
        case attest::Question::values:
            return {"values", "whether the values are the right ones (--golden)"};
        case attest::Question::kernels_log:
            return {"kernels-log", "the kernel's log (--ima-log)"};
    }
    return {"", ""};
}

Result<attest::Token> read_evidence(const std::string& path) {
    TRY(const auto content, read_limited(path, attest::token_limit));
    return attest::read_token(text::as_text(content), files::input_name(path));
}

Result<std::optional<Bytes>> kept_ima_log(const JudgingOptions& options) {
    if (options.ima_log.empty()) {
        return std::optional<Bytes>{};
    }
    TRY(auto content, read_limited(options.ima_log, attest::ima_log_limit));
    return std::optional{std::move(content)};
}

Result<std::optional<attest::Earlier>> earlier_evidence(const std::string& path, const attest::Expectations& expected) {
    if (path.empty()) {
        return std::optional<attest::Earlier>{};
    }
    TRY(const auto token, read_evidence(path));
    TRY(auto verdict, attest::verify(token, path, {.trusted = expected.trusted, .now = expected.now}));
    if (!verdict.good()) {
        return fail(verdict.worst(), "the earlier evidence is no good itself: " + verdict.findings.front().words);
    }
    return std::optional{attest::Earlier{.evidence = std::move(verdict.evidence), .key = verdict.key}};
}

// trusted and signers must outlive the result.
Result<attest::Expectations> expectations_of(const VerifyEvidenceOptions& options,
                                             const std::vector<x509::Certificate>* trusted,
                                             const std::vector<x509::Certificate>* signers) {
    attest::Expectations expected{.trusted = trusted, .signers = signers, .now = std::time(nullptr)};
    TRY(expected.nonce, nonce_of(options.nonce, options.nonce_file));
    if (!options.max_age.empty()) {
        TRY(expected.max_age, parse_age(options.max_age));
    }
    if (!options.uid.empty()) {
        const auto bytes = files::parse_hex(text::as_bytes(options.uid), "--uid");
        const auto uid = bytes ? Uid::from_bytes(*bytes) : Result<Uid>{tl::unexpected{bytes.error()}};
        if (!uid) {
            return fail(
                InputErrc::usage,
                "--uid: `" + options.uid + "` is no unique identifier of a chip, which `trustx info` shows: 54 digits");
        }
        expected.uid = uid->hex();
    }
    if (!options.golden.empty()) {
        TRY(const auto content, read_limited(options.golden, attest::golden_limit));
        TRY(expected.golden, attest::parse_golden(text::as_text(content), files::input_name(options.golden)));
    }
    TRY(expected.ima_log, kept_ima_log(options.judging));
    TRY(expected.earlier, earlier_evidence(options.earlier, expected));
    return expected;
}

std::string unasked_text(const attest::Expectations& expected) {
    std::string text;
    for (const auto question : attest::unasked(expected)) {
        text +=
            (text.empty() ? "not asked    " : "             ") + std::string{question_names(question).second} + "\n";
    }
    return text;
}

std::string verdict_text(const attest::Verdict& verdict, const attest::Expectations& expected) {
    const auto& evidence = verdict.evidence;
    std::string text = "signed by    " + text::printable(verdict.chain.front()) + "\n";
    for (std::size_t i = 1; i < verdict.chain.size(); ++i) {
        text += (i == 1 ? "issued by    " : "             ") + text::printable(verdict.chain[i]) + "\n";
    }
    text += "chip         " + evidence.uid + (verdict.chip_bound ? "" : " (as it says itself)") + "\nmade         " +
            attest::date_text(evidence.issued) + "\nstart        " + text::printable(evidence.boot_id) + "\n";
    if (verdict.restarted.value_or(false)) {
        text += "             started anew since " + attest::date_text(expected.earlier->evidence.issued) +
                ", as it says: what was measured before is not in its log\n";
    }
    if (evidence.firmware) {
        text += "firmware     " + text::printable(*evidence.firmware) + "\n";
    }
    text += "measured     " + text::counted(evidence.components.size(), "component", "components") + "; " +
            text::counted(verdict.log_entries, "entry", "entries") + " in the log of this start\n";
    for (const auto& [name, digest] : evidence.components) {
        text += "             " + text::printable(name) + "\n";
    }
    text += unasked_text(expected);
    for (const auto& finding : verdict.findings) {
        text += std::string{kind_name(finding.kind)} + ": " + finding.words + "\n";
    }
    return text + (verdict.good() ? "Nothing is wrong with what was asked.\n" : "");
}

std::string verdict_json(const attest::Verdict& verdict, const attest::Expectations& expected) {
    const auto& evidence = verdict.evidence;
    nlohmann::ordered_json json{{"good", verdict.good()},      {"chain", verdict.chain},
                                {"uid", evidence.uid},         {"uid_bound", verdict.chip_bound},
                                {"nonce", evidence.nonce},     {"issued", evidence.issued},
                                {"boot_id", evidence.boot_id}, {"log_entries", verdict.log_entries}};
    if (evidence.firmware) {
        json["firmware"] = *evidence.firmware;
    }
    if (verdict.restarted) {
        json["restarted"] = *verdict.restarted;
    }
    json["components"] = nlohmann::ordered_json::object();
    for (const auto& [name, digest] : evidence.components) {
        json["components"][name] = attest::hex(digest);
    }
    json["not_asked"] = nlohmann::ordered_json::array();
    for (const auto question : attest::unasked(expected)) {
        json["not_asked"].push_back(question_names(question).first);
    }
    json["findings"] = nlohmann::ordered_json::array();
    for (const auto& finding : verdict.findings) {
        json["findings"].push_back({{"kind", kind_name(finding.kind)},
                                    {"component", finding.component},
                                    {"expected", finding.expected},
                                    {"found", finding.found},
                                    {"words", finding.words}});
    }
    return json_text(json);
}

Result<void> verify_evidence(const VerifyEvidenceOptions& options) {
    TRY(const auto trusted, authorities_of(options.judging));
    TRY(const auto signers, certificates_in(options.signer));
    TRY(const auto expected, expectations_of(options, trusted ? &*trusted : nullptr, signers ? &*signers : nullptr));
    TRY(const auto token, read_evidence(options.evidence));
    TRY(const auto verdict, attest::verify(token, files::input_name(options.evidence), expected));
    TRYV(answer(options.json ? verdict_json(verdict, expected) : verdict_text(verdict, expected)));
    if (!verdict.good()) {
        return fail(verdict.worst(), "the evidence is not as it should be: " +
                                         text::counted(verdict.findings.size(), "finding", "findings"));
    }
    return {};
}

Result<void> make_golden(const Context& context, const GoldenOptions& options) {
    TRY(const auto trusted, authorities_of(options.judging));
    TRY(const auto ima_log, kept_ima_log(options.judging));
    if (ima_log && options.evidence.size() > 1) {
        return fail(InputErrc::usage, "--ima-log belongs to one piece of evidence; give one");
    }
    std::optional<attest::ImaLog> parsed;
    if (ima_log) {
        TRY(parsed, attest::parse_ima_log(*ima_log));
    }
    attest::Golden golden;
    for (const auto& path : options.evidence) {
        TRY(const auto token, read_evidence(path));
        TRY(const auto verdict,
            attest::verify(token, path,
                           {.trusted = trusted ? &*trusted : nullptr, .now = std::time(nullptr), .ima_log = ima_log}));
        if (!verdict.good()) {
            return fail(verdict.worst(), path + ": " + verdict.findings.front().words);
        }
        golden.add(verdict.evidence, parsed ? &*parsed : nullptr);
    }
    TRY(auto file, files::OutputFile::create(options.out, golden.text().size()));
    TRYV(file.write(golden.text()));
    TRYV(file.commit());
    context.note("golden values of " + text::counted(golden.components.size(), "component", "components"));
    return {};
}

}  // namespace

void add_attest_verify(Command& attest) {
    const auto options = std::make_shared<VerifyEvidenceOptions>();
    auto command = attest.subcommand("verify", "Judge evidence of a gateway, without a chip", verify_evidence_examples);
    command.argument("EVIDENCE", options->evidence, "What `trustx attest` gave; `-` is standard input").required();
    add_judging_options(command, options->judging);
    command.option("--nonce", options->nonce, "The nonce that was sent", "TEXT");
    command.option("--nonce-file", options->nonce_file, "The same, as the first line of a file", "FILE");
    command.option("--max-age", options->max_age, "How old it may be: seconds, or with s, m, h or d", "TIME");
    command.option("--signer", options->signer, "Certificate of the gateway that it should be of: its key has signed",
                   "FILE");
    command.option("--uid", options->uid, "The chip that it should be of, by --signer or the certificate's subject",
                   "HEX");
    command.option("--golden", options->golden, "Values that it should have, as `trustx attest golden` writes them",
                   "FILE");
    command.option("--previous", options->earlier,
                   "Earlier evidence by the same key: a log that was rewritten since is noticed", "FILE");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context&) { return verify_evidence(*options); });
}

void add_attest_golden(Command& attest) {
    const auto options = std::make_shared<GoldenOptions>();
    auto command =
        attest.subcommand("golden", "Make golden values of evidence that is as it should be", golden_examples);
    command.argument("EVIDENCE", options->evidence, "What `trustx attest` gave").required();
    add_judging_options(command, options->judging);
    command.option("-o,--out", options->out, "Where they go; default: standard output", "FILE");
    command.on_run([options](const Context& context) { return make_golden(context, *options); });
}

}  // namespace trustx::cli
