// SPDX-License-Identifier: Apache-2.0
// What Paho knows but does not hand out. OpenSSL's errors could be had by the error handler of mqtt::ssl_options, were
// it not that Paho C++ 1.2.0 passes on the address of a copy that no longer exists when the handshake fails, and that
// Paho C does not call the handler while reading, where TLS 1.3 alerts arrive. Paho's trace tells of every such moment
// in the thread where it happens, so OpenSSL's error queue can be read there.
#pragma once

#include "tls_error.hpp"

#include <string>
#include <vector>

namespace trustx::mqtt::paho_trace {

struct Record {
    std::vector<TlsError> errors;    // OpenSSL's, oldest first
    std::vector<std::string> lines;  // of the trace: alerts, and the result of the name check
};

// start makes Paho call back. Paho has one trace for the whole process, so there is one collector.
void start();

// take gives what was recorded since the last call.
Record take();

}  // namespace trustx::mqtt::paho_trace
