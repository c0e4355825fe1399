// SPDX-License-Identifier: Apache-2.0
// Whether a chip has what its DTLS client needs: a key that may authenticate, a trust anchor that it can use, and a
// certificate for servers that ask for one.
// Source: chip-dtls.md sections 2 and 8.
#pragma once

#include "cli/context.hpp"
#include "common/x509/certificate.hpp"

#include <optional>
#include <string>
#include <vector>

namespace trustx::cli {

// What is not as it has to be, with what to do about it.
struct Obstacle {
    Error error;
    std::string remedy;
};

// check_dtls_key looks at the key in a slot. Nothing: it may authenticate. Errors: those of the chip.
Result<std::optional<Obstacle>> check_dtls_key(Chip& chip, ObjectId slot);

// DtlsAnchor is what E0E8 holds, and what is wrong with it.
struct DtlsAnchor {
    std::optional<x509::Certificate> certificate;
    std::optional<Obstacle> obstacle;
};

// read_dtls_anchor reads E0E8. Errors: those of the chip.
Result<DtlsAnchor> read_dtls_anchor(Chip& chip);

// DtlsCertificate is what the object that belongs to a key holds, which a server gets that asks for a certificate, and
// what is wrong with it. An empty object is no obstacle: many servers do not ask.
struct DtlsCertificate {
    std::optional<x509::Certificate> certificate;
    std::optional<Obstacle> obstacle;
};

// read_dtls_certificate also has the key sign once, to show that it is the certificate's. Errors: those of the chip.
Result<DtlsCertificate> read_dtls_certificate(Chip& chip, ObjectId slot);

// The object that the chip's DTLS client trusts; E0EF is not for it.
inline constexpr ObjectId dtls_anchor_object = object::trust_anchor_1;

}  // namespace trustx::cli
