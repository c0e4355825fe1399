// SPDX-License-Identifier: Apache-2.0
#include "attest/verification.hpp"

#include "common/text/lower_case.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"
#include "common/x509/certificate_chain.hpp"

#include <algorithm>
#include <array>

namespace trustx::attest {
namespace {

std::string list_of(const Allowed& values) {
    std::string text;
    for (const auto& value : values) {
        text += (text.empty() ? "" : " or ") + value;
    }
    return text;
}

class Examination {
 public:
    Examination(const Expectations& expected, Verdict& verdict) : expected_{expected}, verdict_{verdict} {}

    void signer(const Token& token);
    void chip(const Token& token);
    void age();
    void log();
    void golden();
    void kernels_log();

 private:
    void find(AttestErrc kind, std::string words) {
        verdict_.findings.push_back({.kind = kind, .words = std::move(words)});
    }
    void differs(const std::string& component, const std::string& expected, const std::string& found,
                 const std::string& when = {});
    void component(const Golden& golden, const std::string& name, const Digest& digest, const std::string& when);
    void components(const Golden& golden, const std::map<std::string, Digest>& found, const std::string& when);
    bool entries(const Golden& golden, const std::string& name);
    void ima_files(const Golden& golden, const ImaLog& log);
    void since_earlier();
    void continues(const Evidence& earlier);

    const Expectations& expected_;
    Verdict& verdict_;
    std::vector<LogEntry> logged_;
    bool issued_ = false;  // by an authority that is trusted
};

void Examination::differs(const std::string& component, const std::string& expected, const std::string& found,
                          const std::string& when) {
    const auto name = text::printable(component) + (when.empty() ? "" : " as it was measured at " + when);
    const auto words = found.empty()      ? name + " is missing; it should be " + expected
                       : expected.empty() ? name + " is not among the golden values: " + found
                                          : name + " is " + found + ", and should be " + expected;
    verdict_.findings.push_back({.kind = AttestErrc::differs,
                                 .component = component,
                                 .expected = expected,
                                 .found = found,
                                 .words = text::printable(words)});
}

void Examination::signer(const Token& token) {
    const auto& certificate = token.chain.front();
    verdict_.chain = {certificate.subject()};
    verdict_.key = certificate.key_sha256();
    if (!certificate.may_sign()) {
        find(AttestErrc::untrusted, "the signer's certificate (" + x509::summary(certificate) +
                                        ") is not for signatures: its key usage has no digitalSignature");
    }
    if (expected_.trusted == nullptr) {
        return;
    }
    auto chain = x509::verify_chain(token.chain, *expected_.trusted);
    if (chain) {
        verdict_.chain = *std::move(chain);
        issued_ = true;
    } else {
        find(AttestErrc::untrusted, chain.error().operation());
    }
}

// The UID is a claim like every other: whoever signs may write any. That it is his own must come from elsewhere.
void Examination::chip(const Token& token) {
    const auto uid = text::lower_case(verdict_.evidence.uid);
    const auto& certificate = token.chain.front();
    const bool pinned =
        expected_.signers != nullptr &&
        std::ranges::find(*expected_.signers, verdict_.key, &x509::Certificate::key_sha256) != expected_.signers->end();
    const bool certified = issued_ && text::lower_case(certificate.subject()).find(uid) != std::string::npos;
    verdict_.chip_bound = pinned || certified;
    if (expected_.signers != nullptr && !pinned) {
        find(AttestErrc::other_chip,
             "the evidence is signed by another key than that of the certificates in --signer: by "
             "that of " +
                 text::printable(certificate.subject()));
    }
    if (!expected_.uid) {
        return;
    }
    if (text::lower_case(*expected_.uid) != uid) {
        find(AttestErrc::other_chip, "the evidence is of the chip " + verdict_.evidence.uid + ", and not of " +
                                         text::printable(*expected_.uid));
    } else if (!verdict_.chip_bound && expected_.signers == nullptr) {
        find(AttestErrc::other_chip,
             "the evidence says itself that it is of the chip " + verdict_.evidence.uid + ", and " +
                 (issued_ ? "the certificate of its signer, " + text::printable(certificate.subject()) +
                                ", does not: whoever has one of the same authority could claim that"
                          : std::string{"no certificate of an authority (--ca) does"}) +
                 "; give the gateway's certificate (--signer)");
    }
}

void Examination::age() {
    const auto& evidence = verdict_.evidence;
    if (expected_.nonce && *expected_.nonce != evidence.nonce) {
        find(AttestErrc::not_fresh, evidence.nonce.empty()
                                        ? "the evidence has no nonce, and should have the one that was sent"
                                        : "the evidence answers another nonce: " + text::printable(evidence.nonce));
    }
    // A date of others may be any number: no arithmetic with it that overflows.
    const auto latest = expected_.now + clock_tolerance.count();
    if (evidence.issued > latest) {
        find(AttestErrc::not_fresh,
             "the evidence is from the future, of " + date_text(evidence.issued) + ": one of the two clocks is wrong");
    } else if (expected_.max_age && evidence.issued < expected_.now - expected_.max_age->count()) {
        find(AttestErrc::not_fresh, "the evidence is of " + date_text(evidence.issued) +
                                        ", and should not be older than " + std::to_string(expected_.max_age->count()) +
                                        " s");
    }
    if (evidence.not_before && *evidence.not_before > latest) {
        find(AttestErrc::not_fresh, "the evidence is not valid before " + date_text(*evidence.not_before));
    }
    if (evidence.expires && *evidence.expires <= expected_.now - clock_tolerance.count()) {
        find(AttestErrc::not_fresh, "the evidence was valid until " + date_text(*evidence.expires));
    }
}

void Examination::since_earlier() {
    const auto& earlier = expected_.earlier->evidence;
    const auto& evidence = verdict_.evidence;
    verdict_.restarted = earlier.boot_id != evidence.boot_id;
    if (text::lower_case(earlier.uid) != text::lower_case(evidence.uid)) {
        find(AttestErrc::other_chip, "the earlier evidence is of another chip, " + earlier.uid);
    } else if (expected_.earlier->key != verdict_.key) {
        find(AttestErrc::other_chip,
             "the earlier evidence was signed by another key: of another gateway, or before this one had its new key");
    }
    if (earlier.issued > evidence.issued) {
        find(AttestErrc::not_fresh, "the evidence is of " + date_text(evidence.issued) +
                                        ", and the earlier one later, of " + date_text(earlier.issued));
    }
    if (!*verdict_.restarted) {
        continues(earlier);
    }
}

void Examination::continues(const Evidence& earlier) {
    const auto& now = verdict_.evidence.log;
    const bool continued =
        earlier.log.size() <= now.size() && std::equal(earlier.log.begin(), earlier.log.end(), now.begin());
    if (!continued) {
        find(AttestErrc::log_broken,
             "the log is not a continuation of the one that the earlier evidence of the same start had: it was "
             "rewritten");
    }
}

void Examination::log() {
    const auto& evidence = verdict_.evidence;
    auto log = parse_log(evidence.log, evidence.boot_id);
    if (!evidence.log_broken.empty()) {
        find(AttestErrc::log_broken,
             "the gateway found its log of this start changed: " + text::printable(evidence.log_broken));
    } else if (!log.broken.empty()) {
        find(AttestErrc::log_broken, "the log of this start was changed: " + log.broken);
    }
    logged_ = std::move(log.entries);
    verdict_.log_entries = logged_.size();
    if (expected_.earlier) {
        since_earlier();
    }
}

// entries compares a directory name by name; false: there are no names to compare.
bool Examination::entries(const Golden& golden, const std::string& name) {
    const auto should = golden.trees.find(name);
    const auto is = verdict_.evidence.trees.find(name);
    if (should == golden.trees.end() || is == verdict_.evidence.trees.end()) {
        return false;
    }
    for (const auto& [path, allowed] : should->second) {
        const auto found = is->second.find(path);
        if (found == is->second.end()) {
            differs(name + "/" + path, list_of(allowed), "");
        } else if (!allowed.contains(found->second)) {
            differs(name + "/" + path, list_of(allowed), found->second);
        }
    }
    for (const auto& [path, line] : is->second) {
        if (!should->second.contains(path)) {
            differs(name + "/" + path, "", line);
        }
    }
    return true;
}

void Examination::component(const Golden& golden, const std::string& name, const Digest& digest,
                            const std::string& when) {
    const auto allowed = golden.components.find(name);
    if (allowed == golden.components.end()) {
        differs(name, "", hex(digest), when);
        return;
    }
    if (allowed->second.contains(hex(digest))) {
        return;
    }
    const auto before = verdict_.findings.size();
    // Entries that are each allowed, and are not so together, differ all the same.
    if (!when.empty() || !entries(golden, name) || verdict_.findings.size() == before) {
        differs(name, list_of(allowed->second), hex(digest), when);
    }
}

void Examination::components(const Golden& golden, const std::map<std::string, Digest>& found,
                             const std::string& when) {
    for (const auto& [name, allowed] : golden.components) {
        if (!found.contains(name)) {
            differs(name, list_of(allowed), "", when);
        }
    }
    for (const auto& [name, digest] : found) {
        component(golden, name, digest, when);
    }
}

void Examination::golden() {
    const auto& evidence = verdict_.evidence;
    for (const auto& [name, tree] : evidence.trees) {
        const auto component = evidence.components.find(name);
        if (component == evidence.components.end() || digest_of(tree) != component->second) {
            differs(name, component == evidence.components.end() ? "" : hex(component->second), hex(digest_of(tree)));
        }
    }
    if (!expected_.golden) {
        return;
    }
    const auto& golden = *expected_.golden;
    components(golden, evidence.components, "");
    for (const auto& entry : logged_) {
        components(golden, entry.components, entry.time);
    }
    if (golden.log && logged_.empty()) {
        differs("log of this start", "an entry made early", "");
    }
    if (golden.ima && !evidence.ima) {
        differs("kernel's log", "there, as the kernel's ima_policy demands", "");
    }
    const auto version = evidence.firmware.value_or("");
    if (!golden.firmware.empty() && !golden.firmware.contains(version)) {
        differs("firmware version", list_of(golden.firmware), version);
    }
}

void Examination::ima_files(const Golden& golden, const ImaLog& log) {
    // A file that is executed often is in the log once, and after each change once more.
    for (const auto& entry : log.entries) {
        const auto allowed = golden.ima_files.find(text::printable(entry.path));
        const auto found = entry.digest.empty() ? "changed while it was measured" : entry.digest;
        if (allowed == golden.ima_files.end()) {
            differs("kernel's log: " + entry.path, "", found);
        } else if (!allowed->second.contains(entry.digest)) {
            differs("kernel's log: " + entry.path, list_of(allowed->second), found);
        }
    }
}

void Examination::kernels_log() {
    if (!expected_.ima_log) {
        return;
    }
    const auto& claimed = verdict_.evidence.ima;
    if (!claimed || claimed->log != sha256(ByteView{*expected_.ima_log})) {
        find(AttestErrc::differs, claimed ? "the kernel's log that was given is not the one that the evidence is about"
                                          : "the evidence is about no kernel's log, and one was given");
        return;
    }
    const auto log = parse_ima_log(*expected_.ima_log);
    if (!log) {
        find(AttestErrc::log_broken, log.error().operation());
        return;
    }
    const auto summary = summary_of(*log);
    if (summary.entries != claimed->entries || summary.aggregate_sha256 != claimed->aggregate_sha256 ||
        summary.aggregate_sha1 != claimed->aggregate_sha1) {
        find(AttestErrc::differs, "the evidence has other values for the kernel's log than it gives");
    }
    if (expected_.golden) {
        ima_files(*expected_.golden, *log);
    }
}

}  // namespace

AttestErrc Verdict::worst() const {
    for (const auto kind :
         {AttestErrc::untrusted, AttestErrc::other_chip, AttestErrc::not_fresh, AttestErrc::log_broken}) {
        if (std::ranges::find(findings, kind, &Finding::kind) != findings.end()) {
            return kind;
        }
    }
    return AttestErrc::differs;
}

std::vector<Question> unasked(const Expectations& expected) {
    std::vector<Question> questions;
    if (expected.trusted == nullptr) {
        questions.push_back(Question::issuer);
    }
    if (!expected.nonce && !expected.max_age) {
        questions.push_back(Question::freshness);
    }
    if (!expected.uid && expected.signers == nullptr) {
        questions.push_back(Question::chip);
    }
    if (!expected.golden) {
        questions.push_back(Question::values);
    } else if ((expected.golden->ima || !expected.golden->ima_files.empty()) && !expected.ima_log) {
        questions.push_back(Question::kernels_log);
    }
    return questions;
}

Result<Verdict> verify(const Token& token, const std::string& name, const Expectations& expected) {
    Verdict verdict;
    TRY(verdict.evidence, evidence_of(token.claims, name));
    Examination examination{expected, verdict};
    examination.signer(token);
    examination.chip(token);
    examination.age();
    examination.log();
    examination.golden();
    examination.kernels_log();
    return verdict;
}

}  // namespace trustx::attest
