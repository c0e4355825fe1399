// SPDX-License-Identifier: Apache-2.0
#include "chip/certificate_json.hpp"

#include <nlohmann/json.hpp>

namespace trustx::cli {

nlohmann::ordered_json certificate_json(const x509::Certificate& certificate) {
    const auto key = certificate.public_key();
    return {{"subject", certificate.subject()},
            {"issuer", certificate.issuer()},
            {"serial", certificate.serial()},
            {"not_before", certificate.not_before()},
            {"not_after", certificate.not_after()},
            {"curve", key ? nlohmann::ordered_json(curve_name(key->curve)) : nlohmann::ordered_json{}},
            {"sha256_fingerprint", certificate.fingerprint()}};
}

}  // namespace trustx::cli
