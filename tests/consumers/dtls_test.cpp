// SPDX-License-Identifier: Apache-2.0
// `trustx dtls connect` with DTLS servers as people run them: OpenSSL's, GnuTLS's, one of Mbed TLS and libcoap's. What
// the library does with lost and forged datagrams is tested in virtual time, elsewhere.
#include "dtls_host.hpp"
#include "middleman.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

constexpr int refused_by_trustx = 1;
constexpr int usage = 2;
constexpr int unreachable_chip = 3;
constexpr int file = 4;
constexpr int mismatch = 5;
constexpr int nothing_there = 6;
constexpr int network = 7;
constexpr int server_refuses = 8;
constexpr int untrusted = 12;

// Where the server says nothing by itself, a line sent back shows that both directions work.
void check_echo(DtlsHost& host, const Server& server, const Arguments& more, const std::string& client) {
    auto connected = host.connect(server, more);
    CHECK_THAT(connected.process.wait_for_error_line("connected to"), ContainsSubstring(client));
    connected.input.type("to the server and back\n");
    connected.process.wait_for_line("to the server and back");
    connected.process.signal(SIGTERM);
    const auto outcome = connected.process.wait();
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(outcome.out == "to the server and back\n");
    CHECK_THAT(outcome.err, ContainsSubstring("interrupted; sent 23 bytes, received 23"));
}

std::string fingerprint(const std::string& certificate) {
    // "sha256 Fingerprint=AB:CD:...\n"
    auto text = test::openssl({"x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"});
    text.erase(0, text.find('=') + 1);
    std::erase_if(text, [](char letter) { return letter == ':' || letter == '\n'; });
    return text;
}

std::uint64_t key_uses(const DtlsHost& host) {
    return host.chip.stats().at("private_key_uses");
}

}  // namespace

TEST_CASE("OpenSSL's server and the chip exchange data, whatever the server asks for", "[dtls]") {
    struct Row {
        const char* name;
        Arguments server;
        Arguments client;
        const char* shown;  // as what the client is shown
        std::uint64_t key_uses;
    };
    const std::string ask = "1";
    const auto row = GENERATE_COPY(values<Row>({
        {"nothing", {}, {}, "not asked for", 0},
        {"a certificate, demanded", {"-Verify", ask, "-verify_return_error"}, {}, "as CN=sensor", 1},
        {"a certificate, and has none", {"-verify", ask}, {"--cert", "none"}, "without a certificate", 0},
        {"a certificate, if there is one", {"-verify", ask, "-verify_return_error"}, {}, "as CN=sensor", 1},
        {"short datagrams", {"-mtu", "296"}, {"--mtu", "296"}, "not asked for", 0},
        {"short datagrams and a certificate", {"-mtu", "296", "-Verify", ask}, {"--mtu", "296"}, "as CN=sensor", 1},
        {"a cookie first", {"-listen"}, {}, "not asked for", 0},
    }));
    INFO(row.name);
    DtlsHost host;
    auto server = host.openssl(row.server);
    auto client = host.connect(server, row.client);
    const auto note = client.process.wait_for_error_line("connected to");
    CHECK_THAT(note, ContainsSubstring("127.0.0.1:" + server.port + ", CN=localhost") && ContainsSubstring(row.shown) &&
                         ContainsSubstring("DTLS 1.2, ECDHE-ECDSA-AES128-CCM8"));
    CHECK(key_uses(host) == row.key_uses);
    client.input.type("from the chip\n");
    server.process->wait_for_line("from the chip");
    server.input->type("from the server\n");
    client.process.wait_for_line("from the server");
    client.process.signal(SIGINT);
    CHECK(client.process.wait().ok());
    server.process->wait_for_line("DONE");
}

TEST_CASE("GnuTLS's server sends back what the chip sends", "[dtls]") {
    const bool asked = GENERATE(false, true);
    DtlsHost host;
    auto server = host.gnutls(
        asked ? Arguments{"--priority", "NORMAL:+AES-128-CCM-8", "--require-client-cert", "--verify-client-cert"}
              : Arguments{"--priority", "NORMAL:+AES-128-CCM-8", "--disable-client-cert"});
    check_echo(host, server, {}, asked ? "as CN=sensor" : "not asked for");
}

TEST_CASE("a server of Mbed TLS sends back what the chip sends", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls(GENERATE(as<std::string>{}, "none", "optional", "required"));
    check_echo(host, server, {}, "client: E0F1");
    server.process->wait_for_line("closed by the client");
}

TEST_CASE("a server of Mbed TLS that would like a certificate does without one", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("optional");
    check_echo(host, server, {"--cert", "none"}, "without a certificate");
    CHECK_THAT(server.process->out(), ContainsSubstring("client nobody"));
}

TEST_CASE("the sample puts a reading on a CoAP server", "[dtls]") {
    DtlsHost host;
    auto server = host.coap(GENERATE(as<std::string>{}, "openssl", "gnutls"));
    // The first makes the resource, the second changes it.
    for (const auto& [reading, answer] : {std::pair{"20.5", "2.01 20.5\n"}, std::pair{"21.5", "2.04 21.5\n"}}) {
        const auto outcome =
            run(program("examples/coap_sensor"), {"E0F1", "127.0.0.1", server.port, "example_data", reading},
                {.environment = host.environment()});
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK(outcome.out == answer);
    }
    // Another client, which does not speak DTLS, finds it there.
    const auto plain = std::to_string(std::stoi(server.port) - 1);
    const auto found = run("coap-client-notls", {"-m", "get", "coap://127.0.0.1:" + plain + "/example_data"});
    CHECK_THAT(found.out, ContainsSubstring("21.5"));
}

TEST_CASE("the sample says so where it cannot print what is on the CoAP server", "[dtls]") {
    const auto* redirection = GENERATE(">&-", ">/dev/full");
    DtlsHost host;
    auto server = host.coap("openssl");
    const auto outcome = run("sh",
                             {"-c", std::string{"exec \"$0\" \"$@\" "} + redirection, program("examples/coap_sensor"),
                              "E0F1", "127.0.0.1", server.port, "example_data", "21.5"},
                             {.environment = host.environment()});
    INFO(redirection << ": " << outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("write to standard output"));
}

TEST_CASE("a server that does not get what it demands refuses, or falls silent", "[dtls]") {
    DtlsHost host;
    host.refused(
        host.openssl({"-Verify", "1"}), server_refuses,
        {"handshake_failure", " asks for a certificate of this client, and gets none: --cert OBJECT shows one"},
        {"--cert", "none"});
    // Mbed TLS 2.28 sends no alert then.
    host.refused(host.mbedtls("required"), network, {"answered at first", "asks for a certificate"},
                 {"--cert", "none", "--timeout", "1"});
}

TEST_CASE("a server without the chip's suite, or without an ECDSA key, refuses", "[dtls]") {
    DtlsHost host;
    host.refused(host.openssl({"-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"}), server_refuses,
                 {"handshake_failure", "ECDHE-ECDSA-AES128-CCM8"});
    const Identity rsa{host.path("rsa.pem"), host.path("rsa-key.pem")};
    test::openssl({"req", "-x509", "-newkey", "rsa:2048", "-noenc", "-batch", "-subj", "/CN=localhost", "-keyout",
                   rsa.key, "-out", rsa.certificate});
    host.refused(host.openssl_as(rsa, {}), server_refuses, {"handshake_failure", "ECDSA"});
}

TEST_CASE("the chip accepts a server of the anchor's authority alone, while it is valid", "[dtls]") {
    DtlsHost host;
    CertificateAuthority other{host.path(""), "other"};
    const auto stranger = other.issue_server("stranger", "DNS:localhost");
    const auto expired = host.authority.issue_server("expired", "DNS:localhost", "20200101000000Z", "20210101000000Z");
    const auto early = host.authority.issue_server("early", "DNS:localhost", "20900101000000Z", "20910101000000Z");

    host.refused(host.openssl_as(stranger, {}), untrusted, {"the chip refuses the server", "E0E8"});
    for (const auto& identity : {expired, early}) {
        host.refused(host.openssl_as(identity, {}), untrusted, {"is not valid at 20", "--no-date-check"});
        auto server = host.openssl_as(identity, {});
        auto client = host.connect(server, {"--no-date-check"});
        client.process.wait_for_error_line("connected to");
    }
}

TEST_CASE("the expected anchor is the one in E0E8, byte for byte, or nothing is sent", "[dtls]") {
    DtlsHost host;
    const CertificateAuthority other{host.path(""), "other"};
    const auto nobody = DtlsHost::unused();  // reached only where the anchor is right
    host.refused(nobody, network, {"nobody listens at 127.0.0.1:" + nobody.port},
                 {"--expect-anchor", host.authority.certificate(), "-4"});
    host.refused(nobody, mismatch, {"E0E8", "CN=authority", "not the expected CN=other"},
                 {"--expect-anchor", other.certificate()});
    host.refused(nobody, file, {"no-such-file"}, {"--expect-anchor", "no-such-file"});
    // One that looks the same.
    std::filesystem::create_directory(host.path("elsewhere"));
    const CertificateAuthority twin{host.path("elsewhere"), "authority"};
    host.refused(
        nobody, mismatch,
        {"CN=authority", "the name is the same, but the key is another one",
         "in the chip " + fingerprint(host.authority.certificate()), "expected " + fingerprint(twin.certificate())},
        {"--expect-anchor", twin.certificate()});
    host.must({"anchor", "write", "E0E8", twin.certificate(), "--force"});
    test::openssl({"req", "-new", "-x509", "-key", host.path("elsewhere/authority-key.pem"), "-subj", "/CN=authority",
                   "-days", "3650", "-out", host.path("renewed.pem")});
    host.refused(nobody, mismatch, {"the name is the same, and so is the key, but it is another certificate"},
                 {"--expect-anchor", "renewed.pem"});
}

TEST_CASE("a server whose certificate is for another name is refused where a name is expected", "[dtls]") {
    DtlsHost host;
    for (const auto* name : {"localhost", "127.0.0.1"}) {
        auto server = host.openssl();
        auto client = host.connect(server, {"--expect-name", name});
        client.process.wait_for_error_line("connected to");
    }
    host.refused(host.openssl(), untrusted, {"the server is not server.example, it is CN=localhost"},
                 {"--expect-name", "server.example"});
    // A domain: any host below it.
    const auto below = host.authority.issue_server("below", "DNS:a.b.example");
    auto server = host.openssl_as(below, {});
    auto client = host.connect(server, {"--expect-name", ".example"});
    client.process.wait_for_error_line("connected to");
    host.refused(host.openssl_as(below, {}), untrusted, {"the server is not .other.example"},
                 {"--expect-name", ".other.example"});
    host.refused(host.openssl_as(below, {}), untrusted, {"the server is not example"}, {"--expect-name", "example"});
}

TEST_CASE("a key that may not authenticate, an empty slot and an empty anchor are found before anything is sent",
          "[dtls]") {
    DtlsHost host;
    const auto nobody = DtlsHost::unused();
    host.refused(nobody, nothing_there, {"E0F3", "holds no key"}, {"--key", "E0F3"});
    host.must({"keygen", "E0F2", "--usage", "sign", "--out", "sign.pem"});
    host.refused(nobody, refused_by_trustx,
                 {"E0F2", "its usage is sign", "trustx metadata set E0F2 --usage auth,sign --force"},
                 {"--key", "E0F2"});
    host.must({"metadata", "set", "E0F2", "--usage", "auth,sign", "--force"});
    host.refused(nobody, network, {"nobody listens"}, {"--key", "E0F2", "--cert", "none", "-4"});
    host.refused(nobody, nothing_there, {"E0E2", "holds no certificate"}, {"--key", "E0F2", "--cert", "E0E2"});

    const Simulator blank;
    const auto outcome = run(program("trustx"), {"dtls", "connect", nobody.address()},
                             {.environment = {{"TRUSTX_DEVICE", blank.address()},
                                              {"TRUSTX_CONF", "/dev/null"},
                                              {"TRUSTX_LOCK_DIRECTORY", blank.directory().path().string()}}});
    CHECK(outcome.status == nothing_there);
    CHECK_THAT(outcome.err, ContainsSubstring("trustx anchor write E0E8 FILE"));
}

TEST_CASE("what the command line gets wrong is said before the chip is asked", "[dtls]") {
    DtlsHost host;
    host.chip.reset_stats();
    const auto wrong = [&host](const Arguments& arguments, const std::string& words) {
        Arguments all{"dtls", "connect"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const auto outcome = host.trustx(all);
        CAPTURE(arguments, outcome.both());
        CHECK(outcome.status == usage);
        CHECK_THAT(outcome.err, ContainsSubstring(words));
    };
    for (const auto* server : {"localhost", "localhost:", ":5684", "localhost:0", "localhost:65536", "localhost:coaps",
                               "::1:5684", "[::1]"}) {
        wrong({server}, "HOST:PORT");
    }
    wrong({""}, "SERVER: needs a name or value");
    wrong({"localhost:1", "--mtu", "295"}, "296 to 1500");
    wrong({"localhost:1", "--mtu", "1501"}, "296 to 1500");
    wrong({"localhost:1", "--timeout", "-1"}, "--timeout");
    wrong({"localhost:1", "--timeout", "0"}, "no connection is made in no time");
    wrong({"localhost:1", "--timeout", "1e-9"}, "no connection is made in no time");
    wrong({"localhost:1", "--wait", "nan"}, "--wait");
    wrong({"localhost:1", "--json"}, "--show-session");
    wrong({"localhost:1", "--cert", "E0E8"}, "--cert");
    wrong({"localhost:1", "--key", "E0E0"}, "E0E0");
    wrong({"localhost:1", "-4", "-6"}, "--ipv");
    CHECK(host.chip.stats().at("transfers") == 0);
}

TEST_CASE("IPv6 is spoken where it is asked for", "[dtls]") {
    DtlsHost host;
    auto server = host.openssl({"-accept", "[::1]:0"});
    const auto address = "[::1]:" + server.port;
    const auto outcome = host.trustx({"dtls", "connect", address, "--key", "E0F1", "--show-session"});
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK_THAT(outcome.out, ContainsSubstring("(" + address + ")"));
}

TEST_CASE("nobody there, and nobody who answers, are told apart", "[dtls]") {
    DtlsHost host;
    host.refused(DtlsHost::unused(), network, {"nobody listens at 127.0.0.1:", "Connection refused"}, {"-4"});
    host.refused(host.silent(), network, {"the peer does not answer"}, {"-4", "--timeout", "0.2"});
}

TEST_CASE("SIGINT and SIGTERM end a handshake that nobody answers", "[dtls]") {
    DtlsHost host;
    const auto server = host.silent();
    auto client = host.connect(server, {"-4"});
    host.wait_for_hello(server);
    client.process.signal(GENERATE(SIGINT, SIGTERM));
    const auto outcome = client.process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == network);
    CHECK_THAT(outcome.err, ContainsSubstring("interrupted during the handshake"));
}

TEST_CASE("clients that were killed leave no session object in use", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    for (int i = 0; i < 5; ++i) {  // the chip has four
        const auto silent = host.silent();
        auto client = host.connect(silent, {"-4"});
        host.wait_for_hello(silent);
        client.process.kill9();
    }
    check_echo(host, server, {}, "not asked for");
}

TEST_CASE("a fifth client waits for one of the chip's four session objects, as long as it may", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    std::vector<Client> holders;
    for (int i = 0; i < 4; ++i) {
        const auto silent = host.silent();
        holders.push_back(host.connect(silent, {"-4"}));
        host.wait_for_hello(silent);
    }
    const auto start = std::chrono::steady_clock::now();
    host.refused(server, unreachable_chip, {"wait for one of the four session objects"}, {"-4", "--timeout", "0.3"});
    CHECK(std::chrono::steady_clock::now() - start >= 300ms);

    const auto numbers = host.session_queue_numbers();
    auto fifth = host.connect(server, {"-4"});
    while (host.session_queue_numbers() == numbers) {
        REQUIRE(std::chrono::steady_clock::now() - start < 60s);  // until it waits, as the lock file shows
    }
    holders.front().process.signal(SIGTERM);
    fifth.process.wait_for_error_line("connected to");
    fifth.input.type("at last\n");
    fifth.process.wait_for_line("at last");
}

TEST_CASE("a chip that is reset in the middle of a connection ends it, and the user hears what to do", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    auto client = host.connect(server, {"-4"});
    client.process.wait_for_error_line("connected to");
    static_cast<void>(host.chip.control({"power-cycle"}));
    client.input.type("into the void\n");
    const auto outcome = client.process.wait();
    INFO(outcome.both());
    CHECK(outcome.status == refused_by_trustx);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring("the connection with 127.0.0.1:" + server.port +
                                              " is over, and what was sent or received last may be lost: the chip was "
                                              "reset") &&
                                ContainsSubstring("or the DTLS connection, again"));
}

TEST_CASE("a record that is longer than the chip can decrypt is no secret", "[dtls]") {
    DtlsHost host;
    auto server = host.openssl();
    auto client = host.connect(server, {"-4"});
    client.process.wait_for_error_line("connected to");
    server.input->type(std::string(1600, 'x') + "\n");
    client.process.wait_for_error_line("let the server send 1519 bytes at most in one");
    const auto outcome = client.process.terminate();
    CHECK(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("record(s) of the server's were too long for the chip"));
}

TEST_CASE("the end of the input ends the connection, after the server has said what it had to", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    auto client = host.connect(server, {"--wait", "0"});
    client.input.type("last\nwords");  // without an end of line
    client.process.wait_for_line("last");
    client.input.end();
    const auto outcome = client.process.wait();
    CHECK(outcome.ok());
    CHECK(outcome.out == "last\nwords");
    CHECK_THAT(outcome.err, ContainsSubstring("end of the input; sent 10 bytes, received 10"));
    server.process->wait_for_line("closed by the client");
}

TEST_CASE("an answer that comes after the end of the input is waited for", "[dtls]") {
    DtlsHost host;
    auto server = host.openssl();
    // A file ends as soon as it was read.
    write_file(host.path("question"), "question\n");
    const auto command =
        "exec \"$0\" dtls connect " + server.address() + " --key E0F1 --wait \"$1\" <" + host.path("question");
    Process client{"sh", {"-c", command, program("trustx").string(), "600"}, {.environment = host.environment()}};
    server.process->wait_for_line("question");
    server.input->type("answer\n");
    client.wait_for_line("answer");
    CHECK(client.terminate().ok());
}

TEST_CASE("a server that closes the connection ends it, without an error", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    auto client = host.connect(server);
    client.input.type("bye\n");
    const auto outcome = client.process.wait();
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(outcome.out == "bye\n");
    CHECK_THAT(outcome.err, ContainsSubstring("the server closed the connection; sent 4 bytes, received 4"));
}

TEST_CASE("a line longer than a datagram goes out in several, and nothing of it is lost", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    auto client = host.connect(server, {"--lines", "--mtu", "296"});
    std::string line;
    for (int i = 0; i < 2000; ++i) {
        line += std::to_string(i) + ",";
    }
    client.input.type("short\n" + line + "\nthe end\n");
    client.process.wait_for_line("the end");
    const auto outcome = client.process.terminate();
    CHECK(outcome.ok());
    CHECK(outcome.out == "short\n" + line + "\nthe end\n");
    CHECK_THAT(outcome.err, ContainsSubstring("1 line(s) did not fit into a datagram"));
}

TEST_CASE("with --lines each line is a datagram, however it was read", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    const bool lines = GENERATE(true, false);
    host.chip.reset_stats();
    auto client = host.connect(server, lines ? Arguments{"--lines"} : Arguments{});
    client.process.wait_for_error_line("connected to");
    const auto before = host.chip.stats().at("commands").at("ProcUpLinkMsg").get<int>();
    client.input.type("a\nb\nc\n");
    client.process.wait_for_line("c");
    CHECK(host.chip.stats().at("commands").at("ProcUpLinkMsg").get<int>() - before == (lines ? 3 : 1));
    client.process.signal(SIGTERM);
    CHECK(client.process.wait().out == "a\nb\nc\n");
}

TEST_CASE("nobody who reads the output keeps it from ending", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    // A pipe that is full at once, with a reader who sleeps.
    const auto pipe = host.path("unread");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const UniqueFd reader{::open(pipe.c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(::fcntl(reader.get(), F_SETPIPE_SZ, 4096) >= 4096);
    Typist input{host.path("keyboard")};
    const auto trustx = program("trustx").string();
    const auto command =
        "exec \"$0\" dtls connect " + server.address() + " --key E0F1 --lines <" + host.path("keyboard") + " >" + pipe;
    Process client{"sh", {"-c", command, trustx}, {.environment = host.environment()}};
    client.wait_for_error_line("connected to");
    const std::string line(1000, 'x');
    for (int i = 0; i < 20; ++i) {
        input.type(line + "\n");
    }
    for (int i = 0; i < 20; ++i) {
        server.process->wait_for_line("echo " + std::to_string(i + 1));
    }
    client.signal(SIGTERM);
    const auto outcome = client.wait();
    INFO(outcome.both());
    CHECK(outcome.status == file);
    CHECK_THAT(outcome.err, ContainsSubstring("nobody has read the last"));
}

TEST_CASE("an output whose reader is gone ends it", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    Typist input{host.path("keyboard")};
    const auto command = "\"$0\" dtls connect " + server.address() + " --key E0F1 <" + host.path("keyboard") +
                         " | true; echo \"exit ${PIPESTATUS[0]}\"";
    Process client{"bash", {"-c", command, program("trustx").string()}, {.environment = host.environment()}};
    client.wait_for_error_line("connected to");
    input.type("is anybody there?\n");
    client.wait_for_line("exit 4");
}

TEST_CASE("what was negotiated is shown to people and to programs", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("required");
    const Arguments command{"dtls", "connect", server.address(), "--key", "E0F1", "--show-session"};
    const auto text = host.must(command);
    CHECK_THAT(text, ContainsSubstring("ECDHE-ECDSA-AES128-CCM8 (C0AE)") && ContainsSubstring("CN=localhost, valid") &&
                         ContainsSubstring("CN=authority") && ContainsSubstring("as CN=sensor"));
    auto for_programs = command;
    for_programs.emplace_back("--json");
    const auto json = nlohmann::json::parse(host.must(for_programs));
    CHECK(json.at("cipher_suite_id") == "C0AE");
    CHECK(json.at("server") == server.address());
    CHECK(json.at("server_certificates").at(0).at("subject") == "CN=localhost");
    CHECK(json.at("anchor").at("subject") == "CN=authority");
    CHECK(json.at("client_certificate").at("subject") == "CN=sensor");
    CHECK(json.at("certificate_requested") == true);
    CHECK(json.at("key") == "E0F1");
    CHECK(json.at("max_payload") == 1203);
    CHECK(json.at("chip_commands").get<int>() > 10);
}

TEST_CASE("a user hears of forged records, which cost the chip no more than a few events", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("none");
    Middleman middleman{server.port};
    auto client = host.connect({.port = middleman.port(), .input = nullptr, .process = nullptr}, {"-4"});
    client.process.wait_for_error_line("connected to");
    client.input.type("before\n");
    client.process.wait_for_line("before");
    const auto before = host.chip.stats().at("security_event_counter").get<int>();
    middleman.forge(100);
    client.process.wait_for_error_line("somebody forges records");
    CHECK(host.chip.stats().at("security_event_counter").get<int>() - before <= 6);
    // So no other connection of this chip is made for a minute.
    host.refused(host.mbedtls("none"), network,
                 {"the chip failed to decrypt too many records", "Try again in a minute"}, {"-4", "--timeout", "1"});
    // What is sent still arrives, although nothing is received.
    client.input.type("after\n");
    server.process->wait_for_line("echo 2");
    const auto outcome = client.process.terminate();
    CHECK(outcome.ok());
    CHECK(outcome.out == "before\n");
}

TEST_CASE("the benchmark counts handshakes and records", "[dtls]") {
    DtlsHost host;
    auto server = host.mbedtls("required");
    const auto json = nlohmann::json::parse(host.must(
        {"dtls", "bench", server.address(), "--key", "E0F1", "--handshakes", "2", "--records", "3", "--json"}));
    CHECK(key_uses(host) == 2);
    CHECK(json.at("handshakes") == 2);
    CHECK(json.at("chip_commands").size() == 2);
    CHECK(json.at("echo") == true);
    std::vector<int> sizes;
    for (const auto& size : json.at("records")) {
        sizes.push_back(size.at("bytes"));
        CHECK(size.at("sent") == 3);
        CHECK(size.at("received") == 3);
        CHECK(size.at("best_send_ms") > 0);
        CHECK(size.at("send_ms") >= size.at("best_send_ms"));
        CHECK(size.at("best_receive_ms") > 0);
    }
    CHECK(sizes == std::vector{16, 64, 256, 512, 1203});
    const auto text = host.must(
        {"dtls", "bench", server.address(), "--key", "E0F1", "--handshakes", "1", "--records", "1", "--mtu", "296"});
    CHECK_THAT(text,
               ContainsSubstring("1 handshake(s)") && ContainsSubstring("\n239 ") && !ContainsSubstring("\n256 "));
}

TEST_CASE("the benchmark does without a server that sends anything back", "[dtls]") {
    DtlsHost host;
    auto server = host.openssl();
    const auto text =
        host.must({"dtls", "bench", server.address(), "--key", "E0F1", "--handshakes", "1", "--records", "1"});
    CHECK_THAT(text, ContainsSubstring("sends nothing back"));
}
