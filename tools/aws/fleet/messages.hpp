// SPDX-License-Identifier: Apache-2.0
// The files that a gateway and an operator exchange: request, answer and proof. Each is a JSON object with a format and
// a version, of a bounded size, and holds no secret. Reading is strict: members that are missing, unknown or of another
// type end it, and so does a signature that is not the key's. Errors are InputErrc::malformed, and name the file.
#pragma once

#include "aws/enrolment/answer.hpp"
#include "pki/chip_port.hpp"

#include <trustx/key.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::aws {

// longest_message is the most bytes that any of the files may have.
inline constexpr std::size_t longest_message = std::size_t{32} * 1024;

// Request is what a gateway asks for. The key signs all of it, so that nobody can put its CSR under another name. For a
// rotation the key that is replaced signs it too: it comes from the gateway that has the certificate in use.
struct Request {
    std::string thing;
    std::string chip;  // UID in hexadecimal
    ObjectId slot;
    std::int64_t made = 0;   // seconds since 1970
    std::string csr;         // PEM
    std::string replaces{};  // rotation: the id of the certificate in use

    // words are what is signed.
    [[nodiscard]] std::string words() const;

    friend bool operator==(const Request&, const Request&) = default;
};

// Proof says that a gateway has its certificate, in the chip and in files. The key of the certificate signs all of it.
// The challenge is that of the answer which the gateway has installed: a proof for one approval is none for a later
// one.
struct Proof {
    std::string thing;
    std::string chip;
    ObjectId slot;
    std::string region;
    std::string account;
    std::string certificate_id;
    std::string challenge;

    [[nodiscard]] std::string words() const;

    friend bool operator==(const Proof&, const Proof&) = default;
};

// Signed is a message with a signature in DER, in hexadecimal.
template <class Message>
struct Signed {
    Message message;
    std::string signature;
    std::string by_replaced{};  // rotation: the same by the key that is replaced
};

// signed_by_chip lets the slot of the message sign it. Errors: those of sign_text.
Result<Signed<Request>> signed_by_chip(pki::ChipPort& chip, const PublicKey& key, Request request);
Result<Signed<Proof>> signed_by_chip(pki::ChipPort& chip, const PublicKey& key, Proof proof);

std::string request_text(const Signed<Request>& request);
std::string answer_text(const OperatorAnswer& answer);
std::string proof_text(const Signed<Proof>& proof);

// ReceivedRequest is a request whose CSR and signature are by one key. The key that a rotation replaces is that of a
// certificate that only the cloud knows here: pki::is_signed(key, request.words(), by_replaced) remains to be asked.
struct ReceivedRequest {
    Request request;
    PublicKey key;
    std::string by_replaced{};
};

// The names are those of the files, for messages. The proof's key is that of the certificate, which only the cloud
// knows here: pki::is_signed(key, proof.message.words(), proof.signature) remains to be asked.
Result<ReceivedRequest> parse_request(std::string_view text, const std::string& name);
Result<OperatorAnswer> parse_answer(std::string_view text, const std::string& name);
Result<Signed<Proof>> parse_proof(std::string_view text, const std::string& name);

// MessageKind is what a file says it is.
enum class MessageKind : std::uint8_t { request, answer, proof };

// kind_of looks at nothing but the format; nothing: it is none of these.
std::optional<MessageKind> kind_of(std::string_view text);

}  // namespace trustx::aws
