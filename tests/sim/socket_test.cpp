// SPDX-License-Identifier: Apache-2.0
// The program behind its bus socket, to the letter of bus-socket.md.
#include "host.hpp"
#include "socket_client.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"

#include <csignal>
#include <memory>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace trustx;
using namespace trustx::test;

namespace {

const std::string probe = "01300000";
const std::string done = "000000";

}  // namespace

TEST_CASE("trustx-sim answers writes, reads and probes", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    CHECK(client.ask(probe) == done);
    CHECK(client.ask("0130000182") == done);
    CHECK(client.ask("02300004") == "00000408000000");
    CHECK(client.ask("02300000") == done);
}

TEST_CASE("trustx-sim reports an address that nobody acknowledges", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    CHECK(client.ask("01310000") == "010000");
    CHECK(client.ask("02310004") == "010000");
    CHECK(client.ask("01B00000") == "010000");
}

TEST_CASE("trustx-sim resets the chip by its line and by its supply", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    for (const char* reset : {"03000000", "04000000"}) {
        CHECK(client.ask("0130000381"
                         "0019") == done);
        CHECK(client.ask(reset) == done);
        CHECK(client.ask("0130000181") == done);
        CHECK(client.ask("02300002") == "0000020115");
    }
    CHECK(simulator.stats().at("pin_resets") == 1);
    CHECK(simulator.stats().at("power_cycles") == 1);
}

TEST_CASE("trustx-sim says FF to what it does not understand and closes", "[socket]") {
    const Simulator simulator;
    const std::string nonsense = GENERATE("00300000", "05300000", "FF000000", "01301001", "02301001", "02FFFFFF");
    SocketClient client(simulator.socket());
    CHECK(client.ask(nonsense) == "FF0000");
    CHECK(client.closed_by_server());
    SocketClient next(simulator.socket());
    CHECK(next.ask(probe) == done);
}

TEST_CASE("trustx-sim takes transfers of 4096 bytes", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    CHECK(client.ask("01301000" + std::string(2 * 4096, '0')) == done);
    CHECK(client.ask("02301000").size() == 2 * (3 + 4096));
}

TEST_CASE("trustx-sim understands a request that arrives byte by byte, and several at once", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    for (const char* byte : {"01", "30", "00", "01", "82"}) {
        client.send(byte);
    }
    CHECK(client.response() == done);
    client.send(
        "0130000181"
        "02300002"
        "0130000182"
        "02300004");
    CHECK(client.response() == done);
    CHECK(client.response() == "0000020115");
    CHECK(client.response() == done);
    CHECK(client.response() == "00000408000000");
}

TEST_CASE("trustx-sim serves others while a connection holds half a request, or does not read", "[socket]") {
    const Simulator simulator;
    SocketClient half(simulator.socket());
    half.send(
        "0130000182"
        "0230");
    CHECK(half.response() == done);
    SocketClient stalled(simulator.socket());
    for (int i = 0; i < 200; ++i) {
        stalled.send("02301000");  // 800 kB of answers that nobody fetches
    }
    SocketClient client(simulator.socket());
    for (int i = 0; i < 100; ++i) {
        REQUIRE(client.ask(probe) == done);
    }
    half.send("0004");
    CHECK(half.response().substr(0, 6) == "000004");
    for (int i = 0; i < 200; ++i) {
        REQUIRE(stalled.response().size() == 2 * (3 + 4096));
    }
}

TEST_CASE("trustx-sim answers a client that has finished sending", "[socket]") {
    const Simulator simulator;
    SocketClient client(simulator.socket());
    client.send(probe + probe);
    client.finish_sending();
    CHECK(client.response() == done);
    CHECK(client.response() == done);
    CHECK(client.closed_by_server());
}

TEST_CASE("trustx-sim survives clients that vanish at any moment", "[socket]") {
    const Simulator simulator({.timing = "typical"});
    for (const char* last_words : {"", "01", "013000", "01300001", "0130000182", "02301000",
                                   "0130000182"
                                   "02301000"}) {
        SocketClient client(simulator.socket());
        if (*last_words != '\0') {
            client.send(last_words);
        }
    }
    SocketClient client(simulator.socket());
    CHECK(client.ask(probe).size() == done.size());
}

TEST_CASE("trustx-sim keeps the chip's state apart from connections", "[socket]") {
    const Simulator simulator;
    {
        SocketClient first(simulator.socket());
        CHECK(first.ask("0130000381"
                        "0019") == done);
    }
    SocketClient second(simulator.socket());
    CHECK(second.ask("02300002") == "0000020019");
}

TEST_CASE("trustx-sim serves hundreds of connections at once", "[socket]") {
    const Simulator simulator;
    std::vector<std::unique_ptr<SocketClient>> clients;
    for (int i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<SocketClient>(simulator.socket()));
    }
    for (const auto& client : clients) {
        client->send(probe);
    }
    for (const auto& client : clients) {
        REQUIRE(client->response() == done);
    }
    CHECK(simulator.stats().at("transfers") == 300);
}

TEST_CASE("trustx-sim goes on when its file descriptors are used up", "[socket]") {
    if (skipped_under_sanitizers("UndefinedBehaviorSanitizer wants a pipe to look at an object")) {
        return;
    }
    Simulator simulator;
    const rlimit few{16, 16};
    REQUIRE(::prlimit(simulator.process().pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    std::vector<std::unique_ptr<SocketClient>> clients;
    for (int i = 0; i < 30; ++i) {
        clients.push_back(std::make_unique<SocketClient>(simulator.socket()));
    }
    CHECK(clients.front()->ask(probe) == done);
    const auto last = std::move(clients.back());
    clients.clear();
    CHECK(last->ask(probe) == done);
}

TEST_CASE("trustx-sim with typical timing lets real time pass for transfers and commands", "[socket]") {
    Simulator simulator({.timing = "typical", .arguments = {"--scl", "100"}});
    SocketTarget target(simulator.socket());
    Host host(target);
    const auto start = std::chrono::steady_clock::now();
    host.open_application();
    // Only a lower bound can be relied on: 8 ms for the command and 2.5 ms for the bits of its frame.
    CHECK(std::chrono::steady_clock::now() - start > std::chrono::microseconds(10'500));
}

TEST_CASE("trustx-sim ends cleanly at SIGTERM and SIGINT and removes its sockets", "[process]") {
    Simulator simulator;
    SocketClient client(simulator.socket());
    const int number = GENERATE(SIGTERM, SIGINT);
    simulator.process().signal(number);
    CHECK(simulator.process().wait().status == 0);
    CHECK_FALSE(std::filesystem::exists(simulator.socket()));
    CHECK_FALSE(std::filesystem::exists(simulator.socket().string() + ".ctl"));
}

TEST_CASE("trustx-sim takes over the socket of a simulator that ended and only that", "[process]") {
    Simulator simulator;
    simulator.kill9();
    CHECK(std::filesystem::exists(simulator.socket()));
    simulator.restart();
    SocketClient client(simulator.socket());
    CHECK(client.ask(probe) == done);

    const Outcome second = run(program("trustx-sim"), {"--listen", simulator.address()});
    CHECK(second.status == 1);
    CHECK_THAT(second.err, ContainsSubstring("something already listens on " + simulator.address()));
    CHECK(client.ask(probe) == done);

    write_file(simulator.directory() / "file", "precious");
    const Outcome third = run(program("trustx-sim"), {"--listen", "unix:" + (simulator.directory() / "file").string()});
    CHECK(third.status == 1);
    CHECK_THAT(third.err, ContainsSubstring("is not a socket"));
    CHECK(read_file(simulator.directory() / "file") == "precious");
}

TEST_CASE("trustx-sim tells what is wrong with its command line", "[process]") {
    const auto message = [](const std::vector<std::string>& arguments, int status) {
        const Outcome outcome = run(program("trustx-sim"), arguments);
        CHECK(outcome.status == status);
        return outcome.out + outcome.err;
    };
    CHECK_THAT(message({}, 2),
               ContainsSubstring("trustx-sim: ") && ContainsSubstring("--listen or --usbip is required"));
    CHECK_THAT(message({"--listen", "x\x1B[31m"}, 2), !ContainsSubstring("\x1B"));
    CHECK_THAT(message({"--listen", "/tmp/x"}, 2), ContainsSubstring("write it as unix:/path/to/socket"));
    CHECK_THAT(message({"--listen", "unix:" + std::string(200, 'x')}, 2), ContainsSubstring("shorter than 108 bytes"));
    CHECK_THAT(message({"--listen", "unix:/nonexistent/chip"}, 1), ContainsSubstring("/nonexistent"));
    CHECK_THAT(message({"--timing", "slow", "--listen", "unix:x"}, 2), ContainsSubstring("--timing"));
    CHECK_THAT(message({"--profile", "D", "--listen", "unix:x"}, 2), ContainsSubstring("--profile"));
    CHECK_THAT(message({"ctl", "/tmp/x", "stats"}, 2), ContainsSubstring("write it as unix:/path/to/socket"));
    CHECK_THAT(message({"ctl", "unix:/nonexistent/chip", "dance"}, 2), ContainsSubstring("no command \"dance\""));
    CHECK_THAT(message({"ctl", "unix:/nonexistent/chip", "stats"}, 1),
               ContainsSubstring("cannot connect to /nonexistent/chip.ctl: No such file or directory"));
    CHECK_THAT(message({"--help"}, 0), ContainsSubstring("trustx-sim --listen unix:/tmp/chip"));
    CHECK_THAT(message({"--version"}, 0), ContainsSubstring("trustx-sim 0."));
}

TEST_CASE("trustx-sim never reads openssl.cnf", "[process]") {
    const TempDir directory;
    write_file(directory / "openssl.cnf",
               "config_diagnostics = 1\nopenssl_conf = a\n[a]\nproviders = b\n[b]\ntrustx = c\n[c]\n"
               "module = /nonexistent/trustx.so\nactivate = 1\n");
    const Simulator simulator({.process = {.environment = {{"OPENSSL_CONF", (directory / "openssl.cnf").string()}}}});
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
}

TEST_CASE("trustx-sim fits into 20 MB", "[process]") {
    if (skipped_under_sanitizers("shadow memory is not ours")) {
        return;
    }
    Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
    const std::string status = read_file("/proc/" + std::to_string(simulator.process().pid()) + "/status");
    CHECK(std::stoi(status.substr(status.find("VmHWM:") + 6)) < 20'000);
}

TEST_CASE("trustx-sim counts what happens and prints it as JSON", "[ctl]") {
    const Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    simulator.reset_stats();
    CHECK(simulator.stats().at("transfers") == 0);
    CHECK(host.apdu(sign_command("E0F0")).substr(0, 4) == "0000");
    CHECK(host.error("01000002FFFF") == "01");
    host.address = 0x31;
    CHECK(host.try_write({}) == sim::TransferStatus::address_nak);
    const auto stats = simulator.stats();
    CHECK(stats.at("private_key_uses") == 1);
    CHECK(stats.at("security_event_counter") == 1);
    CHECK(stats.at("commands") == nlohmann::json{{"CalcSign", 1}, {"GetDataObject", 2}});
    CHECK(stats.at("errors") == nlohmann::json{{"01", 1}});
    CHECK(stats.at("address_naks") == 1);
    CHECK(stats.at("data_naks") == 0);
    CHECK(stats.at("transfers").get<int>() > 12);
    // Three commands of 47, 11 and 11 bytes of frame, three acknowledges of 5, and the register bytes.
    CHECK(stats.at("bytes_to_chip").get<int>() > 47 + 11 + 11 + 15);
    CHECK(stats.at("bytes_from_chip").get<int>() > 70);
}

TEST_CASE("trustx-sim lets only its owner control it", "[ctl]") {
    const Simulator simulator;
    struct stat status {};
    REQUIRE(::stat((simulator.socket().string() + ".ctl").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600);
}

TEST_CASE("trustx-sim refuses unknown control commands and names the known ones", "[ctl]") {
    const Simulator simulator;
    CHECK_THROWS_WITH(simulator.control({"dance"}),
                      ContainsSubstring("no command \"dance\"") && ContainsSubstring("reset-stats"));
    CHECK_THROWS_WITH(simulator.control({"stats", "now"}), ContainsSubstring("the command is written as: stats"));
}

TEST_CASE("trustx-sim takes a host's way of writing its address for ctl", "[ctl]") {
    const Simulator simulator;
    CHECK(run(program("trustx-sim"), {"ctl", simulator.address() + "@0x30", "stats"}).ok());
}

TEST_CASE("trustx-sim gives out the CA that signed the factory certificate", "[ctl]") {
    const Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    const auto chain = from_hex(host.apdu("01000006E0E000000611").substr(8));
    REQUIRE(chain.size() > 9);
    CHECK(to_hex(sim::ByteView(chain).first(1)) == "C0");
    write_file(simulator.directory() / "device.der", std::string(chain.begin() + 9, chain.end()));
    write_file(simulator.directory() / "ca.pem", simulator.control({"ca"}));
    const Outcome verified = run("openssl", {"verify", "-CAfile", (simulator.directory() / "ca.pem").string(),
                                             (simulator.directory() / "device.der").string()});
    CAPTURE(verified.both());
    CHECK(verified.ok());
    const Outcome text =
        run("openssl", {"x509", "-noout", "-text", "-in", (simulator.directory() / "device.der").string()});
    CHECK_THAT(text.out, ContainsSubstring("Issuer: CN = trustx-sim throw-away CA") ||
                             ContainsSubstring("Issuer: CN=trustx-sim throw-away CA"));
    CHECK_THAT(text.out, ContainsSubstring("CA:FALSE") && ContainsSubstring("Digital Signature") &&
                             ContainsSubstring("ASN1 OID: prime256v1"));
}

TEST_CASE("trustx-sim killed in the middle of writing keeps either the old or the new content", "[nvm]") {
    const auto repeated = [](std::uint8_t byte) { return to_hex(sim::Bytes(200, byte)); };
    Simulator simulator;
    std::uint8_t confirmed = 0;
    for (std::uint8_t round = 1; round <= 8; ++round) {
        SocketTarget target(simulator.socket());
        Host host(target);
        host.open_application();
        const auto confirmed_write = static_cast<std::uint8_t>(16 * round);
        CHECK(host.apdu("024000CCF1E00000" + repeated(confirmed_write)) == "00000000");
        // Writes without waiting for an answer, and the end of the program at some moment among them.
        SocketClient hasty(simulator.socket());
        std::string writes;
        for (unsigned i = 1; i <= 8; ++i) {
            const std::string packet = "00024000CCF1E00000" + repeated(static_cast<std::uint8_t>(confirmed_write + i));
            const std::string frame = Host::frame((1 + i) & 3U, 1, packet);
            writes += "013000" + to_hex(sim::Bytes{static_cast<std::uint8_t>(1 + frame.size() / 2)}) + "80" + frame;
        }
        hasty.send(writes);
        for (unsigned i = 0; i < round - 1U; ++i) {
            CHECK(hasty.response() == done);
        }
        simulator.kill9();
        confirmed = static_cast<std::uint8_t>(confirmed_write + round - 1);
        simulator.restart();
        SocketTarget fresh(simulator.socket());
        Host reader(fresh);
        reader.open_application();
        const std::string content = reader.apdu("01000002F1E0").substr(8);
        const std::uint8_t first = from_hex(content.substr(0, 2))[0];
        CHECK(first >= confirmed);
        CHECK(first <= confirmed_write + 8);
        CHECK(content == repeated(first));
        fresh.pulse_reset();
    }
}

TEST_CASE("trustx-sim reports a full disk to the host and to its log, and recovers", "[nvm]") {
    Simulator simulator;
    SocketTarget target(simulator.socket());
    Host host(target);
    host.open_application();
    CHECK(host.apdu("02400006F1D000000102") == "00000000");
    const std::string before = read_file(simulator.nvm());
    const rlimit small{1024, RLIM_INFINITY};
    REQUIRE(::prlimit(simulator.process().pid(), RLIMIT_FSIZE, &small, nullptr) == 0);
    CHECK(host.error("02400006F1D000000304") == "06");
    CHECK(host.error("38030009010002E0F302000113") == "06");
    CHECK(host.apdu("01000002F1D0") == "000000020102");
    CHECK_THAT(simulator.process().wait_for_error_line("nothing was stored"),
               ContainsSubstring("cannot write " + simulator.nvm().string() + ".new: File too large"));
    CHECK(read_file(simulator.nvm()) == before);
    CHECK_FALSE(std::filesystem::exists(simulator.nvm().string() + ".new"));
    const rlimit enough{RLIM_INFINITY, RLIM_INFINITY};
    REQUIRE(::prlimit(simulator.process().pid(), RLIMIT_FSIZE, &enough, nullptr) == 0);
    CHECK(host.apdu("02400006F1D000000304") == "00000000");
    simulator.restart();
    SocketTarget again(simulator.socket());
    Host second(again);
    second.open_application();
    CHECK(second.apdu("01000002F1D0") == "000000020304");
}
