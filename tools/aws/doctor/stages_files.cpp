// SPDX-License-Identifier: Apache-2.0
// The files of the gateway (aws-iot.md section 5), by themselves and with each other. Nothing but files is looked at.
#include "aws/doctor/exam.hpp"
#include "aws/enrolment/endpoint_name.hpp"
#include "common/files/input_error.hpp"
#include "common/keys/key_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "pki/request.hpp"

#include <utility>

namespace trustx::aws::doctor {
namespace {

// The journal is its owner's alone: who only uses the key may not read it, and need not.
Judged look_at_journal(Exam& exam) {
    JournalFile file{exam.seams.files, exam.options.directories.state};
    auto journal = file.load();
    if (!journal && journal.error() == InputErrc::unreadable) {
        exam.add(Stage::identity, Verdict::skipped, journal.error().operation());
    } else if (!journal) {
        return trouble(Cause::identity_malformed, journal.error().operation());
    } else if (*journal && (*journal)->phase != Phase::done) {
        exam.unfinished = *std::move(*journal);
    }
    return {};
}

Judged look_at_identity(Exam& exam) {
    auto identity = load_identity(exam.seams.files, exam.options.directories);
    if (!identity) {
        const bool unreadable = identity.error() == InputErrc::unreadable;
        return trouble(unreadable ? Cause::identity_unreadable : Cause::identity_malformed,
                       identity.error().operation());
    }
    if (exam.unfinished && (!*identity || exam.unfinished->phase == Phase::abandoning)) {
        return trouble(Cause::enrolment_unfinished, "the enrolment of " + exam.unfinished->order.thing +
                                                        " has not ended: it is at the step " + exam.unfinished->step);
    }
    if (!*identity) {
        return trouble(Cause::not_enrolled, "there is no " + exam.options.directories.summary_file());
    }
    exam.identity = *std::move(*identity);
    return {};
}

Judged look_at_region(const Exam& exam) {
    const auto named = region_in(exam.identity->endpoint.host);
    if (named.empty() || named == exam.identity->region) {
        return {};
    }
    return trouble(Cause::endpoint_region, "the endpoint " + exam.identity->endpoint.host + " is in the region " +
                                               named + ", and aws.json says " + exam.identity->region);
}

// content is a file that has to be there; `cause` is for one that is not.
tl::expected<std::string, Trouble> content(Exam& exam, const std::string& path, Cause cause) {
    auto read = exam.seams.files.read(path);
    if (!read) {
        return trouble(Cause::identity_unreadable, read.error().operation());
    }
    if (!*read) {
        return trouble(cause, "there is no " + path);
    }
    return *std::move(*read);
}

tl::expected<std::vector<x509::Certificate>, Trouble> certificates(Exam& exam, const std::string& path, Cause cause) {
    TRY(const auto text, content(exam, path, cause));
    auto parsed = x509::parse_certificate_file(text::as_bytes(text), path);
    if (!parsed) {
        return trouble(cause, parsed.error().description());
    }
    return *std::move(parsed);
}

Judged look_at_key(Exam& exam) {
    const auto path = exam.options.directories.key_file();
    TRY(const auto text, content(exam, path, Cause::key_file));
    auto reference = keys::parse_key_file(text::as_bytes(text), path);
    if (!reference) {
        return trouble(Cause::key_file, reference.error().description());
    }
    exam.key = KeyFile{.path = path, .reference = *std::move(reference)};
    return {};
}

Judged compare(const Exam& exam) {
    const auto& directories = exam.options.directories;
    const auto& identity = *exam.identity;
    const auto certified = exam.chain.front().public_key();
    if (!certified || *certified != exam.key->reference.public_key) {
        return trouble(Cause::key_certificate_mismatch, "the certificate in " + directories.chain_file() +
                                                            " is for another key than the one of " +
                                                            directories.key_file());
    }
    if (const auto id = pki::certificate_id(exam.chain.front()); id != identity.certificate_id) {
        return trouble(Cause::files_disagree, directories.chain_file() + " holds certificate " + id +
                                                  ", and aws.json names " + identity.certificate_id);
    }
    if (exam.key->reference.key != identity.slot) {
        return trouble(Cause::files_disagree, directories.key_file() + " is for the slot " +
                                                  exam.key->reference.key.hex() + ", and aws.json names " +
                                                  identity.slot.hex());
    }
    return {};
}

}  // namespace

Judged examine_files(Exam& exam) {
    const auto& directories = exam.options.directories;
    TRYV(look_at_journal(exam));
    TRYV(look_at_identity(exam));
    TRYV(look_at_region(exam));
    TRY(exam.roots, certificates(exam, directories.roots_file(), Cause::roots_file));
    TRY(exam.chain, certificates(exam, directories.chain_file(), Cause::certificate_file));
    TRYV(look_at_key(exam));
    TRYV(compare(exam));
    return exam.identity->thing + " at " + exam.identity->endpoint.text() + ", key in " + exam.identity->slot.hex() +
           ", certificate " + exam.identity->certificate_id;
}

}  // namespace trustx::aws::doctor
