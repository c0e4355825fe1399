// SPDX-License-Identifier: Apache-2.0
// What ProcUpLinkMsg and ProcDownLinkMsg share: the session that a request names, and the client in it.
#pragma once

#include "model/command/command.hpp"
#include "model/command/tlv.hpp"

namespace trustx::sim {

// DtlsRequest is InData: a session, and the TLVs behind it.
struct DtlsRequest {
    ObjectId session;
    ByteView tlvs;
};

// read_dtls_request. Errors: 04 too short, 01 no session.
Outcome<DtlsRequest> read_dtls_request(const Request& request);

// client_in is nullptr when a session holds no DTLS connection.
dtls::Client* client_in(ApplicationState& application, ObjectId session);
const dtls::Client* client_in(const ApplicationState& application, ObjectId session);

// A piece of a record, whose tag says which (chip-dtls.md section 5).
struct RecordPart {
    dtls::Part part;
    ByteView bytes;
};

// take_record_part reads a TLV with the tag of a last part, or with that of the others. Errors: those of TlvReader.
Outcome<RecordPart> take_record_part(ByteView tlvs, std::uint8_t last_tag);

// tag_for is the tag of an answer with the same low digit.
std::uint8_t tag_for(dtls::Part part, std::uint8_t last_tag);

constexpr std::uint8_t tag_plain_record = 0x61;
constexpr std::uint8_t tag_protected_record = 0x51;
constexpr std::uint8_t tag_message = 0x61;

}  // namespace trustx::sim
