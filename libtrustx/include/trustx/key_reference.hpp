// SPDX-License-Identifier: Apache-2.0
// The key reference: what a program gets instead of a private key. It names a chip key and carries its public key,
// so that it loads, compares and prints without the chip. It holds no secret.
//
//     KeyReference ::= SEQUENCE {
//         version      INTEGER (1),
//         keyObject    OCTET STRING (SIZE (2)),
//         publicKey    SubjectPublicKeyInfo,
//         coprocessor  [0] IMPLICIT OCTET STRING (SIZE (27)) OPTIONAL,
//         device       [1] IMPLICIT UTF8String OPTIONAL,
//         label        [2] IMPLICIT UTF8String OPTIONAL,
//         ...  -- later versions append context tags; unknown ones are skipped
//     }
//
// In files it is PEM with the label TRUSTX PRIVATE KEY (openssl-provider.md section 1.9).
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/key.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx {

struct TRUSTX_EXPORT KeyReference {
    static constexpr const char* pem_label = "TRUSTX PRIVATE KEY";
    static constexpr std::size_t max_label = 200;  // bytes

    ObjectId key;
    PublicKey public_key;
    std::optional<Uid> coprocessor;  // the chip that holds the key
    std::string device;              // name of a device section of the settings; empty: the default device
    std::string label;               // free text for people

    // to_der and from_der convert to and from the DER form. from_der demands that nothing follows.
    // Error: Errc::key_file_malformed.
    [[nodiscard]] Bytes to_der() const;
    static Result<KeyReference> from_der(ByteView der);

    // check_label refuses what from_der would not read, and what is longer than max_label. Error:
    // Errc::argument_invalid.
    static Result<void> check_label(std::string_view label);

    // description is for people, a line for each field, "key object: E0F1" first. comment is the same as lines in front
    // of the PEM block in a file, which readers of PEM skip.
    [[nodiscard]] std::string description() const;
    [[nodiscard]] std::string comment() const;

    friend bool operator==(const KeyReference&, const KeyReference&) = default;
};

}  // namespace trustx
