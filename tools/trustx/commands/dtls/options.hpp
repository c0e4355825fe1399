// SPDX-License-Identifier: Apache-2.0
// What the subcommands of `trustx dtls` share: which server, which key, what is demanded of the server; and a chip that
// was found ready for that.
#pragma once

#include "chip/dtls_readiness.hpp"
#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "dtls/handshake.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace trustx::cli {

struct DtlsOptions {
    std::string server;
    std::string key = "E0F0";
    std::string certificate;  // empty: the one that belongs to the key; none
    std::string expected_anchor;
    std::string expected_name;
    std::optional<std::uint64_t> mtu;  // bytes
    double timeout = 30;               // seconds
    bool no_date_check = false;
    bool ipv4 = false;
    bool ipv6 = false;
};

// add_dtls_options declares them, SERVER first.
void add_dtls_options(Command& command, DtlsOptions& options);

// seconds_of reads an option's value. Error: InputErrc::usage.
Result<std::chrono::milliseconds> seconds_of(double value, const std::string& option);

// Prepared is what a connection needs.
struct Prepared {
    ServerName server;
    Chip chip;
    HandshakeOptions handshake;
    x509::Certificate anchor;
    std::optional<x509::Certificate> certificate;  // the client's
};

// prepare reads the options, then looks into the chip; no private key is used. Errors: InputErrc where key, anchor or
// certificate are not what a handshake needs, or the anchor not the expected one; those of the chip.
Result<Prepared> prepare_dtls(const Context& context, const DtlsOptions& options);

}  // namespace trustx::cli
