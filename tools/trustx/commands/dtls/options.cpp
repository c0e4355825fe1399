// SPDX-License-Identifier: Apache-2.0
#include "commands/dtls/options.hpp"

#include "chip/chip_certificates.hpp"
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/try.hpp"

#include <cmath>
#include <utility>

namespace trustx::cli {
namespace {

constexpr const char* no_certificate = "none";

// choose_certificate is the object whose certificate the server gets; nothing: it gets none.
Result<std::optional<ObjectId>> choose_certificate(const DtlsOptions& options, ObjectId slot) {
    if (options.certificate.empty()) {
        return paired_certificate(slot);
    }
    if (options.certificate == no_certificate) {
        return std::nullopt;
    }
    TRY(const auto object, parse_certificate_place(options.certificate));
    if (describe(object)->kind != ObjectKind::certificate) {
        return fail(InputErrc::usage,
                    "--cert: " + title(object) + " holds no certificate of this chip; E0E0 to E0E3 do");
    }
    return std::optional{object};
}

Result<std::uint16_t> choose_mtu(const DtlsOptions& options) {
    const auto mtu = options.mtu.value_or(dtls::Options{}.pmtu);
    if (mtu < dtls::Options::min_pmtu || mtu > dtls::Options::max_pmtu) {
        return fail(InputErrc::usage, "--mtu is 296 to 1500 bytes, not " + std::to_string(mtu));
    }
    return static_cast<std::uint16_t>(mtu);
}

Result<HandshakeOptions> handshake_options(const DtlsOptions& options, ObjectId slot) {
    HandshakeOptions chosen;
    chosen.families = options.ipv4 ? Families::ipv4 : options.ipv6 ? Families::ipv6 : Families::any;
    chosen.expected_name = options.expected_name;
    chosen.dtls.key = slot;
    TRY(chosen.timeout, seconds_of(options.timeout, "--timeout"));
    if (chosen.timeout == std::chrono::milliseconds::zero()) {
        return fail(InputErrc::usage, "--timeout: no connection is made in no time; 0.001 seconds are the least");
    }
    TRY(chosen.dtls.certificate, choose_certificate(options, slot));
    TRY(chosen.dtls.pmtu, choose_mtu(options));
    if (options.no_date_check) {
        chosen.dtls.dates_hold_at = std::nullopt;
    }
    return chosen;
}

Result<void> passed(const std::optional<Obstacle>& obstacle) {
    return obstacle ? fail(obstacle->error.code(),
                           what_is_wrong(obstacle->error) + (obstacle->remedy.empty() ? "" : "; " + obstacle->remedy))
                    : Result<void>{};
}

// read_expected reads the certificate that the anchor has to be.
Result<std::optional<x509::Certificate>> read_expected(const std::string& path) {
    if (path.empty()) {
        return std::nullopt;
    }
    TRY(const auto content, files::read_input(path));
    TRY(auto certificates, x509::parse_certificate_file(content, files::input_name(path)));
    if (certificates.size() != 1) {
        return fail(InputErrc::malformed, files::input_name(path) + " holds " + std::to_string(certificates.size()) +
                                              " certificates; --expect-anchor is one");
    }
    return std::optional{std::move(certificates.front())};
}

// how_they_differ is for two certificates that one takes for the same by their names.
std::string how_they_differ(const x509::Certificate& anchor, const x509::Certificate& expected) {
    if (anchor.subject() != expected.subject()) {
        return {};
    }
    const bool same_key = anchor.key_sha256() == expected.key_sha256();
    return std::string{": the name is the same, "} +
           (same_key ? "and so is the key, but it is another certificate" : "but the key is another one") +
           " (SHA-256 fingerprints: in the chip " + anchor.fingerprint() + ", expected " + expected.fingerprint() + ")";
}

Result<void> check_expected(const x509::Certificate& anchor, const std::optional<x509::Certificate>& expected) {
    if (!expected || expected->der() == anchor.der()) {
        return {};
    }
    return fail(InputErrc::check_failed, title(dtls_anchor_object) + " holds " + x509::summary(anchor) +
                                             ", not the expected " + x509::summary(*expected) +
                                             how_they_differ(anchor, *expected) +
                                             "; `trustx anchor write E0E8 FILE --force` puts that one there");
}

// The certificate of the client is looked at only where one is named: without it the server decides.
Result<std::optional<x509::Certificate>> read_own(const Context& context, Chip& chip, HandshakeOptions& chosen,
                                                  bool named) {
    if (!chosen.dtls.certificate) {
        return std::nullopt;
    }
    const auto object = *chosen.dtls.certificate;
    TRY(auto stored, stored_certificates(chip, object));
    if (!stored.certificates.empty()) {
        return std::optional{std::move(stored.certificates.front())};
    }
    if (named) {
        return fail(InputErrc::nothing_there, title(object) + " holds no certificate; `trustx cert write " +
                                                  object.hex() + " FILE` puts one there");
    }
    context.note(title(object) + " holds no certificate: a server that asks for one gets none");
    chosen.dtls.certificate = std::nullopt;
    return std::nullopt;
}

}  // namespace

Result<std::chrono::milliseconds> seconds_of(double value, const std::string& option) {
    constexpr double longest = 86400;
    if (!std::isfinite(value) || value < 0 || value > longest) {
        return fail(InputErrc::usage, option + " is a number of seconds, 0 to 86400");
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>{value});
}

void add_dtls_options(Command& command, DtlsOptions& options) {
    command.argument("SERVER", options.server, "The server as HOST:PORT; an IPv6 address stands in brackets")
        .required();
    command.option("--key", options.key, "Key that authenticates this client; default: E0F0", "SLOT");
    command.option("--cert", options.certificate,
                   "Object with its certificate, or `none`; default: the one that belongs to the key", "OBJECT");
    command.option("--expect-anchor", options.expected_anchor,
                   "Refuse unless E0E8 holds exactly this certificate, which the server is judged by", "FILE");
    command.option("--expect-name", options.expected_name,
                   "Refuse a server whose certificate is not for this host name or address; .example.com is any host "
                   "below example.com",
                   "NAME");
    command.option("--mtu", options.mtu, "Longest IP packet in bytes, 296 to 1500; default: 1260", "N");
    command.option("--timeout", options.timeout, "Seconds until there has to be a connection; default: 30", "N");
    command.flag("--no-date-check", options.no_date_check, "Do not let the chip check the dates of certificates");
    const auto ipv4 = command.flag("-4,--ipv4", options.ipv4, "Use IPv4 alone");
    command.flag("-6,--ipv6", options.ipv6, "Use IPv6 alone").excludes(ipv4);
}

Result<Prepared> prepare_dtls(const Context& context, const DtlsOptions& options) {
    TRY(auto server, parse_server_name(options.server));
    TRY(const auto slot, parse_slot(options.key));
    TRY(auto chosen, handshake_options(options, slot));
    TRY(const auto expected, read_expected(options.expected_anchor));
    TRY(auto chip, open_chip(context));
    TRY(auto anchor, read_dtls_anchor(chip));
    if (anchor.certificate) {
        TRYV(check_expected(*anchor.certificate, expected));
    }
    TRYV(passed(anchor.obstacle));
    TRY(const auto no_key, check_dtls_key(chip, slot));
    TRYV(passed(no_key));
    TRY(auto own, read_own(context, chip, chosen, !options.certificate.empty()));
    return Prepared{.server = std::move(server),
                    .chip = std::move(chip),
                    .handshake = std::move(chosen),
                    .anchor = std::move(*anchor.certificate),
                    .certificate = std::move(own)};
}

}  // namespace trustx::cli
