// SPDX-License-Identifier: Apache-2.0
// trustx provision: the built program, a simulated chip, the provider, and openssl as judge.
#include "chip_fixture.hpp"
#include "provisioning/manifest.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// Line is a chip, an authority that the openssl tool made, and the sample recipe.
struct Line {
    Line() {
        const auto made = chip.shell(R"(
cp ")" + (source_directory() / "examples/recipes").string() +
                                     R"("/* .
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=authority \
    -days 36500 2>/dev/null
cp ca.pem root.pem)");
        INFO(made.both());
        REQUIRE(made.ok());
    }
    Outcome provision(const std::string& how, const std::string& recipe) const {
        return chip.trustx({"provision", how, recipe, "--state-dir", chip.path("state")},
                           {.environment = {{"OPENSSL_CONF", configuration()}}});
    }
    static std::string configuration() {
        return (program("trustx").parent_path().parent_path() / "conf/openssl-trustx.cnf").string();
    }
    Chip chip;
};

nlohmann::json state_of(const Chip& chip, const std::string& object) {
    return nlohmann::json::parse(chip.must({"metadata", "show", object, "--json"})).at("life_cycle");
}

}  // namespace

TEST_CASE("the sample recipes make chips that openssl takes for what they say", "[provision]") {
    for (const std::string recipe : {"gateway.toml", "gateway-command.toml"}) {
        CAPTURE(recipe);
        const Line line;
        const auto planned = line.provision("--plan", recipe);
        INFO(planned.both());
        REQUIRE(planned.ok());
        CHECK_THAT(planned.out, ContainsSubstring("PERMANENT: "));
        CHECK_FALSE(line.chip.holds_key("E0F1"));
        const auto done = line.provision("--apply", recipe);
        INFO(done.both());
        REQUIRE(done.ok());
        CHECK_THAT(done.err, ContainsSubstring("TLSv1.3"));
        const auto judged = line.chip.shell(R"(set -e
"$TRUSTX" cert read E0E1 --out chain.pem
openssl verify -CAfile ca.pem chain.pem
"$TRUSTX" key-file E0F1 --out key.pem
openssl x509 -in chain.pem -noout -subject -nameopt RFC2253)");
        INFO(judged.both());
        CHECK(judged.ok());
        CHECK_THAT(judged.out, ContainsSubstring("chain.pem: OK") && ContainsSubstring("CN=gw-"));
        CHECK(state_of(line.chip, "E0F1") == "operational");
        CHECK(state_of(line.chip, "E0E8") == "creation");
        const auto manifest =
            provisioning::parse_manifest(read_file(line.chip.path("manifest.jsonl")), "manifest").value();
        REQUIRE(manifest.size() == 1);
        CHECK_THAT(judged.out, ContainsSubstring("CN=gw-" + manifest.front().uid));
        const auto again = line.provision("--plan", recipe);
        CHECK(again.ok());
        CHECK_THAT(again.out, ContainsSubstring("nothing to do"));
    }
}

TEST_CASE("openssl s_client authenticates with a provisioned chip", "[provision]") {
    const Line line;
    REQUIRE(line.provision("--apply", "gateway.toml").ok());
    const auto done = line.chip.shell(R"(set -e
"$TRUSTX" cert read E0E1 --out chain.pem
"$TRUSTX" key-file E0F1 --out key.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem \
    -subj /CN=localhost 2>/dev/null
openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -CAfile ca.pem -Verify 2 -verify_return_error \
    -naccept 1 -www >server.log 2>&1 &
port=
while [ -z "$port" ]; do
    kill -0 $! || { cat server.log; exit 1; }
    port=$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' server.log)
done
export OPENSSL_CONF=)" + Line::configuration() +
                                      R"(
printf 'GET / HTTP/1.0\r\n\r\n' | openssl s_client -connect "127.0.0.1:$port" -cert chain.pem -key key.pem \
    -CAfile server.pem -verify_return_error -quiet
wait)");
    INFO(done.both());
    if (sanitized()) {
        return;  // openssl was built without sanitizers, and loads a module that was built with them
    }
    CHECK(done.ok());
    CHECK_THAT(done.out, ContainsSubstring("Client certificate") || ContainsSubstring("HTTP/1.0 200"));
}

TEST_CASE("provision tells by its exit code what became of a chip", "[provision]") {
    const Line line;
    CHECK(line.chip.trustx({"provision"}).status == 2);
    CHECK(line.provision("--plan", "missing.toml").status == 4);
    line.chip.write("wrong.toml", "name = 'x'\n[slot.E0F9]\n");
    CHECK(line.provision("--apply", "wrong.toml").status == 4);
    line.chip.write("refusing.toml", "name = 'x'\n[ca]\ncommand = ['/bin/false']\n[slot.E0F1]\nsubject = 'CN={uid}'\n");
    CHECK(line.provision("--apply", "refusing.toml").status == 5);
    line.chip.must({"lifecycle", "raise", "F1D0", "operational", "--force"});
    const auto scrap = line.provision("--apply", "gateway.toml");
    INFO(scrap.both());
    CHECK(scrap.status == 20);
    CHECK_THAT(scrap.err, ContainsSubstring("F1D0"));
    const auto planned = line.provision("--plan", "gateway.toml");
    CHECK(planned.status == 20);
    CHECK_THAT(planned.out, ContainsSubstring("scrap: ") && !ContainsSubstring("1. "));
}

TEST_CASE("a program that is killed while the authority works is taken up", "[provision]") {
    const Line line;
    line.chip.write("slow.toml", R"(name = "slow"
manifest = "slow.jsonl"
[ca]
certificate = "ca.pem"
command = ["sh", "-c", "echo $$ >waiting; exec sleep 1000"]
[slot.E0F1]
subject = "CN=gw-{uid}"
)");
    const auto killed = line.chip.shell("export OPENSSL_CONF=" + Line::configuration() + R"sh(
"$TRUSTX" provision --apply slow.toml --state-dir state &
while [ ! -s waiting ]; do kill -0 $! || exit 1; done
kill -9 $!
kill "$(cat waiting)")sh");
    INFO(killed.both());
    REQUIRE(killed.ok());
    CHECK(line.chip.holds_key("E0F1"));
    const auto done = line.provision("--apply", "gateway.toml");
    INFO(done.both());
    CHECK(done.ok());
    CHECK(line.chip.simulator.stats().at("commands").at("GenKeyPair") == 1);
}
