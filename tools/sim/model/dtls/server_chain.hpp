// SPDX-License-Identifier: Apache-2.0
// The server's certificate chain against the trust anchors of the chip (chip-dtls.md section 8).
#pragma once

#include "model/crypto/crypto.hpp"

#include <vector>

namespace trustx::sim::dtls {

// check_chain gives the key of the server's certificate, the first of the list, when signatures lead from it to an
// anchor. An anchor may be in the list and is not verified itself; what follows it is not looked at. anchors are
// contents of objects. Without a time dates are not checked. The server's name is not the chip's concern. Errors: 26,
// 27, 28 for the anchor; 29, 2A, 2B, 2C.
Outcome<CertificateKey> check_chain(const Crypto& crypto, const std::vector<ByteView>& list,
                                    const std::vector<ByteView>& anchors, std::optional<std::int64_t> time);

// signatures_in is how many signatures check_chain verifies when all is well.
std::size_t signatures_in(const Crypto& crypto, const std::vector<ByteView>& list,
                          const std::vector<ByteView>& anchors);

}  // namespace trustx::sim::dtls
