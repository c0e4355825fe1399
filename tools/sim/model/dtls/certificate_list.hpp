// SPDX-License-Identifier: Apache-2.0
// The certificate list of TLS 1.2 (RFC 5246 section 7.4.2), as a message has it and as objects of the chip contain it
// (chip-objects.md section 7).
#pragma once

#include "model/crypto/crypto.hpp"
#include "model/dtls/decisions.hpp"

#include <vector>

namespace trustx::sim::dtls {

// decode_list gives the certificates of a whole message body; error 21 for anything else. The views are into body.
Outcome<std::vector<ByteView>> decode_list(ByteView body);

// encode_list is the body of a Certificate message.
Bytes encode_list(const std::vector<ByteView>& certificates);

// list_of_object is the body of a Certificate message from the content of an object: bare DER, TLS identity or USB
// Type-C identity. Error 29 for anything else.
Outcome<Bytes> list_of_object(ByteView content, const Crypto& crypto, const Decisions& decisions);

}  // namespace trustx::sim::dtls
