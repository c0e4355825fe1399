// SPDX-License-Identifier: Apache-2.0
// trustx cert: what goes in comes out, and what does not belong there does not get in.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// Issued is a key in E0F1, an authority, and a certificate of one for the other.
struct Issued {
    explicit Issued(const Chip& chip) : key{chip.keygen("E0F1", {"--force"})} {}

    KeyReference key;
    SoftwareKey authority{Curve::p256};
    Bytes leaf = authority.certificate_for(key.public_key, "gateway", "authority");
    std::string text = pem("CERTIFICATE", leaf);
    std::string authority_text = pem("CERTIFICATE", authority.certificate("authority"));
};

std::string as_string(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

// check_untouched expects that nothing was written.
void check_untouched(const Chip& chip) {
    CHECK(chip.trustx({"cert", "read", "E0E1"}).status == 6);
}

std::string other_certificate(Curve curve = Curve::p256) {
    return pem("CERTIFICATE", SoftwareKey{curve}.certificate("somebody else"));
}

}  // namespace

TEST_CASE("a certificate goes in as PEM and comes out as PEM, DER and JSON", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.write("certificate.pem", issued.text);
    chip.must({"cert", "write", "E0E1", "certificate.pem"});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
    CHECK(chip.must({"cert", "read", "E0E1", "--der"}) == as_string(issued.leaf));
    CHECK(chip.must({"object", "read", "E0E1", "--raw"}) == as_string(issued.leaf));

    const auto json = nlohmann::json::parse(chip.must({"cert", "read", "E0E1", "--json"}));
    REQUIRE(json.at("certificates").size() == 1);
    CHECK(json.at("certificates")[0].at("subject") == "CN=gateway");
    CHECK(json.at("certificates")[0].at("pem") == issued.text);

    chip.must({"cert", "read", "E0E1", "--out", "copy.pem"});
    CHECK(read_file(chip.path("copy.pem")) == issued.text);
}

TEST_CASE("a certificate goes in as DER from standard input", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must({"cert", "write", "E0E1", "-"}, {.input = as_string(issued.leaf)});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("a shorter certificate replaces a longer one completely", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto longer = issued.authority.certificate_for(issued.key.public_key, "gateway", "authority", 800);
    chip.must({"cert", "write", "E0E1"}, {.input = pem("CERTIFICATE", longer)});
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text});
    CHECK(chip.must({"object", "read", "E0E1", "--raw"}) == as_string(issued.leaf));
}

TEST_CASE("a chain is wrapped as TLS identity and comes out whole", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text + issued.authority_text});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text + issued.authority_text);
    CHECK(chip.must({"object", "read", "E0E1", "--length", "1", "--hex"}) == "C0\n");
    CHECK_THAT(chip.trustx({"cert", "read", "E0E1"}).err, ContainsSubstring("2 certificate(s), form tls-identity"));
    CHECK(chip.trustx({"--quiet", "cert", "read", "E0E1"}).err.empty());
    const auto leaf_only = chip.trustx({"cert", "read", "E0E1", "--der"});
    CHECK(leaf_only.out == as_string(issued.leaf));
    CHECK_THAT(leaf_only.err, ContainsSubstring("1 further certificate"));
}

TEST_CASE("one certificate is wrapped when that is asked for, and a chain is not stored bare", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must_fail(2, {"cert", "write", "E0E1", "--form", "der"}, {"2", "tls-identity"},
                   {.input = issued.text + issued.authority_text});
    check_untouched(chip);
    chip.must({"cert", "write", "E0E1", "--form", "tls-identity"}, {.input = issued.text});
    CHECK(chip.must({"object", "read", "E0E1", "--length", "1", "--hex"}) == "C0\n");
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("a chain out of order is refused", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must_fail(4, {"cert", "write", "E0E1"}, {"not a chain", "CN=authority", "leaf comes first"},
                   {.input = issued.authority_text + issued.text});
    check_untouched(chip);
}

TEST_CASE("a trust anchor takes an authority's certificate", "[cert]") {
    const Chip chip;
    const auto authority = other_certificate(Curve::p384);
    chip.must({"cert", "write", "trust-anchor-8"}, {.input = authority});
    CHECK(chip.must({"cert", "read", "E0EF"}) == authority);
    chip.must_fail(2, {"cert", "write", "E0EF", "--prove-key"}, {"no key slot"}, {.input = authority});
}

TEST_CASE("a trust anchor takes nothing but one authority's certificate, by whichever command", "[cert][anchor]") {
    const Chip chip;
    const Issued issued{chip};
    for (const std::string group : {"cert", "anchor"}) {
        CAPTURE(group);
        chip.must_fail(5, {group, "write", "E0E8"}, {"CN=gateway", "not an authority", "--force"},
                       {.input = issued.text});
        chip.must_fail(4, {group, "write", "E0E8"}, {"2 certificates"}, {.input = issued.text + issued.authority_text});
        chip.must_fail(6, {group, "read", "E0E8"}, {"E0E8", "empty", "trustx " + group + " write E0E8"});
    }
    chip.must_fail(2, {"cert", "write", "E0E8", "--form", "tls-identity"}, {"bare"}, {.input = issued.authority_text});
    chip.must({"cert", "write", "E0E8"}, {.input = issued.authority_text});
    for (const std::string group : {"cert", "anchor"}) {
        chip.must_fail(1, {group, "write", "E0E8"}, {"E0E8", "CN=authority", "replaced", "--force"},
                       {.input = other_certificate()});
        CHECK(chip.must({group, "read", "E0E8"}) == issued.authority_text);
    }
    const auto forced = chip.trustx({"cert", "write", "E0E8", "--force"}, {.input = other_certificate()});
    CHECK(forced.ok());
    CHECK_THAT(forced.err, ContainsSubstring("warning") && ContainsSubstring("CN=authority"));
}

TEST_CASE("a certificate for another key replaces the one that is there with --force alone", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text});
    const auto other = other_certificate();
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"E0E1", "CN=gateway", "replaced", "--force"}, {.input = other});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
    const auto forced = chip.trustx({"cert", "write", "E0E1", "--force"}, {.input = other});
    CHECK(forced.ok());
    CHECK_THAT(forced.err, ContainsSubstring("warning") && ContainsSubstring("CN=gateway"));
    CHECK(chip.must({"cert", "read", "E0E1"}) == other);
}

TEST_CASE("a certificate whose key was destroyed is replaced without --force, and the slots' signatures prove it",
          "[cert]") {
    const Chip chip;
    const Issued old{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = old.text});
    const Issued issued{chip};
    chip.simulator.reset_stats();
    const auto outcome = chip.trustx({"cert", "write", "E0E1"}, {.input = issued.text});
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK(chip.private_key_uses() == 2);  // E0F1 and the factory's key, which could be this certificate's, too
    CHECK_THAT(outcome.err, ContainsSubstring("CN=gateway") && ContainsSubstring("private key uses: 2"));
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("one signature of a slot serves --prove-key and the question what is replaced", "[cert]") {
    const Chip chip;
    const Issued old{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = old.text});
    const Issued issued{chip};
    chip.simulator.reset_stats();
    chip.must({"cert", "write", "E0E1", "--prove-key"}, {.input = issued.text});
    CHECK(chip.private_key_uses() == 2);
}

TEST_CASE("the certificate of another slot's key is replaced with --force alone", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto neighbour = chip.keygen("E0F2");
    const auto other = pem("CERTIFICATE", issued.authority.certificate_for(neighbour.public_key, "pump", "authority"));
    chip.must({"cert", "write", "E0E1"}, {.input = other});
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"CN=pump", "E0F2", "--force"}, {.input = issued.text});
    CHECK(chip.must({"cert", "read", "E0E1"}) == other);
    chip.simulator.reset_stats();
    chip.must({"cert", "write", "E0E1", "--force"}, {.input = issued.text});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("where a slot cannot show whether a certificate is for its key, --force is needed", "[cert]") {
    const Chip chip;
    const Issued old{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = old.text});
    const Issued issued{chip};
    chip.keygen("E0F2", {"--usage", "keyagree"});
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"CN=gateway", "E0F2", "cannot sign", "--force"},
                   {.input = issued.text});
    CHECK(chip.must({"cert", "read", "E0E1"}) == old.text);
}

TEST_CASE("an authority's certificate in a certificate object is replaced with --force alone", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", issued.authority.authority_certificate("authority"))});
    chip.simulator.reset_stats();
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"CN=authority", "--force"}, {.input = issued.text});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("a certificate for no key in the chip replaces another with --force alone, even one without use", "[cert]") {
    const Chip chip;
    const Issued old{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = old.text});
    const Issued issued{chip};  // the old certificate is for no key any more
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"CN=gateway", "CN=somebody else", "--force"},
                   {.input = other_certificate()});
    chip.simulator.reset_stats();
    const auto authority = pem("CERTIFICATE", issued.authority.authority_certificate("authority"));
    chip.must_fail(1, {"cert", "write", "E0E1"}, {"CN=gateway", "--force"}, {.input = authority});
    CHECK(chip.private_key_uses() == 0);
    CHECK(chip.must({"cert", "read", "E0E1"}) == old.text);
    chip.must({"cert", "write", "E0E1", "--force"}, {.input = authority});
}

TEST_CASE("a certificate is renewed for the same key without --force, and the old one is named", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text});
    const auto renewed = pem(
        "CERTIFICATE", issued.authority.issue({.subject = issued.key.public_key, .common_name = "gateway, renewed"}));
    const auto outcome = chip.trustx({"cert", "write", "E0E1"}, {.input = renewed});
    CHECK(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("replaces CN=gateway, valid until"));
    CHECK(chip.must({"cert", "read", "E0E1"}) == renewed);
}

TEST_CASE("what an interrupted write left is replaced without --force", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto half = as_string(issued.leaf).substr(0, issued.leaf.size() / 2);
    chip.must({"object", "write", "E0E1", "--force"}, {.input = half});
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("a certificate of X.509 version 1 is refused at once, in every object", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto leaf = pem("CERTIFICATE", issued.authority.issue({.subject = issued.key.public_key, .version = 0}));
    chip.must_fail(5, {"cert", "write", "E0E1"}, {"version 1", "-extfile", "--force"}, {.input = leaf});
    check_untouched(chip);
    const auto root = pem(
        "CERTIFICATE",
        issued.authority.issue({.subject = issued.authority.public_key(), .common_name = "authority", .version = 0}));
    chip.must_fail(5, {"anchor", "write", "E0E8"}, {"version 1"}, {.input = root});
    chip.must_fail(6, {"anchor", "read", "E0E8"}, {"empty"});
    chip.must({"cert", "write", "E0E1", "--force"}, {.input = leaf});
    CHECK(chip.must({"cert", "read", "E0E1"}) == leaf);
}

TEST_CASE("a certificate that does not fit costs no private key use", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto large = issued.authority.certificate_for(issued.key.public_key, "gateway", "authority", 1600);
    chip.simulator.reset_stats();
    chip.must_fail(2, {"cert", "write", "E0E1", "--prove-key"}, {"do not fit"}, {.input = pem("CERTIFICATE", large)});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("a certificate that belongs to the key file is written with --key", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.write("key.pem", keys::key_file_text(issued.key));
    chip.must({"cert", "write", "E0E1", "--key", "key.pem"}, {.input = issued.text});
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("a certificate for another key than the key file's is refused unless forced", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto wrong = other_certificate();
    chip.write("key.pem", keys::key_file_text(issued.key));
    chip.must_fail(5, {"cert", "write", "E0E1", "--key", "key.pem"}, {"CN=somebody else", "key.pem", "--force"},
                   {.input = wrong});
    check_untouched(chip);

    const auto forced = chip.trustx({"cert", "write", "E0E1", "--key", "key.pem", "--force"}, {.input = wrong});
    CHECK(forced.ok());
    CHECK_THAT(forced.err, ContainsSubstring("warning"));
    CHECK(chip.must({"cert", "read", "E0E1"}) == wrong);
}

TEST_CASE("a key file for another slot or another chip is refused", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    auto elsewhere = issued.key;
    elsewhere.key.value = 0xE0F2;
    chip.write("slot.pem", keys::key_file_text(elsewhere));
    chip.must_fail(5, {"cert", "write", "E0E1", "--key", "slot.pem"}, {"E0F2", "E0F1", "--force"},
                   {.input = issued.text});

    auto other_chip = issued.key;
    other_chip.coprocessor->bytes[18] ^= 0xFF;
    chip.write("chip.pem", keys::key_file_text(other_chip));
    chip.must_fail(5, {"cert", "write", "E0E1", "--key", "chip.pem"},
                   {other_chip.coprocessor->hex(), "this is the chip"}, {.input = issued.text});
    check_untouched(chip);
}

TEST_CASE("an unreadable key file is refused before the chip is written", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.write("key.pem", issued.text);
    chip.must_fail(4, {"cert", "write", "E0E1", "--key", "key.pem"}, {"key.pem", "TRUSTX PRIVATE KEY"},
                   {.input = issued.text});
    chip.must_fail(4, {"cert", "write", "E0E1", "--key", "gone.pem"}, {"cannot read gone.pem"}, {.input = issued.text});
    check_untouched(chip);
}

TEST_CASE("with --prove-key the slot signs once, and a certificate for another key is refused", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.simulator.reset_stats();
    chip.must_fail(5, {"cert", "write", "E0E1", "--prove-key"}, {"another key", "E0F1"},
                   {.input = other_certificate()});
    CHECK(chip.private_key_uses() == 1);
    check_untouched(chip);

    chip.simulator.reset_stats();
    chip.must({"cert", "write", "E0E1", "--prove-key"}, {.input = issued.text});
    CHECK(chip.private_key_uses() == 1);
    CHECK(chip.must({"cert", "read", "E0E1"}) == issued.text);
}

TEST_CASE("without --prove-key no private key is used", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.simulator.reset_stats();
    chip.must({"cert", "write", "E0E1"}, {.input = issued.text});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("a slot that is still empty is told, and has nothing to prove", "[cert]") {
    const Chip chip;
    const auto outcome = chip.trustx({"cert", "write", "E0E2"}, {.input = other_certificate()});
    CHECK(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("E0F2") && ContainsSubstring("holds no key yet"));
    chip.must_fail(6, {"cert", "write", "E0E1", "--prove-key"}, {"E0F1", "holds no key"},
                   {.input = other_certificate()});
}

TEST_CASE("a certificate on another curve than the slot's key is refused", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    chip.must_fail(5, {"cert", "write", "E0E1"}, {"P-384", "P-256", "--force"},
                   {.input = other_certificate(Curve::p384)});
    check_untouched(chip);
}

TEST_CASE("certificates that do not fit are refused before anything is written", "[cert]") {
    const Chip chip;
    const Issued issued{chip};
    const auto large = issued.authority.certificate_for(issued.key.public_key, "gateway", "authority", 1600);
    chip.must_fail(2, {"cert", "write", "E0E1"}, {"do not fit", "E0E1", "1728"}, {.input = pem("CERTIFICATE", large)});
    check_untouched(chip);
}

TEST_CASE("the factory certificate is protected by the chip itself", "[cert]") {
    const Chip chip;
    const auto before = chip.must({"cert", "read", "E0E0"});
    chip.must_fail(1, {"cert", "write", "E0E0"}, {"E0E0", "access conditions not satisfied"},
                   {.input = other_certificate()});
    CHECK(chip.must({"cert", "read", "E0E0"}) == before);
}

TEST_CASE("an empty certificate object is told apart from failures", "[cert]") {
    const Chip chip;
    chip.must_fail(6, {"cert", "read", "E0E1", "--out", "certificate.pem"}, {"E0E1", "holds no certificate"});
    CHECK_FALSE(std::filesystem::exists(chip.files / "certificate.pem"));
}

TEST_CASE("an object that holds something else than a certificate is reported", "[cert]") {
    const Chip chip;
    chip.must({"object", "write", "E0E1", "--force"}, {.input = "no certificate"});
    chip.must_fail(5, {"cert", "read", "E0E1"}, {"E0E1", "trustx object read"});
}

TEST_CASE("a certificate that cannot be written to its file leaves nothing behind", "[cert]") {
    const Chip chip;
    chip.must_fail(4, {"cert", "read", "E0E0", "--out", "/dev/full"}, {"/dev/full", "No space left"});
    const auto outcome = chip.shell("ulimit -f 0; exec \"$TRUSTX\" cert read E0E0 --out certificate.pem");
    INFO(outcome.both());
    CHECK(outcome.status != 0);
    CHECK_FALSE(std::filesystem::exists(chip.files / "certificate.pem"));
}
