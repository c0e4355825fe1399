// SPDX-License-Identifier: Apache-2.0
// What Paho knows but does not hand out: alerts of the peer, which under TLS 1.3 come after its handshake, and the
// result of the host name check go to Paho's trace only. This keeps those lines for the connection attempt at hand.
#pragma once

#include <string>
#include <vector>

namespace trustx::mqtt::paho_trace {

// start makes Paho call back. Paho has one trace for the whole process, so there is one collector.
void start();

// take gives the lines since the last call that say something about TLS, oldest first.
std::vector<std::string> take();

}  // namespace trustx::mqtt::paho_trace
