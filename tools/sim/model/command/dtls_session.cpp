// SPDX-License-Identifier: Apache-2.0
#include "model/command/dtls_session.hpp"

#include "common/try.hpp"

namespace trustx::sim {

Outcome<DtlsRequest> read_dtls_request(const Request& request) {
    ByteReader reader{request.data};
    const auto session = static_cast<ObjectId>(reader.u16());
    const ByteView tlvs = reader.rest();
    if (reader.failed()) {
        return fail(ErrorCode::invalid_length);
    }
    if (!is_session(session)) {
        return fail(ErrorCode::invalid_oid);
    }
    return DtlsRequest{session, tlvs};
}

dtls::Client* client_in(ApplicationState& application, ObjectId session) {
    return std::get_if<dtls::Client>(&application.session(session));
}

const dtls::Client* client_in(const ApplicationState& application, ObjectId session) {
    return std::get_if<dtls::Client>(&application.session(session));
}

std::uint8_t tag_for(dtls::Part part, std::uint8_t last_tag) {
    return static_cast<std::uint8_t>((last_tag & 0xF0U) | static_cast<std::uint8_t>(part));
}

Outcome<RecordPart> take_record_part(ByteView tlvs, std::uint8_t last_tag) {
    TlvReader reader{tlvs};
    dtls::Part part = dtls::Part::last;
    for (const auto other : {dtls::Part::first, dtls::Part::middle}) {
        part = reader.next_is(tag_for(other, last_tag)) ? other : part;
    }
    const ByteView bytes = reader.take(tag_for(part, last_tag));
    TRYV(reader.finish());
    return RecordPart{part, bytes};
}

}  // namespace trustx::sim
