// SPDX-License-Identifier: Apache-2.0
#include "model/dtls/server_chain.hpp"

#include "common/try.hpp"
#include "model/crypto/sha256.hpp"

#include <algorithm>

namespace trustx::sim::dtls {

namespace {

constexpr std::uint8_t bare_certificate = 0x30;

// usable_anchor reads an object as VerifySign does, so only bare DER is a certificate.
Outcome<Certificate> usable_anchor(const Crypto& crypto, ByteView content) {
    if (content.empty() || content[0] != bare_certificate) {
        return fail(ErrorCode::invalid_trust_anchor);
    }
    auto certificate = crypto.certificate(content);
    if (!certificate) {
        return fail(certificate.error() == ErrorCode::unsupported_certificate ? ErrorCode::unsupported_trust_anchor
                                                                              : ErrorCode::invalid_trust_anchor);
    }
    if (!certificate->authority) {
        return fail(ErrorCode::invalid_trust_anchor);
    }
    return std::move(*certificate);
}

struct Anchors {
    std::vector<Certificate> usable;
    ErrorCode reason = ErrorCode::invalid_trust_anchor;  // why the first of them is not
};

Anchors usable_anchors(const Crypto& crypto, const std::vector<ByteView>& contents) {
    Anchors anchors;
    for (const auto& content : contents) {
        auto anchor = usable_anchor(crypto, content);
        if (anchor) {
            anchors.usable.push_back(std::move(*anchor));
        } else if (anchors.usable.empty()) {
            anchors.reason = anchor.error();
        }
    }
    return anchors;
}

bool within_dates(const Certificate& certificate, std::optional<std::int64_t> time) {
    return !time || (certificate.not_before <= *time && *time <= certificate.not_after);
}

bool signed_by(const Crypto& crypto, const Certificate& subject, const Certificate& issuer) {
    return !subject.signature.empty() &&
           crypto.verify(issuer.key.curve, issuer.key.point, Sha256::of(subject.to_be_signed), subject.signature);
}

// below counts the authorities between an issuer and the server's certificate.
bool admits(const Certificate& issuer, std::size_t below) {
    return issuer.authority && (!issuer.path_length || below <= *issuer.path_length);
}

const Certificate* issuing_anchor(const std::vector<Certificate>& anchors, const Certificate& certificate) {
    const auto found = std::find_if(anchors.begin(), anchors.end(),
                                    [&](const Certificate& anchor) { return anchor.subject == certificate.issuer; });
    return found == anchors.end() ? nullptr : &*found;
}

Outcome<void> check_link(const Crypto& crypto, const Certificate& subject, const Certificate& issuer,
                         std::size_t below) {
    if (!admits(issuer, below)) {
        return fail(ErrorCode::invalid_certificate_format);
    }
    if (!signed_by(crypto, subject, issuer)) {
        return fail(ErrorCode::signature_verification_failed);
    }
    return {};
}

Outcome<void> check_anchor_dates(const Certificate& anchor, std::optional<std::int64_t> time) {
    if (!within_dates(anchor, time)) {
        return fail(ErrorCode::trust_anchor_expired);
    }
    return {};
}

Outcome<Certificate> read_certificate(const Crypto& crypto, ByteView der, std::optional<std::int64_t> time) {
    TRY(auto certificate, crypto.certificate(der));
    if (certificate.size != der.size()) {
        return fail(ErrorCode::invalid_certificate_format);
    }
    if (!within_dates(certificate, time)) {
        return fail(ErrorCode::certificate_expired);
    }
    return certificate;
}

}  // namespace

Outcome<CertificateKey> check_chain(const Crypto& crypto, const std::vector<ByteView>& list,
                                    const std::vector<ByteView>& anchors, std::optional<std::int64_t> time) {
    if (list.empty()) {
        return fail(ErrorCode::invalid_certificate_format);
    }
    TRY(const auto server, read_certificate(crypto, list.front(), time));
    if (!server.may_sign_messages) {
        return fail(ErrorCode::unsupported_certificate);
    }
    const Anchors known = usable_anchors(crypto, anchors);
    if (known.usable.empty()) {
        return fail(known.reason);
    }
    Certificate current = server;
    // An anchor in the list needs no signature of its own: its name is met first.
    for (std::size_t i = 0;; ++i) {
        if (const Certificate* anchor = issuing_anchor(known.usable, current)) {
            TRYV(check_anchor_dates(*anchor, time));
            TRYV(check_link(crypto, current, *anchor, i));
            return server.key;
        }
        if (i + 1 == list.size()) {
            return fail(ErrorCode::invalid_trust_anchor);  // the list ends, and no anchor was met
        }
        TRY(auto issuer, read_certificate(crypto, list[i + 1], time));
        if (issuer.subject != current.issuer) {
            return fail(ErrorCode::invalid_certificate_format);
        }
        TRYV(check_link(crypto, current, issuer, i));
        current = std::move(issuer);
    }
}

std::size_t signatures_in(const Crypto& crypto, const std::vector<ByteView>& list,
                          const std::vector<ByteView>& anchors) {
    const Anchors known = usable_anchors(crypto, anchors);
    std::size_t count = 0;
    for (const auto& der : list) {
        const auto certificate = crypto.certificate(der);
        if (!certificate || known.usable.empty()) {
            break;
        }
        ++count;
        if (issuing_anchor(known.usable, *certificate) != nullptr) {
            break;
        }
    }
    return count;
}

}  // namespace trustx::sim::dtls
