// SPDX-License-Identifier: Apache-2.0
// The command line without a chip: help, mistakes, and devices that are not there.
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "trustx_program.hpp"

#include <algorithm>
#include <map>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using trustx::test::run_trustx;
using trustx::test::TempDir;
using Arguments = std::vector<std::string>;

namespace {

// check_mistake expects a message, exit code 2 and silence on standard output.
void check_mistake(const Arguments& arguments, const std::string& words) {
    const auto outcome = run_trustx(arguments);
    INFO(outcome.both());
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring("trustx: ") && ContainsSubstring(words));
}

// check_unreachable expects one line, exit code 3 and the name of what was tried.
void check_unreachable(const std::string& device, const std::string& words) {
    const TempDir locks;  // not every machine that builds has the system's directory
    const auto outcome =
        run_trustx({"info", "--device", device}, {.environment = {{"TRUSTX_LOCK_DIRECTORY", locks.path().string()}}});
    INFO(outcome.both());
    CHECK(outcome.status == 3);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring(words));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

}  // namespace

TEST_CASE("help goes to standard output and tells a newcomer the way and the exit codes", "[command_line]") {
    const auto outcome = run_trustx({"--help"});
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
    for (const auto* word : {"info", "keygen", "key-file", "cert", "object", "random", "trace", "setup",
                             "TRUSTX_DEVICE", "Exit codes", "trustx keygen E0F1 --out key.pem"}) {
        CHECK_THAT(outcome.out, ContainsSubstring(word));
    }
}

TEST_CASE("each subcommand has help with an example", "[command_line]") {
    for (const Arguments& command : {Arguments{"info"},
                                     {"keygen"},
                                     {"key-file"},
                                     {"cert", "read"},
                                     {"cert", "write"},
                                     {"object", "read"},
                                     {"object", "write"},
                                     {"objects"},
                                     {"metadata", "show"},
                                     {"metadata", "plan"},
                                     {"metadata", "set"},
                                     {"lifecycle", "show"},
                                     {"lifecycle", "raise"},
                                     {"pubkey"},
                                     {"sign"},
                                     {"verify"},
                                     {"hash"},
                                     {"ecdh"},
                                     {"derive"},
                                     {"auth"},
                                     {"anchor", "read"},
                                     {"anchor", "write"},
                                     {"provision"},
                                     {"firmware", "sign"},
                                     {"firmware", "verify"},
                                     {"firmware", "version"},
                                     {"aws", "plan"},
                                     {"aws", "enroll"},
                                     {"aws", "resume"},
                                     {"aws", "status"},
                                     {"aws", "abandon"},
                                     {"aws", "connect"},
                                     {"aws", "ca", "register"},
                                     {"aws", "ca", "list"},
                                     {"aws", "ca", "retire"},
                                     {"aws", "credentials"},
                                     {"aws", "make", "policy"},
                                     {"aws", "make", "claim-policy"},
                                     {"aws", "make", "template"},
                                     {"aws", "make", "role"},
                                     {"aws", "make", "allow-list"},
                                     {"aws", "make", "jitr"},
                                     {"aws", "make", "provisioning-hook"},
                                     {"aws", "make", "bridge"},
                                     {"aws", "make", "unit"},
                                     {"aws", "make", "greengrass-lite"},
                                     {"aws", "doctor"},
                                     {"monitor"},
                                     {"reset"},
                                     {"random"},
                                     {"trace"},
                                     {"setup", "enable"},
                                     {"setup", "disable"},
                                     {"setup", "check"}}) {
        auto arguments = command;
        arguments.emplace_back("--help");
        const auto outcome = run_trustx(arguments);
        INFO(outcome.both());
        CHECK(outcome.status == 0);
        CHECK_THAT(outcome.out, ContainsSubstring("Usage: trustx " + command.front()));
        CHECK_THAT(outcome.out, ContainsSubstring("  trustx "));
    }
}

TEST_CASE("the help of object lists the chip's objects", "[command_line]") {
    CHECK_THAT(run_trustx({"object", "--help"}).out, ContainsSubstring("E0F1  device-key-2"));
}

TEST_CASE("the version is printed", "[command_line]") {
    const auto outcome = run_trustx({"--version"});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring("trustx 0."));
}

TEST_CASE("mistakes on the command line are named before a chip is looked for", "[command_line]") {
    check_mistake({}, "subcommand is required");
    check_mistake({"frobnicate"}, "`trustx` has no subcommand `frobnicate`");
    check_mistake({"metadta", "show", "F1D0"}, "no subcommand `metadta`; did you mean `metadata`?");
    check_mistake({"metadata", "shwo", "F1D0"}, "`trustx metadata` has no subcommand `shwo`; did you mean `show`?");
    check_mistake({"raise", "F1D0"}, "did you mean `lifecycle raise`?");
    check_mistake({"keygen", "--curv", "P-256"}, "no option `--curv`; did you mean `--curve`?");
    check_mistake({"info", "--devcie=unix:/x"}, "no option `--devcie`; did you mean `--device`?");
    check_mistake({"metadata", "show", "device-kye-2"}, "did you mean `device-key-2`");
    check_mistake({"trace", "/dev/null", "--command", "CalcSing"}, "did you mean `CalcSign`");
    check_mistake({"lifecycle", "raise", "F1D0", "operatonal"}, "did you mean `operational`?");
    check_mistake({"info", "--device", "unix:/a", "--device", "unix:/b"}, "`--device` is given 2 times");
    check_mistake({"keygen", "E0F1", "--curve", "P-256", "--curve", "P-384"}, "`--curve` is given 2 times");
    check_mistake({"keygen"}, "SLOT is required");
    check_mistake({"keygen", "E0E1"}, "E0E1 (certificate-2) is not a key slot");
    check_mistake({"keygen", "E0F1", "--curve", "P-521"}, "P-256 and P-384");
    check_mistake({"keygen", "E0F1", "--usage", "fly"}, "fly");
    check_mistake({"keygen", "E0F1", "--label", "a\nb"}, "--label");
    check_mistake({"keygen", "E0F1", "--label", "a\xFF"}, "--label");            // key files hold UTF-8
    check_mistake({"keygen", "E0F1", "--label", "key\xE2\x80\xAE"}, "--label");  // right-to-left override
    check_mistake({"metadata", "show", "ABCD"}, "no object ABCD");
    check_mistake({"metadata", "show", "nonsense"}, "nonsense");
    check_mistake({"object", "read", "F1D0", "--offset", "70000"}, "--offset");
    check_mistake({"cert", "read", "E0F1"}, "not a place for certificates");
    check_mistake({"cert", "read", "E0E1", "--der", "--json"}, "excludes");
    check_mistake({"metadata", "set", "F1D0"}, "nothing to change");
    check_mistake({"metadata", "plan", "F1D0", "--read", "sometimes"}, "`sometimes` does not fit");
    check_mistake({"lifecycle", "raise", "F1D0", "ready"}, "life cycle state `ready`");
    check_mistake({"sign", "E0F1", "--hashed", "--digest", "sha256"}, "excludes");
    check_mistake({"sign", "E0F1", "--digest", "md5"}, "md5");
    check_mistake({"sign", "E0F1", "--raw", "--hex"}, "excludes");
    check_mistake({"verify", "--signature", "s", "--public-key", "k", "--certificate", "E0E1"}, "either --public-key");
    check_mistake({"verify", "--signature", "s"}, "either --public-key");
    check_mistake({"hash", "file", "--object", "F1D0"}, "excludes");
    check_mistake({"hash", "--offset", "1"}, "belong to --object");
    check_mistake({"derive", "--secret", "F1D0", "--key", "E0F1"}, "either --secret");
    check_mistake({"derive", "--key", "E0F1"}, "either --secret");
    check_mistake({"derive", "--secret", "E0F1", "--seed", "0011223344556677"}, "--key SLOT");
    check_mistake({"derive", "--secret", "F1D0", "--seed", "xyz"}, "--seed");
    check_mistake({"auth"}, "either --ca");
    check_mistake({"auth", "--ca", "file", "--any-issuer"}, "either --ca");
    check_mistake({"auth", "--any-issuer", "--challenge", "0011"}, "2 bytes");
    check_mistake({"anchor", "read", "E0E1"}, "not a trust anchor");
    check_mistake({"monitor", "--count", "0"}, "--count");
    check_mistake({"monitor", "--interval", "-1"}, "--interval");
    check_mistake({"info", "--jsno"}, "--jsno");
    check_mistake({"info", "--json=x"}, "takes no value");
    check_mistake({"--json", "info"}, "belongs behind `trustx info`");
    check_mistake({"info", "--", "--json"}, "before any `--`");
    check_mistake({"metadata", "--change", "never", "set", "F1D0"}, "belongs behind `trustx metadata set`");
    check_mistake({"info", "--device", "/dev/i2c-1,foo=1"}, ",reset=LINE");
    check_mistake({"object", "read", "F1D0", "--length", "0"}, "--length");
    check_mistake({"trace", "/dev/null", "--slower-than", "nan"}, "--slower-than");
    check_mistake({"trace", "/dev/null", "--slower-than", "-1"}, "--slower-than");
    check_mistake({"info", "surplus"}, "surplus");
    for (const auto* count : {"0", "-3", "ten", "1e3", "99999999999999999999999"}) {
        check_mistake({"random", "--", count}, "number of bytes");
    }
    check_mistake({"info", "--device", "serial:COM1"}, "serial:COM1");
    check_mistake({"info", "--device-name", "nowhere"}, "nowhere");
}

TEST_CASE("a file may be named like a subcommand", "[command_line]") {
    const TempDir directory;
    const auto outcome = run_trustx({"cert", "write", "E0E1", "info"}, {.directory = directory.path()});
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot read info"));
}

TEST_CASE("a device that is not there is named together with what to do", "[command_line]") {
    const TempDir directory;
    check_unreachable("unix:" + (directory / "gone").string(), (directory / "gone").string());
    check_unreachable("/dev/i2c-4711", "/dev/i2c-4711");
}

TEST_CASE("a socket that nobody serves any more is told apart from a missing one", "[command_line]") {
    const TempDir directory;
    const auto path = directory / "left-over";
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(listener);
    check_unreachable("unix:" + path.string(), "start trustx-sim");
}

TEST_CASE("keys and sessions are not read or written as bytes", "[command_line]") {
    for (const auto* object : {"E0F1", "session-1"}) {
        const auto outcome = run_trustx({"object", "read", object});
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("neither tells nor takes"));
    }
}

TEST_CASE("a life cycle state is not raised by writing its object, but by the command for it", "[command_line]") {
    for (const auto& [object, name] : {std::pair{"E0C0", "chip"}, {"F1C0", "application"}}) {
        const auto outcome = run_trustx({"object", "write", object, "--hex"}, {.input = "0F"});
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring(std::string{"trustx lifecycle raise "} + name));
        CHECK(run_trustx({"object", "write", object, "--hex", "--force"}, {.input = "0F"}).status == 2);
    }
}

TEST_CASE("unusable input is refused before a chip is looked for", "[command_line]") {
    const auto empty = run_trustx({"object", "write", "F1D0"}, {.input = ""});
    CHECK(empty.status == 4);  // as for every file that does not hold what it should
    CHECK_THAT(empty.err, ContainsSubstring("nothing to write"));
    CHECK(run_trustx({"cert", "write", "E0E1"}, {.input = ""}).status == 4);

    const auto letters = run_trustx({"object", "write", "F1D0", "--hex"}, {.input = "xyz"});
    CHECK(letters.status == 4);
    CHECK_THAT(letters.err, ContainsSubstring("standard input"));

    const auto large = run_trustx({"object", "write", "F1D0"}, {.input = std::string(101, 'x')});
    CHECK(large.status == 2);
    CHECK_THAT(large.err, ContainsSubstring("101 bytes") && ContainsSubstring("takes 100"));

    const auto endless = run_trustx({"object", "write", "F1D0", "/dev/zero"});
    CHECK(endless.status == 4);
    CHECK_THAT(endless.err, ContainsSubstring("/dev/zero is longer"));
}

TEST_CASE("an answer that cannot be printed is a failure", "[command_line]") {
    const auto outcome =
        trustx::test::run("sh", {"-c", "exec \"$0\" --version >/dev/full", trustx::test::program("trustx").string()});
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot write standard output") && ContainsSubstring("No space left"));
}

TEST_CASE("a pipe that nobody reads any more is a failure and ends nothing", "[command_line]") {
    const TempDir directory;
    const auto outcome =
        trustx::test::run("sh",
                          {"-c", R"(mkfifo pipe; exec 4<>pipe; exec 5>pipe; exec 4<&-; exec "$0" --version >&5)",
                           trustx::test::program("trustx").string()},
                          {.directory = directory.path()});
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot write standard output"));
}

TEST_CASE("an empty name is no file, neither standard input nor standard output", "[command_line]") {
    check_mistake({"cert", "write", "E0E1", ""}, "needs a name");
    check_mistake({"random", "8", "--out", ""}, "needs a name");
}

TEST_CASE("an empty value is not taken for an option that was left out", "[command_line]") {
    check_mistake({"setup", "enable", "--service", "", "--config", "/nowhere/openssl.cnf"}, "--service: ");
    check_mistake({"setup", "check", "--key", ""}, "--key: ");
    check_mistake({"object", "read", "F1D0", "--offset", ""}, "--offset: ");
    check_mistake({"object", "read", "F1D0", "--offset", "0x10"}, "no whole number");
    // A text may be empty.
    CHECK(run_trustx({"keygen", "E0F1", "--label", "", "--device", "unix:/nowhere/chip"}).status == 3);
}

TEST_CASE("an OpenSSL configuration is not read, least of all one that loads a provider", "[command_line]") {
    const TempDir directory;
    const auto conf = directory / "openssl.cnf";
    trustx::test::write_file(conf, "this line is no configuration ][\nopenssl_conf = none\n");
    const auto outcome = run_trustx({"cert", "write", "E0E1", "-"},
                                    {.environment = {{"OPENSSL_CONF", conf.string()}}, .input = "not a certificate"});
    CHECK(outcome.status == 4);
    CHECK_THAT(outcome.err, ContainsSubstring("not an X.509 certificate"));
}

TEST_CASE("a mistyped value is not called a request outside the chip's limits", "[command_line]") {
    for (const Arguments& mistyped : {Arguments{"metadata", "show", "nonsense"},
                                      {"lifecycle", "raise", "F1D0", "ready"},
                                      {"keygen", "E0F1", "--usage", "fly"},
                                      {"keygen", "E0F1", "--label", "a\nb"},
                                      {"metadata", "plan", "F1D0", "--read", "sometimes"},
                                      {"object", "read", "E0"},
                                      {"hash", "--object", "x"}}) {
        const auto outcome = run_trustx(mistyped);
        INFO(outcome.both());
        CHECK(outcome.status == 2);
        CHECK_THAT(outcome.err, !ContainsSubstring("limits"));
    }
}

TEST_CASE("a delivery of thousands of chips becomes an allow-list and a function", "[command_line]") {
    const TempDir directory;
    std::string delivery;
    for (std::size_t i = 0; i < 5'000; ++i) {
        const auto number = std::to_string(i);
        delivery += R"({"certificateId":")" + number + std::string(64 - number.size(), 'a') + R"(","serial":")" +
                    number + "\"}\n";
    }
    trustx::test::write_file(directory / "delivery.jsonl", delivery);
    const auto list = (directory / "allowed.json").string();
    REQUIRE(
        run_trustx({"aws", "make", "allow-list", directory / "delivery.jsonl", "--prefix", "gw-", "--out", list}).ok());
    REQUIRE(run_trustx({"aws", "make", "jitr", "--ca-id", std::string(64, 'a'), "--allow-list", list, "--account",
                        "123456789012", "--region", "eu-central-1", "--out", directory / "jitr"})
                .ok());
    CHECK_THAT(trustx::test::read_file(directory / "jitr" / "jitr.py"), ContainsSubstring("gw-4999"));
}

TEST_CASE("the directories of aws come from option, environment and settings, in this order", "[command_line]") {
    const TempDir directory;
    const auto conf = (directory / "trustx.conf").string();
    trustx::test::write_file(conf,
                             "aws-identity = /of/file\naws-state = /of/file/state\n"
                             "[device second]\ndevice = unix:/nowhere\naws-state = /of/second\n");
    const auto status = [&](Arguments more, std::map<std::string, std::string> variables) {
        Arguments arguments{"aws", "status"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        variables.emplace("TRUSTX_CONF", conf);
        return run_trustx(arguments, {.environment = variables}).out;
    };
    CHECK_THAT(status({}, {}),
               ContainsSubstring("identity: /of/file\n") && ContainsSubstring("journal: /of/file/state\n"));
    CHECK_THAT(status({"--device-name", "second"}, {}),
               ContainsSubstring("identity: /of/file\n") && ContainsSubstring("journal: /of/second\n"));
    CHECK_THAT(status({}, {{"TRUSTX_AWS_IDENTITY", "/of/variable"}}),
               ContainsSubstring("identity: /of/variable\n") && ContainsSubstring("journal: /of/file/state\n"));
    CHECK_THAT(status({"--identity-dir", "/of/option"}, {{"TRUSTX_AWS_IDENTITY", "/of/variable"}}),
               ContainsSubstring("identity: /of/option\n"));
    trustx::test::write_file(conf, "aws-state = relative\n");
    CHECK(run_trustx({"aws", "status"}, {.environment = {{"TRUSTX_CONF", conf}}}).status == 2);
}
