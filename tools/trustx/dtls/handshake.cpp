// SPDX-License-Identifier: Apache-2.0
#include "dtls/handshake.hpp"

#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "dtls/peer_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include <openssl/x509v3.h>
#include <poll.h>

namespace trustx::cli {
namespace {

using std::chrono::milliseconds;

std::string dates_text(const HandshakeOptions& options) {
    return options.dtls.dates_hold_at
               ? text::time_text(std::chrono::system_clock::to_time_t(*options.dtls.dates_hold_at))
               : std::string{"any time"};
}

// what_the_chip_means puts a refusal of the chip's during the handshake into words (chip-dtls.md section 8). The code
// says whose fault it is; empty words: not the server's.
std::pair<PeerErrc, std::string> what_the_chip_means(ChipError code, const HandshakeOptions& options) {
    switch (code) {
        case ChipError::invalid_trust_anchor:
            return {
                PeerErrc::untrusted,
                "no way leads from its certificate to the trust anchor in E0E8; `trustx anchor read E0E8` shows that "
                "one, and `trustx anchor write E0E8 FILE --force` puts another in its place"};
        case ChipError::trust_anchor_expired:
        case ChipError::certificate_expired:
            return {PeerErrc::untrusted,
                    std::string{code == ChipError::trust_anchor_expired ? "the trust anchor in E0E8"
                                                                        : "a certificate of the server's"} +
                        " is not valid at " + dates_text(options) +
                        ", which is the time of this computer: set the clock if that is wrong, else have it renewed "
                        "(--no-date-check connects all the same)"};
        case ChipError::unsupported_trust_anchor:
        case ChipError::unsupported_certificate_or_algorithm:
            return {PeerErrc::untrusted,
                    "the chip verifies certificates with ECDSA keys on P-256 and P-384 alone, and one in the server's "
                    "chain is of another kind"};
        case ChipError::invalid_certificate_format:
            return {PeerErrc::untrusted, "the chip cannot read its certificate: X.509 version 3 in DER is needed"};
        case ChipError::signature_verification_failure:
            return {
                PeerErrc::untrusted,
                "a signature does not verify: its certificate was issued by another authority than the one in E0E8, "
                "or it has not the key of that certificate"};
        case ChipError::unsupported_cipher_suite:
        case ChipError::unsupported_extension_or_identifier:
        case ChipError::unsupported_parameters:
        case ChipError::version_mismatch:
            return {PeerErrc::unsuitable,
                    "it chose what the chip did not offer: DTLS 1.2, ECDHE-ECDSA-AES128-CCM8, P-256 and "
                    "ecdsa_secp256r1_sha256 are what there is"};
        case ChipError::invalid_handshake_message:
            return {PeerErrc::untrusted,
                    "a message of its handshake is not what it should be: somebody changed it, or the "
                    "server does not know the secret"};
        default:
            return {};
    }
}

bool lacks_certificate(const ServerConnection& server, const HandshakeOptions& options) {
    return server.connection.report().certificate_requested && !options.dtls.certificate;
}

// Some servers send no alert when they refuse (GnuTLS's, Mbed TLS 2.28 without a certificate that it demands).
Error fell_silent(const ServerConnection& server, const HandshakeOptions& options) {
    return Error{
        PeerErrc::fell_silent,
        "the server at " + server.address.text() +
            " answered at first, and then no more: its datagrams are lost, or it refuses without a word, and its "
            "own log says why" +
            (lacks_certificate(server, options)
                 ? " (it asks for a certificate, and gets none: see --cert)"
                 : " (it may not have the suite ECDHE-ECDSA-AES128-CCM8, or this is a port without DTLS)")};
}

Error in_words(const Error& error, const ServerConnection& server, const HandshakeOptions& options) {
    if (error.code().category() == std::system_category()) {
        return server.socket->explain(error);
    }
    if (error.code().category() == chip_category() && server.connection.report().alert_sent) {
        const auto [code, words] = what_the_chip_means(static_cast<ChipError>(error.code().value()), options);
        if (!words.empty()) {
            return Error{code, "the chip refuses the server at " + server.address.text() + ": " + words + " (" +
                                   error.description() + ")"};
        }
    }
    if (error.code().category() == dtls_alert_category() && lacks_certificate(server, options)) {
        return error.during(server.address.text() +
                            " asks for a certificate of this client, and gets none: --cert OBJECT shows one");
    }
    if (error == DtlsError::peer_silent && server.connection.report().throttled) {
        return Error{
            PeerErrc::fell_silent,
            "the server at " + server.address.text() +
                " answered at first; what came then waits, because the chip failed to decrypt too many records "
                "in the last minute, of this or of another connection: somebody forges them. Try again in a "
                "minute"};
    }
    if (error == DtlsError::peer_silent && server.socket->heard()) {
        return fell_silent(server, options);
    }
    return error.during(server.address.text());
}

int milliseconds_until(TimePoint at, const Clock& clock) {
    const auto left = std::chrono::ceil<milliseconds>(at - clock.now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

constexpr std::chrono::milliseconds pause_for_others{20};

// wait_for_server returns at what connect() waits for, and says no when the user wants to end it.
bool wait_for_server(const dtls::Connection& connection, const Clock& clock, Deadline deadline, int signals) {
    const auto readiness = connection.readiness();
    const auto at = std::min(readiness.at.value_or(deadline.at), deadline.at);
    std::array<pollfd, 2> polled{pollfd{signals, POLLIN, 0},
                                 pollfd{readiness.datagram ? connection.fd() : -1, POLLIN, 0}};
    return ::poll(polled.data(), polled.size(), milliseconds_until(at, clock)) <= 0 || polled[0].revents == 0;
}

Result<void> shake_hands(ServerConnection& server, Clock& clock, Deadline deadline, const HandshakeOptions& options) {
    for (;;) {
        const auto done = server.connection.connect(Deadline{clock.now()});
        if (done) {
            return {};
        }
        const auto state = server.connection.state();
        const bool goes_on = done.error() == DtlsError::peer_silent && state == dtls::State::handshaking;
        // Others have the chip, or all of its session objects, and signals have to be heard meanwhile.
        const bool begins_later = done.error() == Errc::lock_timeout && state == dtls::State::idle;
        if ((!goes_on && !begins_later) || deadline.passed(clock)) {
            return tl::make_unexpected(in_words(done.error(), server, options));
        }
        const auto until = begins_later ? Deadline::after(clock, pause_for_others) : deadline;
        if (!wait_for_server(server.connection, clock, {std::min(until.at, deadline.at)}, options.signals)) {
            static_cast<void>(server.connection.close(Deadline{clock.now()}));
            return fail(PeerErrc::interrupted, "interrupted during the handshake with " + server.address.text());
        }
    }
}

// The chip looks at no name: any certificate that its anchor vouches for will do.
Result<void> check_name(const ServerConnection& server, const std::string& name) {
    const auto chain = server.connection.report().peer_certificates;
    if (name.empty()) {
        return {};
    }
    if (chain.empty()) {
        return fail(PeerErrc::untrusted, "the server has sent no certificate, and should be " + name);
    }
    TRY(const auto leaf, x509::Certificate::parse(chain.front(), "the server's certificate"));
    const bool matches = X509_check_ip_asc(leaf.handle(), name.c_str(), 0) == 1 ||
                         X509_check_host(leaf.handle(), name.data(), name.size(), 0, nullptr) == 1;
    if (!matches) {
        return fail(PeerErrc::untrusted, "the server is not " + text::printable(name) + ", it is " + leaf.subject() +
                                             "; where that one is meant, --expect-name has to be a name that its "
                                             "certificate has (subjectAltName)");
    }
    return {};
}

Result<ServerConnection> connect_address(Device& device, Clock& clock, const SocketAddress& address, Deadline deadline,
                                         const HandshakeOptions& options) {
    TRY(auto socket, ServerSocket::open(address));
    auto& datagrams = *socket;
    ServerConnection server{.address = address,
                            .socket = std::move(socket),
                            .connection = dtls::Connection{device, datagrams, clock, options.dtls}};
    TRYV(shake_hands(server, clock, deadline, options));
    if (auto named = check_name(server, options.expected_name); !named) {
        static_cast<void>(server.connection.close(Deadline{clock.now()}));
        return named.failure();
    }
    return server;
}

}  // namespace

Result<ServerConnection> connect_server(Device& device, Clock& clock, const ServerName& server,
                                        const HandshakeOptions& options) {
    const auto deadline = Deadline::after(clock, options.timeout);
    TRY(const auto addresses, look_up(server, options.families, options.timeout, options.signals));
    for (std::size_t i = 0;; ++i) {
        auto connected = connect_address(device, clock, addresses.at(i), deadline, options);
        const bool nobody_there = !connected && connected.error() == PeerErrc::unreachable;
        if (!nobody_there || i + 1 == addresses.size()) {
            return connected;
        }
    }
}

}  // namespace trustx::cli
