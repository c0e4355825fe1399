// SPDX-License-Identifier: Apache-2.0
// The openssl tool, command by command, in every arrangement of providers: any order, our drop-in at the end of a
// distribution's configuration, and -provider on the command line.
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

namespace {

constexpr std::array every_arrangement{Arrangement::default_first, Arrangement::trustx_first,
                                       Arrangement::trustx_preferred, Arrangement::drop_in, Arrangement::options};

// Bench runs openssl in one arrangement and knows what each command may cost.
struct Bench {
    const Host& host;
    Arrangement arrangement;

    std::string costs(int key_uses, const Arguments& arguments, std::optional<std::string> input = {}) const {
        static_cast<void>(host.counters());
        auto answer = host.openssl(arrangement, arguments, std::move(input));
        INFO("openssl " << arguments.front());
        CHECK(host.key_uses() == key_uses);
        return answer;
    }
    // without_chip is for what only loads, lists, compares or prints: not a byte on the bus.
    std::string without_chip(const Arguments& arguments, std::optional<std::string> input = {}) const {
        static_cast<void>(host.counters());
        auto answer = host.openssl(arrangement, arguments, std::move(input));
        INFO("openssl " << arguments.front());
        CHECK(host.counters().transfers == 0);
        return answer;
    }
    [[nodiscard]] std::string path(const std::string& name) const { return host.path(name).string(); }
};

void write_ca_configuration(const Host& host) {
    write_file(host.path("index.txt"), "");
    write_file(host.path("serial"), "01\n");
    write_file(host.path("ca.cnf"), "[ca]\ndefault_ca = demo\n[demo]\ndatabase = " + host.path("index.txt").string() +
                                        "\nnew_certs_dir = " + host.path("").string() +
                                        "\nserial = " + host.path("serial").string() +
                                        "\npolicy = any\ndefault_md = default\ndefault_days = 2\nunique_subject = "
                                        "no\n[any]\ncommonName = supplied\n");
}

}  // namespace

TEST_CASE("each openssl command uses a private key as often as it signs", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(curve << " " << name_of(arrangement));
    const Host host{curve};
    const Bench bench{host, arrangement};
    const auto key = host.client().key.string();
    const auto certificate = host.client().certificate.string();
    write_file(host.path("message"), "message\n");

    bench.costs(0, {"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt", "group:" + curve,
                    "-pkeyopt", "slot:E0F3", "-out", bench.path("made.pem")});
    CHECK_THAT(read_file(host.path("made.pem")), ContainsSubstring("TRUSTX PRIVATE KEY"));
    const auto software = bench.without_chip({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:" + curve});
    CHECK_THAT(software, ContainsSubstring("BEGIN PRIVATE KEY"));

    CHECK(bench.without_chip({"pkey", "-in", key, "-pubout"}) ==
          bench.without_chip({"x509", "-in", certificate, "-noout", "-pubkey"}));
    bench.without_chip({"pkey", "-in", key, "-check", "-text", "-noout"});
    bench.without_chip({"x509", "-in", certificate, "-noout", "-text"});
    bench.without_chip({"verify", "-CAfile", host.ca(), certificate});

    bench.costs(1, {"req", "-new", "-key", key, "-subj", "/CN=gateway", "-out", bench.path("made.csr")});
    bench.without_chip({"req", "-in", bench.path("made.csr"), "-verify", "-noout"});
    bench.costs(1, {"x509", "-req", "-in", bench.path("made.csr"), "-CA", certificate, "-CAkey", key, "-CAcreateserial",
                    "-days", "2", "-out", bench.path("issued.pem")});
    write_ca_configuration(host);
    bench.costs(1, {"ca", "-config", bench.path("ca.cnf"), "-batch", "-notext", "-in", bench.path("made.csr"), "-cert",
                    certificate, "-keyfile", key, "-out", bench.path("issued.pem")});

    bench.costs(1, {"dgst", "-sha384", "-sign", key, "-out", bench.path("signature"), bench.path("message")});
    bench.without_chip(
        {"dgst", "-sha384", "-prverify", key, "-signature", bench.path("signature"), bench.path("message")});
    bench.costs(1, {"pkeyutl", "-sign", "-rawin", "-digest", "sha256", "-inkey", key, "-in", bench.path("message"),
                    "-out", bench.path("signature")});
    bench.without_chip({"pkeyutl", "-verify", "-rawin", "-digest", "sha256", "-inkey", key, "-in",
                        bench.path("message"), "-sigfile", bench.path("signature")});
    bench.costs(1, {"cms", "-sign", "-in", bench.path("message"), "-signer", certificate, "-inkey", key, "-out",
                    bench.path("signed")});
    bench.without_chip(
        {"cms", "-verify", "-in", bench.path("signed"), "-CAfile", host.ca(), "-purpose", "any", "-out", "/dev/null"});

    bench.without_chip({"storeutl", "-noout", key});
    bench.costs(0, {"storeutl", "-noout", "trustx:"});
    bench.without_chip({"rand", "-hex", "16"});
    bench.without_chip({"list", "-providers"});
}

TEST_CASE("s_client and s_server sign once on the side whose key is in the chip, and never for a resumed session",
          "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    const Host host{curve};
    for (const auto arrangement : every_arrangement) {
        for (const auto& tls : both_versions) {
            for (const bool client_in_chip : {true, false}) {
                INFO(curve << " TLS " << tls << " " << name_of(arrangement) << " chip key of the "
                           << (client_in_chip ? "client" : "server"));
                const auto& client = client_in_chip ? host.client() : host.software_client();
                const auto& server = client_in_chip ? host.software_server() : host.server();
                const auto environment = host.environment(arrangement, tls);
                static_cast<void>(host.counters());
                Process serving{
                    "openssl",
                    Host::for_openssl(arrangement, {"s_server", "-accept", "127.0.0.1:0", "-naccept", "2", "-www",
                                                    "-Verify", "1", "-verify_return_error", "-CAfile", host.ca(),
                                                    "-cert", server.certificate, "-key", server.key}),
                    {.environment = environment}};
                const auto line = serving.wait_for_line("ACCEPT");
                const auto port = line.substr(line.rfind(':') + 1);
                CHECK(host.counters().transfers == 0);
                const auto connect = [&](const char* option) {
                    return Host::must_run(
                               environment, "openssl",
                               Host::for_openssl(arrangement,
                                                 {"s_client", "-connect", "localhost:" + port, "-CAfile", host.ca(),
                                                  "-cert", client.certificate, "-key", client.key,
                                                  "-verify_return_error", "-ign_eof", option, host.path("session")}),
                               "GET / HTTP/1.0\r\n\r\n")
                        .out;
                };
                CHECK_THAT(connect("-sess_out"), ContainsSubstring("New, TLSv" + tls));
                CHECK(host.key_uses() == 1);
                CHECK_THAT(connect("-sess_in"), ContainsSubstring("Reused, TLSv" + tls));
                CHECK(host.key_uses() == 0);
            }
        }
    }
}
