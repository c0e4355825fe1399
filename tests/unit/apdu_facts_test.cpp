// SPDX-License-Identifier: Apache-2.0
#include "command/apdu_facts.hpp"

#include "support/catch.hpp"
#include "support/golden.hpp"

#include <trustx/commands.hpp>

using namespace trustx;
using test::from_hex;

namespace {

ApduFacts facts_of(const std::string& hex) {
    return examine_apdu(from_hex(hex));
}

bool question_is_public(const ApduFacts& facts) {
    return facts.public_prefix == facts.size;
}

}  // namespace

TEST_CASE("every command of the golden vectors is recognised", "[apdu_facts]") {
    const auto vectors = test::golden("apdus");
    for (const auto& entry : vectors.at("apdus")) {
        const auto command = from_hex(entry.at("cmd").get<std::string>());
        const auto facts = examine_apdu(command);
        CAPTURE(entry.at("id"));
        CHECK(facts.name != ApduFacts{}.name);
        CHECK(facts.size == command.size());
        CHECK(facts.public_prefix >= 4);
        CHECK(facts.public_prefix <= facts.size);
    }
}

TEST_CASE("commands are called as in the library", "[apdu_facts]") {
    CHECK(facts_of("F0 00 00 00").name == OpenApplication::name);
    CHECK(facts_of("01 00 00 02 E0 C2").name == GetDataObject::name);
    CHECK(facts_of("81 01 00 02 E0 C2").name == GetMetadata::name);
    CHECK(facts_of("02 40 00 05 F1 D0 00 00 01").name == SetDataObject::name);
    CHECK(facts_of("02 01 00 04 F1 D0 00 00").name == SetMetadata::name);
    CHECK(facts_of("0C 00 00 02 00 20").name == GetRandom::name);
    CHECK(facts_of("38 03 00 00").name == GenKeyPair::name);
    CHECK(facts_of("31 11 00 00").name == CalcSign::name);
}

TEST_CASE("the object of a command is found wherever the command names it", "[apdu_facts]") {
    CHECK(facts_of("01 00 00 06 E0 C2 00 00 00 1B").object == ObjectId{0xE0C2});
    CHECK(facts_of("10 91 00 02 E0 F0").object == ObjectId{0xE0F0});
    CHECK(facts_of("31 11 00 08 01 00 00 03 00 02 E0 F3").object == ObjectId{0xE0F3});
    CHECK(facts_of("38 03 00 09 01 00 02 E0 F1 02 00 01 13").object == ObjectId{0xE0F1});
    CHECK(facts_of("30 E2 00 09 11 00 06 E0 E1 00 00 00 10").object == ObjectId{0xE0E1});
    CHECK_FALSE(facts_of("30 E2 00 05 01 00 02 E0 E1").object);
    CHECK_FALSE(facts_of("0C 00 00 02 00 20").object);
}

TEST_CASE("what may hold a secret is not public", "[apdu_facts]") {
    // Data objects, random bytes, shared secrets, derived keys, exported private keys, hashing states, DTLS.
    for (const auto* answer_is_secret :
         {"01 00 00 02 F1 D0", "01 00 00 02 F1 E1", "01 00 00 02 ABCD", "0C 00 00 02 00 20",
          "33 01 00 08 01 00 02 E0 F1 07 00 00", "34 01 00 08 01 00 02 E1 00 07 00 00", "38 03 00 03 07 00 00",
          "30 E2 00 06 00 00 00 07 00 00", "1A 61 00 00", "1B 51 00 00", "7F 00 00 00"}) {
        CAPTURE(answer_is_secret);
        CHECK_FALSE(facts_of(answer_is_secret).public_answer);
    }
    for (const auto* question_is_secret :
         {"02 00 00 06 F1 D0 00 00 AA BB", "30 E2 00 06 01 00 03 61 62 63", "34 01 00 08 01 00 02 E1 00 07 00 00",
          "1A 61 00 01 00", "1B 51 00 01 00", "7F 00 00 01 00"}) {
        CAPTURE(question_is_secret);
        CHECK_FALSE(question_is_public(facts_of(question_is_secret)));
        CHECK(facts_of(question_is_secret).public_prefix <= 8);
    }
}

TEST_CASE("what everybody may know is public", "[apdu_facts]") {
    for (const auto* command : {"F0 00 00 01 D2", "01 00 00 02 E0 C2", "01 00 00 02 E0 E1", "01 01 00 02 F1 D0",
                                "31 11 00 08 01 00 00 03 00 02 E0 F3", "38 03 00 05 01 00 02 E0 F1"}) {
        CAPTURE(command);
        CHECK(question_is_public(facts_of(command)));
        CHECK(facts_of(command).public_answer);
    }
}

TEST_CASE("a broken command is no reason to read beyond it", "[apdu_facts]") {
    for (const auto* command : {"", "31", "31 11 00", "31 11 00 08", "31 11 00 08 03", "31 11 00 08 03 FF FF E0",
                                "30 E2 00 01 11", "30 E2 00 04 11 00 06 E0", "01 00 00 02 E0", "38 03 00 02 07 00"}) {
        CAPTURE(command);
        const auto facts = facts_of(command);
        CHECK(facts.public_prefix <= facts.size);
        CHECK_FALSE(facts.object);
    }
}
