// SPDX-License-Identifier: Apache-2.0
// Key files as text: what they say to people and give back to programs.
#include "common/keys/key_file.hpp"

#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"
#include "support/software_key.hpp"

using namespace trustx;
using keys::parse_key_file;
using text::as_bytes;

namespace {

KeyReference sample(Curve curve = Curve::p256) {
    Uid uid;
    uid.bytes.fill(0xA5);
    return {.key = ObjectId{0xE0F1},
            .public_key = test::SoftwareKey{curve}.public_key(),
            .coprocessor = uid,
            .device = "line-2",
            .label = "pump 7"};
}

}  // namespace

TEST_CASE("a key file gives back the reference that it was made from", "[key_file]") {
    for (const auto curve : {Curve::p256, Curve::p384}) {
        const auto reference = sample(curve);
        CHECK(parse_key_file(as_bytes(keys::key_file_text(reference)), "key.pem").value() == reference);
    }
}

TEST_CASE("a key file tells people which key of which chip it is for", "[key_file]") {
    const auto text = keys::key_file_text(sample());
    const auto comment = text.substr(0, text.find("-----BEGIN"));
    CHECK_THAT(comment, ContainsSubstring("E0F1") && ContainsSubstring("device-key-2") && ContainsSubstring("P-256"));
    CHECK_THAT(comment, ContainsSubstring("A5A5A5") && ContainsSubstring("pump 7") && ContainsSubstring("line-2"));
    CHECK_THAT(comment, ContainsSubstring("no secret"));
    CHECK_THAT(text, ContainsSubstring("-----BEGIN TRUSTX PRIVATE KEY-----\n"));
}

TEST_CASE("the longest label fits into the space that is claimed for a key file", "[key_file]") {
    auto reference = sample(Curve::p384);
    reference.label = std::string(KeyReference::max_label, 'x');
    REQUIRE(KeyReference::check_label(reference.label));
    CHECK(keys::key_file_text(reference).size() <= keys::key_file_reserve);
    CHECK_FALSE(KeyReference::check_label(reference.label + "x"));
}

TEST_CASE("a label that would start another line is refused", "[key_file]") {
    CHECK(KeyReference::check_label("Pumpe für Öl"));
    const auto refused = KeyReference::check_label("pump\n-----BEGIN TRUSTX PRIVATE KEY-----");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::argument_invalid);
    CHECK_FALSE(KeyReference::check_label("\xFF"));  // a key file with it would not be read
}

TEST_CASE("what is not a key file is refused with its name and with what to do", "[key_file]") {
    const auto text = keys::key_file_text(sample());
    const auto damaged = text.substr(0, text.size() - 60);
    for (const auto& content : {std::string{}, std::string{"hello\n"}, damaged}) {
        const auto refused = parse_key_file(as_bytes(content), "odd.pem");
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == Errc::key_file_malformed);
        CHECK_THAT(refused.error().message(), ContainsSubstring("odd.pem"));
    }
}

TEST_CASE("a key file whose block holds something else is refused", "[key_file]") {
    const auto text = test::pem(KeyReference::pem_label, Bytes{0x30, 0x03, 0x02, 0x01, 0x01});
    const auto refused = parse_key_file(as_bytes(text), "odd.pem");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::key_file_malformed);
    CHECK_THAT(refused.error().message(), ContainsSubstring("odd.pem"));
}
