// SPDX-License-Identifier: Apache-2.0
// trustx auth: who is authentic, and who is not.
#include "chip_fixture.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// certify lets an authority issue a certificate for the key in E0F1.
void certify(const Chip& chip, const SoftwareKey& authority, const PublicKey& key) {
    chip.must({"cert", "write", "E0E1"},
              {.input = pem("CERTIFICATE", authority.certificate_for(key, "gateway", "authority"))});
}

// Maker is a chip with a certificate of an authority, which has its certificate of a root; both keep revocation lists
// with openssl ca.
struct Maker {
    Maker() {
        must(R"(
for name in root maker stranger; do
    : >$name.index
    echo 01 >$name.number
    printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s.index\ncrlnumber=%s.number\ncertificate=%s.pem\nprivate_key=%s.key
default_md=sha256\ndefault_crl_days=30\n' $name $name $name $name >$name.cnf
done
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n' >authority
curve='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $curve -keyout root.key -out root.pem -subj /CN=root -days 36500
openssl req $curve -keyout maker.key -out maker.csr -subj /CN=maker
openssl x509 -req -in maker.csr -CA root.pem -CAkey root.key -extfile authority -days 36500 -out maker.pem
openssl req -x509 $curve -keyout stranger.key -out stranger.pem -subj /CN=maker -days 36500
"$TRUSTX" keygen E0F1
"$TRUSTX" pubkey E0F1 --out public.pem
printf 'basicConstraints=critical,CA:FALSE\n' >device
openssl req -new -key stranger.key -subj /CN=accessory -out accessory.csr
openssl x509 -req -in accessory.csr -force_pubkey public.pem -CA maker.pem -CAkey maker.key -extfile device -days 36500 \
    -set_serial 0xA1B2C3 -out accessory.pem
cat accessory.pem maker.pem >chain.pem
"$TRUSTX" cert write E0E1 chain.pem)");
        chip.simulator.reset_stats();
    }
    void must(const std::string& script) const {
        const auto done = chip.shell("set -e\n" + script);
        INFO(done.both());
        REQUIRE(done.ok());
    }
    // list writes the present list of an authority, with further options of openssl ca.
    void list(const std::string& authority, const std::string& more = "") const {
        must("openssl ca -config " + authority + ".cnf -gencrl -out " + authority + ".crl " + more);
    }
    void revoke(const std::string& authority, const std::string& certificate) const {
        must("openssl ca -config " + authority + ".cnf -revoke " + certificate);
    }
    void refused(int status, const std::vector<std::string>& words, const std::string& trusted = "maker.pem",
                 const std::string& lists = "maker.crl") const {
        chip.must_fail(status, {"auth", "E0F1", "--ca", trusted, "--revoked", lists}, words);
        CHECK(chip.private_key_uses() == 0);
    }

    Chip chip;
};

}  // namespace

TEST_CASE("a factory chip is authentic to whoever trusts its maker", "[auth]") {
    const Chip chip;
    const auto authority = chip.write("ca.pem", chip.simulator.control({"ca"}));
    chip.simulator.reset_stats();
    const auto text = chip.must({"auth", "--ca", authority});
    CHECK_THAT(text, ContainsSubstring("The chip is authentic.") && ContainsSubstring("throw-away CA"));
    CHECK(chip.private_key_uses() == 1);
}

TEST_CASE("openssl verifies the response over the challenge", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    const auto proof = nlohmann::json::parse(
        chip.must({"auth", "E0F1", "--any-issuer", "--challenge", "000102030405060708090a0b", "--json"}));
    CHECK(proof.at("challenge") == "000102030405060708090A0B");
    CHECK(proof.at("issuer_checked") == false);
    const auto response = from_hex(proof.at("response").get<std::string>());
    chip.write("response", std::string(response.begin(), response.end()));
    chip.write("cert.pem", proof.at("certificates")[0]);
    const auto outcome = chip.shell(R"(set -e; openssl x509 -in cert.pem -noout -pubkey >pub.pem
printf '\000\001\002\003\004\005\006\007\010\011\012\013' | openssl dgst -sha256 -verify pub.pem -signature response)");
    INFO(outcome.both());
    CHECK(outcome.ok());
}

TEST_CASE("a chip whose certificate somebody else issued is not authentic, and its key is not used", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    const SoftwareKey stranger{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    chip.write("ca.pem", pem("CERTIFICATE", authority.authority_certificate("authority")));
    chip.write("stranger.pem", pem("CERTIFICATE", stranger.authority_certificate("authority")));
    chip.must({"auth", "E0F1", "--ca", "ca.pem"});
    chip.simulator.reset_stats();
    chip.must_fail(5, {"auth", "E0F1", "--ca", "stranger.pem"}, {"no chain", "CN=gateway"});
    CHECK(chip.private_key_uses() == 0);
}

TEST_CASE("a chain with SHA-1, or with a key of RSA that is too short, proves nothing", "[auth]") {
    const Chip chip;
    const auto outcome = chip.shell(R"(set -e
printf 'basicConstraints=critical,CA:FALSE\n' >device
openssl req -x509 -newkey rsa:2048 -nodes -keyout long.key -out long.pem -subj /CN=long -days 30
openssl req -x509 -newkey rsa:1024 -nodes -keyout short.key -out short.pem -subj /CN=short -days 30
"$TRUSTX" keygen E0F1
"$TRUSTX" pubkey E0F1 --out public.pem
openssl req -new -key long.key -subj /CN=accessory -out accessory.csr
issue() {
    openssl x509 -req -in accessory.csr -force_pubkey public.pem -CA $1.pem -CAkey $1.key -extfile device -days 30 -$2 \
        -set_serial 1 -out $1-$2.pem
}
issue long sha256
issue long sha1
issue short sha256)");
    INFO(outcome.both());
    REQUIRE(outcome.ok());
    chip.must({"cert", "write", "E0E1", "long-sha256.pem"});
    chip.must({"auth", "E0F1", "--ca", "long.pem"});
    chip.must({"cert", "write", "E0E1", "long-sha1.pem"});
    chip.must_fail(5, {"auth", "E0F1", "--ca", "long.pem"}, {"no chain", "CN=accessory", "digest algorithm too weak"});
    chip.must({"cert", "write", "E0E1", "short-sha256.pem"});
    chip.must_fail(5, {"auth", "E0F1", "--ca", "short.pem"}, {"no chain", "CN=accessory", "key too weak"});
}

TEST_CASE("a chip that does not hold the key of its certificate is not authentic", "[auth]") {
    const Chip chip;
    const SoftwareKey authority{Curve::p256};
    certify(chip, authority, chip.keygen("E0F1").public_key);
    chip.keygen("E0F1", {"--force"});
    chip.must_fail(5, {"auth", "E0F1", "--any-issuer"}, {"does not verify", "another key"});
    chip.must_fail(6, {"auth", "E0F3", "--any-issuer"}, {"E0E3", "no certificate"});
}

TEST_CASE("a chip is authentic that is in no list of its issuer", "[auth][revoked]") {
    const Maker maker;
    maker.list("maker");
    CHECK_THAT(maker.chip.must({"auth", "E0F1", "--ca", "maker.pem", "--revoked", "maker.crl"}),
               ContainsSubstring("not revoked  by the lists in maker.crl\nThe chip is authentic."));
    CHECK(maker.chip.private_key_uses() == 1);
    maker.must(
        "openssl crl -in maker.crl -outform der -out maker.der; cat maker.pem maker.crl stranger.pem >mixed.pem");
    for (const std::string file : {"maker.der", "mixed.pem"}) {
        const auto proof =
            nlohmann::json::parse(maker.chip.must({"auth", "E0F1", "--ca", "maker.pem", "--revoked", file, "--json"}));
        CHECK(proof.at("revocation_checked") == true);
    }
    CHECK(nlohmann::json::parse(maker.chip.must({"auth", "E0F1", "--ca", "maker.pem", "--json"}))
              .at("revocation_checked") == false);
}

TEST_CASE("a chip whose certificate was revoked is named, and its key is not used", "[auth][revoked]") {
    const Maker maker;
    maker.revoke("maker", "accessory.pem");
    maker.list("maker");
    maker.refused(24, {"CN=accessory", "A1B2C3", "was revoked at 20", "by CN=maker"});
    maker.chip.must({"auth", "E0F1", "--ca", "maker.pem"});  // who gives no list is not told
}

TEST_CASE("a list that cannot be relied on lets nobody pass", "[auth][revoked]") {
    const Maker maker;
    SECTION("too old") {
        maker.list("maker", "-crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z");
        maker.refused(25, {"CN=maker in maker.crl", "valid until 2020-02-01T00:00:00Z", "get the present one"});
    }
    SECTION("of the future") {
        maker.list("maker", "-crl_lastupdate 20900101000000Z -crl_nextupdate 20910101000000Z");
        maker.refused(25, {"not valid before 2090-01-01T00:00:00Z", "clock"});
    }
    SECTION("of another authority") {
        maker.list("root");
        maker.refused(25, {"root.crl has no list of CN=maker, who issued CN=accessory"}, "maker.pem", "root.crl");
    }
    SECTION("signed by somebody else in its name") {
        maker.list("stranger");
        maker.refused(25, {"the list of CN=maker in stranger.crl cannot be relied on", "signature"}, "maker.pem",
                      "stranger.crl");
    }
}

TEST_CASE("of two lists of one second the one with the higher number counts", "[auth][revoked]") {
    const Maker maker;
    const std::string second = "-crl_lastupdate 20260101000000Z -crl_nextupdate 20980101000000Z";
    maker.list("maker", second);
    maker.must("cp maker.crl before.crl");
    maker.revoke("maker", "accessory.pem");
    maker.list("maker", second);
    maker.must("cat before.crl maker.crl >up.crl; cat maker.crl before.crl >down.crl");
    maker.refused(24, {"CN=accessory"}, "maker.pem", "up.crl");
    maker.refused(24, {"CN=accessory"}, "maker.pem", "down.crl");
}

TEST_CASE("every authority below the one that is trusted must have a list", "[auth][revoked]") {
    const Maker maker;
    maker.list("maker");
    maker.refused(25, {"has no list of CN=root, who issued CN=maker"}, "root.pem");
    maker.list("root");
    maker.must("cat maker.crl root.crl >both.crl");
    CHECK_THAT(maker.chip.must({"auth", "E0F1", "--ca", "root.pem", "--revoked", "both.crl"}),
               ContainsSubstring("The chip is authentic."));
    // Who trusts the authority itself need not know the root, whose list is there all the same.
    CHECK_THAT(maker.chip.must({"auth", "E0F1", "--ca", "maker.pem", "--revoked", "both.crl"}),
               ContainsSubstring("The chip is authentic."));
    maker.chip.simulator.reset_stats();
    maker.revoke("root", "maker.pem");
    maker.list("root");
    maker.must("cat maker.crl root.crl >both.crl");
    maker.refused(24, {"the certificate CN=maker", "by CN=root"}, "root.pem", "both.crl");
}

TEST_CASE("what is no revocation list is refused as a file", "[auth][revoked]") {
    const Maker maker;
    maker.list("maker");
    maker.must("head -n 3 maker.crl >cut.crl; head -c 100 /dev/zero >zeros; : >empty");
    maker.refused(4, {"missing.crl"}, "maker.pem", "missing.crl");
    maker.refused(4, {"maker.pem", "no X509 CRL block"}, "maker.pem", "maker.pem");
    maker.refused(4, {"cut.crl", "damaged"}, "maker.pem", "cut.crl");
    maker.refused(4, {"zeros", "not a certificate revocation list"}, "maker.pem", "zeros");
    maker.refused(4, {"empty"}, "maker.pem", "empty");
    maker.must("{ cat maker.crl; sed 's/X509 CRL/X509 CRLX/' maker.crl; } >misnamed.crl");
    maker.refused(4, {"misnamed.crl", "neither a revocation list nor a certificate"}, "maker.pem", "misnamed.crl");
    maker.must(R"(printf '[delta]\n2.5.29.27=critical,DER:020101\n' >>maker.cnf)");
    maker.list("maker", "-crlexts delta");
    maker.refused(4, {"maker.crl", "a delta", "complete"});
    maker.chip.must_fail(2, {"auth", "E0F1", "--any-issuer", "--revoked", "maker.crl"}, {"--revoked needs --ca"});
}
