// SPDX-License-Identifier: Apache-2.0
// trustx dtls connect: standard input to a DTLS server and its data to standard output, with all cryptography in the
// chip.
#include "cli/output.hpp"
#include "commands/dtls/options.hpp"
#include "commands/dtls/session_text.hpp"
#include "commands/dtls/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/io/termination_signals.hpp"
#include "common/try.hpp"
#include "dtls/relay.hpp"

#include <memory>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace trustx::cli {
namespace {

constexpr const char* what_connect_does =
    R"(Standard input goes to the server, what it sends to standard output. Each read of the input is a datagram, with --lines
each line; what is longer than a datagram is cut into several. After the end of the input it waits for the server's data, until none came
for --wait seconds, and ends the connection; Ctrl-C ends it, too. The server is judged by the trust anchor in E0E8 alone:
any certificate that this authority issued is accepted, unless --expect-name says which. One private key use, where the
server asks for a certificate.

The chip speaks DTLS 1.2 with ECDHE-ECDSA-AES128-CCM8 and P-256, nothing else. An OpenSSL server for it:
  openssl s_server -dtls1_2 -accept 5684 -cert server.pem -key server.key -cipher ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0

Examples:
  echo hello | trustx dtls connect server.example:5684 --key E0F1
  trustx dtls connect server.example:5684 --expect-anchor root.pem --expect-name server.example
  trustx dtls connect 192.0.2.1:5684 --cert none --show-session --json)";

constexpr const char* forgeries =
    "somebody forges records, which the chip cannot decrypt: received ones wait, so that its security monitor does not "
    "delay every use of its keys";

std::string too_long() {
    return "a record of the server's was longer than the chip can decrypt, and is lost: let the server send " +
           std::to_string(dtls::max_received_payload) + " bytes at most in one";
}

struct DtlsConnectOptions {
    DtlsOptions dtls;
    double wait = 2;  // seconds
    bool lines = false;
    bool show_session = false;
    bool json = false;
};

std::string ending(const RelayResult& result, const dtls::Report& report) {
    std::string why = result.end == RelayResult::End::server  ? "the server closed the connection"
                      : result.end == RelayResult::End::input ? "end of the input"
                                                              : "interrupted";
    why += "; sent " + std::to_string(report.bytes_sent) + " bytes, received " + std::to_string(report.bytes_received);
    if (report.drops.too_long != 0) {
        why += "; " + std::to_string(report.drops.too_long) + " record(s) of the server's were too long for the chip";
    }
    return result.split == 0 ? why
                             : why + "; " + std::to_string(result.split) +
                                   " line(s) did not fit into a datagram and were cut into several";
}

// A chip that was reset has lost the keys of the connection, and nobody can tell the server.
Error what_ended_it(const Error& error, const ServerConnection& server) {
    return error == Errc::session_lost
               ? Error{error.code(), "the connection with " + server.address.text() +
                                         " is over, and what was sent or received last may be lost"}
               : server.socket->explain(error);
}

Result<void> exchange(const Context& context, const DtlsConnectOptions& options, Clock& clock, int signals,
                      ServerConnection& server) {
    TRY(const auto quiet, seconds_of(options.wait, "--wait"));
    auto relayed = relay(server.connection, clock,
                         {.input = STDIN_FILENO,
                          .output = STDOUT_FILENO,
                          .signals = signals,
                          .lines = options.lines,
                          .quiet = quiet,
                          .throttled = [&context] { context.note(forgeries); },
                          .too_long = [&context] { context.note(too_long()); }});
    const auto closed = server.connection.close(Deadline{clock.now()});
    if (!relayed) {
        return tl::make_unexpected(what_ended_it(relayed.error(), server));
    }
    context.note(ending(*relayed, server.connection.report()));
    if (relayed->unread > 0) {
        return fail(InputErrc::unwritable, "nobody has read the last " + std::to_string(relayed->unread) +
                                               " bytes of the server's on standard output");
    }
    // A server that ended it is gone, perhaps.
    return closed || relayed->end == RelayResult::End::server
               ? Result<void>{}
               : tl::make_unexpected(server.socket->explain(closed.error()));
}

Result<void> show(const DtlsConnectOptions& options, Clock& clock, const Prepared& prepared, ServerConnection& server) {
    TRYV(answer(options.json ? json_text(session_json(prepared, server)) : session_text(prepared, server)));
    return server.connection.close(Deadline{clock.now()});
}

Result<void> connect_dtls(const Context& context, const DtlsConnectOptions& options) {
    if (options.json && !options.show_session) {
        return fail(InputErrc::usage, "--json is the form of --show-session: give that, too");
    }
    TRYV(seconds_of(options.wait, "--wait"));
    const auto signals = io::take_termination_signals();
    if (!signals) {
        return fail(signals.error(), "take signals");
    }
    TRY(auto prepared, prepare_dtls(context, options.dtls));
    prepared.handshake.signals = signals->get();
    SystemClock clock;
    TRY(auto server, connect_server(*prepared.chip.device, clock, prepared.server, prepared.handshake));
    if (options.show_session) {
        return show(options, clock, prepared, server);
    }
    context.note(session_line(prepared, server));
    return exchange(context, options, clock, signals->get(), server);
}

}  // namespace

void add_dtls_connect(Command& dtls) {
    const auto options = std::make_shared<DtlsConnectOptions>();
    auto command = dtls.subcommand("connect", "Exchange data with a DTLS server", what_connect_does);
    add_dtls_options(command, options->dtls);
    command.option("-w,--wait", options->wait,
                   "After the end of the input: seconds without data of the server's; default: 2", "N");
    command.flag("--lines", options->lines, "A datagram for each line");
    command.flag("--show-session", options->show_session,
                 "Print what was negotiated instead of exchanging data, and end the connection");
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return connect_dtls(context, *options); });
}

}  // namespace trustx::cli
