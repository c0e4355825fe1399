// SPDX-License-Identifier: Apache-2.0
#include "commands/dtls/session_text.hpp"

#include "chip/certificate_json.hpp"
#include "cli/arguments.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

// The only suite of the chip, by the name that OpenSSL has for it (chip-dtls.md section 1).
constexpr std::uint16_t only_suite = 0xC0AE;

std::string suite_id(std::uint16_t suite) {
    std::array<char, 5> hex{};
    std::snprintf(hex.data(), hex.size(), "%04X", suite);
    return hex.data();
}

std::string suite_name(std::uint16_t suite) {
    return suite == only_suite ? "ECDHE-ECDSA-AES128-CCM8" : suite_id(suite);
}

std::int64_t milliseconds(Duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

// The chip has accepted them; what cannot be read here is left out.
std::vector<x509::Certificate> server_certificates(const dtls::Report& report) {
    std::vector<x509::Certificate> certificates;
    for (const auto& der : report.peer_certificates) {
        if (auto certificate = x509::Certificate::parse(der, "the server's certificate")) {
            certificates.push_back(std::move(*certificate));
        }
    }
    return certificates;
}

std::string server_summary(const dtls::Report& report) {
    const auto certificates = server_certificates(report);
    return certificates.empty() ? "(unknown)" : x509::summary(certificates.front());
}

std::string client_text(const Prepared& prepared, const dtls::Report& report) {
    const auto key = title(prepared.handshake.dtls.key);
    if (!report.certificate_requested) {
        return key + ", not asked for";
    }
    return prepared.certificate ? key + ", as " + x509::summary(*prepared.certificate) : "without a certificate";
}

}  // namespace

std::string session_line(const Prepared& prepared, const ServerConnection& server) {
    const auto report = server.connection.report();
    return "connected to " + server.address.text() + ", " + server_summary(report) +
           "; client: " + client_text(prepared, report) + "; DTLS 1.2, " + suite_name(report.cipher_suite) +
           ", handshake " + std::to_string(milliseconds(report.handshake_time)) + " ms";
}

std::string session_text(const Prepared& prepared, const ServerConnection& server) {
    const auto report = server.connection.report();
    const auto certificates = server_certificates(report);
    std::string text = "server        " + prepared.server.text() + " (" + server.address.text() + ")\n" +
                       "protocol      DTLS 1.2\n" + "cipher suite  " + suite_name(report.cipher_suite) + " (" +
                       suite_id(report.cipher_suite) + ")\n";
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        text += (i == 0 ? "certificate   " : "              ") + x509::summary(certificates[i]) + "\n";
    }
    return text + "anchor        " + x509::summary(prepared.anchor) + " in " + title(dtls_anchor_object) + "\n" +
           "client        " + client_text(prepared, report) + "\n" + "session       " + report.session.hex() + "\n" +
           "handshake     " + std::to_string(milliseconds(report.handshake_time)) + " ms, " +
           std::to_string(report.chip_commands) + " chip commands, " + std::to_string(report.flights_sent_again) +
           " flight(s) sent again\n" + "payload       at most " + std::to_string(server.connection.max_payload()) +
           " bytes in a datagram\n";
}

nlohmann::ordered_json session_json(const Prepared& prepared, const ServerConnection& server) {
    const auto report = server.connection.report();
    const bool shown = report.certificate_requested && prepared.certificate.has_value();
    nlohmann::ordered_json json{{"server", prepared.server.text()},
                                {"address", server.address.text()},
                                {"protocol", "DTLS 1.2"},
                                {"cipher_suite", suite_name(report.cipher_suite)},
                                {"cipher_suite_id", suite_id(report.cipher_suite)},
                                {"server_certificates", nlohmann::ordered_json::array()},
                                {"anchor", certificate_json(prepared.anchor)},
                                {"key", prepared.handshake.dtls.key.hex()},
                                {"certificate_requested", report.certificate_requested},
                                {"client_certificate", nullptr},
                                {"session", report.session.hex()},
                                {"handshake_ms", milliseconds(report.handshake_time)},
                                {"chip_commands", report.chip_commands},
                                {"flights_sent_again", report.flights_sent_again},
                                {"max_payload", server.connection.max_payload()}};
    for (const auto& certificate : server_certificates(report)) {
        auto entry = certificate_json(certificate);
        entry["pem"] = certificate.pem();
        json["server_certificates"].push_back(std::move(entry));
    }
    if (shown) {
        json["client_certificate"] = certificate_json(*prepared.certificate);
    }
    return json;
}

}  // namespace trustx::cli
