// SPDX-License-Identifier: Apache-2.0
// What Paho knows but has no function for. The error handler of mqtt::ssl_options would give OpenSSL's errors, but Paho
// C++ 1.2.0 passes it the address of a copy that no longer exists when the handshake fails, and Paho C does not call it
// while reading, where TLS 1.3 alerts arrive. Paho writes a line of its trace at every such moment, in the thread where
// it happens, so OpenSSL's error queue can be read there.
//
// This is the one place where the wording of a message decides something: Paho gives no code for what its trace tells.
// A line that is not recognised costs a detail of an error message, nothing else.
#pragma once

#include "common/openssl/error_queue.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt::paho_trace {

struct Record {
    std::vector<openssl::QueuedError> errors;  // OpenSSL's, oldest first
    std::vector<int> alerts;                   // that the broker sent, by their numbers
    std::vector<std::string> lines;            // of the trace: alerts, and the result of the name check
};

// start makes Paho call back. Paho has one trace for the whole process, so there is one collector. stop: no more. Each
// line costs Paho a look at the time zone's file, and at its end it writes one for each piece of memory that it has not
// freed: hundreds of thousands after a SUBACK of a broker that wants that.
void start();
void stop();

// take gives what was recorded since the last call.
Record take();

// TraceLine is a parsed line of the trace; most lines are of Kind::other.
struct TraceLine {
    enum class Kind { other, tls_error, alert, name_check };
    Kind kind = Kind::other;
    std::optional<int> alert_read;  // the number of an alert that the broker sent, if OpenSSL has a name for it
};

// parse_trace_text parses a line. The forms are those of Paho C's SSLSocket.c: "SSLSocket error ...", "SSL alert
// DIRECTION:LEVEL:DESCRIPTION" and "... X509_check_host ...". DESCRIPTION is SSL_alert_desc_string_long of the alert's
// number.
TraceLine parse_trace_text(std::string_view line);

}  // namespace trustx::mqtt::paho_trace
