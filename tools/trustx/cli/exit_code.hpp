// SPDX-License-Identifier: Apache-2.0
// How a run of trustx ends. Scripts rely on the numbers: they are listed in --help and in trustx(1).
#pragma once

#include <trustx/error.hpp>

namespace trustx::cli {

enum class ExitCode : int {
    success = 0,
    refused = 1,         // the chip refuses, or trustx does because something would be lost
    usage = 2,           // command line or setting that is not valid
    unreachable = 3,     // no chip, bus failure, timeout, chip in use by others
    file = 4,            // a file cannot be read or written, or does not hold what it should
    mismatch = 5,        // a check failed: key and certificate, read back and written, chip and key file
    nothing_there = 6,   // the object is empty, the slot holds no key
    network = 7,         // cloud or DTLS server cannot be reached, or has no time; nothing is wrong with what was asked
    cloud = 8,           // the cloud refuses: credentials, permissions, limits, policies; or a DTLS server does
    not_accepted = 9,    // enrolled, and the broker has not accepted that yet
    not_activated = 10,  // shown to the broker, and nobody has made it active
    clock = 11,          // this computer's clock is wrong
    untrusted = 12,  // broker or DTLS server does not prove who it is: certificate, name, roots; evidence by a stranger
    some_failed = 13,        // of many gateways; a report says which
    forged = 14,             // evidence whose signature is not that of its certificate's key
    not_fresh = 15,          // evidence that answers another nonce, or is too old
    log_broken = 16,         // the log of what was measured since the start was changed
    differs = 17,            // genuine evidence of a gateway that is not as it should be
    scrap = 20,              // the chip can never become what the recipe says
    revoked = 24,            // a certificate that its authority has taken back
    not_listed = 25,         // the revocation lists do not say whether it has: too old, or of another authority
    unsigned_firmware = 26,  // not signed, not by whom the trust anchor lets in, or not what was signed
    expired_signer = 27,     // a certificate of the signer's chain is not valid today
    altered_firmware = 28,   // a file is not the one that was signed
    old_firmware = 29,       // below the lowest version that the chip holds
    internal = 70,           // a defect of trustx itself
};

// exit_code_of says how trustx ends on an error: the only place that decides it.
ExitCode exit_code_of(const Error& error);

}  // namespace trustx::cli
