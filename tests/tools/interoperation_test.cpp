// SPDX-License-Identifier: Apache-2.0
// What trustx gives is what the program openssl takes, and the other way round.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// check_script runs a shell script with $TRUSTX, and demands that it succeeds.
std::string check_script(const Chip& chip, const std::string& script) {
    const auto outcome = chip.shell("set -e\n" + script);
    INFO(outcome.both());
    CHECK(outcome.status == 0);
    return outcome.out;
}

}  // namespace

TEST_CASE("openssl reads the public key of a slot, in PEM and DER", "[pubkey]") {
    const Chip chip;
    const auto key = chip.keygen("E0F1");
    check_script(chip, R"sh("$TRUSTX" pubkey E0F1 --out pub.pem
"$TRUSTX" pubkey E0F1 --der >pub.der
openssl pkey -pubin -in pub.pem -outform DER -out again.der
cmp pub.der again.der)sh");
    const auto der = read_file(chip.path("pub.der"));
    CHECK(Bytes(der.begin(), der.end()) == key.public_key.subject_public_key_info());
    chip.must_fail(6, {"pubkey", "E0F3"}, {"E0F3", "holds no key", "trustx keygen"});
    chip.must({"lifecycle", "raise", "E0F3", "operational", "--force", "--quiet"});
    const auto outcome = chip.trustx({"sign", "E0F3", "--hashed"}, {.input = std::string(32, 'x')});
    CHECK(outcome.status == 6);
    CHECK_THAT(outcome.err, ContainsSubstring("holds no key; E0F3 is operational") && !ContainsSubstring("keygen"));
}

TEST_CASE("openssl verifies what the chip signs, on both curves and with every digest", "[sign]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.keygen("E0F2", {"--curve", "P-384"});
    chip.write("message", std::string(300'000, 'm'));
    check_script(chip, R"sh(for slot in E0F1 E0F2; do
    "$TRUSTX" -q pubkey $slot --out pub.pem
    for digest in sha256 sha384 sha512; do
        "$TRUSTX" sign $slot message --digest $digest --out sig
        openssl dgst -$digest -verify pub.pem -signature sig message
        openssl dgst -$digest -binary message | "$TRUSTX" sign $slot --hashed >sig2
        openssl dgst -$digest -verify pub.pem -signature sig2 message
    done
    "$TRUSTX" sign $slot --base64 <message | openssl base64 -d -A >sig3
    openssl dgst -sha256 -verify pub.pem -signature sig3 message
done)sh");
}

TEST_CASE("a signature costs one private key use and a digest of a wrong size none", "[sign]") {
    const Chip chip;
    chip.keygen("E0F1");
    chip.simulator.reset_stats();
    chip.must({"sign", "E0F1"}, {.input = "message"});
    CHECK(chip.private_key_uses() == 1);
    chip.must_fail(4, {"sign", "E0F1", "--hashed"}, {"9 bytes", "10 to 64"}, {.input = "too short"});
    chip.must_fail(6, {"sign", "E0F3"}, {"E0F3", "no key"}, {.input = "message"});
    CHECK(chip.private_key_uses() == 1);
}

TEST_CASE("the chip verifies what openssl signs, and refuses what was tampered with", "[verify]") {
    const Chip chip;
    check_script(chip, R"sh(echo message >message; echo other >other
for curve in prime256v1 secp384r1; do
    openssl ecparam -name $curve -genkey -noout -out private.pem
    openssl pkey -in private.pem -pubout -out pub.pem
    openssl pkey -in private.pem -pubout -outform DER -out pub.der
    for digest in sha256 sha384 sha512; do
        openssl dgst -$digest -sign private.pem -out sig message
        [ "$("$TRUSTX" verify --public-key pub.pem --signature sig --digest $digest message)" = "Verified OK" ]
        "$TRUSTX" verify --public-key pub.der --signature sig --digest $digest <message
    done
done)sh");
    chip.must_fail(5, {"verify", "--public-key", "pub.pem", "--signature", "sig", "--digest", "sha512", "other"},
                   {"does not verify"});
    chip.must_fail(4, {"verify", "--public-key", "message", "--signature", "sig", "message"},
                   {"message", "no public key"});
    chip.must_fail(4, {"verify", "--public-key", "pub.pem", "--signature", "message", "message"},
                   {"message", "not an ECDSA signature"});
}

TEST_CASE("the chip verifies with a certificate that it holds, if that is bare", "[verify]") {
    const Chip chip;
    check_script(chip, R"sh(echo message >message
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout private.pem -out cert.pem \
    -subj /CN=signer -days 2 -addext keyUsage=critical,keyCertSign,digitalSignature 2>/dev/null
openssl dgst -sha256 -sign private.pem -out sig message
"$TRUSTX" anchor write E0E8 cert.pem
"$TRUSTX" verify --certificate E0E8 --signature sig message
"$TRUSTX" cert write E0E1 cert.pem --form tls-identity)sh");
    chip.must_fail(1, {"verify", "--certificate", "E0E1", "--signature", "sig", "message"}, {"E0E1", "--form der"});
    chip.must_fail(6, {"verify", "--certificate", "E0E2", "--signature", "sig", "message"}, {"E0E2", "no certificate"});
}

TEST_CASE("a shared secret is the one that openssl derives, for its owner alone", "[ecdh]") {
    const Chip chip;
    for (const auto* curve : {"P-256", "P-384"}) {
        CAPTURE(curve);
        chip.keygen("E0F2", {"--curve", curve, "--usage", "sign,keyagree", "--force"});
        const auto mode = check_script(chip, std::string{"curve="} + curve + R"sh(
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out private.pem
openssl pkey -in private.pem -pubout -out peer.pem
"$TRUSTX" -q pubkey E0F2 --out pub.pem
"$TRUSTX" ecdh E0F2 peer.pem --out secret
openssl pkeyutl -derive -inkey private.pem -peerkey pub.pem -out expected
cmp secret expected
stat -c %a secret)sh");
        CHECK(mode == "600\n");
    }
}

TEST_CASE("a key that may not agree is refused", "[ecdh]") {
    const Chip chip;
    const SoftwareKey peer{Curve::p256};
    chip.keygen("E0F1");
    chip.write("peer.der", [&] {
        const auto info = peer.public_key().subject_public_key_info();
        return std::string(info.begin(), info.end());
    }());
    chip.must_fail(1, {"ecdh", "E0F1", "peer.der"}, {"E0F1", "metadata show"});
}

TEST_CASE("a derived key is the one of openssl's TLS1-PRF, over a stored and over an agreed secret", "[derive]") {
    const Chip chip;
    chip.keygen("E0F2", {"--usage", "sign,keyagree"});
    check_script(chip, R"sh(printf '0123456789abcdef0123456789abcdef' >secret
"$TRUSTX" object write F1D0 secret
"$TRUSTX" derive --secret F1D0 --label 'test label' --seed A0BA9F936CDA311827A6F796FFD5198C --length 100 >derived
openssl kdf -keylen 100 -kdfopt digest:SHA256 -kdfopt hexsecret:$(od -An -v -tx1 secret | tr -d ' \n') \
    -kdfopt seed:'test label' -kdfopt hexseed:A0BA9F936CDA311827A6F796FFD5198C -binary -out expected TLS1-PRF
cmp derived expected

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.pem
openssl pkey -in private.pem -pubout -out peer.pem
"$TRUSTX" -q pubkey E0F2 --out pub.pem
openssl pkeyutl -derive -inkey private.pem -peerkey pub.pem -out secret
"$TRUSTX" derive --key E0F2 --peer peer.pem --label 'master secret' --seed 0011223344556677 --out derived
openssl kdf -keylen 48 -kdfopt digest:SHA256 -kdfopt hexsecret:$(od -An -v -tx1 secret | tr -d ' \n') \
    -kdfopt seed:'master secret' -kdfopt hexseed:0011223344556677 -binary -out expected TLS1-PRF
cmp derived expected)sh");
}

TEST_CASE("hashes on the chip are those of sha256sum, of every length", "[hash]") {
    const Chip chip;
    check_script(chip, R"sh(for size in 0 1 63 64 1407 1408 1409 2816 2817 4096 10000; do
    head -c $size /dev/zero | tr '\0' x >file.$size
done
"$TRUSTX" hash file.* >sums
sha256sum -c --quiet sums
[ "$("$TRUSTX" hash <file.10000)" = "$(sha256sum <file.10000)" ]
"$TRUSTX" object write F1E0 file.1409
[ "$("$TRUSTX" hash --object F1E0 | cut -c1-64)" = "$(sha256sum <file.1409 | cut -c1-64)" ]
[ "$("$TRUSTX" hash --object F1E0 --offset 9 --length 64 | cut -c1-64)" = "$(sha256sum <file.64 | cut -c1-64)" ])sh");
    chip.must_fail(2, {"hash", "--object", "F1E0", "--offset", "1400", "--length", "10"}, {"F1E0", "1409 bytes"});
}

TEST_CASE("several files are hashed as sha256sum does it: names that need it are escaped, a missing file is told",
          "[hash]") {
    const Chip chip;
    chip.write("a", "first");
    chip.write("b\\ and\nmore", "second");
    check_script(chip, R"sh("$TRUSTX" hash a b* >sums
sha256sum a b* | cmp - sums
sha256sum --quiet -c sums)sh");

    const auto outcome = chip.trustx({"hash", "a", "missing", "a"});
    INFO(outcome.both());
    CHECK(outcome.status == 4);
    CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 2);
    CHECK_THAT(outcome.err, ContainsSubstring("cannot read missing") && ContainsSubstring("1 of 3 files"));
    chip.must_fail(4, {"hash", "missing"}, {"cannot read missing"});

    const auto line = nlohmann::json::parse(chip.must({"hash", "--json", "a"}));
    CHECK(line.at("file") == "a");
    CHECK(line.at("sha256") == chip.must({"hash", "a"}).substr(0, 64));
    CHECK_FALSE(line.contains("file_hex"));
    chip.write("b\xFF", "content");  // a name that JSON cannot hold
    CHECK(nlohmann::json::parse(chip.must({"hash", "--json", "b\xFF"})).at("file_hex") == "62FF");
}

TEST_CASE("a lost answer is told without a check where there is nothing to check", "[faults]") {
    const Chip chip;
    chip.keygen("E0F1");
    REQUIRE(chip.simulator.control({"fault", "reset,during=CalcSign"}) == "1\n");
    const auto harmless =
        chip.must_fail(3, {"sign", "E0F1"}, {"the answer was lost", "repeat it"}, {.input = "message"});
    CHECK_THAT(harmless.err, !ContainsSubstring("look"));
}
