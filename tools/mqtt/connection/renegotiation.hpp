// SPDX-License-Identifier: Apache-2.0
// A peer may ask for a new handshake on a connection by TLS 1.2, as often as it likes, and each uses the client's key.
// Paho has no option against that, so it is forbidden to every connection that this process makes.
#pragma once

namespace trustx::mqtt {

// forbid_renegotiation is called before the first connection is made.
void forbid_renegotiation();

}  // namespace trustx::mqtt
