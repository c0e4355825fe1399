// SPDX-License-Identifier: Apache-2.0
// Each example against a simulated chip, judged by the openssl command.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <string>
#include <vector>

using namespace trustx::test;

namespace {

// Bench is a simulator, a directory for files, and a shell in which $TRUSTX and the examples are found.
class Bench {
 public:
    // must runs a script and gives what it printed.
    std::string must(const std::string& script) {
        const auto outcome = run("sh", {"-eu", "-c", script}, options());
        INFO(outcome.both());
        REQUIRE(outcome.ok());
        return outcome.out;
    }

    Outcome example(const std::string& name, const std::vector<std::string>& arguments) {
        return run(program("examples/" + name), arguments, options());
    }

    Simulator simulator;
    TempDir files;

 private:
    ProcessOptions options() {
        ProcessOptions options;
        options.directory = files.path();
        options.environment = {{"TRUSTX_DEVICE", simulator.address()},
                               {"TRUSTX_CONF", "/dev/null"},
                               {"TRUSTX_LOCK_DIRECTORY", (files / "locks").string()},
                               {"TRUSTX", program("trustx").string()},
                               {"OPENSSL_MODULES", module_directory().string()}};
        options.environment.merge(foreign_program_environment());
        return options;
    }
};

std::string first_line(const std::string& text) {
    return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("the program in docs/library.md counts its starts in the chip") {
    Bench bench;
    for (const std::string count : {"1", "2"}) {
        const auto started = bench.example("gateway", {});
        INFO(started.both());
        REQUIRE(started.ok());
        CHECK_THAT(started.out, ContainsSubstring("chip ") && ContainsSubstring(", start " + count + "\n"));
    }
    CHECK(first_line(bench.must("$TRUSTX object read F1D0 --hex")) == "02");
    bench.simulator.kill9();
    const auto alone = bench.example("gateway", {});
    CHECK(alone.status == 1);
    CHECK_THAT(alone.err, ContainsSubstring("gateway: "));
}

TEST_CASE("sign: openssl accepts the signature") {
    Bench bench;
    bench.must(
        "$TRUSTX keygen E0F1 --out key.pem && openssl pkey -provider default -provider trustx -in key.pem -pubout -out "
        "public.pem");
    const auto signed_message = bench.example("sign", {"E0F1", "pump 7 is on"});
    INFO(signed_message.both());
    REQUIRE(signed_message.ok());
    write_file(bench.files / "signature.hex", first_line(signed_message.out));
    const auto verdict = bench.must(
        "python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(open(\"signature.hex\").read()))' >signature\n"
        "printf %s 'pump 7 is on' | openssl dgst -sha256 -verify public.pem -signature signature");
    CHECK(first_line(verdict) == "Verified OK");
    CHECK(bench.example("sign", {"E0F1"}).status == 2);
    CHECK(bench.example("sign", {"E0F2", "no key there"}).status == 1);
}

TEST_CASE("read_certificate: leaf and issuer come out as they went in") {
    Bench bench;
    bench.must(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=CA\n"
        "$TRUSTX keygen E0F1 --out key.pem && openssl pkey -provider default -provider trustx -in key.pem -pubout -out "
        "public.pem\n"
        "openssl x509 -new -force_pubkey public.pem -CA ca.pem -CAkey ca.key -subj /CN=gateway -out leaf.pem\n"
        "cat leaf.pem ca.pem >chain.pem\n"
        "$TRUSTX cert write E0E1 chain.pem --force");
    const auto read = bench.example("read_certificate", {"E0E1", "."});
    INFO(read.both());
    REQUIRE(read.ok());
    CHECK(bench.must("openssl x509 -in leaf.pem -outform der | cmp - leaf.der && openssl x509 -in ca.pem -outform der |"
                     "cmp - issuer-1.der && echo equal") == "equal\n");
    CHECK(bench.example("read_certificate", {"E0E1", "missing"}).status == 1);
}

TEST_CASE("agree_key: the peer derives the same key") {
    Bench bench;
    bench.must(
        "$TRUSTX keygen E0F1 --usage keyagree --out key.pem && openssl pkey -provider default -provider trustx -in "
        "key.pem -pubout -out public.pem\n"
        "openssl genpkey -algorithm EC -pkeyopt group:P-256 -out peer.key\n"
        "openssl pkey -in peer.key -pubout -outform der -out peer.der");
    const auto agreed = bench.example("agree_key", {"E0F1", "peer.der", "gateway and server"});
    INFO(agreed.both());
    REQUIRE(agreed.ok());
    const auto expected = bench.must(
        "openssl pkeyutl -derive -inkey peer.key -peerkey public.pem -out secret\n"
        "openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt seed:'gateway and server'"
        " -kdfopt hexsecret:$(od -An -v -tx1 secret | tr -d ' \\n') TLS1-PRF | tr -d ':'");
    CHECK(first_line(agreed.out) == first_line(expected));
}

TEST_CASE("custom_bus: every transfer goes through the program's own bus") {
    Bench bench;
    const auto uid =
        bench.must("$TRUSTX info --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"uid\"])'");
    bench.simulator.reset_stats();
    const auto counted = bench.example("custom_bus", {bench.simulator.address()});
    INFO(counted.both());
    REQUIRE(counted.ok());
    CHECK(counted.out.find("UID " + first_line(uid)) == 0);
    CHECK(bench.example("custom_bus", {"unix:/nowhere/chip"}).status == 1);
}
