// SPDX-License-Identifier: Apache-2.0
// The clock (aws-iot.md section 1.5), and what has a date: the certificate, the roots, the trust anchors in the chip
// (section 1.3). The clock comes first, because dates are judged by it.
#include "aws/doctor/exam.hpp"
#include "common/text/time_text.hpp"
#include "pki/expiry.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace trustx::aws::doctor {
namespace {

using std::chrono::seconds;

constexpr seconds tolerated{std::chrono::minutes{5}};  // by SigV4
constexpr seconds hopeless{std::chrono::days{1}};      // dates of certificates will be judged wrongly

constexpr std::array anchor_objects{ObjectId{0xE0E8}, ObjectId{0xE0EF}};

std::string off_by(seconds offset) {
    const auto length = offset < seconds{0} ? -offset : offset;
    const auto days = std::chrono::duration_cast<std::chrono::days>(length).count();
    return (days > 0 ? std::to_string(days) + " days" : std::to_string(length.count()) + " s") +
           (offset > seconds{0} ? " behind" : " ahead of");
}

std::string clock_text(const Exam& exam) {
    return "this computer's clock says " + text::time_text(exam.now());
}

Judged judge_by_service(Exam& exam, seconds offset) {
    exam.clock_offset = offset;
    const auto words = clock_text(exam) + ", " + off_by(offset) + " the service's";
    if (std::abs(offset.count()) >= hopeless.count()) {
        return trouble(Cause::clock_wrong, words);
    }
    if (std::abs(offset.count()) > tolerated.count()) {
        exam.add(Verdict::warning, {Cause::clock_skewed, words});
        return {};
    }
    return clock_text(exam) + ", as the service's does";
}

// Without the service's time: what happened already cannot lie in the future.
Judged judge_by_files(const Exam& exam) {
    if (exam.chain.front().validity(exam.now()) == x509::Validity::not_yet) {
        return trouble(Cause::clock_wrong, clock_text(exam) + ", and the certificate of this gateway is valid from " +
                                               exam.chain.front().not_before() + " only");
    }
    return clock_text(exam) + "; the service's could not be asked for";
}

void warn_of_ends(Exam& exam, Cause cause, const std::string& role,
                  const std::vector<x509::Certificate>& certificates) {
    for (const auto& certificate : certificates) {
        auto text = pki::expiry_warning(role, certificate, exam.now(), exam.options.warn_before);
        if (!text.empty()) {
            exam.add(Verdict::warning, {cause, std::move(text)});
        }
    }
}

std::vector<x509::Certificate> held_in(const Exam& exam, ObjectId object) {
    std::vector<x509::Certificate> certificates;
    for (const auto& der : exam.seams.gateway.certificates(object).value_or(std::vector<Bytes>{})) {
        if (auto parsed = x509::Certificate::parse(der, object.hex())) {
            certificates.push_back(*std::move(parsed));
        }
    }
    return certificates;
}

void warn_of_ends(Exam& exam) {
    warn_of_ends(exam, Cause::certificate_expires, "a certificate of this gateway", exam.chain);
    warn_of_ends(exam, Cause::root_expires, "a root in " + exam.options.directories.roots_file(), exam.roots);
    for (const auto object : anchor_objects) {
        warn_of_ends(exam, Cause::anchor_expires, "the trust anchor in " + object.hex(), held_in(exam, object));
    }
}

void warn_of_object(Exam& exam) {
    const auto object = paired_certificate(exam.identity->slot);
    if (!object) {
        return;
    }
    const auto held = held_in(exam, *object);
    if (held.empty() || held.front().der() != exam.chain.front().der()) {
        exam.add(Verdict::warning, {Cause::certificate_not_in_chip,
                                    "the chip's object " + object->hex() + " holds " +
                                        (held.empty() ? "no certificate" : "another certificate than the file")});
    }
}

}  // namespace

Judged examine_clock(Exam& exam) {
    if (const auto service = exam.seams.network.service_time()) {
        return judge_by_service(exam, std::chrono::round<seconds>(*service - exam.seams.now()));
    }
    return judge_by_files(exam);
}

Judged examine_dates(Exam& exam) {
    const auto& leaf = exam.chain.front();
    switch (leaf.validity(exam.now())) {
        case x509::Validity::not_yet:
            return trouble(Cause::certificate_not_yet_valid, x509::summary(leaf, exam.now()));
        case x509::Validity::expired:
            return trouble(Cause::certificate_expired, x509::summary(leaf, exam.now()));
        case x509::Validity::valid:
            break;
    }
    warn_of_ends(exam);
    warn_of_object(exam);
    return x509::summary(leaf, exam.now());
}

}  // namespace trustx::aws::doctor
