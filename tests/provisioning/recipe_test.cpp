// SPDX-License-Identifier: Apache-2.0
// What a recipe may say, what is refused, and what is made of it: names, manifests, handshakes, warnings.
#include "provisioning/recipe.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "pki/command_issuer.hpp"
#include "pki/error.hpp"
#include "pki/expiry.hpp"
#include "pki/issuer.hpp"
#include "pki/request.hpp"
#include "pki/subject.hpp"
#include "provisioning/handshake.hpp"
#include "provisioning/journal.hpp"
#include "provisioning/manifest.hpp"
#include "support/catch.hpp"
#include "support/fake_chip.hpp"
#include "support/process.hpp"
#include "support/software_key.hpp"
#include "support/temp_dir.hpp"
#include "support/trap.hpp"

#include <openssl/evp.h>

using namespace trustx;
using namespace trustx::test;
using namespace trustx::provisioning;

namespace {

// Kitchen is a directory with the files that recipes name.
struct Kitchen {
    Kitchen() {
        const SoftwareKey key{Curve::p256};
        write_file(directory / "ca.pem", pem("CERTIFICATE", key.authority_certificate("authority")));
        write_file(directory / "leaf.pem", pem("CERTIFICATE", key.issue({.subject = key.public_key()})));
    }
    Result<Recipe> parse(const std::string& text) const {
        return Recipe::parse(text, (directory / "recipe.toml").string());
    }
    TempDir directory;
};

const std::string head = "name = 'x'\n";
const std::string authority = "[ca]\ncertificate = 'ca.pem'\ncommand = ['/bin/false']\n";

// made_request is one of a chip.
std::string made_request() {
    Trap trap;
    FakeChip chip{trap};
    const auto& key = chip.keys.try_emplace(ObjectId{0xE0F1}, Curve::p256).first->second;
    return pki::make_request(chip, ObjectId{0xE0F1}, key.public_key(), pki::Subject::parse("CN=gw").value()).value();
}

x509::Certificate parsed(const Bytes& der) {
    return x509::Certificate::parse(der, "test").value();
}

}  // namespace

TEST_CASE("a recipe reads as it is written", "[recipe]") {
    const Kitchen kitchen;
    const auto recipe = kitchen.parse(head + "manifest = 'out.jsonl'\nlifetime = 15\n" + authority + R"(timeout = 7
[slot.E0F1]
curve = "P-384"
usage = "sign,keyagree"
subject = 'CN=gw-{uid},O=A\, B'
change = "never"
life_cycle = "operational"
[slot.device-key-3]
usage = "keyagree"
[anchor.E0E8]
certificate = "ca.pem"
[object.F1D0]
hex = "00 ff"
read = "LcsO < operational"
[object.F1D1]
text = "hello"
)");
    INFO((recipe ? std::string{} : recipe.error().message()));
    REQUIRE(recipe);
    CHECK(recipe->manifest == (kitchen.directory / "out.jsonl").string());
    CHECK(recipe->lifetime == std::chrono::days{15 * 365});
    CHECK(recipe->authority->timeout == std::chrono::seconds{7});
    REQUIRE(recipe->slots.size() == 2);
    CHECK(recipe->slots[0].curve == Curve::p384);
    CHECK(recipe->slots[0].rules.life_cycle == LifeCycleState::operational);
    CHECK(recipe->slots[1].slot == ObjectId{0xE0F2});
    REQUIRE(recipe->objects.size() == 3);
    CHECK(recipe->objects[0].certificate);
    CHECK(recipe->objects[1].content == Bytes{0x00, 0xFF});
    CHECK(recipe->objects[2].content == Bytes{'h', 'e', 'l', 'l', 'o'});
    CHECK(recipe->digest.size() == 64);
    CHECK(recipe->digest != kitchen.parse(head + "[object.F1D0]\ntext = 'a'\n").value().digest);
}

TEST_CASE("what a recipe cannot mean is refused with its line", "[recipe]") {
    const Kitchen kitchen;
    std::string deep = "a";
    for (int i = 0; i < 100'000; ++i) {
        deep += ".a";
    }
    const std::vector<std::pair<std::string, std::string>> cases{
        {"name = ", ":1: not TOML"},
        {"[object.F1D0]\ntext = 'a'\n", "name"},
        {"name = \"\\u001b[31m\"\n[object.F1D0]\ntext = 'a'\n", ":1: name: control characters"},
        {"name = \"a\\u0000\"\n[object.F1D0]\ntext = 'a'\n", ":1: name: control characters"},
        {head + authority + "[slot.E0F1]\nsubject = \"CN=\\u202e\"\n", "subject: control characters"},
        {head + deep + " = 1\n", ":2: more than 200 dots"},
        {head + "[" + deep + "]\n", ":2: more than 200 dots"},
        {head, "says nothing about a chip"},
        {head + "colour = 1\n[object.F1D0]\ntext = 'a'\n", ":2: colour: unknown"},
        {head + "[object.F1D0]\ntext = 7\n", ":3: [object.F1D0] text: not a text"},
        {head + "[object.F1D0]\ntext = 'a'\nhex = '00'\n", "one of"},
        {head + "[object.F1D0]\ntext = ''\n", "empty"},
        {head + "[object.F1D0]\ntext = '" + std::string(141, 'a') + "'\n", "F1D0"},
        {head + "[object.F1D0]\nfile = 'missing'\n", "missing"},
        {head + "[object.F1D0]\nhex = '0'\n", "odd"},
        {head + "[object.F1D0]\nread = 'sometimes'\n", "read"},
        {head + "[object.F1D0]\nlife_cycle = 'termination'\n", "life_cycle"},
        {head + "[object.E0E1]\ntext = 'a'\n", "[slot.E0F1]"},
        {head + "[object.E0E8]\ntext = 'a'\n", "E0E8"},
        {head + "[object.E0C0]\nhex = '07'\n", "E0C0"},
        {head + "[object.1234]\ntext = 'a'\n", "1234"},
        {head + "[object.F1D0]\ntext = 'a'\n[object.data-1]\ntext = 'b'\n", "twice"},
        {head + "[object]\nF1D0 = 'a'\n", "not a section"},
        {head + "[slot.E0F0]\n", "factory"},
        {head + "[slot.F1D0]\n", "not a key slot"},
        {head + "[slot.E0F1]\ncurve = 'P-521'\n", "P-256"},
        {head + "[slot.E0F1]\nusage = 'tea'\n", "usage"},
        {head + "[slot.E0F1]\nsubject = 'CN=a'\n", "no [ca]"},
        {head + authority + "[slot.E0F1]\nsubject = 'gateway'\n", "no name of a certificate"},
        {head + authority + "[slot.E0F1]\nsubject = 'CN={serial}'\n", "{uid} is the only word"},
        {head + authority + "[slot.E0F1]\nsubject = 'CN=0123456789{uid}'\nusage = 'keyagree'\n", "sign or auth"},
        {head + authority + "[slot.E0F1]\nsubject = 'CN=01234567890{uid}'\n", "64 characters"},
        {head + "[ca]\ncommand = '/bin/true'\n[slot.E0F1]\n", "not a list"},
        {head + "[ca]\ncertificate = 'ca.pem'\n[slot.E0F1]\n", "`key`"},
        {head + "[ca]\ncertificate = 'ca.pem'\nkey = 'k'\ndays = 0\n[slot.E0F1]\n", "between 1 and"},
        {head + "[anchor.E0E9]\ncertificate = 'ca.pem'\n", "E0E9"},
        {head + "[anchor.E0E8]\ncertificate = 'leaf.pem'\n", "authority"},
    };
    for (const auto& [text, words] : cases) {
        const auto recipe = kitchen.parse(text);
        CAPTURE(text);
        REQUIRE_FALSE(recipe);
        CHECK(recipe.error() == InputErrc::malformed);
        CHECK_THAT(recipe.error().operation(), ContainsSubstring("recipe.toml:") && ContainsSubstring(words));
    }
}

TEST_CASE("a trust anchor is closed only where an update path is named", "[recipe]") {
    const Kitchen kitchen;
    const auto anchor = [](const std::string& object, const std::string& more) {
        return "[anchor." + object + "]\ncertificate = 'ca.pem'\n" + more;
    };
    const std::string closed = "life_cycle = 'operational'\n";
    for (const auto& closing : {closed, std::string{"change = 'never'\n"}}) {
        CHECK_FALSE(kitchen.parse(head + anchor("E0E8", closing)));
        CHECK(kitchen.parse(head + anchor("E0E8", closing + "update_path = 'E0EF'\n")));
        CHECK(kitchen.parse(head + anchor("E0E8", closing + "update_path = 'replace-chip'\n")));
    }
    CHECK(kitchen.parse(head + anchor("E0E8", closed + "change = 'always'\n")));
    CHECK_FALSE(kitchen.parse(head + anchor("E0E8", closed + "update_path = 'E0E8'\n")));
    CHECK_FALSE(kitchen.parse(head + anchor("E0E8", closed + "update_path = 'E0EF'\n") +
                              anchor("E0EF", closed + "update_path = 'E0E8'\n")));
}

TEST_CASE("a name of a certificate is what x509 prints of it", "[recipe]") {
    const SoftwareKey key{Curve::p256};
    const auto subject = pki::Subject::parse("CN=gw-1,O=A\\, B,C=DE").value();
    Trap trap;
    FakeChip chip{trap};
    const auto& made = chip.keys.try_emplace(ObjectId{0xE0F1}, Curve::p256).first->second;
    const auto request = pki::make_request(chip, ObjectId{0xE0F1}, made.public_key(), subject);
    REQUIRE(request);
    const auto outcome = run("openssl", {"req", "-noout", "-subject", "-nameopt", "RFC2253"}, {.input = *request});
    CHECK_THAT(outcome.out, ContainsSubstring("CN=gw-1,O=A\\, B,C=DE"));
    CHECK_FALSE(subject.is_that_of(parsed(key.certificate("gw-1"))));
    CHECK(pki::Subject::common_name("gw-1").is_that_of(parsed(key.certificate("gw-1"))));
    for (const char* wrong : {"", "CN", "CN=", "=a", "CN=a,,O=b", "XX=a"}) {
        CHECK_FALSE(pki::Subject::parse(wrong));
    }
}

TEST_CASE("a journal reads as it was written", "[provisioning]") {
    Journal journal{.chip = "AB", .recipe = "x", .digest = "cd", .phase = Phase::scrap, .step = "why", .listed = true};
    journal.slots[ObjectId{0xE0F1}] = {
        .key = SoftwareKey{Curve::p384}.public_key(), .request = "r", .chain = "c", .proven = true};
    journal.slots[ObjectId{0xE0F2}] = {};
    journal.written = {ObjectId{0xF1D0}};
    journal.replaced[ObjectId{0xE0E8}] = "3000";
    CHECK(Journal::parse(journal.text(), "test").value() == journal);
    CHECK(Journal::parse("{}", "test").error() == InputErrc::malformed);
    CHECK(Journal::parse("[", "test").error() == InputErrc::malformed);
}

TEST_CASE("a manifest has each key once, and its last line may be unfinished", "[provisioning]") {
    Delivery delivery{.uid = "AB",
                      .slot = ObjectId{0xE0F1},
                      .certificate_id = "ef",
                      .certificate = "-----BEGIN\nx\n",
                      .public_key = "p",
                      .recipe = "gateway",
                      .time = "2026-01-01T00:00:00Z"};
    auto later = delivery;
    later.certificate_id = "01";
    auto other = delivery;
    other.slot = ObjectId{0xE0F2};
    const auto text = delivery.line() + other.line() + "\n" + later.line() + "{\"format\":1,";
    CHECK(parse_manifest(text, "m").value() == std::vector{later, other});
    CHECK_THAT(parse_manifest("\n{}\n", "m").error().operation(), ContainsSubstring("m:2"));
    CHECK(parse_manifest("x\n", "m").error() == InputErrc::malformed);
}

TEST_CASE("certificates that end before the device does are warned of, after 2038 too", "[provisioning]") {
    const SoftwareKey key{Curve::p256};
    const auto certificate = parsed(key.authority_certificate("short"));  // a day
    const auto now = std::time(nullptr);
    CHECK(pki::outlives(certificate, now, std::chrono::days{0}));
    CHECK_FALSE(pki::outlives(certificate, now, std::chrono::days{2}));
    CHECK_FALSE(pki::outlives(certificate, now, std::chrono::days{36500}));
    CHECK(pki::expiry_warning("anchor", certificate, now, std::chrono::days{0}).empty());
    CHECK_THAT(pki::expiry_warning("anchor", certificate, now, std::chrono::days{2}), ContainsSubstring("expires at"));
    constexpr long ago = -100;
    const auto expired = parsed(key.issue({.subject = key.public_key(), .begins = 2 * ago, .ends = ago}));
    CHECK_THAT(pki::expiry_warning("anchor", expired, now, std::chrono::days{2}), ContainsSubstring("has expired"));
}

TEST_CASE("an authority in files issues beyond 2038", "[provisioning]") {
    const TempDir directory;
    const auto made = run("openssl", {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                      "-keyout", (directory / "ca.key").string(), "-out",
                                      (directory / "ca.pem").string(), "-subj", "/CN=authority", "-days", "36500"});
    INFO(made.both());
    REQUIRE(made.ok());
    const auto issuer = pki::open_authority({.certificate = (directory / "ca.pem").string(),
                                             .key = (directory / "ca.key").string(),
                                             .validity = std::chrono::days{30000}});
    REQUIRE(issuer);
    const auto chain = (*issuer)->issue(made_request());
    REQUIRE(chain);
    const auto leaf = x509::parse_certificate_file(text::as_bytes(*chain), "test").value();
    CHECK(leaf.front().not_after() > "2100");
    CHECK(pki::outlives(leaf.front(), std::time(nullptr), std::chrono::days{29000}));
    CHECK(pki::outlives(leaf.back(), std::time(nullptr), std::chrono::days{36000}));
}

TEST_CASE("an authority in files issues nothing before it exists, or when it has expired", "[provisioning]") {
    const TempDir directory;
    const auto made = run("openssl", {"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                                      (directory / "ca.key").string()});
    INFO(made.both());
    REQUIRE(made.ok());
    // `openssl ca` alone takes any dates.
    write_file(directory / "ca.cnf",
               "[ca]\ndefault_ca = d\n[d]\ndatabase = index\nrand_serial = yes\ndefault_md = sha256\npolicy = p\n"
               "new_certs_dir = .\nx509_extensions = x\n[p]\ncommonName = supplied\n[x]\n"
               "basicConstraints = critical,CA:TRUE\n[req]\ndistinguished_name = n\n[n]\n");
    write_file(directory / "index", "");
    const auto authority_between = [&](const std::string& begin, const std::string& end) {
        const auto issued =
            run("sh",
                {"-c",
                 "openssl req -new -config ca.cnf -key ca.key -subj /CN=authority -out csr && openssl ca "
                 "-batch -notext -config ca.cnf -selfsign -keyfile ca.key -in csr -out ca.pem "
                 "-startdate " +
                     begin + " -enddate " + end},
                {.directory = directory.path()});
        INFO(issued.both());
        REQUIRE(issued.ok());
        auto issuer = pki::open_authority(
            {.certificate = (directory / "ca.pem").string(), .key = (directory / "ca.key").string()});
        REQUIRE(issuer);
        write_file(directory / "index", "");
        return *std::move(issuer);
    };
    const auto request = made_request();
    const auto early = authority_between("20900101000000Z", "20990101000000Z")->issue(request);
    REQUIRE_FALSE(early);
    CHECK(early.error() == pki::PkiErrc::clock_wrong);
    const auto late = authority_between("20100101000000Z", "20200101000000Z")->issue(request);
    REQUIRE_FALSE(late);
    CHECK(late.error() == InputErrc::check_failed);
    CHECK(authority_between("20100101000000Z", "20990101000000Z")->issue(request));
}

TEST_CASE("an authority behind a program is given the request, and a deadline", "[provisioning]") {
    const TempDir directory;
    const SoftwareKey key{Curve::p256};
    write_file(directory / "cert.pem", "noise\n" + pem("CERTIFICATE", key.certificate("issued")));
    const auto ask = [&](const std::string& script, std::chrono::seconds timeout) {
        SystemClock clock;
        return pki::CommandIssuer({"sh", "-c", script}, clock, timeout).issue("the request\n");
    };
    constexpr std::chrono::seconds long_enough{20};
    const auto path = (directory / "got").string();
    const auto issued = ask("cat >" + path + "; cat " + (directory / "cert.pem").string(), long_enough);
    REQUIRE(issued);
    CHECK(*issued == pem("CERTIFICATE", key.certificate("issued")).substr(0, 27) + issued->substr(27));
    CHECK(read_file(path) == "the request\n");
    CHECK(ask("echo no; exit 3", long_enough).error() == InputErrc::check_failed);
    CHECK(ask("echo no", long_enough).error() == InputErrc::malformed);
    CHECK(ask("sleep 60", std::chrono::seconds{0}).error() == InputErrc::check_failed);
    SystemClock clock;
    const auto missing = pki::CommandIssuer({"/does/not/exist"}, clock, long_enough).issue("the request\n");
    REQUIRE_FALSE(missing);
    CHECK(missing.error() == InputErrc::check_failed);
    CHECK(missing.error().message().find(Error{errno_code(ENOENT)}.remedy()) == std::string::npos);
}

TEST_CASE("a handshake succeeds with key and certificate that belong together and are trusted", "[provisioning]") {
    const openssl::Pkey key{EVP_EC_gen("P-256")};
    const openssl::Pkey other{EVP_EC_gen("P-256")};
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key.get(), &der);
    const openssl::Memory owner{der};
    const auto public_key =
        PublicKey::from_subject_public_key_info(ByteView{der, static_cast<std::size_t>(length)}).value();
    const SoftwareKey authority_key{Curve::p256};
    const SoftwareKey stranger{Curve::p256};
    std::vector<x509::Certificate> chain;
    chain.push_back(parsed(authority_key.certificate_for(public_key, "gateway", "authority")));
    std::vector<x509::Certificate> trusted;
    trusted.push_back(parsed(authority_key.authority_certificate("authority")));
    std::vector<x509::Certificate> foreign;
    foreign.push_back(parsed(stranger.authority_certificate("authority")));
    const auto done = shake_hands(key.get(), chain, trusted);
    INFO((done ? std::string{} : done.error().message()));
    CHECK(done.value() == "TLSv1.3");
    CHECK(shake_hands(other.get(), chain, trusted).error() == InputErrc::check_failed);
    CHECK(shake_hands(key.get(), chain, foreign).error() == InputErrc::check_failed);
}
