// SPDX-License-Identifier: Apache-2.0
// The files that go between gateway and operator: read as they were written, and in no other way.
#include "aws/fleet/messages.hpp"

#include "common/files/input_error.hpp"
#include "pki/request.hpp"
#include "support/catch.hpp"
#include "support/fake_chip.hpp"
#include "support/software_key.hpp"

#include <functional>

#include <nlohmann/json.hpp>

using namespace trustx;
using namespace trustx::aws;
using test::SoftwareKey;

namespace {

constexpr ObjectId asking_slot{0xE0F1};
const std::string id(64, 'a');

struct Asking {
    test::Trap trap;
    test::FakeChip chip{trap};
    PublicKey key = chip.generate(asking_slot, Curve::p256, KeyUsage::sign).value();

    Request request = {.thing = "gateway-1",
                       .chip = chip.identity.hex(),
                       .slot = asking_slot,
                       .made = 1'790'000'000,
                       .csr = pki::make_request(chip, asking_slot, key, pki::Subject::common_name("gateway")).value()};
    Proof proof{.thing = "gateway-1",
                .chip = chip.identity.hex(),
                .slot = asking_slot,
                .region = "eu-central-1",
                .account = "123456789012",
                .certificate_id = id,
                .challenge = std::string(pki::challenge_digits, 'C')};
    OperatorAnswer answer{.thing = "gateway-1",
                          .chip = chip.identity.hex(),
                          .slot = asking_slot,
                          .endpoint = {.host = "broker.example", .port = 443},
                          .region = "eu-central-1",
                          .account = "123456789012",
                          .challenge = std::string(pki::challenge_digits, 'C'),
                          .client_id = "gateway-1",
                          .certificate_arn = "arn:aws:iot:eu-central-1:123456789012:cert/" + id,
                          .certificate = test::pem("CERTIFICATE", SoftwareKey{Curve::p256}.certificate("leaf")) +
                                         test::pem("CERTIFICATE", SoftwareKey{Curve::p256}.certificate("issuer")),
                          .roots = test::pem("CERTIFICATE", SoftwareKey{Curve::p384}.certificate("root"))};

    // rotation_file is the request of a rotation from another slot, whose key signs too.
    [[nodiscard]] std::string rotation_file() {
        constexpr ObjectId slot_in_use{0xE0F2};
        const auto in_use = chip.generate(slot_in_use, Curve::p256, KeyUsage::sign).value();
        request.replaces = id;
        auto both = signed_by_chip(chip, key, request).value();
        both.by_replaced = pki::sign_text(chip, slot_in_use, in_use, request.words()).value();
        return request_text(both);
    }

    [[nodiscard]] std::string request_file() { return request_text(signed_by_chip(chip, key, request).value()); }
    [[nodiscard]] std::string proof_file() { return proof_text(signed_by_chip(chip, key, proof).value()); }
};

using Parser = std::function<bool(const std::string& text)>;

template <class T>
Parser refused_by(Result<T> (*parse)(std::string_view, const std::string&)) {
    return [parse](const std::string& text) {
        const auto parsed = parse(text, "it");
        return !parsed && parsed.error() == InputErrc::malformed &&
               parsed.error().operation().find("it") != std::string::npos;
    };
}

// must_be_strict tries what may happen to a file on its way.
void must_be_strict(const std::string& text, const Parser& refused) {
    for (std::size_t size = 0; size + 2 < text.size(); size += 7) {
        CAPTURE(size);
        CHECK(refused(text.substr(0, size)));
    }
    const auto good = nlohmann::ordered_json::parse(text);
    for (const auto& [name, value] : good.items()) {
        CAPTURE(name);
        auto bad = good;
        bad.erase(name);
        CHECK(refused(bad.dump()));
        for (const nlohmann::ordered_json& other :
             {nlohmann::ordered_json{}, nlohmann::ordered_json(7.5), nlohmann::ordered_json(""),
              nlohmann::ordered_json::array(), nlohmann::ordered_json(std::string(40000, 'A')),
              nlohmann::ordered_json("a\nb"), nlohmann::ordered_json(-1)}) {
            bad = good;
            bad[name] = other;
            CHECK(refused(bad.dump()));
        }
    }
    auto bad = good;
    bad["more"] = "x";
    CHECK(refused(bad.dump()));
    CHECK(refused(text + "{}"));
    CHECK(refused("[" + text + "]"));
    CHECK(refused(std::string(longest_message, ' ') + text));
}

}  // namespace

TEST_CASE("messages read as they were written", "[fleet]") {
    Asking asking;
    const auto request = parse_request(asking.request_file(), "it").value();
    CHECK(request.request == asking.request);
    CHECK(request.key == asking.key);
    CHECK(request.by_replaced.empty());
    const auto rotation = parse_request(asking.rotation_file(), "it").value();
    CHECK(rotation.request == asking.request);
    CHECK(rotation.request.replaces == id);
    CHECK_FALSE(rotation.by_replaced.empty());
    CHECK(parse_answer(answer_text(asking.answer), "it").value() == asking.answer);
    const auto proof = parse_proof(asking.proof_file(), "it").value();
    CHECK(proof.message == asking.proof);
    CHECK(pki::is_signed(asking.key, proof.message.words(), proof.signature));
}

TEST_CASE("messages are known by their format", "[fleet]") {
    Asking asking;
    CHECK(kind_of(asking.request_file()) == MessageKind::request);
    CHECK(kind_of(answer_text(asking.answer)) == MessageKind::answer);
    CHECK(kind_of(asking.proof_file()) == MessageKind::proof);
    for (const auto* text : {"", "{", "[]", "{}", "{\"format\":1}", "{\"format\":\"trustx aws report\"}"}) {
        CHECK_FALSE(kind_of(text));
    }
}

TEST_CASE("messages that were cut off, or changed in any member, are refused", "[fleet]") {
    Asking asking;
    must_be_strict(asking.request_file(), refused_by(parse_request));
    must_be_strict(asking.rotation_file(), refused_by(parse_request));
    must_be_strict(answer_text(asking.answer), refused_by(parse_answer));
    must_be_strict(asking.proof_file(), refused_by(parse_proof));
    CHECK(refused_by(parse_request)(asking.proof_file()));
    CHECK(refused_by(parse_proof)(answer_text(asking.answer)));
}

TEST_CASE("what programs of other systems do to line ends and to the beginning of a file does no harm", "[fleet]") {
    Asking asking;
    auto text = asking.request_file();
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
        text.replace(at, 1, "\r\n");
    }
    CHECK(parse_request("\xEF\xBB\xBF" + text, "it").value().request == asking.request);
    auto answer = asking.answer;
    for (std::size_t at = 0; (at = answer.roots.find('\n', at)) != std::string::npos; at += 2) {
        answer.roots.replace(at, 1, "\r\n");
    }
    answer.roots = "\xEF\xBB\xBF" + answer.roots;
    CHECK(parse_answer(answer_text(answer), "it").value() == asking.answer);
}

TEST_CASE("a request in which a signed member was replaced is refused", "[fleet]") {
    Asking asking;
    const auto good = nlohmann::ordered_json::parse(asking.request_file());
    const auto refused = refused_by(parse_request);
    test::Trap trap;
    test::FakeChip other{trap};
    const auto key = other.generate(asking_slot, Curve::p256, KeyUsage::sign).value();
    const auto csr = pki::make_request(other, asking_slot, key, pki::Subject::common_name("gateway")).value();
    for (const auto& [name, value] : std::vector<std::pair<std::string, nlohmann::ordered_json>>{
             {"thing", "gateway-2"}, {"slot", "E0F2"}, {"made", 1}, {"csr", csr}, {"chip", std::string(54, '0')}}) {
        CAPTURE(name);
        auto bad = good;
        bad[name] = value;
        CHECK(refused(bad.dump()));
    }
}

TEST_CASE("an answer whose parts are about different certificates is refused", "[fleet]") {
    Asking asking;
    const auto refused = refused_by(parse_answer);
    auto bad = asking.answer;
    bad.account = "999999999999";
    CHECK(refused(answer_text(bad)));
    bad = asking.answer;
    bad.region = "us-east-1";
    CHECK(refused(answer_text(bad)));
    for (const std::string arn : {"arn:aws:iot:eu-central-1:123456789012:thing/x", "x"}) {
        bad = asking.answer;
        bad.certificate_arn = arn;
        CHECK(refused(answer_text(bad)));
    }
    bad = asking.answer;
    bad.client_id = "gateway-2";
    CHECK(refused(answer_text(bad)));
}

TEST_CASE("a message that is nested deeply is none", "[fleet]") {
    constexpr std::size_t depth = 10'000;
    const auto nested = std::string(depth, '[') + std::string(depth, ']');
    for (const auto* member : {"version", "thing", "format"}) {
        auto text = std::string{R"({"format":"trustx aws request","version":1})"};
        text.insert(1, "\"" + std::string{member} + "\":" + nested + ",");
        CHECK_FALSE(kind_of(text));
        const auto read = parse_request(text, "it");
        REQUIRE_FALSE(read);
        CHECK(read.error() == InputErrc::malformed);
    }
}
